"""The Chroma index in a folder.

Local Chroma is not safe for two processes, so one process owns the folder by a lock of the operating system; everybody
else searches the catalog's own vectors. The projection follows the catalog's change log, and its watermark moves only
after Chroma has accepted: a crash in between is caught up at the next opening.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from filelock import FileLock, Timeout

from kb.catalog import Catalog
from kb.embedding import Vectors
from kb.vectors.feeding import CONFIGURATION, Row, forget, portions, send
from kb.vectors.memory import overwriting

if TYPE_CHECKING:
    import chromadb

__all__ = ["ChromaProjection", "discard", "owned_elsewhere", "problems"]

_FOLDER = "chroma"
_LOCK = "chroma.lock"
_MARK = "projection.json"
_COLLECTION = "passages"
_FORMAT = "3"


def owned_elsewhere(folder: Path) -> bool:
    """Whether another process owns the Chroma folder of this knowledge base now."""
    lock = FileLock(folder / _LOCK)
    try:
        with lock.acquire(blocking=False):
            return False
    except Timeout:
        return True


def discard(folder: Path) -> bool:
    """Deletes the Chroma folder of this knowledge base; False if another process owns it. Nothing is lost: the next
    owner builds it anew."""
    try:
        with FileLock(folder / _LOCK).acquire(blocking=False):
            shutil.rmtree(folder / _FOLDER, ignore_errors=True)
            return not (folder / _FOLDER).exists()
    except Timeout:
        return False


def problems(catalog: Catalog, dimension: int) -> list[str]:
    """What is wrong with the Chroma folder, in one line; nothing if there is none, or if its owner is at work, who
    looks after it."""
    lock = FileLock(catalog.folder / _LOCK)
    if not (catalog.folder / _FOLDER).exists() or not catalog.folder_writable:
        return []
    try:
        with lock.acquire(blocking=False):
            reason = ChromaProjection(catalog, dimension, lock).distrust()
    except Timeout:
        return []
    return [] if reason is None else [reason]


class ChromaProjection:
    """The owner's view of the Chroma folder. Use `open`, which gives None where another process owns it."""

    def __init__(self, catalog: Catalog, dimension: int, lock: FileLock) -> None:
        self._catalog = catalog
        self._dimension = dimension
        self._lock = lock
        self._folder = catalog.folder / _FOLDER
        self._mark = catalog.folder / _FOLDER / _MARK
        self._client: Any = None
        self._collection: chromadb.Collection | None = None
        self._syncing = threading.RLock()
        self.rebuilt: str | None = None
        """Why the index had to be rebuilt when it was opened, in one line; None if it had not."""

    @classmethod
    def open(cls, catalog: Catalog, dimension: int) -> ChromaProjection | None:
        """The projection, caught up with the catalog; None if another process owns it or nothing may be written."""
        if not catalog.folder_writable:
            return None
        lock = FileLock(catalog.folder / _LOCK)
        try:
            lock.acquire(blocking=False)
        except (Timeout, OSError):
            return None
        projection = cls(catalog, dimension, lock)
        try:
            projection._connect()
            projection.sync()
        except BaseException:
            projection.close()
            raise
        return projection

    def close(self) -> None:
        """Gives the folder back. The object is of no use afterwards."""
        with self._at_work():
            try:
                if self._client is not None:
                    self._disconnect()
                    self._write_mark(self._watermark())
            finally:
                self._lock.release()

    def abandon(self) -> None:
        """Gives the folder back to be built anew by the next owner, whatever state it is in."""
        with self._at_work():
            self._mark.unlink(missing_ok=True)
            try:
                self._disconnect()
            except Exception:  # noqa: S110 - it is thrown away because it fails
                pass
            finally:
                self._lock.release()

    def sync(self) -> None:
        """Brings Chroma up to the catalog's latest change."""
        with self._at_work(), _no_panic():
            mark = self._read_mark()
            if mark is not None and (mark["watermark"], mark["mark"]) == self._catalog.latest():
                return
            if mark is None or self._catalog.mark(mark["watermark"]) != mark["mark"]:
                self.begin_anew()
            watermark = self._watermark()
            changes = self._catalog.changes(watermark)
            if not changes:
                return
            collection = self._open_collection()
            gone = {change.article for change in changes if not change.added}
            forget(collection, gone)
            came = {change.article for change in changes if change.added} - gone
            for rows in portions(self._catalog, came, self._client.get_max_batch_size()):
                self._send(collection, rows)
            self._write_mark(changes[-1].seq)

    def begin_anew(self) -> None:
        """Deletes everything that Chroma wrote; the next `sync` fills it again."""
        with self._at_work():
            self._disconnect()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(exist_ok=True)
            self._write_mark(0)

    def candidates(self, vector: Vectors, k: int) -> list[int]:
        """About the `k` nearest passages to a unit vector of shape (dimension,), by their numbers."""
        with self._at_work(), _no_panic():
            collection = self._open_collection()
            found = collection.query(query_embeddings=vector.reshape(1, -1), n_results=k, include=[])
        return [int(key) for key in found["ids"][0]]

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        """Alone with Chroma. It writes its index to disk with the places that it keeps free as they were reserved: with
        what stood in that memory before, vectors of removed articles too."""
        with self._syncing, overwriting():
            yield

    def _disconnect(self) -> None:
        if self._client is not None:
            client, self._client, self._collection = self._client, None, None
            client.close()

    def _send(self, collection: chromadb.Collection, rows: Sequence[Row]) -> None:
        send(collection, rows, self._dimension)

    def _connect(self) -> None:
        """Opens the folder, or begins a new one where it is not what its mark says."""
        reason = self.distrust()
        if reason:
            self.rebuilt = f"{reason}; it is rebuilt from the catalog" if reason != "new" else None
            self.begin_anew()

    def distrust(self) -> str | None:
        if not self._folder.exists():
            return "new"
        mark = self._read_mark()
        if mark is None or mark["format"] != _FORMAT or mark["dimension"] != self._dimension:
            return "the Chroma index has no readable mark"
        if mark["mark"] != self._catalog.mark(mark["watermark"]):
            return "the Chroma index belongs to another catalog"
        # Not by asking Chroma: damaged files give wrong answers without an error, and can end the process.
        if mark["digest"] != self._digest():
            return "the Chroma index was damaged or left in the middle of a change"
        return None

    def _digest(self) -> str:
        """Of every file in the folder but the mark."""
        digest = hashlib.sha256()
        for file in sorted(self._folder.rglob("*")):
            if file.is_file() and file.name not in (self._mark.name, self._mark.with_suffix(".partial").name):
                digest.update(f"{file.relative_to(self._folder)}\0{file.stat().st_size}\0".encode())
                with file.open("rb") as opened:
                    digest.update(hashlib.file_digest(opened, "sha256").digest())
        return digest.hexdigest()

    def _open_collection(self) -> chromadb.Collection:
        if self._collection is None:
            os.environ["ANONYMIZED_TELEMETRY"] = "False"
            import chromadb
            from chromadb.config import Settings

            settings = Settings(anonymized_telemetry=False, is_persistent=True)
            self._client = chromadb.PersistentClient(path=str(self._folder), settings=settings)
            self._collection = self._client.get_or_create_collection(
                _COLLECTION,
                embedding_function=None,  # else it fetches a model of its own
                configuration=cast(Any, CONFIGURATION),
            )
        return self._collection

    def _watermark(self) -> int:
        mark = self._read_mark()
        return mark["watermark"] if mark else 0

    def _read_mark(self) -> dict[str, Any] | None:
        try:
            mark = json.loads(self._mark.read_text())
            return {key: mark[key] for key in ("format", "dimension", "watermark", "mark", "digest")}
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_mark(self, watermark: int) -> None:
        mark = {
            "format": _FORMAT,
            "dimension": self._dimension,
            "watermark": watermark,
            "mark": self._catalog.mark(watermark),
            "digest": self._digest(),
        }
        partial = self._mark.with_suffix(".partial")
        partial.write_text(json.dumps(mark))
        partial.replace(self._mark)


@contextlib.contextmanager
def _no_panic() -> Iterator[None]:
    """Chroma's Rust part reports what it did not expect past every `except Exception`."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise RuntimeError(f"Chroma failed: {error}") from error
        raise
