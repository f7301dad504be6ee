"""Who answers the questions of a batch: processes with a block of questions each, or threads that wait for a model.

Without a chat model an answer is work for the processor alone. So there is a process for each core, this one among
them, and each advances a block of questions in turn, embedding together what they all need. With a chat model it is
waiting, which threads do.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Any

from assistant.answer import Answer
from assistant.answering import Request
from assistant.assistant import Assistant
from assistant.errors import AssistantError
from assistant.questions import Row, UnusableFile, Within
from kb import KnowledgeBaseError
from kb.together import Ended

__all__ = ["OWN_KEYS", "Asking", "LostWorker", "answered", "brought", "document_of", "serve"]

_log = logging.getLogger(__name__)
OWN_KEYS = frozenset(Answer("", "answered").to_json()) | {"id", "filters", "tokens", "error"}
"""What a line says itself. An extra of such a name is passed through with `input_` before it."""
_BLOCK = 32  # questions that one process has at work; more gain little, and are lost when it is killed
_WORTH_A_PROCESS = 16  # questions; a process takes as long to begin
_WAITING = 8  # questions at work with a chat model, unless told otherwise
_PATIENCE = 3.0  # seconds for the questions at hand, once a run is stopped

Line = dict[str, Any]


class LostWorker(AssistantError):
    """A process that answers has ended before its questions were answered."""


class Asking:
    """How a row is asked. Safe to use from several threads."""

    def __init__(self, assistant: Assistant, within: Within = Within(), row_models: bool = False) -> None:
        assistant.answering  # noqa: B018 -- what is set and cannot be used is said once, not for every row
        self.assistant = assistant
        self.default = within
        self._assistants: dict[str | None, Assistant] = {None: assistant}
        self._row_models = row_models
        self._making = threading.Lock()

    def within(self, row: Row) -> Within:
        return row.within.or_else(self.default)

    def only_quotes(self, rows: Iterable[Row]) -> bool:
        """Whether no row is answered by a chat model."""
        named = {row.within.model for row in rows} if self._row_models else set[str | None]()
        return self.assistant.settings.writes_by_quoting and named <= {None, "quoting"}

    def digest(self, row: Row) -> str | None:
        """The settings that the row's answer is made with; None if it cannot be asked."""
        try:
            return self._assistant(row).settings.digest()
        except (AssistantError, ValueError):
            return None

    def document(self, row: Row) -> Line:
        """The row's line: an answer, or what went wrong."""
        try:
            if row.unusable:
                raise UnusableFile(row.unusable)
            assistant, within = self._assistant(row), self.within(row)
            request = Request(row.question, filters=within.filters, side=within.side, k=within.k)
            answer, tokens = _counted(assistant, request)
            return document_of(row, answer, within) | ({"tokens": tokens} if tokens else {})
        except Exception as error:  # the border of a row: whatever it is, the others are answered
            return {**brought(row), "id": row.id, "question": row.question, "error": _in_words(error)}

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


def document_of(row: Row, answer: Answer, within: Within = Within()) -> Line:
    """One line of the output: the document of `ask --json`, with the row's id, what bounded it and what it brought."""
    return {**brought(row), "id": row.id, **answer.to_json(), "filters": within.to_json()}


def brought(row: Row) -> Line:
    return {f"input_{key}" if key in OWN_KEYS else key: value for key, value in row.extra.items()}


def _in_words(error: Exception) -> str:
    if not isinstance(error, AssistantError | KnowledgeBaseError | ValueError):
        _log.error("a question failed", exc_info=error)
        return f"this failed inside the program ({type(error).__name__}: {error})"[:500]
    return " ".join(str(error).split())


def _counted(assistant: Assistant, request: Request) -> tuple[Answer, dict[str, int] | None]:
    """The answer, and the tokens that a chat model read and wrote for it."""
    if assistant.settings.writes_by_quoting:
        return list(assistant.stream(request))[-1], None
    from langchain_core.callbacks import get_usage_metadata_callback

    with get_usage_metadata_callback() as usage:
        answer = list(assistant.stream(request))[-1]
    used = usage.usage_metadata.values()
    return answer, {"input": sum(u["input_tokens"] for u in used), "output": sum(u["output_tokens"] for u in used)}


def answered(asking: Asking, rows: Sequence[Row], workers: int | None) -> Generator[tuple[Row, Line], None, None]:
    """The rows with their lines as they get ready.

    Raises:
        LostWorker: a process that answers has ended.
    """
    if not asking.only_quotes(rows):
        yield from _in_threads(asking.document, iter(rows), min(workers or _WAITING, len(rows)))
        return
    processes = min(workers or _cores(), _cores(), len(rows) // _WORTH_A_PROCESS)
    if processes > 1 and asking.assistant.reopens:
        yield from _in_processes(asking, rows, processes)
    else:
        yield from _in_turns(asking, iter(rows), min(_BLOCK, len(rows)))


def _cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_turns(asking: Asking, rows: Iterator[Row], block: int) -> Generator[tuple[Row, Line], None, None]:
    """By threads of this process that take turns, a block of questions at a time."""
    with asking.assistant.base.embedding_together() as together:
        yield from _in_threads(asking.document, rows, block, together.taking_turns, together.end)


def _in_threads(
    document: Callable[[Row], Line],
    rows: Iterator[Row],
    count: int,
    turn: Callable[[], AbstractContextManager[None]] = nullcontext,
    end: Callable[[], None] = lambda: None,
) -> Generator[tuple[Row, Line], None, None]:
    """By threads of this process. Each works inside of a `turn`; `end` hurries those at work when nobody listens any
    more."""
    taking, stopped = threading.Lock(), threading.Event()
    # Bounded, so that nobody runs far ahead of one who writes slowly.
    ready: queue.Queue[tuple[Row, Line] | None] = queue.Queue(2 * max(count, 1))

    def work() -> None:
        with contextlib.suppress(Ended), turn():
            while not stopped.is_set():
                with taking:
                    row = next(rows, None)
                if row is None:
                    break
                _put(ready, (row, document(row)), stopped)
        _put(ready, None, stopped)

    threads = [threading.Thread(target=work, name=f"answering {n}", daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    at_work = count
    try:
        while at_work:
            found = ready.get()
            if found is None:
                at_work -= 1
            else:
                yield found
    finally:
        stopped.set()
        end()
        until = time.monotonic() + _PATIENCE
        for thread in threads:
            # A chat model may take minutes; who stops a run need not wait for what nobody will read.
            thread.join(max(0.0, until - time.monotonic()))


def _put(ready: queue.Queue[Any], item: Any, stopped: threading.Event) -> None:
    while not stopped.is_set():
        with contextlib.suppress(queue.Full):
            ready.put(item, timeout=0.1)
            return


# -- processes: pickles through pipes, from nobody but ourselves. A worker is a program of its own and no fork, which
# -- threads would not survive, and no child of `multiprocessing`, which would run a caller's script once more.

_SERVE = "from assistant.workers import serve; serve()"


def _in_processes(asking: Asking, rows: Sequence[Row], count: int) -> Generator[tuple[Row, Line], None, None]:
    """By this process, whose model is there already, and others beside it."""
    todo, taking = iter(rows), threading.Lock()
    ready: queue.Queue[tuple[Row, Line] | LostWorker] = queue.Queue()
    by_id = {row.id: row for row in rows}
    block = min(_BLOCK, -(-len(rows) // count))

    def tend(worker: subprocess.Popen[bytes]) -> None:
        """Keeps a worker in rows: a block, and for each line that comes the next one."""
        assert worker.stdin is not None
        assert worker.stdout is not None
        # However it shows that a worker is gone, it is said below.
        with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
            _send(worker.stdin, (dict(asking.assistant.settings), asking.default, block))
            left = sum([_hand_over(worker.stdin, todo, taking) for _ in range(block)])
            while left:
                line = pickle.load(worker.stdout)  # noqa: S301 -- from our own program
                left += _hand_over(worker.stdin, todo, taking) - 1
                ready.put((by_id[line["id"]], line))
            return
        ready.put(LostWorker(f"a process that answers has ended, with status {worker.wait()}"))

    path = os.pathsep.join(filter(None, sys.path))
    workers = [
        subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        for _ in range(count - 1)
    ]
    threads = [threading.Thread(target=tend, args=[w], name=f"tending {w.pid}", daemon=True) for w in workers]
    try:
        for thread in threads:
            thread.start()
        left = len(rows)
        with contextlib.closing(_in_turns(asking, iter(functools.partial(_take, todo, taking), None), block)) as own:
            for line in own:
                yield line
                left -= 1
                while not ready.empty():
                    yield _unless_lost(ready.get())
                    left -= 1
        for _ in range(left):
            yield _unless_lost(ready.get())
    finally:
        for worker in workers:
            worker.kill()  # they only read
        for worker, thread in zip(workers, threads, strict=True):
            if thread.is_alive():
                thread.join()
            with contextlib.suppress(OSError), worker:
                pass  # this closes the pipes; what one still held for a process that is gone is wanted no more


def _unless_lost(found: tuple[Row, Line] | LostWorker) -> tuple[Row, Line]:
    if isinstance(found, LostWorker):
        raise found
    return found


def _take(todo: Iterator[Row], taking: threading.Lock) -> Row | None:
    """The next row that nobody else has; None if there is none."""
    with taking:
        return next(todo, None)


def _hand_over(to: IO[bytes], todo: Iterator[Row], taking: threading.Lock) -> int:
    """Sends the next row, if there is one, or else that there is none; how many were sent."""
    row = _take(todo, taking)
    _send(to, row)
    return int(row is not None)


def _send(to: IO[bytes], value: object) -> None:
    pickle.dump(value, to)
    to.flush()


def serve() -> None:
    """What a process of workers does: rows in by standard input, their lines out by standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began us ends us
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between
    given: queue.SimpleQueue[Row | None] = queue.SimpleQueue()
    settings, within, block = pickle.load(sys.stdin.buffer)  # noqa: S301 -- from our own program

    def listen() -> None:
        try:
            while True:
                given.put(pickle.load(sys.stdin.buffer))  # noqa: S301
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(1)  # nobody is there to answer to

    threading.Thread(target=listen, name="listening", daemon=True).start()
    with Assistant.open(**settings) as assistant:
        for _, line in _in_turns(Asking(assistant, within), iter(given.get, None), block):
            _send(out, line)
    os._exit(0)  # at once: an interpreter that shuts down dies of a thread that waits for standard input
