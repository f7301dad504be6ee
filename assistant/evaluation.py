"""Measuring: does the search find what people judged to fit, and do the answers say what they should?"""

from __future__ import annotations

import csv
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from assistant.answer import Answer
from assistant.errors import AssistantError
from kb import Article, Hit, KnowledgeBase

__all__ = [
    "MEASURES",
    "Comparison",
    "Gold",
    "Outcome",
    "Topics",
    "compare",
    "document",
    "judge",
    "means",
    "measure",
    "ranking",
    "read_gold",
    "read_scores",
    "read_topics",
    "retrieval",
    "scratch",
    "summary",
]

MEASURES = ("nDCG@10", "R@10", "R@100", "RR", "Success@1")
Scores = Mapping[str, Mapping[str, float]]
"""For each measure the value of each query."""
_DEPTH = 100  # articles ranked for a query
_FLIPS = 20_000


class UnusableGold(AssistantError):
    """The files to measure with cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Topics:
    """A collection with questions and what people judged to fit them."""

    corpus: tuple[Article, ...]
    """`source` is the document's id."""
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]


def read_topics(corpus: Path, queries: Path, qrels: Path) -> Topics:
    """A BEIR-shaped collection: corpus and queries as JSON Lines (`_id`, `text`, `title`), judgements as TSV with a
    header (query, document, grade).

    Raises:
        UnusableGold: a file or a line of it is something else.
    """
    documents = [
        Article(text=str(row["text"]), title=str(row.get("title") or ""), source=str(row["_id"]))
        for row in _lines(corpus, "_id", "text")
        if str(row["text"]).strip()
    ]
    asked = {str(row["_id"]): str(row["text"]) for row in _lines(queries, "_id", "text")}
    judged: dict[str, dict[str, int]] = {}
    with _readable(qrels), qrels.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t"), 1):
            if number == 1 or not row:
                continue
            try:
                judged.setdefault(row[0], {})[row[1]] = int(row[2])
            except (IndexError, ValueError) as error:
                raise UnusableGold(f"{qrels}, line {number}: three columns are needed, the last a number") from error
    known = {key: text for key, text in asked.items() if key in judged}
    if not documents or not known:
        raise UnusableGold(f"{queries}: no query has a judgement in {qrels}, or {corpus} is empty")
    return Topics(tuple(documents), known, judged)


def retrieval(topics: Topics, base: KnowledgeBase, progress: Callable[[int], object] = lambda _: None) -> Scores:
    """Puts the collection into an empty knowledge base, asks every query, and measures the rankings of articles."""
    for at in range(0, len(topics.corpus), 200):
        base.add(topics.corpus[at : at + 200])
    run = {}
    for number, (key, text) in enumerate(topics.queries.items(), 1):
        run[key] = ranking(base.search(text, 3 * _DEPTH, copies=True))
        progress(number)
    return measure(run, topics.qrels)


def ranking(hits: Iterable[Hit]) -> dict[str, float]:
    """The sources of the articles of some hits, each with a score that falls from one to the next."""
    sources = list(dict.fromkeys(hit.article.source for hit in hits))[:_DEPTH]
    return {source: float(len(sources) - place) for place, source in enumerate(sources)}


def measure(run: Mapping[str, Mapping[str, float]], qrels: Mapping[str, Mapping[str, int]]) -> Scores:
    """Every measure for every query that is judged.

    Raises:
        UnusableGold: the library that measures is not installed.
    """
    try:
        import ir_measures
    except ImportError as error:
        raise UnusableGold("measuring needs ir-measures; run: pip install 'accordingto[evaluate]'") from error
    judged = {key: dict(grades) for key, grades in qrels.items() if key in run}
    names = {ir_measures.parse_measure(name): name for name in MEASURES}
    found: dict[str, dict[str, float]] = {name: dict.fromkeys(judged, 0.0) for name in MEASURES}
    for value in ir_measures.iter_calc(list(names), judged, {key: dict(scores) for key, scores in run.items()}):
        found[names[value.measure]][value.query_id] = float(value.value)
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one run fares against another on the same queries."""

    measure: str
    mean: float
    other: float
    better: int
    worse: int
    p: float
    """Of a paired randomisation test, two-sided: how often chance alone would give so great a difference."""

    def __str__(self) -> str:
        return (
            f"{self.measure:10} {self.mean:.3f} against {self.other:.3f}: better for {self.better}, worse for "
            f"{self.worse}, p = {self.p:.4f}"
        )


def compare(scores: Scores, others: Scores) -> list[Comparison]:
    """The measures that both runs have, over the queries that both have."""
    return [_compared(name, scores[name], others[name]) for name in scores if name in others and scores[name].keys()]


def _compared(name: str, mine: Mapping[str, float], theirs: Mapping[str, float]) -> Comparison:
    keys = sorted(mine.keys() & theirs.keys())
    if not keys:
        raise UnusableGold("the two runs have no query in common")
    one, other = (np.array([scores[key] for key in keys]) for scores in (mine, theirs))
    difference = one - other
    signs = np.random.default_rng(0).choice((-1.0, 1.0), size=(_FLIPS, len(keys)))
    extreme = np.abs((signs * difference).sum(axis=1)) >= abs(difference.sum()) - 1e-12
    p = (int(extreme.sum()) + 1) / (_FLIPS + 1)
    return Comparison(
        name, float(one.mean()), float(other.mean()), int((difference > 0).sum()), int((difference < 0).sum()), p
    )


def read_scores(file: Path) -> Scores:
    """The values by query of an earlier run, as `evaluate retrieval --out` wrote them."""
    with _readable(file):
        document = json.loads(file.read_text("utf-8"))
    try:
        return {name: {str(k): float(v) for k, v in document["queries"][name].items()} for name in document["queries"]}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnusableGold(f"{file} is no run; make one with: accordingto evaluate retrieval --out FILE") from error


def means(scores: Scores) -> dict[str, float]:
    """The mean of each measure over its queries."""
    return {name: float(np.mean(list(values.values()))) for name, values in scores.items()}


def document(scores: Scores, digest: str, compared: Sequence[Comparison] = ()) -> dict[str, Any]:
    """A run as JSON: means, the values of each query, the settings' digest, and how it compares."""
    return {
        "settings": digest,
        "means": means(scores),
        "queries": {name: dict(values) for name, values in scores.items()},
        "comparisons": [asdict(comparison) for comparison in compared],
    }


# -- answers


@dataclass(frozen=True, slots=True)
class Gold:
    """A question with what would be right."""

    question: str
    answers: tuple[str, ...]
    """Any of these words in a quote is right. None: the articles do not say, and no answer is right."""
    article: str | None = None
    """Source, title or id of the article that says it, if only that one counts."""


Verdict = Literal["right", "wrong", "abstained rightly", "abstained wrongly"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question."""

    gold: Gold
    verdict: Verdict
    quoted: bool
    """Whether the first quote holds an acceptable answer."""
    anywhere: bool
    """Whether any quote of the answer does."""


def read_gold(file: Path) -> list[Gold]:
    """A gold file: JSON Lines with `question`, `answers` (a list, empty if there is none) and perhaps `article`.

    Raises:
        UnusableGold: a line is something else.
    """
    return [
        Gold(str(row["question"]), tuple(map(str, row["answers"] or ())), row.get("article"))
        for row in _lines(file, "question", "answers")
    ]


def judge(gold: Gold, answer: Answer, sources: Mapping[str, str] = {}) -> Outcome:
    """What an answer is worth. `sources` gives the source of each article by its id, for gold that names it so."""
    if answer.status == "abstained":
        return Outcome(gold, "abstained wrongly" if gold.answers else "abstained rightly", False, False)
    holds = [
        _holds(citation.quote, gold.answers)
        and gold.article in (None, citation.article_id, citation.title, sources.get(citation.article_id))
        for citation in answer.citations
    ]
    quoted, anywhere = bool(holds) and holds[0], any(holds)
    return Outcome(gold, "right" if anywhere else "wrong", quoted, anywhere)


def summary(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The shares that matter, over all questions."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    answerable = [outcome for outcome in outcomes if outcome.gold.answers]
    return {
        **{verdict: counts[verdict] for verdict in ("right", "wrong", "abstained rightly", "abstained wrongly")},
        "first quote holds the answer": sum(outcome.quoted for outcome in answerable),
        "answerable": len(answerable),
        "questions": len(outcomes),
    }


def _holds(quote: str, answers: Sequence[str]) -> bool:
    text = f" {_plain(quote)} "
    return any(f" {_plain(answer)} " in text for answer in answers if _plain(answer))


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _lines(file: Path, *keys: str) -> Iterator[dict[str, Any]]:
    with _readable(file), file.open(encoding="utf-8") as opened:
        for number, line in enumerate(opened, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                yield {**row, **{key: row[key] for key in keys}}
            except (ValueError, KeyError, TypeError) as error:
                raise UnusableGold(f"{file}, line {number}: needed is a JSON object with {', '.join(keys)}") from error


class _readable:  # noqa: N801 - reads as a verb where it is used
    """Turns what the system says about a file into one line."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | UnicodeDecodeError | json.JSONDecodeError):
            raise UnusableGold(f"{self._file} cannot be read: {error}") from error


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for a knowledge base that is gone afterwards."""
    return tempfile.TemporaryDirectory(prefix="accordingto-evaluate-")
