"""One story, many copies: which articles tell the same report, and the evidence for it. Pure.

Two articles are tied if one repeats enough of the other's long sentences, nearly word for word and in its own voice:
what somebody said is quoted by many. Two that hold the same words and nothing else are tied however short they are.
Everything that ties lead to, step by step, is one origin.

An article leaves marks, two for each such sentence; articles that share a mark are worth comparing. So one that comes
is compared with a few, however many there are.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from itertools import islice
from typing import Literal

from kb.article import Article, Hit, Span

__all__ = ["Copy", "Kind", "Story", "Tie", "collapsed", "groups", "tie"]

Kind = Literal["exact", "near", "edited", "linked"]
"""The same words; most of the sentences of both; a part of them; or tied only through others."""

_LONG = 60  # characters: shorter sentences are shared by chance ("The ministry did not respond.")
_FEWEST = 3  # sentences: fewer may be a background that two reports took from a third
_SHARE = 0.2  # of the words of the shorter one: wire copy is cut and added to, until a fifth is left of it
_NEAR = 0.8  # of the words of both
_RUN = 5  # words in a run of which a mark is made
_FIRST = 5  # words that two passages must share before all are compared
_GRAM = 3  # words that are compared at a time
_ALIKE = 0.6  # of a sentence's runs of three words: an editor's hand, but no other sentence
_OVERLAP = 1 / 3  # of the shorter of two passages that is in the other, for the two to be shown as one
_LEAST_WORDS = 8  # of an article that counts as a copy by having the same words
_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r"“[^”]*”?|\"[^\"]*\"?")

_Gram = tuple[str, ...]


class Story:
    """A text as far as it tells whose report it is: its words, and its long sentences in the outlet's own voice."""

    def __init__(self, text: str, sentences: Iterable[Span]) -> None:
        spans = list(sentences)
        told = [(span, span.of(text)) for span in spans]
        self.words = tuple(word for _, words in told for word in _words(words))
        self.told = [(span, _words(words)) for span, words in told if len(words) >= _LONG and not _is_quotation(words)]

    @cached_property
    def marks(self) -> frozenset[int]:
        """What it has in common with its copies: of each half of a sentence one run of words, the same in each that has
        it, so that a sentence in which a word was changed still has one of the two."""
        whole = {_mark(self.words)} if len(self.words) >= _LEAST_WORDS else set()
        halves = (
            half for _, words in self.told for half in (words[: len(words) // 2 + 2], words[len(words) // 2 - 2 :])
        )
        return frozenset(whole | {min(map(_mark, _runs(half, _RUN))) for half in halves})

    @cached_property
    def length(self) -> int:
        """How many words its long sentences have."""
        return sum(len(words) for _, words in self.told)

    @cached_property
    def grams(self) -> frozenset[_Gram]:
        return frozenset(gram for _, words in self.told for gram in _runs(words, _GRAM))

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(word for _, words in self.told for word in words if word.isdecimal())

    def repeated_in(self, other: Story) -> list[tuple[Span, int]]:
        """Which of its long sentences another tells too, figures and all, and how many words each has."""
        return [(span, len(words)) for span, words in self.told if _contained(words, other.grams, other.numbers)]


@dataclass(frozen=True, slots=True)
class Tie:
    """Why two articles are one origin."""

    kind: Kind
    left: tuple[Span, ...]
    """The long sentences of the first one that the second tells too."""
    right: tuple[Span, ...]
    """And the other way round."""
    share: float
    """Of the words in the long sentences of the shorter one, how many the other has."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Another article of the same origin, as seen from one of them, with the evidence."""

    article: Article
    kind: Kind
    sentences: tuple[str, ...] = ()
    """What both tell, in the words of the article from which this is seen."""
    share: float = 0.0
    similarity: float = 0.0
    """Of their vectors, passage by passage, the mean of the best cosines."""
    agency: str | None = None
    """The agency that both name."""


def tie(left: Story, right: Story) -> Tie | None:
    """What ties two stories to one origin, if anything does."""
    if left.words == right.words and len(left.words) >= _LEAST_WORDS:
        return Tie("exact", tuple(span for span, _ in left.told), tuple(span for span, _ in right.told), 1.0)
    here, there = left.repeated_in(right), right.repeated_in(left)
    spans = tuple(span for span, _ in here), tuple(span for span, _ in there)
    shorter, longer = (left, right) if left.length <= right.length else (right, left)
    shared, back = (here, there) if shorter is left else (there, here)
    if not shared or len(shared) < min(_FEWEST, len(shorter.told)):
        return None
    share = sum(words for _, words in shared) / shorter.length
    if share < _SHARE:
        return None
    near = min(share, sum(words for _, words in back) / longer.length) >= _NEAR
    return Tie("near" if near else "edited", *spans, round(share, 3))


def groups(members: Iterable[int], ties: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The first of its origin for each of these articles, by their numbers: the least of all that it is tied to."""
    first = {member: member for member in members}

    def root(member: int) -> int:
        while first[member] != member:
            first[member] = first[first[member]]
            member = first[member]
        return member

    for left, right in ties:
        if left in first and right in first:
            least, other = sorted((root(left), root(right)))
            first[other] = least
    return {member: root(member) for member in first}


def collapsed(hits: Iterable[Hit], origins: Mapping[str, str]) -> list[Hit]:
    """The hits, each with the `copies` of its passage beside it: a story that several outlets carry is found once, and
    every outlet stays citable. `origins` gives each article's origin, by their ids.

    A copy holds the same words; or it is of the same origin, has sentences in common with a hit before it, and all of
    its others are told in that hit's article too, figures and all. What a copy adds or changes is found by itself.
    """
    found: list[Hit] = []
    beginning: dict[_Gram, list[int]] = {}  # the first words of a passage -> the places of the hits that begin so
    telling: dict[str, list[int]] = {}  # an origin -> the places of its hits
    told = cache(_Told)
    for hit in hits:
        text, origin = hit.passage.text, origins.get(hit.passage.article_id)
        alike = [] if origin is None else telling.setdefault(origin, [])
        beside = beginning.setdefault(_first_words(text), [])
        same = next((i for i in beside if _say_the_same(found[i].passage.text, text)), len(found))
        place = next((i for i in alike if i < same and _adds_nothing(hit, found[i], told)), same)
        if place < len(found):
            found[place] = replace(found[place], copies=(*found[place].copies, hit))
        else:
            alike.append(place)
            beside.append(place)
            found.append(hit)
    return found


def _adds_nothing(hit: Hit, earlier: Hit, told: Callable[[str], _Told]) -> bool:
    """Whether a hit of the same origin says nothing that the earlier one's article does not."""
    if hit.passage.article_id == earlier.passage.article_id:
        return False
    sentences = [_words_of_passage(span.of(hit.article.text)) for span in hit.passage.sentences]
    common = sum(len(words) for words in sentences if told(earlier.passage.text).holds(words))
    shorter = min(sum(map(len, sentences)), len(_words_of_passage(earlier.passage.text)))
    return common >= _OVERLAP * shorter and all(map(told(earlier.article.text).holds, sentences))


class _Told:
    """What a text says, for telling whether it says a sentence."""

    def __init__(self, text: str) -> None:
        words = _words(text)
        self.grams = frozenset(_runs(words, _GRAM))
        self.numbers = frozenset(filter(str.isdecimal, words))

    def holds(self, words: _Gram) -> bool:
        return _contained(words, self.grams, self.numbers)


def _words(text: str) -> _Gram:
    return tuple(_WORD.findall(text.casefold()))


@lru_cache(
    maxsize=2_000
)  # an answer takes several searches, which find much the same; whole articles would be too long
def _words_of_passage(text: str) -> _Gram:
    return _words(text)


def _first_words(text: str) -> _Gram:
    """The first words of a text; finding all of them costs more than the rest of telling copies apart."""
    return tuple(match[0] for match in islice(_WORD.finditer(text.casefold()), _FIRST))


def _say_the_same(one: str, other: str) -> bool:
    return _words_of_passage(one) == _words_of_passage(other)


def _runs(words: _Gram, length: int) -> list[_Gram]:
    """Every run of so many words; all of them together if there are fewer."""
    return [words[at : at + length] for at in range(max(1, len(words) - length + 1))]


def _mark(words: _Gram) -> int:
    return zlib.crc32(" ".join(words).encode())


def _contained(words: _Gram, grams: frozenset[_Gram], numbers: frozenset[str]) -> bool:
    runs = set(_runs(words, _GRAM))
    # Another figure makes it another report, and an event table's rows differ in nothing else.
    return len(runs & grams) >= _ALIKE * len(runs) and all(word in numbers for word in words if word.isdecimal())


def _is_quotation(words: str) -> bool:
    return sum(len(match[0]) for match in _QUOTED.finditer(words)) > len(words) / 2
