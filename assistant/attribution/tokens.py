"""Words and marks of a sentence, and where direct speech stands in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb import Span

__all__ = ["WORD", "Token", "quoted", "tokens_of"]

WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")
"""A word alone, where it does not matter what quotation it stands in."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int
    depth: int
    """How the token stands to direct speech: 0 outside, else the number of the quotation."""
    lower: str
    is_word: bool
    is_capital: bool


_PREFIXED = re.compile(r"[a-z]{2,3}-[A-Z]")  # al-Abadi
_ABBREVIATED = (
    "Mr|Mrs|Ms|Dr|Sen|Sens|Rep|Reps|Gov|Gen|Lt|Col|Maj|Capt|Cmdr|Adm|Sgt|Brig|Prof|Rev|Hon|Jr|Sr|St|No|Inc|Co|Corp|Ltd"
)
_TOKEN = re.compile(
    rf"(?:{_ABBREVIATED})\.|(?:[^\W_]\.)+(?=\W|$)|[^\W_]+(?:[.'’&/-][^\W_]+)*(?:(?<=\.[^\W_])\.)?|--|''|``|[^\w\s]"
)
_OPENING, _CLOSING = "“«„", "”»"
_NAME = r"[A-Z][\w.'’-]*"
_DATELINE = re.compile(  # "KYIV, Ukraine (Some Wire) - ", and without the dash where an outlet is known to leave it out
    rf"(?:{_NAME}(?:\s{_NAME}){{0,2}}(?:,\s{_NAME}(?:\s{_NAME})?)?\s)?"
    rf"(?:\({_NAME}(?:\s{_NAME}){{0,3}}\)\s?(?:--?|[–—])|\((?:AFP|AP|CNN|Reuters|UPI)\))\s+(?=[\W_]?[A-Z])"
)


def tokens_of(sentence: str) -> list[Token]:
    """Words and marks of a sentence behind its dateline, each with the quotation it stands in."""
    within = quoted(sentence)
    dateline = _DATELINE.match(sentence)
    said = _TOKEN.finditer(sentence, dateline.end() if dateline else 0)
    return [_token(_mark(sentence, m), m.start(), m.end(), within) for m in said]


def _mark(sentence: str, match: re.Match[str]) -> str:
    """A word or mark; a hyphen that stands alone is a dash."""
    alone = (
        match.group() == "-"
        and sentence[match.start() - 1 : match.start()] == sentence[match.end() : match.end() + 1] == " "
    )
    return "–" if alone else match.group()


def _token(text: str, start: int, end: int, within: Sequence[Span]) -> Token:
    # Each is asked for its forms many times over, so they are made once.
    return Token(
        text,
        start,
        end,
        next((n for n, s in enumerate(within, 1) if s.start < start < s.end - 1), 0),
        text.lower().replace("’", "'"),
        text[0].isalnum(),
        text[0].isupper() or _PREFIXED.match(text) is not None,
    )


def quoted(sentence: str) -> list[Span]:
    """Where direct speech stands, marks included. What a mark closes that nothing opened was opened before the
    sentence; what nothing closes goes on after it."""
    found: list[Span] = []
    opened: int | None = None
    for match in re.finditer(r"[“”«»„\"]|''|``|(?<!\w)‘(?=\w)|(?<=[\w,.?!])’(?!\w)", sentence):
        mark, start, end = match.group(), match.start(), match.end()
        if mark in "‘’":
            continue  # too often an apostrophe
        opens = (
            mark in _OPENING
            or mark == "``"
            or (mark not in _CLOSING and opened is None and _could_open(sentence, start, end))
        )
        if opens:
            opened = start if opened is None else opened
        else:
            found.append(Span(opened if opened is not None else (0 if not found else start), end))
            opened = None
    if opened is not None:
        found.append(Span(opened, len(sentence)))
    return found


def _could_open(sentence: str, start: int, end: int) -> bool:
    """Whether a straight mark stands where a quotation can begin: before a word, after none."""
    before, after = sentence[start - 1 : start], sentence[end : end + 1]
    return bool(after) and not after.isspace() and not before.isalnum() and before not in (",", ".", "?", "!")
