"""The values everything else is made of: articles, passages, sentences and hits. Frozen, and free of any I/O.

All offsets count Unicode code points of `Article.text`, as Python's slices do, and are half-open.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

__all__ = ["Article", "Boilerplate", "Hit", "Passage", "Span", "article_id", "day_range", "days_between"]

_ID_LENGTH = 20  # hex digits: 80 bits, so that a billion articles collide with probability below one in a million


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A slice of a text: `text[start:end]`, in code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span needs 0 <= start <= end, not {self.start} and {self.end}")

    def of(self, text: str) -> str:
        """The words that the span covers in `text`."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one code point."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, order=True)
class Boilerplate:
    """A slice of an article that is not its story: a caption, a credit, a promotion. Marked, never cut."""

    start: int
    end: int
    why: str
    """In words for a reader: "photo credit", "repeated caption", "newsletter promotion"."""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Article:
    """One stored text with what is known about it. Immutable: an edited text is another article.

    Whatever is unknown is None. Nothing here is ever guessed: `provenance` says of each field that is given where
    it was found, in words for a reader ("front matter", "promotion line: …", "command line").
    """

    text: str
    """The text that citations slice: as it came, but for line ends, which are all "\\n"."""
    title: str
    source: str
    """Which record this came from: its URL, else its file and its place in it. A second run with the same source
    and another text is an update of the same article."""
    outlet: str | None = None
    """Who published it."""
    origin: str | None = None
    """Who reported it first, where the text says so: a wire agency. None means no one else is named."""
    author: str | None = None
    published: str | None = None
    """ISO date of publication, as precise as it is known: "2023-09-19", "2023-09" or "2023"."""
    url: str | None = None
    language: str | None = None
    boilerplate: tuple[Boilerplate, ...] = ()
    """In order, without overlaps."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    added: str | None = None
    """When the catalog stored it, ISO and UTC. None until then."""
    _id: str = field(default="", init=False, compare=False, repr=False)

    @property
    def id(self) -> str:
        if not self._id:
            # A digest of the whole text, and asked for in inner loops.
            object.__setattr__(self, "_id", article_id(self.text, self.url or self.outlet))
        return self._id

    @property
    def sha256(self) -> str:
        """Digest of the text, in hex. A lone surrogate cannot be stored, and the loaders let none through."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Digest of everything an ingest run can change: two records with the same one need no work."""
        values = [
            self.text,
            self.title,
            self.outlet,
            self.origin,
            self.author,
            self.published,
            self.url,
            self.language,
            [[mark.start, mark.end, mark.why] for mark in self.boilerplate],
            sorted(self.provenance.items()),
        ]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    @property
    def body_start(self) -> int:
        """Where the story begins: after the headline, if the text opens with it. Headlines are not cited, for they
        are written by others than the report and often say more than it does."""
        lead = len(self.text) - len(self.text.lstrip())
        end = lead + len(self.title)
        opens = self.text[lead:end] == self.title and self.text[end : end + 1] in ("", "\n")
        return end if opens and self.title else 0


def article_id(text: str, published_at: str | None) -> str:
    """The id of an article: a digest of its text and of where it was published.

    The place is part of it so that three outlets that print one wire story stay three articles. What may be found
    out later (date, author, origin) is not, so that learning it never breaks a citation.
    """
    digest = hashlib.sha256()
    digest.update(text.encode())
    digest.update(b"\0")
    digest.update((published_at or "").encode())
    return digest.hexdigest()[:_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of one article that is embedded and searched. `article.text[start:end] == text`, always."""

    article_id: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]
    """In order, in offsets of the article; what lies between them is white space."""
    id: int | None = None
    """The catalog's number for it. None until it is stored."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found, with its score (higher is better; comparable within one search only)."""

    passage: Passage
    article: Article
    score: float
    similarity: float = 0.0
    """Cosine between the question's vector and the passage's, from -1 to 1. Comparable between searches."""
    copies: tuple[Hit, ...] = ()
    """Passages of other articles with the same words."""


_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def day_range(published: str) -> tuple[int, int]:
    """First and last second (Unix time, UTC) of the day, month or year that `published` names.

    Raises:
        ValueError: `published` is not YYYY, YYYY-MM or YYYY-MM-DD, or no such day exists.
    """
    match = _ISO.fullmatch(published)
    if match is None:
        raise ValueError(f"{published!r} is not a date: write 2023, 2023-09 or 2023-09-19")
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day or 1)
        if day:
            after = first + timedelta(days=1)
        elif month:
            after = date(year + month // 12, month % 12 + 1, 1)
        else:
            after = date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        raise ValueError(f"{published!r} is not a date: no such day") from None
    return _midnight(first), _midnight(after) - 1


def days_between(since: str | None, until: str | None) -> tuple[float, float]:
    """First and last second from one day, month or year to another; endless where None is given.

    Raises:
        ValueError: one of them is no date, or nothing lies between them.
    """
    first = day_range(since)[0] if since is not None else float("-inf")
    last = day_range(until)[1] if until is not None else float("inf")
    if first > last:
        raise ValueError(f"nothing is since {since} and until {until}: change the two over, or leave one out")
    return first, last


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
