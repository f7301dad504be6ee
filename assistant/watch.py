"""What is told of each question once it is over: how it ended and how long it took, never what was asked.

`Assistant.watchers` is a list of functions that are told; one that writes a line to the log is in it from the start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant.answer import Answer, Checks
from assistant.errors import AssistantError, UnusableQuestion
from kb import KnowledgeBaseError

__all__ = ["Asked", "Outcome", "Watcher", "tell_log", "watched"]

Outcome = Literal["answered", "abstained", "refused", "failed", "stopped"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that is over."""

    outcome: Outcome
    """"refused": the question itself cannot be answered, being empty or too long; "stopped": nobody waited for the
    rest."""
    question: str = field(repr=False)
    """What was asked; for those alone who may see it."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By stage, as far as it got."""
    checks: Checks = field(default_factory=Checks)
    statements: int = 0
    articles: int = 0
    writer: str = ""
    reason: str | None = None
    """Why it was abstained."""
    error: str | None = None
    """What kind of error ended it; "unforeseen" if nobody foresaw it."""


Watcher = Callable[[Asked], object]


def watched(question: str, answers: Callable[[], Iterator[Answer]], watchers: Sequence[Watcher]) -> Iterator[Answer]:
    """The answer as it grows, and a word to the watchers when it is whole, has failed, or is wanted no more. Nothing
    is done before the first part is asked for, so that the time that it takes is counted."""
    begun = time.perf_counter()
    answer: Answer | None = None
    outcome: Outcome = "stopped"
    error: str | None = None
    try:
        for answer in answers():
            yield answer
        outcome = "answered" if answer is not None and answer.status == "answered" else "abstained"
    except Exception as raised:
        outcome = "refused" if isinstance(raised, UnusableQuestion) else "failed"
        known = isinstance(raised, AssistantError | KnowledgeBaseError)
        error = type(raised).__name__ if known else "unforeseen"
        raise
    finally:
        asked = _asked(question, answer, outcome, error, time.perf_counter() - begun)
        for tell in watchers:
            tell(asked)


def _asked(question: str, answer: Answer | None, outcome: Outcome, error: str | None, seconds: float) -> Asked:
    if answer is None:
        return Asked(outcome, question, {"total": round(seconds, 4)}, error=error)
    return Asked(
        outcome,
        question,
        answer.seconds or {"total": round(seconds, 4)},
        answer.checks,
        len(answer.statements),
        answer.sources.articles,
        answer.writer,
        answer.reason,
        error,
    )


def tell_log(asked: Asked, *, show_question: bool = False) -> None:
    """One line in the log, with what it says as fields beside it."""
    checks = asked.checks
    fields = {
        "event": "question",
        "outcome": asked.outcome,
        "seconds": dict(asked.seconds),
        "statements": asked.statements,
        "verified": checks.verified,
        "repaired": checks.repaired,
        "unverified": checks.unverified,
        "articles": asked.articles,
        "writer": asked.writer,
        "reason": asked.reason,
        "error": asked.error,
        **({"question": asked.question} if show_question else {}),
    }
    because = asked.error or asked.reason
    _log.log(
        logging.WARNING if asked.outcome == "failed" else logging.INFO,
        "question %s%s in %.2f s: %d statements, %d unverified, %d articles%s",
        asked.outcome,
        f" ({because})" if because else "",
        asked.seconds.get("total", 0.0),
        asked.statements,
        checks.unverified,
        asked.articles,
        f": {asked.question!r}" if show_question else "",
        extra={"fields": fields},
    )
