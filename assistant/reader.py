"""Which sentences of the found passages answer the question, and whether any does.

The default reader weighs a few features that can be explained in a sentence each; its coefficients are learned (see
bench/learn_reader.py) and kept in reader.json. A sentence whose surroundings miss a name or a number that the question
asks about is no evidence at all, however alike the words are.
"""

from __future__ import annotations

import functools
import json
import math
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Protocol

from assistant.claims import sides_named, speaking_names
from kb import Article, Hit, KnowledgeBase, Span
from kb.reranking import Reranker
from kb.words import content_words, stem, stems

__all__ = [
    "FEATURES",
    "CrossEncoderReader",
    "Evidence",
    "FeatureReader",
    "Question",
    "Reader",
    "asks_how_many",
    "families",
    "features",
    "is_evidence",
    "missing_names",
]

FEATURES = (
    "similarity",  # cosine of question and sentence
    "passage",  # cosine of question and passage
    "words",  # share of the question's words, rare ones counting more, that the sentence holds, or a word akin
    "around",  # the same for the sentence, its neighbours and the title
    "opposite",  # 1 if the sentence holds the opposite of a word of the question that is nowhere around
    "unnegated",  # 1 if the question asks for what is not, and the sentence denies nothing
    "kind",  # 1 if the sentence holds what the question asks for (a number, a date, a name, a place), -1 if not, else 0
    "length",  # words in the sentence, as a logarithm: very short ones answer nothing
)
_KIN = 0.8  # of a word's weight, where the sentence has one that means nearly the same
_OTHERS = 0.5  # of the score of a sentence that names other sides only than a question that asks how many
_CANDIDATES = 16  # sentences that are embedded; the others are dropped by what costs nothing
_TOKEN = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_NUMBER_WORD = (
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    r"nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozens?|scores|hundreds?|thousands?|millions?|billions?"
)
_MONTHS = "January February March April May June July August September October November December".split()
_COUNT = re.compile(
    r"\bhow (?:many|much|large|big|long|far|old|often|high)\b|\bwhat (?:number|percentage|share|toll)\b"
    r"|\b(?:toll|number|population|size|cost|length) of\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"\d|\b(?:{_NUMBER_WORD}|one|no one|none|half)\b", re.IGNORECASE)
_HOW_MANY = _COUNT, _COUNTED
_WHY = (
    re.compile(r"\bwhy\b|\bwhat (?:caused|reason)\b", re.IGNORECASE),
    re.compile(
        r"\b(?:because|due|since|reason\w*|after|caus\w+|led|result\w*|so that|for|in response|retaliat\w+|over|as)\b"
        r"|(?<!\baccording )\bto\b",
        re.IGNORECASE,
    ),
)
# A question with one of the first asks for what is not so; a sentence with one of the second may tell it.
_NEGATED = re.compile(
    r"\b(?:not|no(?!\. ?\d)|never|none|nobody|nothing|neither|nor|without|cannot|except)\b|n['’]t\b", re.I
)
_DENYING = re.compile(
    r"\b(?:den(?:y|ied|ies|ying)|reject\w*|refus\w*|fail\w*|unable|lack\w*|prevent\w*|avoid\w*|bann?(?:ed|ing|s)?|"
    r"forb[ai]d\w*|prohibit\w*|exclu\w+|instead|rather than|hardly|barely)\b",
    re.IGNORECASE,
)
_OPPOSING = "un", "in", "im", "il", "ir", "non", "non-", "dis", "anti", "anti-"
_KINDS = (  # what a question asks for, and how a sentence looks that gives it
    _HOW_MANY,
    (
        re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time)\b", re.IGNORECASE),
        re.compile(
            rf"\b(?:1[0-9]|20)\d\d\b|\b(?:{'|'.join(_MONTHS)}|"
            r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|yesterday|century)\b"
        ),
    ),
    (
        re.compile(r"\bwhere\b|\b(?:what|which) (?:city|country|place|town|region|state)\b", re.IGNORECASE),
        re.compile(r"\b(?:in|at|near|on|from|to|of)\s+(?:the\s+)?[A-Z]"),
    ),
    (
        re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE),
        re.compile(
            r"(?<=\S\s)[A-Z][\w’'-]+"
            r"|\b(?:officials?|authorities|ministry|government|forces|president|army|troops|they|he|she|it)\b"
        ),
    ),
    _WHY,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that may answer, with the probability that it does."""

    hit: Hit
    span: Span
    score: float

    @property
    def article(self) -> Article:
        return self.hit.article

    @property
    def text(self) -> str:
        return self.span.of(self.hit.article.text)


Among = Callable[[Hit, Span], bool]


class Reader(Protocol):
    """Chooses sentences. Safe to call from several threads."""

    def read(self, question: str, hits: Sequence[Hit], among: Among | None = None) -> list[Evidence]:
        """The sentences of the hits that may answer the question, best first; `among` tells which come into question at
        all. Empty if none can."""

    @property
    def threshold(self) -> float:
        """Below this score a sentence is no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart: what it asks for, and which words, names and numbers it asks about."""

    text: str
    stems: Mapping[str, float]
    """Content stems, each with how rare it is among the passages, from 0 to 1."""
    names: tuple[str, ...]
    places: frozenset[str] = frozenset()
    """Those of the names that the question uses for where, not for whom: "in Yerevan"."""

    @classmethod
    def parse(cls, text: str, base: KnowledgeBase) -> Question:
        counted = {"people"} if asks_how_many(text) else set[str]()  # "how many people" asks what "how many" does
        words = [word for word in content_words(text) if not _asks(word) and word not in counted]
        rarity = base.rarity(words)
        names = names_in(_plain(text))
        places = frozenset(
            name for name in names if re.search(rf"\b(?:in|at|near|outside) {re.escape(name)}\b", _plain(text))
        )
        return cls(text, {stem(word): max(rarity[word], 0.05) for word in words}, names, places)


class FeatureReader:
    """The default reader: learned weights over the features above."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._weights = _weights()

    @property
    def threshold(self) -> float:
        return self._weights["threshold"]

    def read(self, question: str, hits: Sequence[Hit], among: Among | None = None) -> list[Evidence]:
        asked = Question.parse(question, self._base)
        sentences = _sentences(asked, hits, among)
        ranked = sorted(sentences, key=lambda pair: -self._cheap(asked, *pair))[:_CANDIDATES]
        if not ranked:
            return []
        texts = [span.of(hit.article.text) for hit, span in ranked]
        vectors = self._base.embedder.questions([question, *texts])
        similarities = vectors[1:] @ vectors[0]
        found = [
            Evidence(hit, span, self._probability(features(asked, hit, span, float(similarity))))
            for (hit, span), similarity in zip(ranked, similarities, strict=True)
        ]
        return sorted(found, key=lambda e: (-e.score, e.article.id, e.span.start))

    def _cheap(self, asked: Question, hit: Hit, span: Span) -> float:
        values = features(asked, hit, span, hit.similarity)
        return self._probability(values)

    def _probability(self, values: Mapping[str, float]) -> float:
        weights = self._weights
        score = 1 / (1 + math.exp(-weights["intercept"] - sum(weights[name] * values[name] for name in FEATURES)))
        return score * _OTHERS if values["of_others"] else score


def _sentences(asked: Question, hits: Sequence[Hit], among: Among | None) -> list[tuple[Hit, Span]]:
    """The sentences that are evidence at all."""
    pairs = ((hit, span) for hit in hits for span in hit.passage.sentences)
    return [pair for pair in pairs if (among is None or among(*pair)) and is_evidence(asked, *pair)]


def asks_how_many(question: str) -> bool:
    """Whether a question asks for a number."""
    return _COUNT.search(question) is not None


class CrossEncoderReader:
    """A reader that any CrossEncoder scores: each sentence that may be evidence, beside the question."""

    threshold = 0.5
    """Its scores are probabilities, if the model was trained to give such; `confidence` sets another."""

    def __init__(self, base: KnowledgeBase, scorer: Reranker) -> None:
        self._base = base
        self._scorer = scorer

    def read(self, question: str, hits: Sequence[Hit], among: Among | None = None) -> list[Evidence]:
        pairs = _sentences(Question.parse(question, self._base), hits, among)
        scores = self._scorer.scores(question, [span.of(hit.article.text) for hit, span in pairs])
        found = [Evidence(hit, span, score) for (hit, span), score in zip(pairs, scores, strict=True)]
        return sorted(found, key=lambda e: (-e.score, e.article.id, e.span.start))


def features(asked: Question, hit: Hit, span: Span, similarity: float) -> dict[str, float]:
    """The features of one sentence, by name; all between -1 and 1 but for the length."""
    text = span.of(hit.article.text)
    here = stems(text)
    around = here | stems(_nearby(hit, span))
    return {
        "similarity": similarity,
        "passage": hit.similarity,
        "words": _share(asked.stems, here),
        "around": _share(asked.stems, around),
        "opposite": float(_tells_opposite(asked, here, around)),
        "unnegated": float(_is_negated(asked.text) and not (_is_negated(text) or _DENYING.search(text))),
        "kind": _kind(asked.text, text),
        "length": math.log1p(len(text.split())) / 3,
        # Not learned: what is learned from has no tolls, and that a side is named says no more there than "words" does.
        "of_others": float(asks_how_many(asked.text) and _names_others(sides_named(asked.text), sides_named(text))),
    }


def is_evidence(asked: Question, hit: Hit, span: Span) -> bool:
    """Whether a sentence can answer at all: no name of the question is missing around it, and where the question asks
    how many or why, it holds a number or what gives a reason."""
    text = span.of(hit.article.text)
    if any(asks.search(asked.text) and not gives.search(text) for asks, gives in (_HOW_MANY, _WHY)):
        return False
    return not missing_names(asked, hit, span)


def missing_names(asked: Question, hit: Hit, span: Span) -> list[str]:
    """The names and numbers of the question that neither the sentence nor what surrounds it holds."""
    if not asked.names:
        return []
    known = _plain(_nearby(hit, span))
    # When it was is told before what happened, or with it: "The fighting of 2020 …" after it begins another matter.
    until = _plain(_nearby(hit, span, after=0))
    missing = [name for name in asked.names if not _holds(name, until if _YEAR.fullmatch(name) else known)]
    if missing:
        sides = {side.casefold() for side in sides_named(known)}
        missing = [name for name in missing if name.casefold() not in sides]
    if asked.places and not missing:
        # A capital that speaks is its state: "Yerevan said" tells nothing of what happened in Yerevan.
        silent = speaking_names().sub(" ", known)
        missing = [name for name in asked.names if name in asked.places and not _holds(name, silent)]
    return missing


def names_in(question: str) -> tuple[str, ...]:
    """The names, numbers and quoted phrases of a question."""
    found = []
    words = list(_TOKEN.finditer(question))
    for place, match in enumerate(words):
        word = match.group().removesuffix("'s").removesuffix("’s")
        opens = place == 0 or question[: match.start()].rstrip()[-1:] in ".?!:"
        is_name = word[0].isupper() and (not opens or bool(sides_named(word)) or (word.isupper() and len(word) > 1))
        if (is_name and not _asks(word.lower()) and word.lower() not in _TITLES) or word[0].isdigit():
            found.append(word)
    return tuple(dict.fromkeys(found))


_TITLES = frozenset(
    "i mr mrs ms dr president minister prime general secretary foreign defence defense ministry".split()
)


def _asks(word: str) -> bool:
    return word in {
        "who",
        "whom",
        "what",
        "when",
        "where",
        "why",
        "how",
        "which",
        "many",
        "much",
        "tell",
        "article",
        "articles",
        "say",
        "said",
        "says",
    }


def _share(wanted: Mapping[str, float], held: frozenset[str]) -> float:
    total = sum(wanted.values())
    return sum(_held(word, held) * weight for word, weight in wanted.items()) / total if total else 0.0


def _held(word: str, held: frozenset[str]) -> float:
    """1 if a stem is among some, a little less if one of its kin is, else 0."""
    if word in held:
        return 1.0
    return _KIN if not _kin().get(word, frozenset()).isdisjoint(held) else 0.0


def _names_others(asked: set[str], named: set[str]) -> bool:
    return bool(asked and named and not asked & named)


def _is_negated(text: str) -> bool:
    return _NEGATED.search(text) is not None


def _tells_opposite(asked: Question, here: frozenset[str], around: frozenset[str]) -> bool:
    """Whether a word of the question is missing around a sentence that holds its opposite: "won" for "lost"."""
    missing = [word for word in asked.stems if not _held(word, around)]
    return any(not opposites(word).isdisjoint(here) for word in missing)


@functools.lru_cache(maxsize=2_000)
def opposites(word: str) -> frozenset[str]:
    """The stems that say the contrary of one: those of kin.toml, and what a syllable before it makes or unmakes."""
    bare = {word.removeprefix(syllable) for syllable in _OPPOSING}
    made = {stem(syllable + word) for syllable in _OPPOSING} | {stem(rest) for rest in bare if len(rest) > 3}
    return _opposed().get(word, frozenset()) | made - {word}


@functools.cache
def _opposed() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _words()["opposites"]:
        one, other = ({stem(word) for word in half.split()} for half in line.split(":"))
        for word in one | other:
            found.setdefault(word, set()).update(other if word in one else one)
    return {word: frozenset(contrary) for word, contrary in found.items()}


@functools.cache
def _words() -> Mapping[str, list[str]]:
    return tomllib.loads(resources.files("assistant").joinpath("kin.toml").read_text("utf-8"))


def families(words: frozenset[str]) -> frozenset[str]:
    """The stems, one standing for all that tell the same thing in the words of war ("shell", "strike": "attack")."""
    return frozenset(min(_kin().get(word, (word,))) for word in words)


@functools.cache
def _kin() -> Mapping[str, frozenset[str]]:
    """For each stem of kin.toml the stems of its family."""
    families = [frozenset(map(stem, line.split())) for line in _words()["families"]]
    return {word: family for family in families for word in family}


def _holds(name: str, text: str) -> bool:
    """Whether a text holds a name, in any of its forms: Armenia, Armenian; ICJ, International Court of Justice."""
    if name[0].isdigit():
        return re.search(rf"(?<![\d.,]){re.escape(name)}(?![\d]|[.,]\d)", text) is not None
    common = name if len(name) < 5 else name[: max(5, len(name) - 2)]
    end = r"\b" if len(name) < 5 else r"\w{0,4}\b"
    if re.search(rf"\b{re.escape(common)}{end}", text, re.IGNORECASE):
        return True
    if not (name.isupper() and 2 <= len(name) <= 6):
        return False
    letters = r"\w+\s+(?:(?:of|for|the|and|on|in)\s+)*".join(re.escape(letter) for letter in name)
    return re.search(rf"\b{letters}\w+", text) is not None


def _plain(text: str) -> str:
    """A text as names and numbers are compared: without accents, and without commas between thousands."""
    if not text.isascii():
        marked = unicodedata.normalize("NFKD", text)
        text = "".join(character for character in marked if not unicodedata.combining(character))
    return _THOUSANDS.sub("", text) if "," in text else text


_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def _kind(question: str, sentence: str) -> float:
    for asks, gives in _KINDS:
        if asks.search(question):
            return 1.0 if gives.search(sentence) else -1.0
    return 0.0


_YEAR = re.compile(r"(?:19|20)\d\d")


def _nearby(hit: Hit, span: Span, after: int = 1) -> str:
    """The sentence with the one before and the one `after`, and what the article is headed with."""
    sentences = hit.passage.sentences
    place = next((i for i, s in enumerate(sentences) if s.start == span.start), 0)
    first, last = sentences[max(place - 1, 0)], sentences[min(place + after, len(sentences) - 1)]
    article = hit.article
    return " ".join(
        (article.text[first.start : last.end], article.title, article.outlet or "", _day(article.published))
    )


def _day(published: str | None) -> str:
    """A date in the words in which a question may name it."""
    if published is None:
        return ""
    year, month, day = [*published.split("-"), "", ""][:3]
    return " ".join(part for part in (day.lstrip("0"), _MONTHS[int(month) - 1] if month else "", year) if part)


@functools.cache
def _weights() -> Mapping[str, float]:
    document = json.loads(resources.files("assistant").joinpath("reader.json").read_text("utf-8"))
    return {**document["weights"], "threshold": document["threshold"]}
