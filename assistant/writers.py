"""From chosen sentences to an answer's statements.

A writer proposes drafts; what becomes of them (citations checked, verdicts given, the rest left out) is not its to
decide, so that no writer has to be trusted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.answer import Claim
from assistant.citations import Quote, normalised
from assistant.rendering import dated, named
from kb import Hit

__all__ = ["Draft", "QuotingWriter", "Selected", "Writer"]


@dataclass(frozen=True, slots=True)
class Selected:
    """A sentence that was chosen for the answer, with every article that holds the same words, and its claims."""

    quotes: tuple[Quote, ...]
    claims: tuple[Claim, ...]
    score: float
    denies: int | None = None
    """The place of the selected sentence that this one denies; None if it answers the question itself."""
    contrary: bool = False
    """Whether it gives another account of that sentence instead of denying it."""

    @property
    def text(self) -> str:
        return self.quotes[0].text


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement as a writer proposes it."""

    text: str
    quotes: tuple[Quote, ...]
    claims: tuple[Claim, ...]
    denies: int | None = None
    contrary: bool = False


class Writer(Protocol):
    """Writes an answer from the sentences chosen for it. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """What `--model` would say to get it."""

    def write(self, question: str, chosen: Sequence[Selected], hits: Sequence[Hit] = ()) -> Iterator[Draft]:
        """Drafts, one by one, as they are ready. `hits` are the passages found, for writers that read further."""


class QuotingWriter:
    """Writes by quoting: outlet, date, speaker, and the very words. Needs no model and cannot invent."""

    name = "quoting"

    def write(self, question: str, chosen: Sequence[Selected], hits: Sequence[Hit] = ()) -> Iterator[Draft]:
        for selected in chosen:
            yield Draft(
                f"{_according_to(selected)}: “{' '.join(selected.text.split())}”",
                selected.quotes,
                selected.claims,
                selected.denies,
                selected.contrary,
            )


def _first_and_last(days: list[str | None]) -> tuple[str | None, ...]:
    known = sorted(day for day in days if day)
    return (known[0], known[-1]) if known else (None,)


def _according_to(selected: Selected) -> str:
    """Where the words stand, and who speaks if they themselves only say "he" or "it"."""
    article = selected.quotes[0].article
    outlets = list(dict.fromkeys(named(quote.article.outlet) for quote in selected.quotes if quote.article.outlet))
    if len(outlets) > 1:
        where = f"{', '.join(outlets[:-1])} and {outlets[-1]}"
        when = " to ".join(dict.fromkeys(map(dated, _first_and_last([q.article.published for q in selected.quotes]))))
    else:
        where = outlets[0] if outlets else f"the article “{named(article.title)}”"
        when = dated(article.published)
    unnamed = [
        claim.speaker
        for claim in selected.claims
        if claim.speaker and normalised(claim.speaker) not in normalised(selected.text)
    ]
    citing = f", citing {unnamed[0]}" if unnamed else ""
    return f"According to {where} ({when}{citing})"
