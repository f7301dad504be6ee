"""Articles on their way into the knowledge base: one run after the other, each in a thread that outlives the page that
began it, so that a reader may close the page, come back, and see what became of everything."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from kb import KnowledgeBase

__all__ = ["Adding", "Door", "Outcome", "Run"]

_LOOK = 0.25  # seconds between two looks at a run that is under way
_LISTED = 500  # outcomes that a run remembers one by one; of the others it keeps the count, and all that failed


class Outcome(Protocol):
    """What the page has to know of one article that was to be added. Only the page's door may import `ingest`."""

    @property
    def status(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...


class Door(Protocol):
    """How articles are read and stored."""

    def add(self, paths: Sequence[str | Path]) -> Iterator[Outcome]:
        """Adds what is in these files and at these addresses."""

    def retry(self) -> Iterator[Outcome]:
        """Tries again what failed before."""

    def samples(self) -> Iterator[Outcome]:
        """Adds the sample articles."""


class Run:
    """One run: what became of each article so far, and whether it is over."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.outcomes: list[Outcome] = []
        self.error: Exception | None = None
        self._changed = threading.Condition()
        self._over = False

    @property
    def done(self) -> int:
        return self.counts.total()

    @property
    def over(self) -> bool:
        return self._over

    def note(self, outcome: Outcome) -> None:
        with self._changed:
            self.counts[outcome.status] += 1
            if outcome.status == "rejected" or len(self.outcomes) < _LISTED:
                self.outcomes.append(outcome)
            self._changed.notify_all()

    def end(self, error: Exception | None) -> None:
        with self._changed:
            self.error, self._over = error, True
            self._changed.notify_all()

    def followed(self) -> Iterator[Run]:
        """Itself, whenever there is something new, and once when it is over."""
        seen = -1
        while not self._over:
            with self._changed:
                if self.done == seen and not self._over:
                    self._changed.wait(_LOOK)
            if self.done != seen and not self._over:
                seen = self.done
                yield self
                threading.Event().wait(_LOOK)  # nobody reads faster, and each look is sent whole
        yield self


class Adding:
    """Takes articles in, one run at a time, in the background. Safe to use from several threads.

    Files lie in `uploads` inside the knowledge base while they are read. What went through is deleted there; a file in
    which something failed stays, so that it can be tried again.
    """

    def __init__(self, base: KnowledgeBase, door: Door) -> None:
        self._base = base
        self._door = door
        self._uploads = base.folder / "uploads"
        self._turn = threading.Lock()
        self.latest: Run | None = None

    def files(self, files: Iterable[Path]) -> Run:
        """Adds files, which are moved away from where they lie."""
        taken = [self._taken(file, file.name) for file in files]
        return self._begin(lambda: self._door.add(taken), taken)

    def addresses(self, addresses: Sequence[str]) -> Run:
        """Adds pages, or the pages that feeds name."""
        return self._begin(lambda: self._door.add(addresses), [])

    def text(self, name: str, fields: dict[str, str]) -> Run:
        """Adds one article that was typed or pasted; `fields` by our own names for them."""
        content = json.dumps({key: value for key, value in fields.items() if value}, ensure_ascii=False)
        digest = hashlib.sha256(content.encode(errors="replace")).hexdigest()[:16]
        file = self._uploads / digest / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8", errors="replace")
        return self._begin(lambda: self._door.add([file]), [file])

    def again(self) -> Run:
        """Tries again what failed."""
        files = [Path(failure.file) for failure in self._base.failures()]
        return self._begin(self._door.retry, [file for file in files if self._uploads in file.parents])

    def samples(self) -> Run:
        return self._begin(self._door.samples, [])

    def strike(self, source: str) -> None:
        """Takes a failure off the list, and deletes its file if nothing else of it is there."""
        failed = [failure for failure in self._base.failures() if failure.source == source]
        self._base.keep_failures((), [source])
        self._delete_settled([Path(failure.file) for failure in failed])

    def forget(self, source: str) -> None:
        """Deletes the file that an article came from, if it lies here still."""
        for folder in self._folders():
            if any(source.startswith(str(file)) for file in folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)

    def shown(self, source: str) -> str:
        """A source as its reader knows it: what they uploaded by its name."""
        prefix = f"{self._uploads}{os.sep}"
        return source.removeprefix(prefix).partition(os.sep)[2] if source.startswith(prefix) else source

    def _taken(self, file: Path, name: str) -> Path:
        # The digest keeps two files of one name apart, which else would be one source, the later in place of the other.
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()[:16]
        target = self._uploads / digest / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, target)
        return target

    def _begin(self, outcomes: Callable[[], Iterator[Outcome]], files: Sequence[Path]) -> Run:
        run = self.latest = Run()

        def work() -> None:
            with self._turn:
                _step_back()
                error = None
                try:
                    for outcome in outcomes():
                        run.note(outcome)
                    self._base.save()
                    self._base.sync()
                except Exception as caught:  # the border of the thread: who follows the run is told
                    error = caught
                finally:
                    with contextlib.suppress(Exception):
                        self._delete_settled(files)
                    run.end(error)

        threading.Thread(target=work, name="adding", daemon=True).start()
        return run

    def _delete_settled(self, files: Sequence[Path]) -> None:
        """Deletes the files in which nothing failed."""
        kept = {failure.file for failure in self._base.failures()}
        for file in files:
            if self._uploads in file.parents and str(file) not in kept:
                shutil.rmtree(file.parent, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return [each for each in self._uploads.iterdir() if each.is_dir()] if self._uploads.is_dir() else []


def _step_back() -> None:
    """Lets this thread, and those it starts, wait for whoever answers questions."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
