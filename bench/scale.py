"""What search costs as the collection grows: to 10, 100 and 500 thousand passages.

    python bench/scale.py [10000 100000 ...] [--folder FOLDER] [--only-exact]

Real text: the 1,456 articles of ../shared/data/allsides_conflict, and for all beyond them copies in which the words
are swapped for others that are about as common, so that no two articles are one report. Synthetic vectors: the passages
of 300 articles are embedded; the vector of every other passage lies near one of theirs, away from it by the difference
of two others, so that they gather where real ones do. Both go in through the storage of the project; only the embedding
is left out. With FOLDER what was grown is kept, and a later run grows it on.

Measured is in a process of its own, which has answered 20 others before. Asked are, each once, 100 known items (a
sentence's names and half of its words, as in bench/search.py) and 40 times five of the commonest words, which cost the
most in an index of words. Says so and stops where the data is absent.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from search import KeptEmbedder, allsides

from kb import Article, Filters, KnowledgeBase, Passage
from kb.embedding import InFront, SentenceTransformerEmbedder, Vectors
from kb.passages import split
from kb.words import content_words

SIZES = (10_000, 100_000, 500_000)
_WORD = re.compile(r"[A-Za-z]{2,}")
_KEPT = 60  # of the commonest words, which hold sentences together and stay
_BAND = 40  # neighbours by frequency among whom a word is swapped
_AWAY = 0.7  # how far a synthetic vector is moved: its cosine to the real one is about 0.76
_OUTLETS = 100
_FIRST_DAY, _DAYS = date(2012, 1, 1), 4000
_REAL = 300  # articles whose passages are embedded, for all others to lie around
_WARMING = 20  # questions that are not measured
_PORTION = 300  # articles in one transaction


class Remembered(InFront):
    """The default model, which knows the questions that it was asked: what is left is the cost of searching."""

    def __init__(self, questions: Sequence[str], vectors: Vectors) -> None:
        super().__init__(SentenceTransformerEmbedder())
        self._known = dict(zip(questions, vectors, strict=True))

    def questions(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._known[text] for text in texts])


# -- growing


class Source:
    """Articles without end, with the vectors of their passages."""

    def __init__(self) -> None:
        self._articles = allsides().corpus
        passages = [split(article) for article in self._articles[:_REAL]]
        texts = [f"{a.title}\n{p.text}" for a, own in zip(self._articles, passages, strict=False) for p in own]
        self._anchors = KeptEmbedder().passages(texts)
        self._first = np.cumsum([0, *map(len, passages)])
        counts = Counter(word.lower() for article in self._articles for word in _WORD.findall(article.text))
        self._common = [word for word, _ in counts.most_common()]

    def from_number(self, number: int) -> Iterator[tuple[Article, list[Passage], Vectors]]:
        """Every article from the one with this number on."""
        while True:
            article = self._article(*divmod(number, len(self._articles)), number)
            passages = split(article)
            yield article, passages, self._vectors(number, len(passages))
            number += 1

    def _article(self, copy: int, place: int, number: int) -> Article:
        article = self._articles[place]
        chance = random.Random(number)
        published = _FIRST_DAY + timedelta(days=chance.randrange(_DAYS))
        text, title = article.text, article.title
        if copy:
            swapped = self._swapped(copy)
            text, title = (_WORD.sub(lambda found: _like(found[0], swapped), words) for words in (text, title))
        return replace(
            article,
            text=text,
            title=title,
            source=f"{copy}/{article.source}",
            outlet=f"Outlet {chance.randrange(_OUTLETS)}",
            published=published.isoformat(),
            language="en",
        )

    def _swapped(self, copy: int) -> dict[str, str]:
        """For each word another that is about as common; the same for all of one copy."""
        if getattr(self, "_swapped_for", None) != copy:
            chance, words = random.Random(copy), self._common[_KEPT:]
            bands = [words[at : at + _BAND] for at in range(0, len(words), _BAND)]
            self._swaps = {a: b for band in bands for a, b in zip(band, chance.sample(band, len(band)), strict=True)}
            self._swapped_for = copy
        return self._swaps

    def _vectors(self, number: int, count: int) -> Vectors:
        own: Vectors = self._anchors[(self._first[number % _REAL] + np.arange(count)) % len(self._anchors)]
        if number < _REAL:
            return own
        chance = np.random.default_rng(number)
        one, other = (self._anchors[chance.integers(len(self._anchors), size=count)] for _ in range(2))
        moved: Vectors = own + _AWAY * (one - other)
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        return moved


def _like(word: str, swapped: dict[str, str]) -> str:
    other = swapped.get(word.lower(), word)
    return other.capitalize() if word[0].isupper() else other


def grow(base: KnowledgeBase, source: Source, size: int) -> None:
    """Adds articles until there are so many passages."""
    _, there = base._catalog.counts()
    if there >= size:
        return
    begun, before, number = time.perf_counter(), there, len(base)
    articles = source.from_number(number)
    while there < size:
        with base._catalog.writing() as writing:
            writing.made_by(base._making)
            for _ in range(_PORTION):
                article, passages, vectors = next(articles)
                writing.replace(article, passages, vectors)
                there += len(passages)
                if there >= size:
                    break
    seconds = time.perf_counter() - begun
    print(
        f"  stored {there - before:,} passages of {len(base) - number:,} articles, cut and tied to their origins, "
        f"in {seconds:.0f} s: {(there - before) / seconds:,.0f} a second",
        flush=True,
    )
    begun = time.perf_counter()
    base.save()
    print(f"  file of vectors written in {time.perf_counter() - begun:.1f} s", flush=True)


# -- measuring


def questions() -> tuple[list[str], list[str]]:
    """Known items, and questions of nothing but common words."""
    items = list(allsides().queries.values())[: _WARMING + 100]
    counts = Counter(word for article in allsides().corpus for word in content_words(article.text))
    common = [word for word, _ in counts.most_common(100)]
    chance = random.Random(5)
    return items, [" ".join(chance.sample(common, 5)) for _ in range(40)]


class Took(NamedTuple):
    """Median and 95th percentile of what the clock says, and the median of what the processor worked; milliseconds."""

    p50: float
    p95: float
    cpu: float

    def line(self, name: str, more: str = "") -> str:
        times = f"p50 {self.p50:6.1f} ms  p95 {self.p95:6.1f} ms  processor {self.cpu:6.1f} ms"
        return f"    {name:18} {times}  {more}".rstrip()


def timed(asked: Sequence[str], *acts: Callable[[str], Any]) -> list[Took]:
    """What each act takes. They take turns, so that all meet the same machine."""
    took: list[list[tuple[float, float]]] = [[] for _ in acts]
    for question in asked:
        for act, own in zip(acts, took, strict=True):
            begun = time.perf_counter(), time.process_time()
            act(question)
            own.append((1000 * (time.perf_counter() - begun[0]), 1000 * (time.process_time() - begun[1])))
    return [
        Took(float(np.median(clock)), float(np.quantile(clock, 0.95)), float(np.median(worked)))
        for clock, worked in (zip(*own, strict=True) for own in took)
    ]


def filters() -> dict[str, Filters]:
    """What leaves a hundredth or a tenth of the passages, in several ways."""
    until = (_FIRST_DAY + timedelta(days=1000 + _DAYS // 100)).isoformat()
    later = (_FIRST_DAY + timedelta(days=1000 + _DAYS // 10)).isoformat()
    since = (_FIRST_DAY + timedelta(days=1000)).isoformat()
    return {
        "1 %, by outlet": Filters(outlet="outlet 7"),
        "1 %, by date": Filters(since=since, until=until),
        "10 %, by date": Filters(since=since, until=later),
        "by a name": Filters(naming=(("Aleppo",),)),
        "language of all": Filters(language="en"),
    }


def measure(folder: Path, own: bool) -> None:
    """Prints what one process sees that opens what was grown; with `own` it asks Chroma, as the chat does."""
    begun = time.perf_counter()
    items, common, vectors = _asked()
    model = Remembered([*items, *common], vectors)
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    with KnowledgeBase.open(folder, model=model, own=own) as base:
        opened = time.perf_counter()
        base.search(items[0])
        first = time.perf_counter()
        print(
            f"  {'chat (Chroma)' if own else 'ask, batch (exact)'}: opened in {1000 * (opened - begun):.0f} ms, first "
            f"question after {1000 * (first - opened):.0f} ms"
        )
        for question in items[:_WARMING]:
            base.search(question)
        asked, near = items[_WARMING:], vectors[_WARMING : len(items)]
        for name, of in (("known items", asked), ("common words", common)):
            print(timed(of, base.search)[0].line(name), flush=True)
        if own:
            _approximate(base, near)
        else:
            _filtered(base, asked, near)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"    memory: {peak / 1024:.0f} MB at most, {(peak - began) / 1024:.0f} MB of them by searching")
        _with_embedding(base, asked)


def _asked() -> tuple[list[str], list[str], Vectors]:
    items, common = questions()
    return items, common, SentenceTransformerEmbedder().questions([*items, *common])


def _filtered(base: KnowledgeBase, items: Sequence[str], vectors: Vectors) -> None:
    stored = _stored(base)
    for name, chosen in filters().items():
        plain, took = timed(items, base.search, partial(base.search, filters=chosen))
        admitted = base._catalog.admitted(chosen)
        share = np.isin(stored[0][:, 1], admitted).mean()
        found = [
            _recall([place for place, _ in base._index().search(vector, 10, admitted)], stored, vector, admitted)
            for vector in vectors
        ]
        times = f"{took.p50 / plain.p50:.2f} x without (processor {took.cpu / plain.cpu:.2f} x)"
        print(took.line(name, f"{times}; leaves {share:.1%}, recall@10 {np.mean(found):.4f} against exact"), flush=True)


def _approximate(base: KnowledgeBase, vectors: Vectors) -> None:
    chroma, stored = base._projection(), _stored(base)
    if chroma is None:
        print("    no Chroma index")
        return
    for count in (10, 100):
        found = [_recall(chroma.candidates(vector, count)[:10], stored, vector) for vector in vectors]
        print(f"    Chroma asked for {count}: recall@10 {np.mean(found):.4f} against exact")


def _with_embedding(base: KnowledgeBase, items: Sequence[str]) -> None:
    base._embedder = model = SentenceTransformerEmbedder()
    model.questions(items[:1])
    alone, both = timed(items, lambda question: model.questions([question]), base.search)
    print(alone.line("embedding alone"))
    times = f"{both.p50 / alone.p50:.2f} x the embedding alone (processor {both.cpu / alone.cpu:.2f} x)"
    print(both.line("with the embedding", times), flush=True)


def _stored(base: KnowledgeBase) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float16]]:
    """All numbers and vectors, as the catalog holds them."""
    rows = list(base._catalog.vectors())
    vectors = np.frombuffer(b"".join(vector for _, _, vector in rows), np.float16).reshape(len(rows), -1)
    return np.array([row[:2] for row in rows], np.int64), vectors


def _recall(
    found: Sequence[int],
    stored: tuple[npt.NDArray[np.int64], npt.NDArray[np.float16]],
    vector: Vectors,
    admitted: Sequence[int] | None = None,
) -> float:
    """The share of the nearest, by nothing but numpy over all that the catalog holds, that was found."""
    numbers, vectors = stored
    at = np.arange(len(vectors)) if admitted is None else np.flatnonzero(np.isin(numbers[:, 1], admitted))
    portions = (at[start : start + 50_000] for start in range(0, len(at), 50_000))
    scores = np.concatenate([vectors[portion].astype(np.float32) @ vector for portion in portions])
    nearest = set(numbers[at[np.argsort(-scores, kind="stable")[: len(found) or 10]], 0].tolist())
    return len(nearest & set(found)) / max(len(nearest), 1)


def disk(folder: Path, passages: int) -> None:
    """Bytes of each passage, by what keeps them."""
    sizes = {
        name: sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and (name in str(f.relative_to(folder))))
        for name in ("catalog", "vectors", "chroma")
    }
    each = ", ".join(f"{name} {size / passages:,.0f}" for name, size in sizes.items())
    print(f"  disk: {sum(sizes.values()) / passages:,.0f} bytes a passage ({each})")


def main() -> None:
    """Grows and measures, size by size."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("sizes", type=int, nargs="*", default=SIZES)
    options.add_argument("--folder", type=Path, help="grow what is there on, and keep it")
    options.add_argument("--only-exact", action="store_true", help="without Chroma, which takes the longest to build")
    options.add_argument("--measure", choices=("exact", "chroma"), help="only measure what is in the folder")
    chosen = options.parse_args()
    if chosen.measure:
        measure(chosen.folder, chosen.measure == "chroma")
        return
    try:
        source = Source()
    except FileNotFoundError as error:
        print(f"scale: skipped, {error.filename} is not here")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.folder or Path(scratch)
        for size in sorted(chosen.sizes):
            _size(folder, source, size, chroma=not chosen.only_exact)


def _size(folder: Path, source: Source, size: int, *, chroma: bool) -> None:
    with KnowledgeBase.open(folder, model=SentenceTransformerEmbedder(), create=True) as base:
        print(f"\n{size:,} passages", flush=True)
        grow(base, source, size)
        _, passages = base._catalog.counts()
    if chroma:
        begun = time.perf_counter()
        with KnowledgeBase.open(folder, model=SentenceTransformerEmbedder(), own=True) as base:
            base.sync()
        print(f"  Chroma caught up and closed in {time.perf_counter() - begun:.0f} s", flush=True)
    disk(folder, passages)
    for engine in ("exact", "chroma")[: 1 + chroma]:
        command = [sys.executable, __file__, "--folder", str(folder), "--measure", engine]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
