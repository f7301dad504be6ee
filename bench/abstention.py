"""When to answer and when not: risk against coverage, on questions whose answers are known or known to be absent.

    python bench/abstention.py ../shared/data

SQuAD 2.0: each question is put to a knowledge base that holds its paragraph and no other; right is a first sentence
that holds an accepted answer, and abstaining where there is none. The threshold that serves best is chosen on one half
and reported on the other, beside the one that ships. SelfAware: 200 unanswerable questions are put to the samples.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from assistant import Assistant
from assistant.reader import FeatureReader
from assistant.selection import select
from ingest import ingest
from kb import Article, KnowledgeBase
from kb.embedding import embedder
from kb.samples import samples


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the best score, whether the sentence with it holds the answer, whether there is any answer."""

    score: float
    right: bool
    answerable: bool


def squad(folder: Path, limit: int | None) -> list[Asked]:
    queries = json.loads((folder / "queries.json").read_text("utf-8"))["queries"][:limit]
    truth = json.loads((folder / "ground_truth.json").read_text("utf-8"))
    model = embedder()
    found = []
    with tempfile.TemporaryDirectory() as place:
        for number, query in enumerate(queries):
            gold = truth[query["id"]]
            with KnowledgeBase.open(Path(place) / str(number), model=model, create=True) as base:
                base.add([Article(text=query["context"], title="", source=query["id"])])
                question = query.get("query") or query["question"]
                evidence = FeatureReader(base).read(question, base.search(question, 10))
                best = select(base, question, evidence, 0.0, 1).chosen
            text = best[0].text if best else ""
            right = not gold["is_impossible"] and any(a in text for a in gold["answers"])
            found.append(Asked(best[0].score if best else 0.0, right, not gold["is_impossible"]))
    return found


def accuracy(asked: Sequence[Asked], cut: float) -> float:
    """Right answers to what can be answered, and silence on what cannot."""
    return float(np.mean([a.right if a.score >= cut else not a.answerable for a in asked]))


def report(asked: Sequence[Asked], shipped: float) -> None:
    scores = np.array([a.score for a in asked])
    answerable = np.array([a.answerable for a in asked])
    right = np.array([a.right for a in asked])
    print(f"{len(asked)} questions, {int((~answerable).sum())} unanswerable")
    print(f"AUROC answerable against not: {roc_auc_score(answerable, scores):.3f}")
    print(f"AUROC right against wrong or unanswerable: {roc_auc_score(right, scores):.3f}")
    order = np.argsort(-scores, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(asked) + 1)
    print("coverage  risk (wrong among the answered)  threshold")
    for share in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        last = max(1, round(share * len(asked))) - 1
        print(f"{share:8.0%}  {wrong[last]:8.1%}  {scores[order][last]:26.3f}")
    print(f"area under the curve {wrong.mean():.3f}; the least possible is {_least(right):.3f}")
    learn, held_out = asked[::2], asked[1::2]
    cut = max(sorted({a.score for a in learn}), key=lambda c: accuracy(learn, c))
    for name, threshold in (("chosen on one half", cut), ("as it ships", shipped), ("none", 0.0)):
        answered = [a for a in held_out if a.score >= threshold]
        risk = np.mean([not a.right for a in answered]) if answered else 0.0
        good, share = accuracy(held_out, threshold), len(answered) / len(held_out)
        print(f"threshold {threshold:.3f} ({name}): right or rightly silent {good:.1%}, answered {share:.1%}, ", end="")
        print(f"of these wrong {risk:.1%}")


def _least(right: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """The area of an order that puts all that is right first."""
    best = np.sort(~right)
    return float((np.cumsum(best) / np.arange(1, len(best) + 1)).mean())


def selfaware(file: Path, shown: bool) -> None:
    questions = [q["question"] for q in json.loads(file.read_text("utf-8"))["example"] if not q["answerable"]]
    random.Random(1).shuffle(questions)
    with tempfile.TemporaryDirectory() as folder, Assistant.open(folder, create=True) as assistant:
        list(ingest(assistant.base, [samples()]))
        answers = [assistant.ask(question) for question in questions[:200]]
    answered = [answer for answer in answers if answer.status == "answered"]
    print(f"SelfAware: {len(answered)} of {len(answers)} unanswerable questions answered from the samples")
    for answer in answered:
        print(f"  {answer.question}\n    {answer.statements[0].text if shown else ''}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--limit", type=int, help="of the SQuAD questions, only so many")
    options.add_argument("--show", action="store_true", help="print what should not have been answered")
    chosen = options.parse_args()
    selfaware(chosen.data / "selfaware" / "SelfAware.json", chosen.show)
    with tempfile.TemporaryDirectory() as folder, KnowledgeBase.open(folder, model=embedder(), create=True) as base:
        shipped = FeatureReader(base).threshold
    report(squad(chosen.data / "squad2_sample", chosen.limit), shipped)


if __name__ == "__main__":
    main()
