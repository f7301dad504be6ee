"""A conversation, and how a question is understood in it: what it leaves out is taken from the one before.

By rule, or by a chat model that rewrites it; the answer shows what was asked in the end either way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer
from assistant.attribution import WORD
from assistant.claims import side_of, sides_named
from assistant.reader import names_in
from kb.words import content_words

if TYPE_CHECKING:
    from assistant.models import Gate

__all__ = ["ChatRewriter", "Conversation", "Exchange", "Rewriter"]

_OPENS = re.compile(
    r"^(and|but|so|then|what about|how about|what else|anything else|also|or|ok|okay)\b[\s,]*", re.IGNORECASE
)
_REFERS = re.compile(
    r"\b(?:it|its|they|their|them|he|his|him|she|her|that|those|these|this|there|then|others|else|both)\b"
    r"|\bthe (?:same|other)\b",
    re.IGNORECASE,
)
_OTHER_SIDE = re.compile(r"\bthe (other|opposing|opposite) (side|party|camp)s?('s)?|\bthe others?\b", re.IGNORECASE)
# At the end of a question that names somebody these still point back: "Did Armenia deny it?"
_POINTS_BACK = re.compile(r"\b(?:it|that|this|them|those|these|so|there|then)\s*[?.!]*$", re.IGNORECASE)
_ONLY = 4  # words: as long as a name is that is all of a follow-up ("And the defence ministry?")
_LONGEST = 300  # characters of a rewritten question
_INSTRUCTION = (
    "Rewrite the last question so that it can be understood without the earlier ones. Keep its meaning, answer "
    "nothing, and reply with the one question only."
)
_FEW = 2  # content words: a question with fewer and no name leans on the one before


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question, as it was understood, with its answer."""

    question: str
    answer: Answer


Rewriter = Callable[[str, Sequence[Exchange]], str | None]
"""Completes a follow-up from the exchanges before it; None, or nothing, where it cannot."""


class ChatRewriter:
    """Completes follow-ups by any LangChain chat model. What comes back is searched for and shown, never believed, and
    is taken only if it names nobody and no number that the conversation does not. The model gets no word of any
    article: the questions, and of the answers which sides they name."""

    def __init__(self, model: Any, gate: Gate | None = None) -> None:
        self._model = model
        self._gate = gate

    def __call__(self, question: str, exchanges: Sequence[Exchange]) -> str | None:
        """The question by itself; None if the reply is none, or the model fails: then the rules have to do."""
        last = exchanges[-3:]
        earlier = "\n".join(f"- {exchange.question}" for exchange in last)
        sides = ", ".join(dict.fromkeys(side for exchange in last for side in exchange.answer.sources.sides))
        told = f"\n\nSides in the answers: {sides}" if sides else ""
        messages = [
            ("system", _INSTRUCTION),
            ("human", f"Earlier questions:\n{earlier}{told}\n\nLast question: {question}"),
        ]
        try:
            with self._gate.passing() if self._gate else nullcontext():
                reply = self._model.invoke(messages)
        except Exception:
            # Whatever a provider raises: the border to a model that is not ours.
            return None
        return _rewritten(str(getattr(reply, "content", reply)), question, f"{earlier} {sides}")


def _rewritten(reply: str, question: str, known: str) -> str | None:
    """The one question that a reply is; None if it is something else, loses whom the follow-up names, or brings in
    somebody new."""
    lines = reply.strip().splitlines()
    written = " ".join(lines[0].strip().strip('"“”').split()) if len(lines) == 1 else ""
    if not written or len(written) > _LONGEST or not written.isprintable():
        return None
    said = f"{question} {known}".casefold()
    kept = all(name.casefold() in written.casefold() for name in names_in(question))
    return written if kept and all(name.casefold() in said for name in names_in(written)) else None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was asked and answered so far, oldest first. Immutable: `with_answer` gives the longer one."""

    exchanges: tuple[Exchange, ...] = ()

    def with_answer(self, answer: Answer) -> Conversation:
        return Conversation((*self.exchanges, Exchange(answer.understood_as or answer.question, answer)))

    def understood(self, question: str, rewriter: Rewriter | None = None) -> str:
        """The question as it can be searched for on its own; the question itself if it stands alone. A rewriter is
        asked first, if there is one."""
        if not self.exchanges or not _leans(question):
            return question
        if rewriter is not None and (rewritten := rewriter(question, self.exchanges)):
            return " ".join(rewritten.split())
        before = self.exchanges[-1]
        if _OTHER_SIDE.search(question):
            return _other_side(question, before)
        opened = _OPENS.sub("", question).strip()
        if (swapped := _swapped(opened, before.question)) is not None:
            return swapped
        known = set(content_words(opened))
        topic = [word for word in _topic(before.question) if word.lower() not in known]
        return f"{opened[:1].upper()}{opened[1:]} ({' '.join(topic)})" if topic and opened else question


def _leans(question: str) -> bool:
    """Whether a question needs the one before it to be understood."""
    if _OPENS.match(question) or _OTHER_SIDE.search(question):
        return True
    if names := names_in(question):
        # Who is asked about may change while what is asked stays; a place of its own makes a question of its own.
        return bool(_POINTS_BACK.search(question)) and all(side_of(name) for name in names)
    return bool(_REFERS.search(question)) or len(content_words(question)) < _FEW


def _swapped(opened: str, before: str) -> str | None:
    """The question before with one side or one date in place of the other, where that is all that a follow-up says:
    "And Azerbaijan?", "What about Armenia?", "And in 2020?"; None where it says anything else."""
    rest = opened.strip(" ?.!")
    if not rest or len(rest.split()) > _ONLY:
        return None
    if (side := side_of(rest)) is not None:
        named = [name for name in names_in(before) if side_of(name) not in (None, side)]
        spoken = [name for name in named if re.search(rf"\b(?:did|does|do|has|have)\s+{re.escape(name)}\b", before)]
        # One who is asked about his words is the one who changes; else the only one.
        old = spoken[:1] or (named if len(named) == 1 else [])
        return re.sub(rf"\b{re.escape(old[0])}\b", side if rest in sides_named(rest) else rest, before) if old else None
    year, known = re.fullmatch(r"(?:in )?((?:19|20)\d\d)", rest), re.findall(r"\b(?:19|20)\d\d\b", before)
    return before.replace(known[0], year[1]) if year and len(known) == 1 else None


def _topic(question: str) -> list[str]:
    """The words that say what a question is about, as they were written."""
    wanted = set(content_words(question)) - {"say", "said", "happened", "think", "call", "called"}
    return [word for word in WORD.findall(question) if word.lower().removesuffix("'s").removesuffix("’s") in wanted]


def _other_side(question: str, before: Exchange) -> str:
    """The question put to the side that the one before did not ask about, if the answer names one."""
    asked = sides_named(before.question)
    spoke = Counter(
        side
        for statement in before.answer.statements
        for claim in statement.claims
        if (side := claim.side) and side not in asked
    )
    named = Counter(
        side for citation in before.answer.citations for side in sides_named(citation.quote) if side not in asked
    )
    others = [side for side, _ in (spoke + named).most_common(1)]
    topic = [word for word in _topic(before.question) if side_of(word) is None]
    opened = _OPENS.sub("", question).strip()
    put = _OTHER_SIDE.sub(others[0], opened) if others else opened
    return f"{put[:1].upper()}{put[1:]} ({' '.join(topic)})" if topic else put[:1].upper() + put[1:]
