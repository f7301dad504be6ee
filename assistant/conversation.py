"""A conversation, and how a question is understood in it: what it leaves out is taken from the one before. By rule."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from assistant.answer import Answer
from assistant.claims import side_of, sides_named
from assistant.reader import names_in
from kb.words import content_words

__all__ = ["Conversation", "Exchange"]

_OPENS = re.compile(
    r"^(and|but|so|then|what about|how about|what else|anything else|also|or|ok|okay)\b[\s,]*", re.IGNORECASE
)
_REFERS = re.compile(
    r"\b(?:it|its|they|their|them|he|his|him|she|her|that|those|these|this|there|then|others|else|both)\b"
    r"|\bthe (?:same|other)\b",
    re.IGNORECASE,
)
_OTHER_SIDE = re.compile(r"\bthe (other|opposing|opposite) (side|party|camp)s?('s)?|\bthe others?\b", re.IGNORECASE)
_FEW = 2  # content words: a question with fewer and no name leans on the one before


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question, as it was understood, with its answer."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was asked and answered so far, oldest first. Immutable: `with_answer` gives the longer one."""

    exchanges: tuple[Exchange, ...] = ()

    def with_answer(self, answer: Answer) -> Conversation:
        return Conversation((*self.exchanges, Exchange(answer.understood_as or answer.question, answer)))

    def understood(self, question: str) -> str:
        """The question as it can be searched for on its own; the question itself if it stands alone."""
        if not self.exchanges or not _leans(question):
            return question
        before = self.exchanges[-1]
        if _OTHER_SIDE.search(question):
            return _other_side(question, before)
        opened = _OPENS.sub("", question).strip()
        known = set(content_words(opened))
        topic = [word for word in _topic(before.question) if word.lower() not in known]
        return f"{opened[:1].upper()}{opened[1:]} ({' '.join(topic)})" if topic and opened else question


def _leans(question: str) -> bool:
    """Whether a question needs the one before it to be understood."""
    if _OPENS.match(question) or _OTHER_SIDE.search(question):
        return True
    if names_in(question):
        return False
    return bool(_REFERS.search(question)) or len(content_words(question)) < _FEW


def _topic(question: str) -> list[str]:
    """The words that say what a question is about, as they were written."""
    wanted = set(content_words(question)) - {"say", "said", "happened", "think", "call", "called"}
    words = re.findall(r"[^\W_]+(?:[.'’-][^\W_]+)*", question)
    return [word for word in words if word.lower().removesuffix("'s").removesuffix("’s") in wanted]


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
