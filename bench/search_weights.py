"""On what the weights of kb/search.py were chosen: a grid, by how high the one right article comes.

    ACCORDINGTO_BENCH_CACHE=~/.cache/vectors python bench/search_weights.py ../shared/data

Three sets, none of which bench/search.py reports on: 800 answerable questions of squad2_sample/learn.json over its
paragraphs; 300 sentences each of Wikinews and of FA-KES, made into questions by rule as in bench/search.py. What a
search adds up is taken for every candidate once and mixed with all weights of the grid. Only the first set was asked by
people; made questions have the article's own words, and the more words weigh the better they fare. So of the weights
that are best for people's questions, or behind by no more than a thousandth of nDCG@10, those are chosen that have the
best mean over the made ones. What ships is changed only for what is better for people's questions by more than chance,
in a paired test; many choices are alike. Printed are the first of that order, the best of each set, and what ships.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from search import KeptEmbedder, known_items

from assistant.evaluation import Topics
from kb import Article, Filters, KnowledgeBase
from kb.query import Query
from kb.search import ARTICLE, PASSAGE, SENTENCE, Weighing

_GRID = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2)
_SHIPPED = ARTICLE, PASSAGE, SENTENCE
_CANDIDATES = 300  # articles by words, and passages by vectors
_ASKED = 800
_TIES = 0.001
_CHANCE = 0.05

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The passages that a question may find."""

    cosines: Values
    parts: Values
    """(passages, 3): BM25 of the article, the words that the passage holds, those of its best sentence."""
    articles: npt.NDArray[np.int64]
    right: npt.NDArray[np.bool_]
    """Which of them are of the right article."""


def squad(folder: Path) -> Topics:
    corpus, queries, qrels = list[Article](), dict[str, str](), dict[str, dict[str, int]]()
    for document in json.loads((folder / "squad2_sample" / "learn.json").read_text("utf-8"))["data"]:
        for entry in document["paragraphs"]:
            source = str(len(corpus))
            corpus.append(Article(text=entry["context"], title=document["title"].replace("_", " "), source=source))
            for asked in entry["qas"]:
                if not asked["is_impossible"]:
                    queries[asked["id"]] = asked["question"]
                    qrels[asked["id"]] = {source: 1}
    some = random.Random(1).sample(sorted(queries), _ASKED)
    return Topics(tuple(corpus), {key: queries[key] for key in some}, {key: qrels[key] for key in some})


def wikinews(folder: Path) -> Topics:
    rows = itertools.chain.from_iterable(_rows(file, "utf-8") for file in sorted((folder / "wikinews").glob("*.csv")))
    return known_items([Article(text=r["text"], title=r["title"], source=r["url"]) for r in rows if r["text"].strip()])


def fa_kes(folder: Path) -> Topics:
    rows = _rows(folder / "fa_kes" / "FA-KES-Dataset-804.csv", "latin-1")
    return known_items(
        [
            Article(text=r["article_content"], title=r["article_title"], source=str(number), outlet=r["source"])
            for number, r in enumerate(rows)
        ]
    )


def _rows(file: Path, encoding: str) -> Iterator[dict[str, str]]:
    with file.open(encoding=encoding, newline="") as lines:
        yield from csv.DictReader(lines)


def candidates(topics: Topics) -> list[Candidates]:
    """What every question of a set finds, with all that its score is made of."""
    found = []
    with tempfile.TemporaryDirectory() as folder, KnowledgeBase.open(folder, model=KeptEmbedder(), create=True) as base:
        for at in range(0, len(topics.corpus), 200):
            base.add(topics.corpus[at : at + 200])
        sources = {number: article.source for number, article in enumerate(base.articles(), 1)}
        vectors = base.embedder.questions(list(topics.queries.values()))
        for (key, question), vector in zip(topics.queries.items(), vectors, strict=True):
            query = Query.parse(question)
            near = [passage for passage, _ in base._index().search(vector, _CANDIDATES)]
            lexical = dict(base._catalog.lexical((*query.words, *query.phrases), Filters(), _CANDIDATES))
            scored = base._index().score(vector, near, list(lexical))
            weighing = Weighing(base._catalog.document_frequencies(query.words), len(base))
            passages = base._catalog.passages(scored.passages.tolist())
            parts = [
                (lexical.get(article, 0.0), *weighing.shares(passages[passage][1].text, passages[passage][0].sentences))
                for passage, article in zip(scored.passages.tolist(), scored.articles.tolist(), strict=True)
            ]
            right = np.array(
                [sources[article] in topics.qrels[key] for article in scored.articles.tolist()], dtype=bool
            )
            found.append(Candidates(scored.cosines.astype(float), np.array(parts), scored.articles, right))
    return found


def gains(found: list[Candidates], weights: tuple[float, ...]) -> Values:
    """nDCG@10 of each question, where one article alone is right."""
    return np.array([_gain(one, one.cosines + one.parts @ np.array(weights)) for one in found])


def _gain(found: Candidates, scores: Values) -> float:
    if not found.right.any():
        return 0.0
    better = set(found.articles[scores > scores[found.right].max()].tolist())
    return float(1 / np.log2(2 + len(better))) if len(better) < 10 else 0.0


def differs(own: Values, other: Values) -> float:
    """How often chance alone makes two ways differ as much on the same questions: signs of the differences flipped."""
    difference = own - other
    flips = np.random.default_rng(1).choice([-1.0, 1.0], (10_000, len(difference)))
    return float((np.abs((flips * difference).mean(axis=1)) >= abs(difference.mean()) - 1e-12).mean())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    folder = options.parse_args().data
    sets = {way.__name__: candidates(way(folder)) for way in (squad, wikinews, fa_kes)}
    print({name: len(found) for name, found in sets.items()}, "questions")
    grid = {
        weights: {name: gains(found, weights) for name, found in sets.items()}
        for weights in {*itertools.product(_GRID, repeat=3), _SHIPPED}
    }
    means = {weights: [float(own.mean()) for own in by_set.values()] for weights, by_set in grid.items()}
    enough = max(asked for asked, *_ in means.values()) - _TIES
    ranked = sorted(grid, key=lambda weights: (-min(means[weights][0], enough), -float(np.mean(means[weights][1:]))))
    print(f"{len(grid)} choices of weights; article, passage, sentence: nDCG@10 of {', '.join(sets)}")
    shown = {**dict.fromkeys(ranked[:10], ""), _SHIPPED: "ships", (0.0, 0.0, 0.0): "vectors alone"}
    for place, name in enumerate(sets):
        shown.setdefault(max(grid, key=lambda weights: means[weights][place]), f"best of {name}")
    for weights, note in shown.items():
        by_set = ", ".join(f"{mean:.4f}" for mean in means[weights])
        print(f"{ranked.index(weights) + 1:5}. {weights}: {by_set} {note}".rstrip(), flush=True)
    for name in sets:
        first, shipped = grid[ranked[0]][name], grid[_SHIPPED][name]
        print(f"first against shipped, {name}: {first.mean() - shipped.mean():+.4f}, p = {differs(first, shipped):.3f}")
    asked = next(iter(sets))
    first, shipped = grid[ranked[0]][asked], grid[_SHIPPED][asked]
    better = first.mean() > shipped.mean() and differs(first, shipped) < _CHANCE
    print(f"chosen: {ranked[0] if better else _SHIPPED}, {'the first' if better else 'what ships'}")


if __name__ == "__main__":
    main()
