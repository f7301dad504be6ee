"""The retrieval chain as LangChain objects: a Runnable from requests to answers, and the search as a retriever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict

from assistant.answer import Answer
from assistant.answering import Answering, Turn
from kb import Filters, Hit, KnowledgeBase

__all__ = ["ArticleRetriever", "build_chain"]


def build_chain(answering: Answering) -> Runnable[Any, Answer]:
    """The steps of answering as a Runnable. Its input is a Request, a question, or a mapping of a request's fields.

    Streamed, it gives the answer as it grows, statement by statement; the last one is whole.

    Raises, when run:
        UnusableQuestion: the question is empty or too long.
        UnusableModel: the chat model that is set cannot be used.
        KnowledgeBaseError: the knowledge base cannot be read.
    """

    async def write_async(turn: Turn) -> AsyncIterator[Answer]:
        answers = answering.write(turn)
        loop = asyncio.get_running_loop()
        while (answer := await loop.run_in_executor(None, next, answers, None)) is not None:
            yield answer

    return (
        RunnableLambda(answering.contextualise, name="contextualise")
        | RunnableLambda(answering.search, name="search")
        | RunnableLambda(answering.select, name="select")
        | RunnableLambda(answering.write, afunc=write_async, name="write")
    ).with_config(run_name="accordingto")


class ArticleRetriever(BaseRetriever):
    """The search as a LangChain retriever: each Document is a passage, with the citation's fields as metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    base: KnowledgeBase
    k: int = 10
    filters: Filters = Filters()

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [_document(hit) for hit in self.base.search(query, self.k, self.filters)]


def _document(hit: Hit) -> Document:
    article, passage = hit.article, hit.passage
    return Document(
        page_content=passage.text,
        id=f"{article.id}:{passage.start}-{passage.end}",
        metadata={
            "article_id": article.id,
            "title": article.title,
            "outlet": article.outlet,
            "origin": article.origin,
            "author": article.author,
            "language": article.language,
            "published": article.published,
            "url": article.url,
            "start": passage.start,
            "end": passage.end,
            "score": hit.score,
        },
    )
