"""Where a sentence tells that somebody says something: the cue, who says it, and what. By rule, pure, English.

A cue is a verb of saying, denying or accusing, "according to", or a noun of these that somebody has ("Armenia's claim
that …"). The speaker is the noun phrase before the verb with its apposition, or the one after it where the order is
inverted; a participle ("…, accusing …") and a verb joined by "and" have the speaker of the one before them. The words
known are in lexicon.toml.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answer import Stance
from assistant.attribution.phrases import LONGEST
from assistant.attribution.speakers import Found, antecedent_of, cue_at, found_at
from assistant.attribution.tokens import WORD, Token, quoted, tokens_of
from assistant.attribution.words import (
    NEGATIONS,
    PRONOUNS,
    base_forms,
    counting_verbs,
    cue_words,
    lexicon,
    needing_verbs,
    verbs,
)
from kb import Span

__all__ = [
    "PRONOUNS",
    "WORD",
    "Attribution",
    "Token",
    "attributions",
    "base_forms",
    "counting_verbs",
    "lexicon",
    "needing_verbs",
    "quoted",
    "tokens_of",
    "verbs",
]


@dataclass(frozen=True, slots=True)
class Attribution:
    """One telling of speech in a sentence, in offsets of the sentence."""

    cue: Span
    """The verb or noun with its auxiliaries: "has not said", "according to"."""
    verb: Span
    """The word itself."""
    does: Stance
    """What the cue alone does; whether the words deny or accuse is for `claims` to say."""
    speaker: Span | None
    """The noun phrase with its apposition, or "who". None if nobody is named."""
    stands_for: Span | None
    """Of "who" or "which": the phrase that it stands for."""
    content: tuple[Span, ...]
    """What is said, in one or two pieces: before the cue, after it, or around it."""
    is_quoted: bool
    """Whether all of it stands inside direct speech: then the speaker of the quotation tells it, not the outlet."""
    negated: bool
    """Whether the cue is denied: "has not said"."""


_WORD = re.compile(r"[^\W_]+")


@functools.lru_cache(maxsize=2_000)  # one sentence is asked about once for each of its claims
def attributions(sentence: str) -> tuple[Attribution, ...]:
    """All attributions of a sentence, in the order of their cues."""
    words = _WORD.findall(sentence.lower())
    if "that" not in words and cue_words().isdisjoint(words):
        return ()  # which spares many sentences their tokens; with "that" behind it any verb in the past may be a cue
    tokens = tokens_of(sentence)
    found: list[Found] = []
    for at in range(len(tokens)):
        does = cue_at(tokens, at)
        if does is not None and (one := found_at(tokens, at, does, found)) is not None:
            found.append(one)
    return tuple(
        _placed(tokens, one, next((f for f in found[n + 1 :] if not f.is_noun), None)) for n, one in enumerate(found)
    )


def _placed(tokens: Sequence[Token], found: Found, after: Found | None) -> Attribution:
    cue = Span(tokens[found.cue[0]].start, tokens[found.cue[1] - 1].end)
    verb = Span(tokens[found.at].start, tokens[found.at].end)
    speaker = Span(tokens[found.speaker[0]].start, tokens[found.speaker[1] - 1].end) if found.speaker else None
    negated = any(t.lower in NEGATIONS for t in tokens[found.cue[0] : found.at])
    before = antecedent_of(tokens, found.speaker) if found.speaker else None
    stands_for = Span(tokens[before[0]].start, tokens[before[1] - 1].end) if before else None
    return Attribution(
        cue,
        verb,
        found.does,
        speaker,
        stands_for,
        tuple(_content(tokens, found, after)),
        bool(tokens[found.at].depth),
        negated,
    )


def _content(tokens: Sequence[Token], found: Found, following: Found | None) -> Iterator[Span]:
    """What stands after the cue and its speaker, and, where that is little or the order is inverted, before them."""
    own = [found.cue, *([found.speaker] if found.speaker else [])]
    near = [span for span in own if abs(span[0] - found.at) < LONGEST]
    first, last = min(s for s, _ in near), max(e for _, e in near)
    if found.speaker and found.speaker[1] <= found.cue[0]:
        last = found.cue[1]
        first = found.speaker[0] if _follows_directly(tokens, found) else found.cue[0]
    stop = len(tokens)
    if following is not None and tokens[following.at].depth == tokens[found.at].depth:
        stop = following.cue[0]
        if following.speaker and found.at < following.speaker[0] < stop:
            stop = following.speaker[0]
    depth = tokens[found.at].depth
    after = _trimmed(tokens, last, stop)
    before = _trimmed(tokens, 0, first)
    if depth:
        after = _trimmed(tokens, last, next((n for n in range(last, len(tokens)) if tokens[n].depth != depth), stop))
        before = (0, 0)
    words_after = sum(tokens[n].is_word for n in range(*after))
    comes_after = words_after > 2 and not (tokens[last - 1].end and last < len(tokens) and tokens[last].text == ".")
    is_before = (
        first > 1
        and tokens[first - 1].text in {",", '"', "”", "''", "?", "!", "—", "--", "["}
        and (found.inverted or tokens[first - 2].depth or not comes_after)
        and not (comes_after and tokens[found.at].lower.endswith("ing"))  # “…,” referring to the strike
    )
    if is_before and before[1] > before[0]:
        yield Span(tokens[before[0]].start, tokens[before[1] - 1].end)
        if not any(tokens[n].depth for n in range(*after)):
            return
    elif is_before and not comes_after:
        return
    if after[1] > after[0]:
        yield Span(tokens[after[0]].start, tokens[after[1] - 1].end)


def _follows_directly(tokens: Sequence[Token], found: Found) -> bool:
    """Whether the speaker stands right before the cue, with nothing said between."""
    assert found.speaker is not None
    return not any(t.depth for t in tokens[found.speaker[1] : found.cue[0]]) and found.cue[0] - found.speaker[1] < 12


def _trimmed(tokens: Sequence[Token], start: int, stop: int) -> tuple[int, int]:
    while start < stop and (not tokens[start].is_word and tokens[start].text not in {'"', "“", "``", "''"}):
        start += 1
    while stop > start and tokens[stop - 1].text in {",", ".", ";", ":", "-", "—", "–"} | {"and", "but"}:
        stop -= 1
    return start, stop
