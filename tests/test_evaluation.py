"""Measures on collections small enough to reckon by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.answer import Answer, Citation
from assistant.errors import AssistantError
from assistant.evaluation import Gold, compare, judge, measure, read_gold, read_topics, retrieval, summary
from kb import KnowledgeBase


def _files(folder: Path, qrels: str = "query-id\tcorpus-id\tscore\nq1\ta\t1\n") -> tuple[Path, Path, Path]:
    documents = [{"_id": "a", "title": "", "text": "A heron stood."}, {"_id": "b", "text": "A pelican sat."}]
    corpus, queries, judged = folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels.tsv"
    corpus.write_text("".join(json.dumps(document) + "\n" for document in documents), "utf-8")
    queries.write_text('{"_id": "q1", "text": "heron"}\n{"_id": "q2", "text": "nobody judged this"}\n', "utf-8")
    judged.write_text(qrels, "utf-8")
    return corpus, queries, judged


def test_a_collection_is_searched_and_measured(tmp_path: Path, base: KnowledgeBase) -> None:
    scores = retrieval(read_topics(*_files(tmp_path)), base)
    assert scores["Success@1"] == {"q1": 1.0}
    assert scores["nDCG@10"] == {"q1": 1.0}


@pytest.mark.parametrize("qrels", ["header\n", "header\nq1\ta\n", "header\nq1\ta\tmuch\n", "header\nq7\ta\t1\n"])
def test_judgements_that_are_none_are_refused(tmp_path: Path, qrels: str) -> None:
    with pytest.raises(AssistantError, match=r"qrels|judgement"):
        read_topics(*_files(tmp_path, qrels))


def test_measures_are_the_standard_ones() -> None:
    scores = measure({"q": {"x": 3.0, "a": 2.0}, "none": {"x": 1.0}}, {"q": {"a": 1}, "none": {"a": 1}})
    assert scores["RR"] == {"q": 0.5, "none": 0.0}
    assert scores["nDCG@10"]["q"] == pytest.approx(0.6309, abs=1e-4)
    assert scores["Success@1"] == {"q": 0.0, "none": 0.0}


def test_a_difference_is_significant_if_it_is_steady_and_not_if_it_is_chance() -> None:
    steady = {"m": {str(n): 0.5 + n / 100 for n in range(30)}}
    (clear,) = compare({"m": {key: value + 0.1 for key, value in steady["m"].items()}}, steady)
    assert (clear.better, clear.worse) == (30, 0)
    assert clear.p < 0.001
    mixed = {"m": {key: value + (0.1 if int(key) % 2 else -0.1) for key, value in steady["m"].items()}}
    (chance,) = compare(mixed, steady)
    assert chance.p > 0.5


def _answer(quote: str) -> Answer:
    return Answer("q", "answered", citations=(Citation(1, "id", "T", None, None, None, None, 0, len(quote), quote),))


def test_answers_are_judged() -> None:
    gold, none = Gold("q", ("Six",)), Gold("q", ())
    outcomes = [
        judge(gold, _answer("At least six, it said.")),
        judge(gold, _answer("Sixty died.")),
        judge(gold, Answer("q", "abstained")),
        judge(none, Answer("q", "abstained")),
        judge(none, _answer("Six died.")),
        judge(Gold("q", ("six",), "another article"), _answer("Six died.")),
    ]
    assert [outcome.verdict for outcome in outcomes] == [
        "right",
        "wrong",
        "abstained wrongly",
        "abstained rightly",
        "wrong",
        "wrong",
    ]
    assert summary(outcomes)["right"] == 1
    assert summary(outcomes)["answerable"] == 4


def test_a_gold_file_names_its_bad_line(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"question": "q", "answers": []}\n{"question": "q"}\n', "utf-8")
    with pytest.raises(AssistantError, match="line 2"):
        read_gold(file)
    with pytest.raises(AssistantError, match="cannot be read"):
        read_gold(tmp_path / "absent")
