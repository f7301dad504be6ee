"""Many questions, one answer each: in the order of the questions whatever the number of workers, and resumable.

Each answer is written to a file of its own kind as soon as it is ready, and is on disk before it is reported. When all
are there, they are put in order. So a run that is killed at any moment loses no reported answer, and the next one goes
on from there.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from filelock import FileLock, Timeout

from assistant.assistant import Assistant
from assistant.exports import FORMATS, report
from assistant.questions import Row, UnusableFile, Within, read_questions
from assistant.workers import OWN_KEYS, Asking, LostWorker, answered, brought, document_of

__all__ = ["BatchError", "Done", "Row", "Within", "answer_all", "document_of", "read_questions"]

BatchError = UnusableFile
_HEAD = "accordingto batch"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one row."""

    row: Row
    outcome: Literal["answered", "abstained", "failed", "kept"]
    """"kept": an earlier run had answered it."""
    error: str | None = None
    unverified: int = 0
    """Sentences that were written and left out, since no article holds them."""
    tokens: tuple[int, int] = (0, 0)
    """Read and written by a chat model."""


def answer_all(
    assistant: Assistant,
    rows: Sequence[Row],
    out: Path,
    *,
    resume: bool = True,
    workers: int | None = None,
    fail_fast: bool = False,
    form: str = "jsonl",
    within: Within = Within(),
    row_models: bool = False,
) -> Generator[Done, None, None]:
    """Answers the rows into `out`, and says of each what became of it once that is on disk, as they get ready.

    With `resume`, answers of an earlier run with the same settings are kept, and what failed is tried again. One bad
    question is one row with an `error`. `within` holds for rows that do not say otherwise; `row_models` permits rows to
    name a chat model, which may be somebody else's server. `form` is one of `exports.FORMATS`; beside a file that is
    no JSON Lines the answers are kept as such, with .jsonl after its name, for a later run to go on from.

    Raises:
        BatchError: a file cannot be written, is being written by another run, or holds something else or answers made
            with other settings; or `fail_fast` is set, and a row has failed.
        UnusableModel: the chat model that is set cannot be used.
        KnowledgeBaseError: the knowledge base cannot be used.
    """
    if form not in FORMATS:
        raise BatchError(f"{form!r} is no format of answers; use {', '.join(FORMATS)}")
    if workers is not None and workers < 1:
        raise BatchError(f"workers are at least 1, not {workers}")
    if not out.parent.is_dir():
        raise BatchError(f"{out} cannot be written: {out.parent} is no folder; name another file with -o")
    asking = Asking(assistant, within, row_models)
    files = _Files(out, form)
    try:
        with files.locked():
            kept = files.open(rows, asking, resume=resume)
            for row in rows:
                if row.id in kept:
                    yield Done(row, "kept")
            todo = [row for row in rows if row.id not in kept]
            with contextlib.closing(answered(asking, todo, workers)) as ready:
                for row, document in ready:
                    files.add(document)
                    done = _done(row, document)
                    yield done
                    if done.error and fail_fast:
                        raise BatchError(f"{row.id} failed: {done.error}; the same command goes on from there")
            files.finish(rows)
    except LostWorker as error:
        raise BatchError(f"{error}; the same command goes on from there") from error
    except OSError as error:
        raise BatchError(f"{out} cannot be written: {error.strerror or error}; name another file with -o") from error


def _done(row: Row, document: Mapping[str, Any]) -> Done:
    if "error" in document:
        return Done(row, "failed", document["error"])
    tokens = document.get("tokens") or {}
    return Done(
        row,
        document["status"],
        unverified=document.get("checks", {}).get("unverified", 0),
        tokens=(tokens.get("input", 0), tokens.get("output", 0)),
    )


class _Files:
    """The answers on disk: the whole ones of an earlier run, and those of a run that is not at its end."""

    def __init__(self, out: Path, form: str) -> None:
        self._out, self._form = out, form
        self._whole = out if form == "jsonl" else out.with_name(f"{out.name}.jsonl")
        self._partial = self._whole.with_name(f"{self._whole.name}.partial")
        self._lines: dict[str, dict[str, Any]] = {}
        self._file: IO[bytes] | None = None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other runs out, and closes what was opened."""
        lock = self._whole.with_name(f"{self._whole.name}.lock")
        try:
            with FileLock(lock, timeout=0):
                try:
                    yield
                finally:
                    if self._file is not None:
                        self._file.close()
        except Timeout:
            raise BatchError(f"another run is writing {self._out}; wait for it, or name another file with -o") from None
        lock.unlink(missing_ok=True)

    def open(self, rows: Sequence[Row], asking: Asking, *, resume: bool) -> set[str]:
        """Opens the file of a run that is not at its end, and gives the ids of the rows that need not be asked."""
        anew = False
        if resume:
            found, anew = self._earlier(rows, asking)
            self._lines = {row.id: found[row.id] for row in rows if _holds(row, found.get(row.id), asking)}
        else:
            self._partial.unlink(missing_ok=True)
        self._file = self._partial.open("ab")
        if not self._file.tell():
            self._write({_HEAD: 1, "anew": anew or not resume})
        return set(self._lines)

    def _earlier(self, rows: Sequence[Row], asking: Asking) -> tuple[dict[str, dict[str, Any]], bool]:
        if self._form != "jsonl" and self._out.exists() and not self._whole.exists():
            raise BatchError(
                f"{self._out} exists, and {self._whole.name} beside it, to go on from, does not; name another file "
                "with -o, or begin anew with --no-resume"
            )
        whole, (broken, anew) = _answers(self._whole)[0], _answers(self._partial, mend=True)
        # A run that was told to begin anew keeps to that when it goes on.
        found = broken if anew else {**whole, **broken}
        known = {asking.digest(row) for row in rows} | {asking.digest(Row("", "", {}))}
        for file, lines in ((self._whole, {} if anew else whole), (self._partial, broken)):
            if any("error" not in line and line.get("settings") not in known for line in lines.values()):
                raise BatchError(
                    f"{file} holds answers of other settings; set them as they were, name another file with -o, or "
                    "begin anew with --no-resume"
                )
        return found, anew

    def add(self, document: dict[str, Any]) -> None:
        """Keeps a line; when this returns it is on disk."""
        self._lines[document["id"]] = document
        self._write(document)

    def _write(self, document: Mapping[str, Any]) -> None:
        assert self._file is not None
        self._file.write(_line(document))
        _to_disk(self._file)

    def finish(self, rows: Sequence[Row]) -> None:
        """Puts the lines in the order of the rows, into their place."""
        lines = [self._lines[row.id] for row in rows]
        _replace(self._whole, b"".join(map(_line, lines)))
        if self._form != "jsonl":
            _replace(self._out, report(lines, self._form).encode())
        self._partial.unlink()


def _holds(row: Row, line: Mapping[str, Any] | None, asking: Asking) -> bool:
    """Whether an earlier run has answered this very row: the question, its bounds, and what it brings along."""
    return (
        line is not None
        and "error" not in line
        and line["question"] == row.question
        and line.get("filters", {}) == asking.within(row).to_json()
        and line.get("settings") == asking.digest(row)
        and brought(row) == {key: value for key, value in line.items() if key not in OWN_KEYS}
    )


def _answers(file: Path, *, mend: bool = False) -> tuple[dict[str, dict[str, Any]], bool]:
    """The lines that a file holds, by id, and whether it was begun anew. A last line that a killed run left unfinished
    is none; with `mend` it is cut off."""
    found: dict[str, dict[str, Any]] = {}
    anew = False
    if not file.exists():
        return found, anew
    content = file.read_bytes()
    end = content.rfind(b"\n") + 1
    for number, raw in enumerate(content[:end].split(b"\n")[:-1], 1):
        try:
            line = json.loads(raw)
            if _HEAD in line:
                anew = bool(line["anew"])
                continue
            found[str(line["id"])] = line
            _ = line["question"]
        except (ValueError, KeyError, TypeError):
            raise BatchError(f"{file}, line {number}: not an answer; name another file with -o") from None
    if end < len(content) and mend:
        with file.open("r+b") as torn:
            torn.truncate(end)
    elif end < len(content):
        raise BatchError(f"{file} is no file of answers; name another file with -o")
    return found, anew


def _line(document: Mapping[str, Any]) -> bytes:
    # A lone surrogate, which JSON may bring, has no bytes; what is written must be UTF-8.
    return json.dumps(document, ensure_ascii=False).encode(errors="replace") + b"\n"


def _replace(file: Path, content: bytes) -> None:
    new = file.with_name(f"{file.name}.new")
    with new.open("wb") as opened:
        opened.write(content)
        _to_disk(opened)
    new.replace(file)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
