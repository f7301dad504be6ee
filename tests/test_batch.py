from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.answer import Answer
from assistant.batch import BatchError, answer_all, read_questions
from tests.conftest import article


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
    assert outcomes == ["answered", "failed"]
    assert (first["id"], first["desk"], first["schema"]) == (rows[0].id, 7, 1)
    assert second["id"] == rows[1].id
    assert "empty" in second["error"]


def test_each_line_is_on_disk_before_it_is_reported(tmp_path: Path, assistant: Assistant) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\nWho denied?\nWho fired?\n"))
    out = tmp_path / "a.jsonl"
    for number, _ in enumerate(answer_all(assistant, rows, out), 1):
        assert len(_lines(tmp_path / "a.jsonl.partial")) == number
    assert [path.name for path in tmp_path.glob("a.*")] == ["a.jsonl"]


def test_a_broken_run_goes_on_and_gives_the_same_file(
    tmp_path: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\nWho denied?\nWho fired?\nWho said so?\n"))
    whole, broken = tmp_path / "whole.jsonl", tmp_path / "broken.jsonl"
    list(answer_all(assistant, rows, whole))
    for stop_after in (1, 1, 2):
        run = answer_all(assistant, rows, broken)
        for _ in range(stop_after):
            next(run)
        run.close()
    with (tmp_path / "broken.jsonl.partial").open("a") as partial:
        partial.write('{"id": "half a li')
    asked: list[str] = []
    ask = Assistant.ask

    def counted(self: Assistant, question: str) -> Answer:
        asked.append(question)
        return ask(self, question)

    monkeypatch.setattr(Assistant, "ask", counted)
    outcomes = [done.outcome for done in answer_all(assistant, rows, broken)]
    assert outcomes[:2] == ["kept", "kept"]
    assert asked == ["Who fired?", "Who said so?"]
    assert [{**line, "seconds": 0} for line in _lines(broken)] == [{**line, "seconds": 0} for line in _lines(whole)]


def test_what_failed_is_tried_again(tmp_path: Path, assistant: Assistant) -> None:
    bad = read_questions(_file(tmp_path, "q.jsonl", '{"id": 1, "question": ""}\n'))
    good = read_questions(_file(tmp_path, "q.jsonl", '{"id": 1, "question": "Who died?"}\n'))
    out = tmp_path / "a.jsonl"
    assert [done.outcome for done in answer_all(assistant, bad, out)] == ["failed"]
    assert [done.outcome for done in answer_all(assistant, good, out)] == ["answered"]


def test_answers_of_other_settings_and_other_files_are_never_written_over(tmp_path: Path, assistant: Assistant) -> None:
    rows = read_questions(_file(tmp_path, "q.txt", "Who died?\n"))
    out = tmp_path / "a.jsonl"
    list(answer_all(assistant, rows, out))
    with Assistant.open(tmp_path / "kb", embedding_model="hash", statements=1) as other:
        with pytest.raises(BatchError, match="other settings"):
            list(answer_all(other, rows, out))
        assert [done.outcome for done in answer_all(other, rows, out, resume=False)] == ["answered"]
    notes = _file(tmp_path, "notes.txt", "my notes\n")
    with pytest.raises(BatchError, match="line 1: not an answer"):
        list(answer_all(assistant, rows, notes))
    assert notes.read_text() == "my notes\n"
