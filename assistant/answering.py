"""From a request to an answer, step by step: contextualise, search, select, write and verify.

The steps are plain functions over frozen values; `chain` makes a LangChain Runnable of them, and a one-shot question
runs them without LangChain, whose import costs more than the answer. No statement is passed on before its citations
are checked.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from assistant.actors import names_of, sides_named
from assistant.answer import Answer, Checks, Citation, Dispute, Reason, Statement
from assistant.citations import Quote, cite
from assistant.claims import Speech, asked_of
from assistant.contrary import contraries
from assistant.conversation import Conversation, Rewriter
from assistant.denials import denials
from assistant.entailment import Entailment
from assistant.errors import UnusableQuestion
from assistant.reader import Evidence, Reader, asks_how_many
from assistant.relations import relations
from assistant.rendering import markdown
from assistant.selection import Selection, nearest, select
from assistant.sources import figures_of, responses, sources_of
from assistant.verdicts import Checked, Checker
from assistant.writers import Draft, QuotingWriter, Selected, Writer
from kb import Article, Filters, Hit, KnowledgeBase, Span

__all__ = ["LONGEST_QUESTION", "Answering", "Request", "Turn"]

_ALIKE = 12  # passages in which other counts are looked for
_HEARD = 40  # passages in which a side's words are looked for that is asked about
_DENIALS = 2  # shown beside one statement of a model
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

    @property
    def to_search(self) -> Filters:
        """Which articles can hold an answer: of a side that is to speak they have some name."""
        naming = (*self.filters.naming, names_of(self.side)) if self.side else self.filters.naming
        return replace(self.filters, naming=naming)

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
    entailment: Entailment | None = None
    """Asked about each statement after the rules, where one is set."""
    rewriter: Rewriter | None = None
    """Completes follow-ups before the rules do."""

    def answers(self, value: Request | str | Mapping[str, Any]) -> Iterator[Answer]:
        """The answer as it grows, statement by statement; the last one is whole.

        Raises:
            UnusableQuestion: the question is empty or too long.
            UnusableModel: the chat model that is set cannot be used.
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
        request = turn.request
        hits = self.base.search(turn.understood, request.k or self.passages, request.to_search, voices=_voices)
        return replace(turn, hits=tuple(hits), seconds={"search": time.perf_counter() - turn.started})

    def select(self, turn: Turn) -> Turn:
        """Chooses sentences, and the denials that stand beside them."""
        begun = time.perf_counter()
        evidence = self._read(turn)
        request = turn.request
        selection = select(
            self.base, turn.understood, evidence, self.confidence, self.statements, request.side, request.filters
        )
        seconds = {**turn.seconds, "select": time.perf_counter() - begun}
        return replace(turn, evidence=tuple(evidence), selection=selection, seconds=seconds)

    def _read(self, turn: Turn) -> list[Evidence]:
        """The sentences that may answer, with those of further passages where the kind of the question needs them."""
        found = self.reader.read(turn.understood, turn.hits)
        further = [*self._other_counts(turn, found), *self._heard_elsewhere(turn, found)]
        return sorted([*found, *further], key=lambda evidence: -evidence.score) if further else found

    def _other_counts(self, turn: Turn, found: Sequence[Evidence]) -> list[Evidence]:
        """Where it is asked how many, what is found by the best sentence: others may count the same in words that are
        not the question's."""
        if not (asks_how_many(turn.understood) and found and found[0].score >= self.confidence):
            return []
        known = {(hit.article.id, hit.passage.start) for hit in turn.hits}
        alike = self.base.search(found[0].text, _ALIKE, turn.request.to_search)
        further = [hit for hit in alike if (hit.article.id, hit.passage.start) not in known]
        return self.reader.read(turn.understood, further)

    def _heard_elsewhere(self, turn: Turn, found: Sequence[Evidence]) -> list[Evidence]:
        """Where it is asked who denies or accuses, the sentences of more passages in which somebody does; where it is
        asked what a side said, those in which it speaks, if it is not heard in what was found."""
        asked, speech = asked_of(turn.understood), Speech()
        if asked.side is None and (asked.stance is None or asked.speaker is not None):
            return []
        known = {(evidence.article.id, evidence.span) for evidence in found}

        def speaks(article: Article, span: Span) -> bool:
            return any(asked.fits(claim) for claim in speech.claims(article, span))

        def comes(hit: Hit, span: Span) -> bool:
            # Who "it" is, only the article as a whole tells; so many are not taken apart where the side is not named.
            named = asked.side is None or asked.side in sides_named(span.of(hit.article.text))
            return named and (hit.article.id, span) not in known and speaks(hit.article, span)

        heard = (e.score >= self.confidence and speaks(e.article, e.span) for e in found)
        if asked.side is not None and any(heard):
            return []
        return self.reader.read(
            turn.understood, self.base.search(turn.understood, _HEARD, turn.request.to_search), comes
        )

    def write(self, turn: Turn) -> Iterator[Answer]:
        """Writes statements and checks each; what does not hold is counted and left out."""
        begun = time.perf_counter()
        checker = Checker(self.base, self.entailment)
        answer = blank = replace(_blank(turn), writer=self.writer.name)
        written: list[tuple[Draft, Checked]] = []
        for draft in self._drafts(turn):
            written.append((draft, checker.check(draft, turn.hits)))
            answer = _folded(blank, written)
            yield answer
        if self.writer.name != QuotingWriter.name and written:
            answer = self._completed(turn, blank, written, checker)
        if not answer.statements:
            answer = _abstaining(answer, turn)
        yield _finished(answer, self.base, turn, begun, self.digest)

    def _completed(self, turn: Turn, blank: Answer, written: list[tuple[Draft, Checked]], checker: Checker) -> Answer:
        """What a model wrote, with the denials that it left out or told elsewhere behind what they deny. If nothing of
        it holds, what was found is quoted instead, and the answer says who writes."""
        held = [(draft, checked) for draft, checked in written if checked.quotes]
        failed = [(draft, checked) for draft, checked in written if not checked.quotes]
        if not held:
            drafts = QuotingWriter().write(turn.understood, turn.selection.chosen)
            quoted = [(draft, checker.check(draft, turn.hits)) for draft in drafts]
            return _folded(replace(blank, writer=QuotingWriter.name), [*quoted, *failed])
        own = {_place(quote): pair for pair in held for quote in pair[1].quotes}
        ordered: dict[str, tuple[Draft, Checked]] = {}
        for draft, checked in held:
            claim = ordered.setdefault(checked.text, (draft, checked))
            at = list(ordered).index(claim[1].text)
            for denial in self._denials_of(turn, checked):
                told = own.get(_place(denial.quotes[0]))
                if told is None:
                    quoting = next(QuotingWriter().write(turn.understood, [denial]))
                    told = (quoting, checker.check(quoting, turn.hits))
                told_by = replace(told[0], denies=at, contrary=denial.contrary)
                ordered.setdefault(told[1].text, (told_by, told[1]))
        return _folded(blank, [*ordered.values(), *failed])

    def _denials_of(self, turn: Turn, checked: Checked) -> list[Selected]:
        claimed = Selected(checked.quotes, checked.claims, 0.0)
        speech, filters = Speech(), turn.request.filters
        found = denials(self.base, claimed, speech, filters) or contraries(self.base, claimed, speech, filters)
        return found[:_DENIALS]

    def _drafts(self, turn: Turn) -> Iterator[Draft]:
        """What the writer writes; where no sentence answers, nobody is asked to."""
        if turn.selection.chosen:
            yield from self.writer.write(turn.understood, turn.selection.chosen, turn.hits)


def _voices(hit: Hit) -> frozenset[str]:
    """The sides that a passage names: whose view is told, or at least touched, in it."""
    return _sides(hit.passage.text)


@lru_cache(maxsize=10_000)
def _sides(text: str) -> frozenset[str]:
    return frozenset(sides_named(text))


def _blank(turn: Turn) -> Answer:
    asked = " ".join(turn.request.question.split())
    return Answer(
        question=turn.request.question,
        status="answered",
        understood_as=turn.understood if turn.understood != asked else None,
    )


def _place(quote: Quote) -> tuple[str, int]:
    return quote.article.id, quote.span.start


def _folded(blank: Answer, written: Sequence[tuple[Draft, Checked]]) -> Answer:
    """The answer of what was written and holds; what does not is only counted."""
    known: dict[tuple[str, int, int], Citation] = {}
    statements: list[Statement] = []
    disputes: dict[int, Dispute] = {}
    shown: dict[int, int] = {}  # place among all that was written -> place among the statements
    for place, (draft, checked) in enumerate(written):
        if checked.verdict == "unverified":
            continue
        citations = []
        for quote in checked.quotes:
            key = (quote.article.id, quote.span.start, quote.span.end)
            known[key] = known.get(key) or cite(len(known) + 1, quote)
            citations.append(known[key])
        shown[place] = len(statements)
        statements.append(Statement(checked.text, tuple(citations), checked.verdict, checked.claims))
        if draft.denies in shown:
            denied = shown[draft.denies]
            numbers = tuple(citation.id for citation in citations)
            disputes[denied] = disputes.get(denied, Dispute(denied, ())).joined_by(numbers, contrary=draft.contrary)
    counts = Counter(checked.verdict for _, checked in written)
    answer = replace(
        blank,
        statements=tuple(statements),
        citations=tuple(known.values()),
        disputes=tuple(disputes.values()),
        checks=Checks(counts["verified"], counts["repaired"], counts["unverified"]),
    )
    return replace(answer, text=markdown(answer)) if statements else answer


def _abstaining(answer: Answer, turn: Turn) -> Answer:
    reason: Reason = "weak_evidence" if turn.evidence else "no_evidence"
    near = tuple(cite(number, quote) for number, quote in enumerate(nearest(turn.understood, turn.hits), 1))
    return replace(answer, status="abstained", reason=reason, citations=near)


def _finished(answer: Answer, base: KnowledgeBase, turn: Turn, begun: float, digest: str) -> Answer:
    """The answer with what can only be told of the whole: sources, figures, text, time."""
    now = time.perf_counter()
    seconds = {**turn.seconds, "write": now - begun, "total": now - turn.started}
    figures = figures_of(answer.statements, base)
    answers = responses(answer, base, turn.request.filters)
    whole = replace(
        answer,
        sources=sources_of(answer.statements, base),
        disputes=answers.disputes,
        no_response=answers.none_found,
        figures=figures,
        relations=relations(figures, answer.citations),
        settings=digest,
        seconds={stage: round(value, 4) for stage, value in seconds.items()},
    )
    return replace(whole, text=markdown(whole))
