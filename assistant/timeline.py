"""What the articles say, in the order of the days it is about.

A sentence stands on the day that it names, resolved against its article's day of publication; where it names none, on
the day of publication, and the entry says so. Sentences of undated articles are listed apart and never placed: a day
that they name may be anybody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.answer import Citation, Claim
from assistant.citations import Quote, cite, normalised
from assistant.claims import Context, Speech, claims_in
from assistant.reader import Question, is_evidence
from kb import Article, Filters, KnowledgeBase, Span
from kb.article import day_range, days_between
from kb.days import Day, precision, resolved
from kb.passages import split
from kb.words import stems

__all__ = ["Entry", "Timeline", "timeline"]

SCHEMA = 1
Basis = Literal["text", "published", "unknown"]

_PASSAGES = 40
_TOPIC = 0.5  # share of the question's words, rare ones counting more, that a sentence and its surroundings must hold


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence on its day."""

    day: str | None
    """ISO, as precise as it is known: a day, a month or a year. None for what is not placed."""
    basis: Basis
    """Whether the day stands in the text, is that of publication, or is unknown."""
    written: str | None
    """The words of the text that name the day: "on Tuesday" stands as "Tuesday"."""
    text: str
    citations: tuple[Citation, ...]
    """Every article with these words."""
    claims: tuple[Claim, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "day": self.day,
            "precision": precision(self.day),
            "basis": self.basis,
            "written": self.written,
            "text": self.text,
            "citations": [citation.id for citation in self.citations],
            "claims": [claim.to_json() for claim in self.claims],
        }


@dataclass(frozen=True, slots=True)
class Timeline:
    """Dated sentences in order, and undated ones apart."""

    question: str | None = None
    since: str | None = None
    until: str | None = None
    entries: tuple[Entry, ...] = ()
    undated: tuple[Entry, ...] = ()
    left_out: int = 0
    """How many more there are than were asked for."""

    @property
    def citations(self) -> tuple[Citation, ...]:
        found = {c.id: c for entry in (*self.entries, *self.undated) for c in entry.citations}
        return tuple(found[number] for number in sorted(found))

    def to_json(self) -> dict[str, Any]:
        """The document of `timeline --json`."""
        return {
            "schema": SCHEMA,
            "question": self.question,
            "since": self.since,
            "until": self.until,
            "entries": [entry.to_json() for entry in self.entries],
            "undated": [entry.to_json() for entry in self.undated],
            "citations": [citation.to_json() for citation in self.citations],
            "left_out": self.left_out,
        }


@dataclass(slots=True)
class _Told:
    """A sentence with every article that holds the same words."""

    quotes: list[Quote]
    claims: tuple[Claim, ...]
    day: str | None
    basis: Basis
    written: str | None
    order: tuple[float, str, int] = field(default=(0.0, "", 0))


def timeline(
    base: KnowledgeBase,
    question: str | None = None,
    *,
    since: str | None = None,
    until: str | None = None,
    outlet: str | None = None,
    limit: int = 60,
) -> Timeline:
    """The sentences about the question, or all that name a day, which fall between the days given, in order.

    Raises:
        ValueError: a day is no ISO date, the first comes after the last, or neither a question nor a day is given.
        KnowledgeBaseError: the knowledge base cannot be read.
    """
    asked = " ".join((question or "").split()) or None
    if asked is None and since is None and until is None:
        raise ValueError("a timeline needs a question, or a first or last day; write: --since 2023-09-01")
    first, last = days_between(since or None, until or None)
    filters = Filters(outlet=outlet)
    found = _about(base, asked, filters) if asked else _dated(base, filters)
    placed, undated = dict[str, _Told](), dict[str, _Told]()
    speech = Speech()
    for article, span in found:
        told = _told(article, span, speech)
        if told.day is None:
            if asked is not None:
                _add(undated, told)
        else:
            begins, ends = day_range(told.day)
            if begins <= last and ends >= first:
                _add(placed, told)
    in_order = sorted(placed.values(), key=lambda told: told.order)
    numbered = _Numbers()
    return Timeline(
        question=asked,
        since=since,
        until=until,
        entries=tuple(numbered.entry(told) for told in in_order[:limit]),
        undated=tuple(numbered.entry(told) for told in list(undated.values())[:limit]),
        left_out=max(0, len(in_order) - limit) + max(0, len(undated) - limit),
    )


def _about(base: KnowledgeBase, question: str, filters: Filters) -> Iterator[tuple[Article, Span]]:
    """The sentences of the passages found that speak of what is asked about."""
    asked = Question.parse(question, base)
    whole = sum(asked.stems.values())
    for hit in base.search(question, _PASSAGES, filters):
        around = stems(hit.article.title)
        for one in (hit, *hit.copies):
            for span in one.passage.sentences:
                own = stems(span.of(one.article.text))
                shared = sum(weight for stem, weight in asked.stems.items() if stem in own | around)
                if own & asked.stems.keys() and shared >= _TOPIC * whole and is_evidence(asked, one, span):
                    yield one.article, span


def _dated(base: KnowledgeBase, filters: Filters) -> Iterator[tuple[Article, Span]]:
    """The sentences of dated articles that name a day, and the first of each, which tells the news of its day."""
    for article in base.articles():
        if (
            article.published is None
            or (filters.outlet or article.outlet or "").casefold() != (article.outlet or "").casefold()
        ):
            continue
        for number, span in enumerate(span for passage in split(article) for span in passage.sentences):
            if number == 0 or _day(article, span) is not None:
                yield article, span


def _told(article: Article, span: Span, speech: Speech) -> _Told:
    claims = speech.claims(article, span)
    named = _day(article, span) if article.published else None
    day = named.iso if named else article.published
    basis: Basis = "text" if named else "published" if day else "unknown"
    # Within a day what is known to the day comes before what is known to the month.
    order = (day_range(day)[0] + len("2023-09-19") - len(day) if day else 0.0, article.published or "", span.start)
    return _Told([Quote(article, span)], claims, day, basis, named.written if named else None, order)


def _day(article: Article, span: Span) -> Day | None:
    """The day that a sentence is about: the first that it names, rather than the one on which somebody says it."""
    days = [day for day in resolved(span.of(article.text), article.published) if day.precision == "day"]
    if len(days) > 1:
        said = {claim.as_of for claim in claims_in(span.of(article.text), Context(published=article.published))}
        days = [day for day in days if day.iso not in said] or days
    return days[0] if days else None


def _add(found: dict[str, _Told], told: _Told) -> None:
    words = f"{told.day} {normalised(told.quotes[0].text)}"
    known = found.setdefault(words, told)
    if known is not told and told.quotes[0].article.id not in {quote.article.id for quote in known.quotes}:
        known.quotes.append(told.quotes[0])


class _Numbers:
    """Gives citations their numbers, in the order in which they are shown."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], Citation] = {}

    def entry(self, told: _Told) -> Entry:
        citations = tuple(self._cited(told.quotes))
        return Entry(told.day, told.basis, told.written, told.quotes[0].text, citations, told.claims)

    def _cited(self, quotes: Sequence[Quote]) -> Iterable[Citation]:
        for quote in quotes:
            place = (quote.article.id, quote.span.start, quote.span.end)
            yield self._known.setdefault(place, cite(len(self._known) + 1, quote))
