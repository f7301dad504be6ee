"""Words of questions and texts: which of them tell something, and their stems. Pure; it knows English."""

from __future__ import annotations

import functools
import re
import threading

import Stemmer

__all__ = ["content_words", "stem", "stems"]

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_PLAIN = re.compile(r"[a-z0-9]+(?:['.-][a-z0-9]+)*")  # the same in lower case ASCII, in half the time
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


def content_words(text: str) -> list[str]:
    """The words of a text that tell something, lower case, each once, in order."""
    words = (word.removesuffix("'s").removesuffix("’s") for word in _split(text))
    return list(dict.fromkeys(word for word in words if word and word not in _STOP_WORDS))


@functools.lru_cache(maxsize=20_000)  # the same sentences are looked at again and again
def stems(text: str) -> frozenset[str]:
    """The stems of all words of a text that tell something."""
    return frozenset(map(_stem_of, _split(text))) - {""}


def _split(text: str) -> list[str]:
    """All words of a text, lower case."""
    lower = text.lower()
    return (_PLAIN if lower.isascii() else _WORD).findall(lower)


@functools.lru_cache(maxsize=100_000)  # for a question some ten thousand words are looked up
def _stem_of(word: str) -> str:
    """The stem of a word as it stands in a text; empty if it tells nothing."""
    return "".join(map(stem, content_words(word)))


@functools.lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its ending, so that "killed" and "kills" are one, and "laid" and "laying"."""
    import simplemma

    return str(_stemmer().stemWord(simplemma.lemmatize(word, lang="en").lower()))


_of_this_thread = threading.local()


def _stemmer() -> Stemmer.Stemmer:
    """A stemmer keeps the word it is at work on in itself, so no two threads may use one."""
    if not hasattr(_of_this_thread, "stemmer"):
        _of_this_thread.stemmer = Stemmer.Stemmer("english", 0)  # it need not remember words: `stem` does
    return _of_this_thread.stemmer
