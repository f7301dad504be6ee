"""The assistant: one knowledge base, one chain over it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from assistant import actors
from assistant.answer import Answer
from assistant.answering import Answering, Request
from assistant.conversation import ChatRewriter, Conversation, Rewriter
from assistant.entailment import Entailment
from assistant.errors import UnusableQuestion
from assistant.privacy import switch_off_telemetry
from assistant.reader import CrossEncoderReader, FeatureReader
from assistant.settings import Settings
from assistant.watch import Watcher, tell_log, watched
from assistant.writers import QuotingWriter, Writer
from kb import Filters, KnowledgeBase, KnowledgeBaseError
from kb.embedding import embedder
from kb.reranking import CrossEncoderScorer

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

    from assistant.chain import ArticleRetriever
    from assistant.models import Gate
    from assistant.timeline import Timeline

__all__ = ["Assistant", "Warmth"]

Warmth = Literal["not asked for", "loading", "loaded", "failed"]


class Assistant:
    """Answers questions from one knowledge base. Safe to use from several threads. Close it, or use it in a `with`."""

    def __init__(self, base: KnowledgeBase, settings: Settings, rewriter: Rewriter | None = None) -> None:
        self.base = base
        self.settings = settings
        self.rewriter = rewriter
        """Completes follow-ups before the rules do: any function; None for the chat model, where one is set."""
        self.watchers: list[Watcher] = [partial(tell_log, show_question=settings.log_questions)]
        """Functions that are told of each question once it is over."""
        self.warmth: Warmth = "not asked for"
        """Whether `warm_up` has loaded the model."""
        self._opened = False

    @classmethod
    def open(
        cls, folder: str | Path | None = None, *, own: bool = False, create: bool = False, **settings: Any
    ) -> Assistant:
        """The assistant over the knowledge base in `folder` (else the setting's), with settings by keyword.

        `own` is for long-lived processes, which search through the Chroma index and keep it up to date; `create`
        makes the knowledge base if there is none.

        Raises:
            KnowledgeBaseError: the knowledge base cannot be used; the message names the mend.
            UnusableActors: the list of actors that a setting names cannot be used.
            pydantic.ValidationError: a setting is unknown or out of range.
        """
        switch_off_telemetry()
        chosen = Settings(**settings) if folder is None else Settings(kb=Path(folder), **settings)
        actors.use(chosen.actors)
        model = embedder(chosen.embedding_model)
        reranker = CrossEncoderScorer(chosen.reranker) if chosen.reranker else None
        base = KnowledgeBase.open(
            chosen.kb,
            model=model,
            create=create,
            own=own,
            reranker=reranker,
            database=chosen.database,
            chroma=chosen.chroma,
        )
        assistant = cls(base, chosen)
        assistant._opened = True
        return assistant

    @property
    def reopens(self) -> bool:
        """Whether opening one with the same settings, in another process perhaps, gives one that does the same."""
        return self._opened and self.rewriter is None and len(self.watchers) == 1

    def using(self, **settings: Any) -> Assistant:
        """An assistant over the same knowledge base, with these settings in place of its own. To be closed is this
        one.

        Raises:
            pydantic.ValidationError: a setting is unknown or out of range.
        """
        other = Assistant(self.base, Settings(**{**dict(self.settings), **settings}), self.rewriter)
        other.watchers = self.watchers
        return other

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
            try:
                self.base.embedder.questions(["Who says so?"])
                self.warmth = "loaded"
            except KnowledgeBaseError:
                self.warmth = "failed"

        self.warmth = "loading"
        threading.Thread(target=load, name="warming up", daemon=True).start()

    @cached_property
    def answering(self) -> Answering:
        """The steps from a request to an answer, as set."""
        setting = self.settings.reader
        reader = CrossEncoderReader(self.base, CrossEncoderScorer(setting)) if setting else FeatureReader(self.base)
        entailment = self.settings.entailment_model
        confidence = self.settings.confidence
        return Answering(
            self.base,
            reader,
            self._writer(),
            passages=self.settings.passages,
            statements=self.settings.statements,
            confidence=reader.threshold if confidence is None else confidence,
            digest=self.settings.digest(),
            entailment=Entailment(entailment) if entailment else None,
            rewriter=self.rewriter or self._rewriter(),
        )

    def _rewriter(self) -> Rewriter | None:
        return None if self.settings.writes_by_quoting else ChatRewriter(self.chat_model, self._gate)

    @cached_property
    def _gate(self) -> Gate:
        from assistant.models import Gate

        return Gate(self.settings.model_requests)

    def _writer(self) -> Writer:
        if self.settings.writes_by_quoting:
            return QuotingWriter()
        model = self.chat_model
        from assistant.chat_writer import ChatWriter

        return ChatWriter(
            model,
            self.settings.model or "",
            statements=self.settings.statements,
            prompt_tokens=self.settings.prompt_tokens,
            timeout=self.settings.reply_timeout,
            retries=self.settings.reply_retries,
            gate=self._gate,
        )

    @cached_property
    def chat_model(self) -> BaseChatModel:
        """The chat model that is set, as a LangChain object.

        Raises:
            UnusableModel: none is set, or it cannot be set up; the message names the mend.
        """
        from assistant.models import chat_model

        return chat_model(self.settings)

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
            UnusableModel: the chat model that is set cannot be used.
            KnowledgeBaseError: the knowledge base cannot be read.
        """
        *_, answer = self._watched(question, lambda: Request(question, conversation, filters, side, k))
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
        return await asyncio.to_thread(self.ask, question, conversation=conversation, filters=filters, side=side, k=k)

    def timeline(
        self,
        question: str | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        outlet: str | None = None,
        limit: int = 60,
    ) -> Timeline:
        """What the articles say about the question, or of the days between `since` and `until`, in the order of the
        days it is about; what is undated stands apart.

        Raises:
            UnusableQuestion: there is neither a question nor a day, or a day is no ISO date.
            KnowledgeBaseError: the knowledge base cannot be read.
        """
        from assistant.timeline import timeline

        try:
            return timeline(self.base, question, since=since, until=until, outlet=outlet, limit=limit)
        except ValueError as error:
            raise UnusableQuestion(str(error)) from error

    def stream(self, request: Request | str) -> Iterator[Answer]:
        """The answer as it grows, statement by statement; the last one is whole."""
        question = request.question if isinstance(request, Request) else request
        return self._watched(question, lambda: request)

    def _watched(self, question: str, request: Callable[[], Request | str]) -> Iterator[Answer]:
        return watched(question, lambda: self.answering.answers(request()), self.watchers)

    def astream(self, request: Request | str) -> AsyncIterator[Answer]:
        """The same as `stream`, asynchronously."""
        return self.chain.astream(request)
