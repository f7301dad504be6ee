"""Many questions, one answer each: in the order of the questions whatever the number of workers, and resumable.

Each answer is written to a file of its own kind as soon as it is ready, and is on disk before it is reported. When all
are there, they are put in order. So a run that is killed at any moment loses no reported answer, and the next one goes
on from there.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from filelock import FileLock, Timeout

from assistant.answer import Answer
from assistant.answering import Request
from assistant.assistant import Assistant
from assistant.errors import AssistantError
from assistant.exports import FORMATS, report
from assistant.questions import Row, UnusableFile, Within, read_questions
from kb import KnowledgeBaseError

__all__ = ["BatchError", "Done", "Row", "Within", "answer_all", "document_of", "read_questions"]

BatchError = UnusableFile
_log = logging.getLogger(__name__)
_OWN = frozenset(Answer("", "answered").to_json()) | {"id", "filters", "tokens", "error"}
"""What a line says itself. An extra of such a name is passed through with `input_` before it."""
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
    workers: int = 8,
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
    if workers < 1:
        raise BatchError(f"workers are at least 1, not {workers}")
    if not out.parent.is_dir():
        raise BatchError(f"{out} cannot be written: {out.parent} is no folder; name another file with -o")
    asking = _Asking(assistant, within, row_models)
    files = _Files(out, form)
    try:
        with files.locked(), assistant.base.embedding_together(min(workers, os.cpu_count() or 1)):
            kept = files.open(rows, asking, resume=resume)
            for row in rows:
                if row.id in kept:
                    yield Done(row, "kept")
            todo = [row for row in rows if row.id not in kept]
            with contextlib.closing(_answered(asking, todo, workers)) as answered:
                for row, document in answered:
                    files.add(document)
                    done = _done(row, document)
                    yield done
                    if done.error and fail_fast:
                        raise BatchError(f"{row.id} failed: {done.error}; the same command goes on from there")
            files.finish(rows)
    except OSError as error:
        raise BatchError(f"{out} cannot be written: {error.strerror or error}; name another file with -o") from error


def document_of(row: Row, answer: Answer, within: Within = Within()) -> dict[str, Any]:
    """One line of the output: the document of `ask --json`, with the row's id, what bounded it and what it brought."""
    return {**_brought(row), "id": row.id, **answer.to_json(), "filters": within.to_json()}


class _Asking:
    """How a row is asked. Safe to use from several threads."""

    def __init__(self, assistant: Assistant, within: Within, row_models: bool) -> None:
        assistant.answering  # noqa: B018 -- what is set and cannot be used is said once, not for every row
        self._assistants: dict[str | None, Assistant] = {None: assistant}
        self._default = within
        self._row_models = row_models
        self._making = threading.Lock()

    def within(self, row: Row) -> Within:
        return row.within.or_else(self._default)

    def digest(self, row: Row) -> str | None:
        """The settings that the row's answer is made with; None if it cannot be asked."""
        try:
            return self._assistant(row).settings.digest()
        except (AssistantError, ValueError):
            return None

    def document(self, row: Row) -> dict[str, Any]:
        """The row's line: an answer, or what went wrong."""
        try:
            if row.unusable:
                raise UnusableFile(row.unusable)
            assistant, within = self._assistant(row), self.within(row)
            request = Request(row.question, filters=within.filters, side=within.side, k=within.k)
            answer, tokens = _counted(assistant, request)
            return document_of(row, answer, within) | ({"tokens": tokens} if tokens else {})
        except Exception as error:  # the border of a row: whatever it is, the others are answered
            return {**_brought(row), "id": row.id, "question": row.question, "error": _in_words(error)}

    def _assistant(self, row: Row) -> Assistant:
        model = row.within.model
        with self._making:
            if model not in self._assistants:
                if not self._row_models and model != "quoting":
                    raise UnusableFile(
                        f"the row asks for the model {model!r}, which may send articles to somebody else's server; "
                        "permit it with --row-models"
                    )
                made = self._assistants[None].using(model=model)
                made.answering  # noqa: B018 -- made once, here, and not by several threads
                self._assistants[model] = made
            return self._assistants[model]


def _in_words(error: Exception) -> str:
    if not isinstance(error, AssistantError | KnowledgeBaseError | ValueError):
        _log.error("a question failed", exc_info=error)
        return f"this failed inside the program ({type(error).__name__}: {error})"[:500]
    return " ".join(str(error).split())


def _brought(row: Row) -> dict[str, Any]:
    return {f"input_{key}" if key in _OWN else key: value for key, value in row.extra.items()}


def _counted(assistant: Assistant, request: Request) -> tuple[Answer, dict[str, int] | None]:
    """The answer, and the tokens that a chat model read and wrote for it."""
    if assistant.settings.writes_by_quoting:
        return list(assistant.stream(request))[-1], None
    from langchain_core.callbacks import get_usage_metadata_callback

    with get_usage_metadata_callback() as usage:
        answer = list(assistant.stream(request))[-1]
    used = usage.usage_metadata.values()
    return answer, {"input": sum(u["input_tokens"] for u in used), "output": sum(u["output_tokens"] for u in used)}


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


def _answered(asking: _Asking, rows: Sequence[Row], workers: int) -> Generator[tuple[Row, dict[str, Any]], None, None]:
    """The rows with their lines as they get ready, from as many threads as there are workers."""
    todo = iter(rows)
    taking, stopped = threading.Lock(), threading.Event()
    # Bounded, so that nobody runs far ahead of one who writes slowly.
    ready: queue.Queue[tuple[Row, dict[str, Any]]] = queue.Queue(2 * workers)

    def work() -> None:
        while not stopped.is_set():
            with taking:
                row = next(todo, None)
            if row is None:
                return
            _put(ready, (row, asking.document(row)), stopped)

    threads = [
        threading.Thread(target=work, name=f"answering {n}", daemon=True) for n in range(min(workers, len(rows)))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in rows:
            yield ready.get()
    finally:
        stopped.set()
        until = time.monotonic() + _PATIENCE
        for thread in threads:
            # A chat model may take minutes; who stops a run need not wait for what nobody will read.
            thread.join(max(0.0, until - time.monotonic()))


_PATIENCE = 3.0  # seconds for the questions at hand, once a run is stopped


def _put(ready: queue.Queue[Any], item: Any, stopped: threading.Event) -> None:
    while not stopped.is_set():
        with contextlib.suppress(queue.Full):
            ready.put(item, timeout=0.1)
            return


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

    def open(self, rows: Sequence[Row], asking: _Asking, *, resume: bool) -> set[str]:
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

    def _earlier(self, rows: Sequence[Row], asking: _Asking) -> tuple[dict[str, dict[str, Any]], bool]:
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


def _holds(row: Row, line: Mapping[str, Any] | None, asking: _Asking) -> bool:
    """Whether an earlier run has answered this very row: the question, its bounds, and what it brings along."""
    return (
        line is not None
        and "error" not in line
        and line["question"] == row.question
        and line.get("filters", {}) == asking.within(row).to_json()
        and line.get("settings") == asking.digest(row)
        and _brought(row) == {key: value for key, value in line.items() if key not in _OWN}
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
