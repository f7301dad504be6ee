"""Learns the weights of the default reader, and the score below which it abstains.

    python bench/learn_reader.py ../shared/data/squad2_sample/learn.json assistant/reader.json

The reader learns on what it will meet: a knowledge base of SQuAD 2.0 paragraphs is searched with every question, and
the sentences of the passages found are the candidates; one answers if it is in the question's paragraph and holds the
gold answer. A quarter of the documents is left out of the knowledge base, so that their questions are of the kind "the
articles do not speak of this"; SQuAD's own unanswerable questions are of the kind "they speak of it and do not say".
Weights are learned (logistic regression) on three quarters of the paragraphs; everything printed, and the threshold,
come from the rest. A weight whose sign says the contrary of what its feature means would serve these texts alone: then
nothing is written.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from assistant.reader import FEATURES, Question, features, is_evidence
from kb import Article, KnowledgeBase
from kb.embedding import Vectors, embedder

_FOREIGN = 0.015  # share of the questions that the articles do not speak of which may get an answer
_AGAINST = frozenset({"opposite", "unnegated"})  # what speaks against a sentence; all else speaks for it
_LEFT_OUT = 4  # every fourth document is not in the knowledge base; every fourth paragraph is not learned from


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its candidate sentences."""

    paragraph: int
    kind: str
    """"answerable", "unanswerable" (from its paragraph) or "foreign" (its document is not in the knowledge base)."""
    values: npt.NDArray[np.float64]
    """(sentences, features)"""
    holds: npt.NDArray[np.bool_]
    """(sentences): which of them hold the answer."""


def asked(source: Path) -> list[Asked]:
    """Every question of the file, put to a knowledge base of three quarters of its documents."""
    documents = json.loads(source.read_text("utf-8"))["data"]
    model = embedder()
    with tempfile.TemporaryDirectory() as folder, KnowledgeBase.open(folder, model=model, create=True) as base:
        entries = list(_entries(documents))
        base.add([article for article, inside, _ in entries if inside])
        vectors: dict[str, Vectors] = {}
        return [
            _asked(base, vectors, number, article if inside else None, question)
            for number, (article, inside, questions) in enumerate(entries)
            for question in questions
        ]


def _entries(documents: list[Any]) -> Iterator[tuple[Article, bool, list[Any]]]:
    """(paragraph as an article, whether it goes into the knowledge base, its questions)"""
    for place, document in enumerate(documents):
        title = document["title"].replace("_", " ")
        for number, entry in enumerate(document["paragraphs"]):
            article = Article(text=entry["context"], title=title, source=f"{place}/{number}")
            yield article, place % _LEFT_OUT != 0, entry["qas"]


def _asked(
    base: KnowledgeBase, vectors: dict[str, Vectors], paragraph: int, gold: Article | None, asked: Mapping[str, Any]
) -> Asked:
    hits = base.search(asked["question"], 10)
    question = Question.parse(asked["question"], base)
    pairs = [(hit, span) for hit in hits for span in hit.passage.sentences]
    pairs = [(hit, span) for hit, span in pairs if is_evidence(question, hit, span)]
    texts = [span.of(hit.article.text) for hit, span in pairs]
    unknown = [text for text in dict.fromkeys(texts) if text not in vectors]
    if unknown:
        vectors.update(zip(unknown, base.embedder.questions(unknown), strict=True))
    own = base.embedder.questions([asked["question"]])[0]
    values, holds = [], []
    answers = [(a["answer_start"], a["answer_start"] + len(a["text"])) for a in asked["answers"]]
    for (hit, span), text in zip(pairs, texts, strict=True):
        found = features(question, hit, span, float(vectors[text] @ own))
        values.append([found[name] for name in FEATURES])
        in_gold = gold is not None and hit.article.id == gold.id
        holds.append(in_gold and any(span.start <= start and end <= span.end for start, end in answers))
    kind = "foreign" if gold is None else "answerable" if answers else "unanswerable"
    return Asked(paragraph, kind, np.array(values).reshape(-1, len(FEATURES)), np.array(holds, dtype=bool))


def main(source: Path, target: Path) -> None:
    everything = asked(source)
    learn = [a for a in everything if a.paragraph % _LEFT_OUT and len(a.values)]
    held_out = [a for a in everything if a.paragraph % _LEFT_OUT == 0]
    model = LogisticRegression(max_iter=2000)
    model.fit(np.concatenate([a.values for a in learn]), np.concatenate([a.holds for a in learn]))
    weights = dict(zip(FEATURES, map(float, model.coef_[0]), strict=True))
    wrong = [name for name, weight in weights.items() if (weight < 0) != (name in _AGAINST)]
    if wrong:
        raise SystemExit(f"these weights contradict their features, so drop or mend them: {wrong} of {weights}")
    tops, right = [], []
    for a in held_out:
        scores = model.predict_proba(a.values)[:, 1] if len(a.values) else np.zeros(1)
        tops.append(float(scores.max()))
        right.append(bool(a.holds[int(scores.argmax())]) if len(a.values) else False)
    top, correct = np.array(tops), np.array(right)
    kind = np.array([a.kind for a in held_out])
    threshold = float(np.quantile(top[kind == "foreign"], 1 - _FOREIGN))
    print({k: int((kind == k).sum()) for k in ("answerable", "unanswerable", "foreign")}, "held-out questions")
    print(f"answerable: the first sentence holds the answer for {correct[kind == 'answerable'].mean():.3f}")
    for other in ("unanswerable", "foreign"):
        both = np.isin(kind, ["answerable", other])
        print(f"answerable or {other}: AUROC {roc_auc_score(kind[both] == 'answerable', top[both]):.3f}")
    for cut in sorted([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, threshold]):
        shares = {k: f"{(top[kind == k] >= cut).mean():.3f}" for k in ("answerable", "unanswerable", "foreign")}
        answered = (top >= cut) & (kind == "answerable")
        print(f"  answers from {cut:.3f} on: {shares}, right when answerable {correct[answered].mean():.3f}")
    weights = {"intercept": float(model.intercept_[0]), **weights}
    document = {
        "learned_by": "bench/learn_reader.py on SQuAD 2.0 paragraphs (CC BY-SA 4.0) that are not reported on",
        "threshold": round(threshold, 4),
        "weights": {name: round(value, 4) for name, value in weights.items()},
    }
    target.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
