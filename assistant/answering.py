"""From a request to an answer, step by step: contextualise, search, select, write and verify.

The steps are plain functions over frozen values; `chain` makes a LangChain Runnable of them, and a one-shot question
runs them without LangChain, whose import costs more than the answer. No statement is passed on before its citations
are checked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.answer import Answer, Citation, Dispute, Reason, Statement
from assistant.citations import cite, holds
from assistant.conversation import Conversation, Rewriter
from assistant.errors import UnusableQuestion
from assistant.reader import Evidence, Reader
from assistant.rendering import markdown
from assistant.selection import Selection, nearest, select
from assistant.sources import figures_of, sources_of
from assistant.writers import Draft, Writer
from kb import Filters, Hit, KnowledgeBase

__all__ = ["LONGEST_QUESTION", "Answering", "Request", "Turn"]

LONGEST_QUESTION = 2000  # characters; a question is not a place to paste an article into


@dataclass(frozen=True, slots=True)
class Request:
    """One question with what it is asked within."""

    question: str
    conversation: Conversation = Conversation()
    filters: Filters = Filters()
    side: str | None = None
    """Only statements in which this side speaks; upper and lower case are alike."""
    k: int | None = None
    """How many passages to read; None for the setting."""

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise UnusableQuestion("the question is empty; write one")
        if len(self.question) > LONGEST_QUESTION:
            raise UnusableQuestion(
                f"the question has {len(self.question):,} characters, and {LONGEST_QUESTION:,} are the most; shorten "
                "it, and put articles into the knowledge base instead: accordingto ingest PATH"
            )

    @classmethod
    def of(cls, value: Request | str | Mapping[str, Any]) -> Request:
        """A request from whatever the chain is given: itself, a question, or a mapping of its fields."""
        if isinstance(value, Request):
            return value
        return cls(value) if isinstance(value, str) else cls(**value)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the steps of the chain hand on."""

    request: Request
    understood: str
    hits: tuple[Hit, ...] = ()
    selection: Selection = Selection()
    evidence: tuple[Evidence, ...] = ()
    started: float = 0.0
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answering:
    """The steps, over one knowledge base. Safe to use from several threads."""

    base: KnowledgeBase
    reader: Reader
    writer: Writer
    passages: int
    """How many passages are read."""
    statements: int
    """How many statements are made at most."""
    confidence: float
    """Score below which a sentence is no answer."""
    digest: str
    """Identifies the settings that shape an answer."""
    rewriter: Rewriter | None = None
    """Completes follow-ups before the rules do."""

    def answers(self, value: Request | str | Mapping[str, Any]) -> Iterator[Answer]:
        """The answer as it grows, statement by statement; the last one is whole.

        Raises:
            UnusableQuestion: the question is empty or too long.
            KnowledgeBaseError: the knowledge base cannot be read.
        """
        return self.write(self.select(self.search(self.contextualise(value))))

    def contextualise(self, value: Request | str | Mapping[str, Any]) -> Turn:
        """Completes the question from the conversation."""
        request = Request.of(value)
        question = " ".join(request.question.split())
        return Turn(request, request.conversation.understood(question, self.rewriter), started=time.perf_counter())

    def search(self, turn: Turn) -> Turn:
        """Finds passages."""
        hits = self.base.search(turn.understood, turn.request.k or self.passages, turn.request.filters)
        return replace(turn, hits=tuple(hits), seconds={"search": time.perf_counter() - turn.started})

    def select(self, turn: Turn) -> Turn:
        """Chooses sentences, and the denials that stand beside them."""
        begun = time.perf_counter()
        evidence = self.reader.read(turn.understood, turn.hits)
        request = turn.request
        selection = select(
            self.base, turn.understood, evidence, self.confidence, self.statements, request.side, request.filters
        )
        seconds = {**turn.seconds, "select": time.perf_counter() - begun}
        return replace(turn, evidence=tuple(evidence), selection=selection, seconds=seconds)

    def write(self, turn: Turn) -> Iterator[Answer]:
        """Writes statements and checks each; what does not hold is left out."""
        begun = time.perf_counter()
        answer = _blank(turn)
        drafted: list[Statement] = []
        for draft in self.writer.write(turn.understood, turn.selection.chosen):
            answer = _with(answer, draft, drafted, self.base)
            yield answer
        if not answer.statements:
            answer = _abstaining(answer, turn)
        yield _finished(answer, self.base, turn, begun, self.digest)


def _blank(turn: Turn) -> Answer:
    asked = " ".join(turn.request.question.split())
    return Answer(
        question=turn.request.question,
        status="answered",
        understood_as=turn.understood if turn.understood != asked else None,
    )


def _with(answer: Answer, draft: Draft, drafted: list[Statement], base: KnowledgeBase) -> Answer:
    """The answer with one more statement, if its citations hold against the stored articles; else the answer as it is.

    `drafted` keeps every checked statement in the order of the drafts, for denials to refer to.
    """
    known = {(c.article_id, c.start, c.end): c for c in answer.citations}
    citations: list[Citation] = []
    for quote in draft.quotes:
        place = (quote.article.id, quote.span.start, quote.span.end)
        citation = known.get(place) or cite(len(known) + 1, quote)
        if holds(citation, base.find(citation.article_id)):
            known[place] = citation
            citations.append(citation)
    statement = Statement(draft.text, tuple(citations), "verified" if citations else "unverified", draft.claims)
    drafted.append(statement)
    if not citations:
        return answer
    disputes = answer.disputes
    if draft.denies is not None and drafted[draft.denies] in answer.statements:
        denied = answer.statements.index(drafted[draft.denies])
        before = next((d.denied_by for d in disputes if d.statement == denied), ())
        others = tuple(d for d in disputes if d.statement != denied)
        disputes = (*others, Dispute(denied, (*before, *(c.id for c in citations))))
    grown = replace(
        answer, statements=(*answer.statements, statement), citations=tuple(known.values()), disputes=disputes
    )
    return replace(grown, text=markdown(grown))


def _abstaining(answer: Answer, turn: Turn) -> Answer:
    reason: Reason = "weak_evidence" if turn.evidence else "no_evidence"
    near = tuple(cite(number, quote) for number, quote in enumerate(nearest(turn.understood, turn.hits), 1))
    return replace(answer, status="abstained", reason=reason, citations=near)


def _finished(answer: Answer, base: KnowledgeBase, turn: Turn, begun: float, digest: str) -> Answer:
    """The answer with what can only be told of the whole: sources, figures, text, time."""
    now = time.perf_counter()
    seconds = {**turn.seconds, "write": now - begun, "total": now - turn.started}
    whole = replace(
        answer,
        sources=sources_of(answer.statements, base),
        figures=figures_of(answer.statements),
        settings=digest,
        seconds={stage: round(value, 4) for stage, value in seconds.items()},
    )
    return replace(whole, text=markdown(whole))
