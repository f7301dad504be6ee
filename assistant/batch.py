"""Questions from a file, answers into a file: one line each, in order, resumable."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from assistant.assistant import Assistant
from assistant.errors import AssistantError
from kb import KnowledgeBaseError

__all__ = ["BatchError", "Done", "Row", "answer_all", "read_questions"]

_QUESTION_COLUMNS = ("question", "query", "q", "prompt", "text")


class BatchError(AssistantError):
    """The file of questions or of answers cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the file."""

    id: str
    question: str
    extra: Mapping[str, Any]
    """What else the file says in this row; passed through to the answer."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one row."""

    row: Row
    outcome: Literal["answered", "abstained", "failed", "kept"]
    """"kept": an earlier run had answered it."""
    error: str | None = None


def read_questions(file: Path) -> list[Row]:
    """The questions of a .jsonl, .csv or .txt file, in order.

    A row without an id gets one made from its question; if two rows have the same id, the later ones are numbered.

    Raises:
        BatchError: the file cannot be read, has another ending, or a CSV has no column of questions.
    """
    readers = {".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".txt": _text}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise BatchError(f"{file} is of no known kind; questions come as {', '.join(readers)}")
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise BatchError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BatchError(f"{file} is not UTF-8; save it as UTF-8") from error
    rows, seen = [], dict[str, int]()
    for number, (question, fields) in enumerate(reader(file, text), 1):
        key = str(fields.pop("id", None) or hashlib.sha256(question.encode()).hexdigest()[:12] or number)
        seen[key] = seen.get(key, 0) + 1
        rows.append(Row(key if seen[key] == 1 else f"{key}#{seen[key]}", question, fields))
    return rows


def answer_all(
    assistant: Assistant, rows: Sequence[Row], out: Path, *, resume: bool = True
) -> Generator[Done, None, None]:
    """Answers the rows in order, one JSON line each, into `out`.

    Lines go to `out` with the ending .partial, which takes its place when all are done; each is on disk before its
    `Done` comes. With `resume`, answers of an earlier run with the same settings are kept, and what failed is tried
    again. One bad question is one line with an `error`.

    Raises:
        BatchError: a file cannot be written, or holds something else or answers made with other settings.
    """
    partial, kept_file = out.with_name(out.name + ".partial"), out.with_name(out.name + ".kept")
    kept: dict[str, dict[str, Any]] = {}
    if resume:
        for file in (out, kept_file, partial):
            kept |= _finished(file, assistant.settings.digest())
    try:
        # What is kept must be safe elsewhere before this run writes over the partial file of the last one.
        _write_whole(kept_file, kept)
        with partial.open("w", encoding="utf-8", newline="\n") as lines:
            for row in rows:
                document, done = _answered(assistant, row, kept)
                lines.write(_line(document))
                _to_disk(lines)
                yield done
        partial.replace(out)
        kept_file.unlink()
    except OSError as error:
        raise BatchError(f"{out} cannot be written: {error.strerror}; name another file with -o") from error


def _write_whole(file: Path, kept: Mapping[str, Mapping[str, Any]]) -> None:
    new = file.with_name(file.name + ".new")
    with new.open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(map(_line, kept.values()))
        _to_disk(lines)
    new.replace(file)


def _answered(assistant: Assistant, row: Row, kept: Mapping[str, Any]) -> tuple[dict[str, Any], Done]:
    before = kept.get(row.id)
    if before is not None and before["question"] == row.question:
        return before, Done(row, "kept")
    try:
        answer = assistant.ask(row.question)
    except (AssistantError, KnowledgeBaseError) as error:
        return {**row.extra, "id": row.id, "question": row.question, "error": str(error)}, Done(
            row, "failed", str(error)
        )
    return {**row.extra, "id": row.id, **answer.to_json()}, Done(row, answer.status)


def _finished(file: Path, digest: str) -> dict[str, dict[str, Any]]:
    """The answers that a file holds, by id. A last line that a killed run left unfinished is no answer."""
    if not file.exists():
        return {}
    found = {}
    for number, line in enumerate(file.read_text("utf-8").split("\n")[:-1], 1):
        try:
            document = json.loads(line)
            key, made_with = document["id"], document.get("settings", digest)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BatchError(f"{file}, line {number}: not an answer; name another file with -o") from None
        if made_with != digest:
            raise BatchError(
                f"{file} holds answers of other settings; name another file with -o, or begin anew with --no-resume"
            )
        if "error" not in document:
            found[str(key)] = document
    return found


def _line(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False) + "\n"


def _to_disk(file: IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _jsonl(file: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise BatchError(f"{file}, line {number}: not JSON ({error}); write one object a line") from None
        if isinstance(fields, str):
            fields = {"question": fields}
        if not isinstance(fields, dict):
            raise BatchError(
                f'{file}, line {number}: not an object; write one object a line, such as {{"question": …}}'
            )
        column = _question_column(list(fields), f"{file}, line {number}")
        yield str(fields.pop(column) or ""), fields


def _csv(file: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    column = _question_column(list(reader.fieldnames or []), str(file))
    for fields in reader:
        fields.pop(None, None)  # cells beyond the header
        yield fields.pop(column) or "", dict(fields)


def _text(file: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in text.split("\n"):
        if line.strip():
            yield line.strip(), {}


def _question_column(names: Sequence[str], where: str) -> str:
    by_lower = {str(name).strip().lower(): name for name in names}
    found = next((by_lower[name] for name in _QUESTION_COLUMNS if name in by_lower), None)
    if found is None:
        there = ", ".join(map(repr, names)) or "no columns"
        raise BatchError(f"{where}: no question among {there}; call it {', '.join(_QUESTION_COLUMNS)}")
    return found
