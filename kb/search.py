"""Finding passages: words and vectors each give a ranking, the rankings are fused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["content_words", "fuse"]

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
# Words that ask or bind, but name nothing that an article could be about.
_STOP_WORDS = frozenset(
    """a about above according after again against all also although am among an and any are as ask at be because been
    before being below between both but by can could did do does doing down during each either few for from further
    give had has have having he her here hers him his how however i if in into is it its itself just know let like many
    may me might more most much must my no nor not of off on once one only or other our out over own please s same say
    she should since so some such t tell than that the their them then there these they this those though through to
    too under until up upon us very was we were what when where whether which while who whom whose why will with within
    without would you your""".split()
)
_FUSION = 60.0  # reciprocal rank fusion, Cormack, Clarke and Büttcher, SIGIR 2009


def content_words(text: str) -> list[str]:
    """The words of a question that an article could hold, lower case, each once, in order."""
    words = (word.removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text.lower()))
    return list(dict.fromkeys(word for word in words if word and word not in _STOP_WORDS))


def fuse(rankings: Iterable[Sequence[int]]) -> dict[int, float]:
    """Reciprocal rank fusion: for each passage the sum over the rankings of 1 / (60 + its rank), best first.

    Equal sums come in the order of the passages' numbers.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (_FUSION + rank)
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
