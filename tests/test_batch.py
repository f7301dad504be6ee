from __future__ import annotations

import csv
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.answer import Answer
from assistant.batch import BatchError, Row, Within, answer_all, document_of, read_questions
from assistant.workers import _SERVE
from ingest import ingest
from kb import KnowledgeBase
from kb.embedding import HashEmbedder
from kb.samples import samples
from tests import databases
from tests.conftest import article
from tests.processes import processes, run_batch


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "kb", create=True, embedding_model="hash", confidence=0.01) as opened:
        opened.base.add([article("Baku said six soldiers had died. Yerevan denied firing.", outlet="Sample Courier")])
        yield opened


def _file(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.jsonl", '{"id": "a", "question": "Who died?", "desk": 7}\n\n{"query": "Who denied it?"}\n'),
        ("q.csv", "id,Question,desk\na,Who died?,7\n,Who denied it?,\n"),
        ("q.txt", "Who died?\n\nWho denied it?\n"),
    ],
)
def test_questions_come_in_three_kinds_of_file(tmp_path: Path, name: str, text: str) -> None:
    rows = read_questions(_file(tmp_path, name, text))
    assert [row.question for row in rows] == ["Who died?", "Who denied it?"]
    if name != "q.txt":
        assert rows[0].id == "a"
        assert str(rows[0].extra["desk"]) == "7"


def test_an_id_made_from_a_question_stays_and_a_repeated_one_is_numbered(tmp_path: Path) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "One?\nTwo?\nOne?\n"))
    again = read_questions(_file(tmp_path, "r.txt", "Two?\n"))
    assert rows[1].id == again[0].id
    assert rows[2].id == f"{rows[0].id}#2"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("q.jsonl", '{"question": "A?"}\n{broken\n', "line 2: not JSON"),
        ("q.jsonl", "[1]\n", "line 1: not an object"),
        ("q.jsonl", '{"asked": "A?"}\n', "no question among 'asked'"),
        ("q.csv", "a,b\n1,2\n", "no question among 'a', 'b'"),
        ("q.pdf", "", "no known kind"),
    ],
)
def test_a_file_that_holds_no_questions_is_refused_with_the_place(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    with pytest.raises(BatchError, match=reason):
        read_questions(_file(tmp_path, name, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match=r"gone\.txt cannot be read"):
        read_questions(tmp_path / "gone.txt")


def test_one_line_a_question_in_order_and_one_bad_question_is_one_error(tmp_path: Path, assistant: Assistant) -> None:
    rows = read_questions(_file(tmp_path, "q.jsonl", '{"question": "Who died?", "desk": 7}\n{"question": " "}\n'))
    out = tmp_path / "a.jsonl"
    outcomes = [done.outcome for done in answer_all(assistant, rows, out)]
    first, second = _lines(out)
    assert sorted(outcomes) == ["answered", "failed"]
    assert (first["id"], first["desk"], first["schema"]) == (rows[0].id, 7, 1)
    assert second["id"] == rows[1].id
    assert "empty" in second["error"]


def _answers(path: Path) -> list[dict[str, Any]]:
    """The answers in a file, timings aside; in that of an unfinished run too, whose first line says what it is."""
    return [{**line, "seconds": 0} for line in _lines(path) if "id" in line]


def test_each_line_is_on_disk_before_it_is_reported(tmp_path: Path, assistant: Assistant) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\nWho denied?\nWho fired?\n"))
    out = tmp_path / "a.jsonl"
    for number, done in enumerate(answer_all(assistant, rows, out), 1):
        on_disk = _answers(tmp_path / "a.jsonl.partial")
        assert len(on_disk) == number
        assert done.row.id == on_disk[-1]["id"]
    assert [path.name for path in tmp_path.glob("a.*")] == ["a.jsonl"]


def test_a_broken_run_goes_on_and_gives_the_same_file(
    tmp_path: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\nWho denied?\nWho fired?\nWho said so?\n"))
    whole, broken = tmp_path / "whole.jsonl", tmp_path / "broken.jsonl"
    list(answer_all(assistant, rows, whole))
    for stop_after in (1, 2):
        run = answer_all(assistant, rows, broken, workers=1)
        for _ in range(stop_after):
            next(run)
        run.close()
    with (tmp_path / "broken.jsonl.partial").open("a") as partial:
        partial.write('{"id": "half a li')
    asked = _recorded(monkeypatch)
    outcomes = [done.outcome for done in answer_all(assistant, rows, broken)]
    assert outcomes[:2] == ["kept", "kept"]
    assert len(set(asked)) == len(asked) == 2
    assert _answers(broken) == _answers(whole)


def _recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that are asked from now on."""
    asked: list[str] = []
    stream = Assistant.stream

    def recording(self: Assistant, request: Any) -> Iterator[Answer]:
        asked.append(request.question)
        return stream(self, request)

    monkeypatch.setattr(Assistant, "stream", recording)
    return asked


def test_what_failed_is_tried_again(tmp_path: Path, assistant: Assistant) -> None:
    bad = read_questions(_file(tmp_path, "q.jsonl", '{"id": 1, "question": ""}\n'))
    good = read_questions(_file(tmp_path, "q.jsonl", '{"id": 1, "question": "Who died?"}\n'))
    out = tmp_path / "a.jsonl"
    assert [done.outcome for done in answer_all(assistant, bad, out)] == ["failed"]
    assert [done.outcome for done in answer_all(assistant, good, out)] == ["answered"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "md"])
def test_answers_of_other_settings_and_other_files_are_never_written_over(
    tmp_path: Path, assistant: Assistant, form: str
) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\n"))
    out = tmp_path / f"a.{form}"
    list(answer_all(assistant, rows, out, form=form))
    made = out.read_bytes()
    with Assistant.open(tmp_path / "kb", embedding_model="hash", statements=1) as other:
        with pytest.raises(BatchError, match=r"other settings.*--no-resume"):
            list(answer_all(other, rows, out, form=form))
        assert out.read_bytes() == made
        assert [done.outcome for done in answer_all(other, rows, out, form=form, resume=False)] == ["answered"]
    notes = _file(tmp_path, f"notes.{form}", "my notes\n")
    with pytest.raises(BatchError, match="line 1: not an answer" if form == "jsonl" else "does not; name another"):
        list(answer_all(assistant, rows, notes, form=form))
    assert notes.read_text() == "my notes\n"


def test_a_run_that_begins_anew_keeps_to_that_when_it_goes_on(
    tmp_path: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\nWho denied?\n"))
    out = tmp_path / "a.jsonl"
    list(answer_all(assistant, rows, out))
    run = answer_all(assistant, rows, out, resume=False, workers=1)
    next(run)
    run.close()
    kept = next(line["question"] for line in _answers(tmp_path / "a.jsonl.partial"))
    asked = _recorded(monkeypatch)
    assert [done.outcome for done in answer_all(assistant, rows, out)] == ["kept", "answered"]
    assert {kept, *asked} == {"Who died?", "Who denied?"}


def test_a_row_that_was_changed_is_asked_again(tmp_path: Path, assistant: Assistant) -> None:
    out = tmp_path / "a.jsonl"

    def outcomes(row: dict[str, Any], within: Within = Within()) -> list[str]:
        rows = read_questions(_file(tmp_path, "q.jsonl", json.dumps({"id": "a", "question": "Who died?"} | row)))
        return [done.outcome for done in answer_all(assistant, rows, out, within=within)]

    assert outcomes({}) == ["answered"]
    assert outcomes({}) == ["kept"]
    assert outcomes({"outlet": "Another"}) == ["abstained"]
    assert outcomes({"outlet": "Another"}) == ["kept"]
    assert outcomes({"desk": 3}) == ["answered"]
    assert outcomes({"desk": 3}, Within(side="Armenia")) != ["kept"]


def test_a_row_says_what_it_is_asked_within_and_the_run_says_it_for_the_others(
    tmp_path: Path, assistant: Assistant
) -> None:
    text = "question,outlet,k\nWho died?,Sample Courier,3\nWho died?,,\nWho died?,Another,\n"
    rows = read_questions(_file(tmp_path, "q.csv", text))
    out = tmp_path / "a.jsonl"
    list(answer_all(assistant, rows, out, within=Within(outlet="Nobody", side="Azerbaijan")))
    assert [(line["status"], line["filters"]) for line in _lines(out)] == [
        ("answered", {"outlet": "Sample Courier", "side": "Azerbaijan", "k": 3}),
        ("abstained", {"outlet": "Nobody", "side": "Azerbaijan"}),
        ("abstained", {"outlet": "Another", "side": "Azerbaijan"}),
    ]
    assert _lines(out)[0]["outlet"] == "Sample Courier"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"since": "yesterday"}, "since: 'yesterday' is not a date"),
        ({"until": "2023-02-30"}, "no such day"),
        ({"k": 0}, "k is '0'"),
        ({"k": "many"}, "k is 'many'"),
        ({"outlet": ["a"]}, "outlet is"),
        ({"model": "openai:gpt"}, "--row-models"),
        ({"question": 7}, None),
        ({"question": None}, "empty"),
        ({"question": "x" * 2001}, "shorten"),
        ({"question": "\ud800"}, None),
        ({"side": "Nobody"}, None),
        ({"model": "quoting"}, None),
    ],
)
def test_one_bad_row_is_one_error_and_no_more(
    tmp_path: Path, assistant: Assistant, row: dict[str, Any], reason: str | None
) -> None:
    lines = [{"question": "Who died?"}, {"question": "Who died?"} | row, {"question": "Who denied firing?"}]
    rows = read_questions(_file(tmp_path, "q.jsonl", "\n".join(map(json.dumps, lines))))
    out = tmp_path / "a.jsonl"
    list(answer_all(assistant, rows, out))
    first, bad, last = _lines(out)
    assert first["status"] == last["status"] == "answered"
    assert (reason in bad["error"]) if reason else "error" not in bad


def test_an_error_that_nobody_foresaw_is_one_error_row(
    tmp_path: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Assistant.stream

    def failing(self: Assistant, request: Any) -> Iterator[Answer]:
        if "denied" in request.question:
            raise RuntimeError("out of luck")
        return stream(self, request)

    monkeypatch.setattr(Assistant, "stream", failing)
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\nWho denied?\nWho fired?\n"))
    failed = [done for done in answer_all(assistant, rows, tmp_path / "a.jsonl") if done.outcome == "failed"]
    assert [(done.row.question, done.error) for done in failed] == [
        ("Who denied?", "this failed inside the program (RuntimeError: out of luck)")
    ]
    assert len(_lines(tmp_path / "a.jsonl")) == 3


def test_a_run_may_stop_at_the_first_failure_and_go_on_from_there(tmp_path: Path, assistant: Assistant) -> None:
    rows = read_questions(_file(tmp_path, "q.jsonl", '{"question": "Who died?"}\n{"question": ""}\n' * 3))
    out = tmp_path / "a.jsonl"
    with pytest.raises(BatchError, match="goes on from there"):
        list(answer_all(assistant, rows, out, fail_fast=True))
    assert not out.exists()
    *before, failed = _answers(tmp_path / "a.jsonl.partial")
    assert "error" in failed
    assert not any("error" in line for line in before)
    assert [done.outcome for done in answer_all(assistant, rows, out)].count("kept") == len(before)
    assert len(_lines(out)) == 6


def test_two_runs_do_not_write_one_file(tmp_path: Path, assistant: Assistant) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\nWho denied?\n"))
    run = answer_all(assistant, rows, tmp_path / "a.jsonl")
    next(run)
    with pytest.raises(BatchError, match="another run is writing"):
        list(answer_all(assistant, rows, tmp_path / "a.jsonl"))
    assert len(list(run)) == 1


def test_what_a_row_brings_is_never_lost_even_under_our_names(tmp_path: Path, assistant: Assistant) -> None:
    row = {"question": "Who died?", "status": "urgent", "text": "a", "desk": {"name": [1, None]}, "quote_1": "b"}
    rows = read_questions(_file(tmp_path, "q.jsonl", json.dumps(row)))
    list(answer_all(assistant, rows, tmp_path / "a.jsonl"))
    (line,) = _lines(tmp_path / "a.jsonl")
    assert (line["input_status"], line["input_text"], line["desk"]) == ("urgent", "a", {"name": [1, None]})
    assert line["status"] == "answered"
    list(answer_all(assistant, rows, tmp_path / "a.csv", form="csv"))
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        (flat,) = csv.DictReader(file)
    assert (flat["input_status"], flat["input_quote_1"], flat["status"]) == ("urgent", "b", "answered")
    assert json.loads(flat["desk"]) == {"name": [1, None]}


@pytest.mark.parametrize(
    ("name", "text", "column", "reason"),
    [
        ("q.csv", "a,b\nWho?,1\n", "c", "no c among 'a', 'b'"),
        ("q.csv", 'question\n"open\n', None, "broken CSV"),
        ("q.csv", "question,question\na,b\n", None, "two columns"),
        ("q.csv", "", None, "no columns"),
        ("q.txt", "Who?\n", "a", "leave out --column"),
        ("q.jsonl", "[" * 100_000 + "\n", None, "not JSON"),
    ],
)
def test_a_table_without_a_column_of_questions_is_refused(
    tmp_path: Path, name: str, text: str, column: str | None, reason: str
) -> None:
    with pytest.raises(BatchError, match=reason):
        read_questions(_file(tmp_path, name, text), column)


def test_a_column_of_questions_is_named_or_guessed(tmp_path: Path) -> None:
    guessed = _file(tmp_path, "q.csv", "no;what we want to know\n1;Who died?\n2;Who denied it?\n")
    assert [row.question for row in read_questions(guessed)] == ["Who died?", "Who denied it?"]
    assert read_questions(guessed)[0].extra == {"no": "1"}
    assert [row.question for row in read_questions(guessed, "NO")] == ["1", "2"]


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_bytes(b"Who d\xefd?")
    with pytest.raises(BatchError, match="not UTF-8"):
        read_questions(tmp_path / "q.txt")


QUESTIONS = (
    *("Who is accused of laying the mines?", "Who struck the cathedral in Shusha?", "How many were killed in Ganja?"),
    *("How many people did the fuel depot explosion kill?", "Who blocked the Lachin road?", "Who denied firing?"),
    *("What did Armenia say about Barda?", "When did the fighting begin?", "How many Russian peacekeepers came?"),
    *("Who captured Shusha?", "What did the court order?", "Who is to disarm?", "What will happen tomorrow?"),
)


def test_answers_are_the_same_with_any_number_of_workers_and_one_by_one(sample_base: Path, tmp_path: Path) -> None:
    rows = [Row(str(place), question, {}) for place, question in enumerate(QUESTIONS)]
    with Assistant.open(sample_base) as assistant:
        alone = [document_of(row, assistant.ask(row.question)) for row in rows]
        for workers in (1, 2, 4):
            out = tmp_path / f"{workers}.jsonl"
            assert len(list(answer_all(assistant, rows, out, workers=workers))) == len(rows)
            assert _answers(out) == [json.loads(json.dumps({**line, "seconds": 0})) for line in alone]


def test_processes_answer_as_one_does_and_a_row_keeps_what_it_brings(tmp_path: Path) -> None:
    rows = [Row(str(place), question, {"desk": place}) for place, question in enumerate(QUESTIONS * 3)]
    rows[5] = Row("5", "Who died?", {}, unusable="no reason")
    with _over_samples(tmp_path) as assistant:
        list(answer_all(assistant, rows, tmp_path / "one.jsonl", workers=1))
        list(answer_all(assistant, rows, tmp_path / "two.jsonl", workers=2))
    assert _answers(tmp_path / "two.jsonl") == _answers(tmp_path / "one.jsonl")
    assert _lines(tmp_path / "two.jsonl")[5]["error"] == "no reason"


def test_a_process_that_is_lost_ends_the_run_which_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Row(str(place), question, {}) for place, question in enumerate(QUESTIONS * 4)]
    out = tmp_path / "a.jsonl"
    with _over_samples(tmp_path) as assistant:
        with monkeypatch.context() as lost:
            lost.setattr("assistant.workers._SERVE", "import sys; sys.exit(7)")
            with pytest.raises(BatchError, match=r"with status 7; the same command goes on from there"):
                list(answer_all(assistant, rows, out, workers=2))
        assert len(list(answer_all(assistant, rows, out, workers=2))) == len(rows)
    assert len(_lines(out)) == len(rows)


def test_a_process_that_has_nothing_left_to_answer_ends_in_silence_while_others_still_work(tmp_path: Path) -> None:
    with (
        _over_samples(tmp_path) as assistant,
        subprocess.Popen(
            [sys.executable, "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ) as worker,
    ):
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert worker.stderr is not None
        for sent in (dict(assistant.settings), Within(), 1), Row("a", "Who died?", {}), None:
            pickle.dump(sent, worker.stdin)
        worker.stdin.flush()
        assert pickle.load(worker.stdout)["id"] == "a"
        assert worker.wait(60) == 0  # its standard input is still open
        assert worker.stderr.read() == b""


def _sample_kb(tmp_path: Path) -> Path:
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as base:
        list(ingest(base, [samples()]))
        base.save()
    return tmp_path / "kb"


def _over_samples(tmp_path: Path) -> Assistant:
    kb = _sample_kb(tmp_path)
    return Assistant.open(kb, embedding_model="hash", confidence=0.01, **databases.settings(kb))


def test_a_run_that_is_killed_at_any_moment_goes_on_and_gives_the_same_file(tmp_path: Path) -> None:
    kb, out = tmp_path / "kb", tmp_path / "a.jsonl"
    rows = [Row(str(place), question, {}) for place, question in enumerate(QUESTIONS * 4)]
    with _over_samples(tmp_path) as assistant:
        list(answer_all(assistant, rows, tmp_path / "whole.jsonl"))
    chance = random.Random(7)
    for kill in range(10):
        child = processes().Process(target=run_batch, args=(kb, rows, out), daemon=True)
        child.start()
        # Killed once so many answers are on disk, and at whatever it is doing then.
        wanted = len(rows) * (kill + 1) // 11
        while child.is_alive() and _count(out.with_name("a.jsonl.partial")) < wanted:
            child.join(chance.uniform(0.001, 0.02))
        child.kill()
        child.join()
    run_batch(kb, rows, out)
    assert _answers(out) == _answers(tmp_path / "whole.jsonl")


def test_ctrl_c_ends_the_command_cleanly_and_it_goes_on_from_there(tmp_path: Path) -> None:
    kb, asked, out = _sample_kb(tmp_path), tmp_path / "q.txt", tmp_path / "a.jsonl"
    asked.write_text("\n".join(QUESTIONS * 4), "utf-8")
    command = [sys.executable, "-m", "assistant", "batch", str(asked), "-o", str(out), "--kb", str(kb)]
    told = {"embedding_model": "hash", "confidence": "0.01", **databases.settings(kb)}
    settings = {f"ACCORDINGTO_{name.upper()}": value for name, value in told.items()}
    partial = out.with_name("a.jsonl.partial")
    with subprocess.Popen(
        command,
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
        # What a shell starts in the background ignores it, and so would what is started from there.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as child:
        while child.poll() is None and _count(partial) < 3:
            time.sleep(0.005)  # between two looks at the file, which may take as long as it takes
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert said.splitlines()[-1].endswith("the same command goes on from there")
    assert "Traceback" not in said
    kept = partial.read_bytes()
    assert kept.endswith(b"\n")
    assert all(json.loads(line) for line in kept.splitlines())
    assert not out.exists()
    with Assistant.open(kb, embedding_model="hash", confidence=0.01, **databases.settings(kb)) as assistant:
        done = list(answer_all(assistant, read_questions(asked), out))
    assert sum(one.outcome == "kept" for one in done) == _count_of(kept)
    assert len(_lines(out)) == len(QUESTIONS) * 4


def _count_of(partial: bytes) -> int:
    return partial.count(b"\n") - 1  # the first line says what file it is


def _count(file: Path) -> int:
    return _count_of(file.read_bytes()) if file.exists() else 0
