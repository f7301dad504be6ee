"""`accordingto evaluate` from end to end, and the file of floors that the search may not fall below."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from assistant.command import app
from assistant.evaluation import MEASURES
from tests.test_evaluation import _files

BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.fixture(autouse=True)
def without_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORDINGTO_KB", str(tmp_path / "kb"))
    monkeypatch.setenv("ACCORDINGTO_EMBEDDING_MODEL", "hash")
    monkeypatch.setenv("ACCORDINGTO_CONFIDENCE", "0.01")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _retrieval(folder: Path) -> list[str | Path]:
    corpus, queries, qrels = _files(folder)
    return ["evaluate", "retrieval", "--corpus", corpus, "--queries", queries, "--qrels", qrels]


def test_retrieval_prints_each_measure_and_compares_with_an_earlier_run(tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    first = run(*_retrieval(tmp_path), "-o", kept)
    assert first.exit_code == 0
    assert first.stdout.split() == [word for name in MEASURES for word in (name, "1.000")]
    assert json.loads(kept.read_text("utf-8"))["queries"]["RR"] == {"q1": 1.0}
    again = run(*_retrieval(tmp_path), "--against", kept)
    assert "better for 0, worse for 0, p = 1.0000" in again.stdout
    document = json.loads(run(*_retrieval(tmp_path), "--against", kept, "--json").stdout)
    assert document["means"] == dict.fromkeys(MEASURES, 1.0)
    assert [compared["measure"] for compared in document["comparisons"]] == list(MEASURES)
    assert not (tmp_path / "kb").exists(), "it is measured in a knowledge base of its own"


def test_retrieval_that_cannot_be_measured_is_refused_in_one_line(tmp_path: Path) -> None:
    known = _retrieval(tmp_path)
    absent = run(*known, "--against", tmp_path / "absent.json")
    other = run(*known, "--against", tmp_path / "corpus.jsonl")
    for refused, word in ((absent, "absent.json"), (other, "corpus.jsonl")):
        assert refused.exit_code in (2, 3)
        (line,) = refused.stderr.strip().splitlines()
        assert word in line


def test_answers_are_judged_against_a_gold_file(tmp_path: Path) -> None:
    brief, gold = tmp_path / "brief.txt", tmp_path / "gold.jsonl"
    brief.write_text("A brief\n\nThe mayor said that seven barges sank near Goris on Friday.\n", "utf-8")
    assert run("ingest", brief).exit_code == 0
    rows = [
        {"question": "How many barges sank near Goris?", "answers": ["seven"]},
        {"question": "How many barges sank near Goris?", "answers": ["eight"]},
        {"question": "How many tanks burned in Atlantis?", "answers": []},
        {"question": "How many tanks burned in Atlantis?", "answers": ["nine"]},
        {"question": "How many barges sank near Goris?", "answers": ["seven"], "article": "another"},
    ]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    document = json.loads(run("evaluate", "answers", gold, "--json").stdout)
    verdicts = ["right", "wrong", "abstained rightly", "abstained wrongly", "wrong"]
    assert [outcome["verdict"] for outcome in document["outcomes"]] == verdicts
    assert document["summary"]["first quote holds the answer"] == 1
    assert document["summary"]["answerable"] == 4
    lines = run("evaluate", "answers", gold).stdout.splitlines()
    assert [line[:18].strip() for line in lines[:-1]] == verdicts
    assert "questions: 5" in lines[-1]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_floors", BENCH / "floors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FLOORS", tmp_path / "floors.json")
    return module


def test_a_floor_is_raised_when_asked_and_lowered_only_when_that_is_said(bench: ModuleType) -> None:
    def floors() -> dict[str, float]:
        found: dict[str, float] = json.loads(bench.FLOORS.read_text("utf-8"))["birds"]["floors"]
        return found

    def held(digest: str, value: float, *, update: bool = False, lower: bool = False) -> list[str]:
        below: list[str] = bench.held("birds", digest, 80, {"RR": value}, update=update, lower=lower)
        return below

    assert held("d1", 0.5, update=True) == []
    assert floors() == {"RR": 0.5}
    assert held("d1", 0.489) == [], "one question of eighty"
    assert "0.480 is below its floor of 0.500" in held("d1", 0.48)[0]
    assert held("d1", 0.48, update=True) != []
    assert floors() == {"RR": 0.5}, "never silently"
    assert held("d1", 0.7) == []
    assert floors() == {"RR": 0.5}, "not without being asked"
    held("d1", 0.7, update=True)
    assert floors() == {"RR": 0.7}
    assert "not that of the floors" in held("d2", 0.7)[0]
    held("d2", 0.3, update=True, lower=True)
    assert floors() == {"RR": 0.3}


def test_the_floors_are_of_measures_that_are_measured() -> None:
    floors = json.loads((BENCH / "floors.json").read_text("utf-8"))
    sentences = {"its paragraph", "all paragraphs"}
    assert set(floors) == {"time1963", "allsides", "squad2"} | sentences
    for name, known in floors.items():
        assert set(known["floors"]) == ({"first sentence"} if name in sentences else set(MEASURES))
        assert all(0 < floor <= 1 for floor in known["floors"].values())
