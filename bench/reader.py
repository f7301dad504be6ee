"""Does the first sentence answer, and does any? On SQuAD 2.0 and SelfAware, none of which was learned from.

    python bench/reader.py ../shared/data               # fails below a floor, and where one of the 200 is answered
    python bench/reader.py ../shared/data --update      # raises floors; with --lower, lowers them too

SQuAD 2.0: each question is put to a knowledge base that holds its paragraph and no other, and to one that holds all
paragraphs of the sample; right is a first sentence of its paragraph that holds an accepted answer, and abstaining where
there is none. Beside our reader stands the embedding alone: the sentence nearest to the question. The threshold that
serves best is chosen on one half and reported on the other, beside the one that ships. SelfAware: 200 unanswerable
questions are put to the samples.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from floors import digest_of, held
from sklearn.metrics import roc_auc_score

from assistant import Assistant
from assistant.reader import FeatureReader
from assistant.selection import select
from ingest import ingest
from kb import Article, KnowledgeBase
from kb.embedding import embedder
from kb.samples import samples


@dataclass(frozen=True, slots=True)
class First:
    """The sentence that one way puts first: its score, and whether it holds the answer."""

    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, as our reader answers it and as the embedding alone does."""

    ours: First
    alone: First
    answerable: bool


def squad(folder: Path, limit: int | None) -> dict[str, list[Asked]]:
    """Every question of the sample, put to its paragraph and to all of them."""
    queries = json.loads((folder / "queries.json").read_text("utf-8"))["queries"][:limit]
    truth = json.loads((folder / "ground_truth.json").read_text("utf-8"))
    model = embedder()
    by_paragraph: dict[str, list[tuple[str, list[str]]]] = {}
    for query in queries:
        gold = truth[query["id"]]
        answers = [] if gold["is_impossible"] else gold["answers"]
        by_paragraph.setdefault(query["context"], []).append((query["question"], answers))
    articles = {text: Article(text=text, title="", source=str(n)) for n, text in enumerate(by_paragraph)}
    own, among = [], []
    with tempfile.TemporaryDirectory() as place:
        with KnowledgeBase.open(Path(place) / "all", model=model, create=True) as base:
            base.add(list(articles.values()))
            for text, questions in by_paragraph.items():
                among += [asked(base, articles[text], *question) for question in questions]
        for text, questions in by_paragraph.items():
            with KnowledgeBase.open(Path(place) / articles[text].source, model=model, create=True) as base:
                base.add([articles[text]])
                own += [asked(base, articles[text], *question) for question in questions]
    return {"its paragraph": own, "all paragraphs": among}


def asked(base: KnowledgeBase, gold: Article, question: str, answers: Sequence[str]) -> Asked:
    hits = base.search(question, 10)
    chosen = select(base, question, FeatureReader(base).read(question, hits), 0.0, 1).chosen
    ours = First(0.0, right=False)
    if chosen:
        right = chosen[0].quotes[0].article.id == gold.id and any(answer in chosen[0].text for answer in answers)
        ours = First(chosen[0].score, right)
    sentences = [(hit.article.id, span.of(hit.article.text)) for hit in hits for span in hit.passage.sentences]
    vectors = base.embedder.questions([question, *(text for _, text in sentences)])
    near = vectors[1:] @ vectors[0]
    article, nearest = sentences[int(near.argmax())]
    alone = First(float(near.max()), article == gold.id and any(answer in nearest for answer in answers))
    return Asked(ours, alone, bool(answers))


def accuracy(found: Sequence[Asked], cut: float) -> float:
    """Right answers to what can be answered, and silence on what cannot."""
    return float(np.mean([a.ours.right if a.ours.score >= cut else not a.answerable for a in found]))


def report(found: Sequence[Asked], shipped: float) -> None:
    answerable = np.array([a.answerable for a in found])
    print(f"{len(found)} questions, {int((~answerable).sum())} unanswerable")
    for name, firsts in (("embedding alone", [a.alone for a in found]), ("our reader", [a.ours for a in found])):
        scores, right = np.array([f.score for f in firsts]), np.array([f.right for f in firsts])
        print(
            f"{name}: the first sentence holds the answer for {right[answerable].mean():.1%} of the answerable; AUROC "
            f"answerable against not {roc_auc_score(answerable, scores):.3f}, "
            f"right against wrong or unanswerable {roc_auc_score(right, scores):.3f}"
        )
    order = np.argsort(-scores, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(found) + 1)
    print("coverage  risk (wrong among the answered)  threshold")
    for share in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        last = max(1, round(share * len(found))) - 1
        print(f"{share:8.0%}  {wrong[last]:8.1%}  {scores[order][last]:26.3f}")
    print(f"area under the curve {wrong.mean():.3f}; the least possible is {_least(right):.3f}")
    learn, held_out = found[::2], found[1::2]
    cut = max(sorted({a.ours.score for a in learn}), key=lambda c: accuracy(learn, c))
    for name, threshold in (("chosen on one half", cut), ("as it ships", shipped), ("none", 0.0)):
        answered = [a for a in held_out if a.ours.score >= threshold]
        risk = np.mean([not a.ours.right for a in answered]) if answered else 0.0
        good, part = accuracy(held_out, threshold), len(answered) / len(held_out)
        print(f"threshold {threshold:.3f} ({name}): right or rightly silent {good:.1%}, answered {part:.1%}, ", end="")
        print(f"of these wrong {risk:.1%}")


def _least(right: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """The area of an order that puts all that is right first."""
    best = np.sort(~right)
    return float((np.cumsum(best) / np.arange(1, len(best) + 1)).mean())


def selfaware(file: Path, shown: bool) -> int:
    """How many of 200 questions that nothing answers are answered from the samples."""
    questions = [q["question"] for q in json.loads(file.read_text("utf-8"))["example"] if not q["answerable"]]
    random.Random(1).shuffle(questions)
    with tempfile.TemporaryDirectory() as folder, Assistant.open(folder, create=True) as assistant:
        list(ingest(assistant.base, [samples()]))
        answers = [assistant.ask(question) for question in questions[:200]]
    answered = [answer for answer in answers if answer.status == "answered"]
    print(f"SelfAware: {len(answered)} of {len(answers)} unanswerable questions answered from the samples")
    for answer in answered:
        print(f"  {answer.question}\n    {answer.statements[0].text if shown else ''}")
    return len(answered)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--limit", type=int, help="of the SQuAD questions, only so many; no floor is looked at")
    options.add_argument("--show", action="store_true", help="print what should not have been answered")
    options.add_argument("--update", action="store_true", help="raise floors to what was measured")
    options.add_argument("--lower", action="store_true", help="with --update, lower them as well")
    chosen = options.parse_args()
    answered = selfaware(chosen.data / "selfaware" / "SelfAware.json", chosen.show)
    wrong = [f"SelfAware: {answered} answered"] if answered else []
    with tempfile.TemporaryDirectory() as folder, KnowledgeBase.open(folder, model=embedder(), create=True) as base:
        shipped = FeatureReader(base).threshold
    sample = chosen.data / "squad2_sample"
    digest = digest_of([(sample / file).read_text("utf-8") for file in ("queries.json", "ground_truth.json")])
    for where, found in squad(sample, chosen.limit).items():
        print(f"\nSQuAD 2.0, put to {where}")
        report(found, shipped)
        right = [a.ours.right for a in found if a.answerable]
        if chosen.limit is None:
            means = {"first sentence": float(np.mean(right))}
            wrong += held(where, digest, len(right), means, update=chosen.update, lower=chosen.lower)
    for reason in wrong:
        print(f"BELOW {reason}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
