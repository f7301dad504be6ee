"""One ingest run: records to articles to the knowledge base, one outcome for each, in bounded memory."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from ingest.cleaning import Given, clean
from ingest.loaders import Record, Rejection, load
from kb.article import Article
from kb.catalog import Failure

if TYPE_CHECKING:
    from kb.knowledge_base import Addition

__all__ = ["Base", "Outcome", "ingest", "retry"]

_KEPT = 64  # failures that are written down at once


class Base(Protocol):
    """What a run needs of a knowledge base. It answers for each article in turn, in the same order."""

    def add_all(self, batches: Iterable[Sequence[Article]]) -> Iterator[list[Addition]]:
        """Store each batch in turn, and ask for the next meanwhile; what is told of one is stored."""

    def compare(self, articles: Sequence[Article]) -> list[Addition]:
        """What `add` would do, without doing it."""

    def failures(self) -> list[Failure]:
        """What earlier runs could not add."""

    def keep_failures(self, failed: Sequence[Failure], settled: Sequence[str]) -> None:
        """Put some on that list, and strike the sources off that are settled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record."""

    status: Literal["added", "updated", "unchanged", "duplicate", "rejected"]
    source: str
    title: str | None = None
    article_id: str | None = None
    reason: str | None = None
    file: str = ""
    """The file to ingest again to try this record again."""

    def to_json(self) -> dict[str, str | None]:
        """The outcome as a JSON object."""
        return {
            "status": self.status,
            "source": self.source,
            "title": self.title,
            "article_id": self.article_id,
            "reason": self.reason,
            "file": self.file or None,
        }


def ingest(
    base: Base,
    paths: Iterable[str | Path],
    given: Given | None = None,
    *,
    dry_run: bool = False,
    batch: int = 64,
    allow_private_addresses: bool = False,
) -> Iterator[Outcome]:
    """Add whatever articles are in these files and folders and at these addresses to `base`, and say of each record
    what became of it.

    Outcomes come in the order of the records, and only once they are true: what is "added" is stored. A run that is
    broken off is simply run again; what it had stored comes back as "unchanged". What is rejected is kept in a list
    until it, or the file it came from, has gone through. With `dry_run` nothing is written. Addresses of this machine
    and its network are refused unless they are allowed.

    Raises:
        ValueError: `batch` is less than 1.
        KnowledgeBaseError: the base cannot be used. What was reported before stays stored.
    """
    if batch < 1:
        raise ValueError(f"batch is the number of articles stored at once, at least 1, not {batch}")
    found = load(*paths, allow_private_addresses=allow_private_addresses)
    outcomes = _run(base, found, given or Given(), dry_run, batch)
    return outcomes if dry_run else _listed(base, outcomes, given or Given())


def retry(base: Base, *, batch: int = 64, allow_private_addresses: bool = False) -> Iterator[Outcome]:
    """Ingest again whatever earlier runs had to reject, each with what the user had said then.

    The outcomes are those of all records in the files concerned.
    """
    by_given: dict[Given, dict[str, None]] = {}
    for failure in base.failures():
        by_given.setdefault(Given(**failure.given), {})[failure.file] = None
    for given, files in by_given.items():
        yield from ingest(base, files, given, batch=batch, allow_private_addresses=allow_private_addresses)


def _listed(base: Base, outcomes: Iterator[Outcome], given: Given) -> Iterator[Outcome]:
    """The outcomes, with the list of failures kept up to date."""
    before: dict[str, set[str]] = {}
    for failure in base.failures():
        before.setdefault(failure.file, set()).add(failure.source)
    failed: list[Failure] = []
    file = None
    again = set[str]()
    try:
        for outcome in outcomes:
            if outcome.file != file:
                _settle(base, before.pop(file or "", set()) - again)
                file, again = outcome.file, set()
            if outcome.status == "rejected":
                again.add(outcome.source)
                failed.append(Failure(outcome.source, outcome.file, outcome.reason or "", asdict(given)))
            if len(failed) >= _KEPT:
                base.keep_failures(failed, ())
                failed = []
            yield outcome
        _settle(base, before.pop(file or "", set()) - again)
    finally:
        # Also where the run is broken off: what it has told is so.
        if failed:
            base.keep_failures(failed, ())


def _settle(base: Base, sources: set[str]) -> None:
    """Strikes off what a file had failed in and now, read to its end, has not."""
    if sources:
        base.keep_failures((), sorted(sources))


def _run(base: Base, found: Iterable[Record | Rejection], given: Given, dry_run: bool, batch: int) -> Iterator[Outcome]:
    asked = deque[list[_Item]]()

    def batches() -> Iterator[list[Article]]:
        for items in _batches(_ahead(_items(found, given), batch), batch):
            asked.append(items)
            yield [item.result for item in items if isinstance(item.result, Article)]

    for additions in map(_rehearsal(base), batches()) if dry_run else base.add_all(batches()):
        yield from _outcomes(asked.popleft(), additions)


def _batches(items: Iterable[_Item], batch: int) -> Iterator[list[_Item]]:
    """The items, so many articles at once; what is rejected while no article waits comes at once."""
    pending: list[_Item] = []
    waiting = 0
    for item in items:
        pending.append(item)
        waiting += isinstance(item.result, Article)
        if waiting == batch or not waiting:
            yield pending
            pending, waiting = [], 0
    if pending:
        yield pending


@dataclass(frozen=True, slots=True)
class _Item:
    result: Article | Rejection
    file: str


def _items(records: Iterable[Record | Rejection], given: Given) -> Iterator[_Item]:
    """Every record cleaned. Two that claim one source in one run are told apart, so that neither replaces the other."""
    taken: set[str] = set()
    for found in records:
        result = clean(found, given) if isinstance(found, Record) else found
        source, number = result.source, 1
        while source in taken:
            number += 1
            source = f"{result.source}#{number}"
        taken.add(source)
        yield _Item(result if number == 1 else replace(result, source=source), found.file)


def _ahead(items: Iterator[_Item], limit: int) -> Iterator[_Item]:
    """The items, read and cleaned up to `limit` ahead by a thread of their own while others are embedded and stored."""
    ready: queue.Queue[_Item | BaseException | None] = queue.Queue(limit)
    stopped = threading.Event()

    def put(item: _Item | BaseException | None) -> bool:
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return True
        return False

    def read() -> None:
        try:
            if all(map(put, items)):
                put(None)
        except BaseException as error:
            # Whatever it is, it belongs to the thread that asked for the items.
            put(error)

    reader = threading.Thread(target=read, name="reading", daemon=True)
    reader.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        reader.join()


def _outcomes(items: Sequence[_Item], additions: Sequence[Addition]) -> Iterator[Outcome]:
    told = iter(additions)
    for item in items:
        if isinstance(item.result, Rejection):
            yield Outcome("rejected", item.result.source, reason=item.result.reason, file=item.file)
        else:
            yield _outcome(item.result, next(told), item.file)


def _outcome(article: Article, addition: Addition, file: str) -> Outcome:
    reason = f"the same text is stored as {addition.article_id}" if addition.status == "duplicate" else None
    return Outcome(addition.status, article.source, article.title, addition.article_id, reason, file)


def _rehearsal(base: Base) -> Callable[[Sequence[Article]], list[Addition]]:
    """`base.compare`, but for what a real run would have added in an earlier batch."""
    added: set[str] = set()

    def compare(articles: Sequence[Article]) -> list[Addition]:
        additions = []
        for addition in base.compare(articles):
            again = addition.status == "added" and addition.article_id in added
            additions.append(replace(addition, status="duplicate") if again else addition)
            added.add(addition.article_id)
        return additions

    return compare
