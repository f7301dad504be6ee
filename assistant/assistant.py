"""The assistant: one knowledge base, one chain over it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from assistant.answer import Answer
from assistant.answering import Answering, Request
from assistant.conversation import Conversation, Rewriter
from assistant.privacy import switch_off_telemetry
from assistant.reader import CrossEncoderReader, FeatureReader
from assistant.settings import Settings
from assistant.writers import QuotingWriter
from kb import Filters, KnowledgeBase, KnowledgeBaseError
from kb.embedding import embedder
from kb.reranking import CrossEncoderScorer

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from assistant.chain import ArticleRetriever

__all__ = ["Assistant"]


class Assistant:
    """Answers questions from one knowledge base. Safe to use from several threads. Close it, or use it in a `with`."""

    def __init__(self, base: KnowledgeBase, settings: Settings, rewriter: Rewriter | None = None) -> None:
        self.base = base
        self.settings = settings
        self.rewriter = rewriter
        """Completes follow-ups before the rules do: a `ChatRewriter` over any LangChain chat model, or any function."""

    @classmethod
    def open(
        cls, folder: str | Path | None = None, *, own: bool = False, create: bool = False, **settings: Any
    ) -> Assistant:
        """The assistant over the knowledge base in `folder` (else the setting's), with settings by keyword.

        `own` is for long-lived processes, which search through the Chroma index and keep it up to date; `create`
        makes the knowledge base if there is none.

        Raises:
            KnowledgeBaseError: the knowledge base cannot be used; the message names the mend.
            pydantic.ValidationError: a setting is unknown or out of range.
        """
        switch_off_telemetry()
        chosen = Settings(**settings) if folder is None else Settings(kb=Path(folder), **settings)
        model = embedder(chosen.embedding_model)
        reranker = CrossEncoderScorer(chosen.reranker) if chosen.reranker else None
        base = KnowledgeBase.open(chosen.kb, model=model, create=create, own=own, reranker=reranker)
        return cls(base, chosen)

    def close(self) -> None:
        self.base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def warm_up(self) -> None:
        """Loads the model in the background, so that the first question does not wait for it. A model that cannot be
        loaded is said when it is needed."""

        def load() -> None:
            with contextlib.suppress(KnowledgeBaseError):
                self.base.embedder.questions(["Who says so?"])

        threading.Thread(target=load, name="warming up", daemon=True).start()

    @cached_property
    def answering(self) -> Answering:
        """The steps from a request to an answer, as set."""
        setting = self.settings.reader
        reader = CrossEncoderReader(self.base, CrossEncoderScorer(setting)) if setting else FeatureReader(self.base)
        confidence = self.settings.confidence
        return Answering(
            self.base,
            reader,
            QuotingWriter(),
            passages=self.settings.passages,
            statements=self.settings.statements,
            confidence=reader.threshold if confidence is None else confidence,
            digest=self.settings.digest(),
            rewriter=self.rewriter,
        )

    @cached_property
    def chain(self) -> Runnable[Any, Answer]:
        """The steps as a LangChain Runnable, from a Request (or a question) to an Answer."""
        from assistant.chain import build_chain

        return build_chain(self.answering)

    @cached_property
    def retriever(self) -> ArticleRetriever:
        """The search as a LangChain retriever."""
        from assistant.chain import ArticleRetriever

        return ArticleRetriever(base=self.base, k=self.settings.passages)

    def ask(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        filters: Filters = Filters(),
        side: str | None = None,
        k: int | None = None,
    ) -> Answer:
        """The answer to a question, within a conversation if one is given.

        Raises:
            UnusableQuestion: the question is empty or too long.
            KnowledgeBaseError: the knowledge base cannot be read.
        """
        *_, answer = self.stream(Request(question, conversation, filters, side, k))
        return answer

    async def aask(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        filters: Filters = Filters(),
        side: str | None = None,
        k: int | None = None,
    ) -> Answer:
        """The same as `ask`, without blocking the event loop."""
        request = Request(question, conversation, filters, side, k)
        return (await asyncio.to_thread(lambda: list(self.stream(request))))[-1]

    def stream(self, request: Request | str) -> Iterator[Answer]:
        """The answer as it grows, statement by statement; the last one is whole."""
        return self.answering.answers(request)

    def astream(self, request: Request | str) -> AsyncIterator[Answer]:
        """The same as `stream`, asynchronously."""
        return self.chain.astream(request)
