"""Ranking what was found: how well a passage fits a question, and which of many that fit are shown. Pure.

A passage is weighed by a sum of what can be said in a line each:

    cosine of question and passage
    + 0.2 x BM25 of its article            (words that the article holds anywhere, its title counting double)
    + 0.4 x share of the question's words, rare ones counting more, that the passage holds
    + 0.4 x the same of its best sentence
    + 0.1 x closeness in time              (only where the question names an absolute date)

The weights of words were the best of a grid of 36 by the mean nDCG@10 over 800 questions of SQuAD 2
(squad2_sample/learn.json) and 300 sentences each of Wikinews and FA-KES, made into questions by rule. Of a grid of 1000
on the same sets (bench/search_weights.py) others come first, 0.3, 0.2 and 0.8: better by 0.001 for the questions that
people asked and for Wikinews, which is chance, and by 0.007 for FA-KES. They were tried on TIME 1963 too: the same
nDCG@10, one question fewer with the right article first. So the first choice stands, as it does until another is better
for people's questions by more than chance. Which features there are was decided with the results on TIME 1963 in view,
the weights without them. The weight of time, and those by which passages are chosen for reading and outlets varied, are
judgements and not measured.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from kb.article import Article, Hit, Passage, Span, day_range
from kb.query import Period
from kb.words import stem, stems

__all__ = ["ARTICLE", "PASSAGE", "SENTENCE", "Weighing", "closeness", "varied"]

ARTICLE = 0.2
"""Weight of the article's BM25, as a share of what the question's words weigh together."""
PASSAGE = 0.4
SENTENCE = 0.4
_TIME = 0.1
_FADING = 30 * 86400  # seconds after which closeness in time has fallen to a third
_SAME_VOICE = 0.02  # what a hit loses for each one before it in which the same is heard; it turns near ties only


class Weighing:
    """How much of a question's words a passage holds."""

    def __init__(self, frequencies: Mapping[str, int], articles: int, period: Period | None = None) -> None:
        self._period = period
        weights: dict[str, float] = {}
        for word, frequency in frequencies.items():
            rarity = math.log1p((max(articles, frequency) - frequency + 0.5) / (frequency + 0.5)) if frequency else 0.0
            weights[stem(word)] = max(rarity, weights.get(stem(word), 0.0))
        self._weights = weights
        self._total = sum(weights.values())

    def of(self, passage: Passage, article: Article) -> float:
        """What the words and the date add to a passage's score."""
        whole, best = self.shares(article.text, passage.sentences)
        return PASSAGE * whole + SENTENCE * best + _TIME * closeness(article.published, self._period)

    def shares(self, text: str, sentences: Iterable[Span]) -> tuple[float, float]:
        """What sentences hold of the question's words, rare ones counting more: all together, and the best alone."""
        if not self._total:
            return 0.0, 0.0
        held = [self._weights.keys() & stems(span.of(text)) for span in sentences]
        best = max((sum(map(self._weights.__getitem__, found)) for found in held), default=0.0)
        whole = sum(map(self._weights.__getitem__, set[str]().union(*held)))
        return whole / self._total, best / self._total


def closeness(published: str | None, period: Period | None) -> float:
    """1 if something was published in a period, falling to 0 with the time between; 0 where either is unknown."""
    if published is None or period is None:
        return 0.0
    return math.exp(-period.gap(*day_range(published)) / _FADING)


def varied(hits: Sequence[Hit], k: int, voices: Callable[[Hit], Collection[str]] | None = None) -> list[Hit]:
    """The best `k` of some hits that come best first, where of those that fit about equally well the ones come first in
    which somebody is heard who was not before: another outlet, or whoever else `voices` names of a hit."""
    left, chosen, heard = list(hits), list[Hit](), Counter[str]()
    names: dict[int, set[str]] = {}

    def of(hit: Hit) -> set[str]:
        if id(hit) not in names:
            names[id(hit)] = {hit.article.outlet or "", *(voices(hit) if voices else ())} - {""}
        return names[id(hit)]

    def worth(hit: Hit) -> float:
        own = of(hit)
        return hit.score - (_SAME_VOICE * sum(heard[name] for name in own) / len(own) if own else 0.0)

    while left and len(chosen) < k:
        best, most = left[0], worth(left[0])
        for hit in left[1:]:
            if hit.score <= most:
                break  # none after it is worth more than its score
            if worth(hit) > most:
                best, most = hit, worth(hit)
        left.remove(best)
        chosen.append(best)
        heard.update(of(best))
    return chosen
