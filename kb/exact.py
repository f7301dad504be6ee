"""Exact vector search over the catalog's own vectors: always right, and no index to wait for.

A file of float16 vectors derived from the catalog is mapped into memory; what the catalog gained since that file was
written is kept beside it in memory, and what it lost is masked. So a process that only reads sees every article from
the moment it is stored, and opening costs next to nothing however large the collection is.

The file is sealed: with its checksums, and with the mark of the change up to which it goes. What does not fit its seal
is not read.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import zlib
from array import array
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from kb.catalog import Catalog
from kb.embedding import Vectors

__all__ = ["ExactIndex", "Scored", "discard"]

_FOLDER = "vectors"
_LOCK = "vectors.lock"
_PATIENCE = 30  # seconds that a writer waits for another one
_TAIL = 2000  # vectors beside the file before it is written anew
_BLOCK = 65536  # rows turned to float32 at a time where there is no torch
_FEW = 0.1  # share of the passages below which it is cheaper to gather than to scan
_TURNED = 8192  # vectors that a scan rounds to bytes, for those after it
_ROUNDING = 2.0**-8  # how far a product of float16 may be off; torch was seen to be off by a tenth of it

Rows = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
Halves = npt.NDArray[np.float16]


class Scored(NamedTuple):
    """Passages with their articles, by their numbers, and their cosines: three arrays of one length."""

    passages: Rows
    articles: Rows
    cosines: Vectors


class ExactIndex:
    """The catalog's vectors, ready to be scanned. Safe to use from several threads."""

    def __init__(self, catalog: Catalog, dimension: int) -> None:
        self._catalog = catalog
        self._dimension = dimension
        self._folder = catalog.folder / _FOLDER
        self._lock = threading.Lock()
        self._state = _State.empty(dimension)
        self.distrusted: str | None = None
        """Why a file that was there could not be used; None if there was no such file."""
        self._mending = False
        self._load()

    def search(self, vector: Vectors, k: int, admitted: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """The `k` passages (all, or those of the articles numbered in `admitted`) nearest to a unit vector of shape
        (dimension,), nearest first, each with its cosine."""
        state = self._fresh()
        places = None if admitted is None else state.of_articles(admitted)
        if places is not None and len(places) < _FEW * len(state.rows):
            return _best(state.rows[places, 0], state.vectors(places) @ vector, k)
        live = state.live
        if places is not None:
            live = np.zeros(len(state.rows), bool)
            live[places] = True
        scores, off = state.scan(vector)
        live = live & np.isfinite(scores)  # a damaged vector is near to nothing
        scores[~live] = -np.inf
        k = min(k, int(live.sum()))
        if k < 1:
            return []
        # Whatever may be among the best, though what is known of it is rounded; ties with the last one are in it, so
        # that equal cosines are ordered by number and not by chance.
        least = np.partition(scores - off, -k)[-k]
        candidates = np.flatnonzero((scores + off >= least) & live)
        return _best(state.rows[candidates, 0], state.vectors(candidates) @ vector, k)

    def score(self, vector: Vectors, passages: Sequence[int], articles: Sequence[int] = ()) -> Scored:
        """These passages and all of these articles, each passage once with its article and its exact cosine, nearest
        first; those that are gone are left out."""
        state = self._fresh()
        places = np.union1d(state.places(passages), state.of_articles(articles))
        cosines = np.asarray(state.vectors(places) @ vector, np.float32)
        order = np.lexsort((state.rows[places, 0], -cosines))
        order = order[np.isfinite(cosines[order])]
        rows = state.rows[places[order]]
        return Scored(rows[:, 0], rows[:, 1], cosines[order])

    def save(self) -> None:
        """Writes the file anew if it is behind, where that is permitted. Other processes go on with the one that
        they have mapped."""
        if not self._catalog.folder_writable:
            return
        # A reader on a full disk, or beside a writer that takes long, can go on from memory.
        with contextlib.suppress(OSError, Timeout), _writing(self._catalog.folder):
            # Looked at only now that nobody else writes: what was removed meanwhile must not come back in a file.
            with self._lock:
                if self._state.watermark == 0 and not self._mending and self._stream():
                    self._load()
                    return
                state = self._advance()
            seal = _seal(self._folder, state.watermark)
            if self._mending or _mark(seal) != state.mark:
                self._folder.mkdir(exist_ok=True)
                self._write(state, seal)
                self._mending = False

    def problems(self) -> list[str]:
        """What is wrong with the file, and with what is searched, one line each; reads every vector."""
        if self.distrusted:
            return [self.distrusted]
        state, count, wrong = self._fresh(), 0, 0
        places = {int(state.rows[place, 0]): place for place in np.flatnonzero(state.live)}
        for number, _, stored in self._catalog.vectors():
            count += 1
            held = state.vectors(np.array([places.get(number, -1)]), np.float16)
            wrong += number not in places or held.tobytes() != stored
        wrong += abs(count - len(places))
        return [f"the file of vectors differs from the catalog in {wrong} passages"] if wrong else []

    def _stream(self) -> bool:
        """Writes all that the catalog holds without holding it in memory; False if there is nothing."""
        latest = self._catalog.latest_change()
        mark = self._catalog.mark(latest)
        awaited = self._awaited(latest)
        if not awaited:
            return False
        self._folder.mkdir(exist_ok=True)
        seal = _seal(self._folder, latest)
        numbers = array("q")  # an eighth of what a list of pairs takes
        with _partial(_arrays(seal)[1]) as partial:
            with partial.open("wb") as out:
                out.write(_header(0, self._dimension))
                for passage, article, vector in self._catalog.vectors():
                    if article in awaited and len(vector) == 2 * self._dimension:
                        numbers.extend((passage, article))
                        out.write(vector)
                out.seek(0)
                out.write(_header(len(numbers) // 2, self._dimension))
            checksum = _checksum(partial)
        content = {
            "mark": mark,
            "rows": _write(_arrays(seal)[0], np.frombuffer(numbers, np.int64).reshape(-1, 2)),
            "vectors": checksum,
        }
        self._seal_up(seal, content)
        return True

    def _awaited(self, latest: int) -> set[int]:
        """The articles that came by that change and have not gone since."""
        changes = self._catalog.changes(0)
        gone = {change.article for change in changes if not change.added}
        return {change.article for change in changes if change.added and change.seq <= latest} - gone

    def _write(self, state: _State, seal: Path) -> None:
        rows, vectors = _arrays(seal)
        content = {
            "mark": state.mark,
            "rows": _write(rows, state.rows[state.live]),
            "vectors": _write(vectors, state.vectors(np.flatnonzero(state.live), np.float16)),
        }
        self._seal_up(seal, content)

    def _seal_up(self, seal: Path, content: dict[str, Any]) -> None:
        with _partial(seal) as partial:
            partial.write_text(json.dumps(content))
        for file in self._folder.iterdir():
            if file not in (*_arrays(seal), seal):
                file.unlink(missing_ok=True)

    def _load(self) -> None:
        """Maps the newest file that fits its seal, the catalog and this process's memory."""
        for seal in sorted(self._folder.glob("*.seal.json"), key=_watermark, reverse=True):
            watermark = _watermark(seal)
            # What is kept in memory may be newer than a file that could not be written.
            if watermark < max(1, self._state.watermark):
                continue
            try:
                rows, vectors, mark = _read(seal, self._dimension)
            except (OSError, ValueError, EOFError, KeyError, TypeError):
                # No loss: it is derived. And no damage, if another process has just put a newer one in its place.
                self._distrust("the file of vectors was damaged" if seal.exists() else None)
                continue
            if mark == self._catalog.mark(watermark):
                self._state = _State(rows, (vectors,), np.ones(len(rows), bool), watermark, mark, _Bytes(vectors))
                return
            self._distrust("the file of vectors belonged to another catalog")

    def _distrust(self, reason: str | None) -> None:
        if reason:
            self.distrusted, self._mending = reason, True

    def _fresh(self) -> _State:
        """The state as of now; what another process stored a moment ago is in it."""
        with self._lock:
            before, state = self._state.watermark, self._advance()
            tail = len(state.rows) - len(state.parts[0]) if before != state.watermark else 0
        if tail > _TAIL:
            self.save()
            with self._lock:
                self._load()
        return self._state

    def _advance(self) -> _State:
        """The state, brought up to the catalog's latest change."""
        if self._catalog.latest() == (self._state.watermark, self._state.mark):
            return self._state
        if self._catalog.mark(self._state.watermark) != self._state.mark:
            # Another catalog was put in the place of the one that was read, or all was embedded anew.
            self._state = _State.empty(self._dimension)
        latest = self._catalog.latest_change()
        if latest != self._state.watermark:
            self._state = self._advanced(self._state, latest)
        return self._state

    def _advanced(self, state: _State, latest: int) -> _State:
        changes = [change for change in self._catalog.changes(state.watermark) if change.seq <= latest]
        gone = {change.article for change in changes if not change.added}
        came = sorted({change.article for change in changes if change.added} - gone)
        everything = state.watermark == 0
        # Read anew, the catalog may hold more than `latest` by now; that comes with the next change.
        awaited = set(came)
        found = [
            row
            for row in self._catalog.vectors(None if everything else came)
            if row[1] in awaited and len(row[2]) == 2 * self._dimension
        ]
        rows = np.array([row[:2] for row in found], dtype=np.int64).reshape(-1, 2)
        vectors = np.frombuffer(b"".join(row[2] for row in found), dtype=np.float16).reshape(-1, self._dimension)
        kept = state.live & ~np.isin(state.rows[:, 1], list(gone))
        return _State(
            np.concatenate([state.rows, rows]),
            (*state.parts, vectors),
            np.concatenate([kept, np.ones(len(rows), bool)]),
            latest,
            self._catalog.mark(latest) or "",
            state.first,
        )


class _State:
    """One view of the collection: rows (passage, article number), their vectors in parts, which rows still live."""

    def __init__(
        self,
        rows: Rows,
        parts: tuple[Halves, ...],
        live: npt.NDArray[np.bool_],
        watermark: int,
        mark: str,
        first: _Bytes | None = None,
    ) -> None:
        self.rows, self.parts, self.live, self.watermark, self.mark = rows, parts, live, watermark, mark
        self.first = first
        """The first part in bytes, where that is a file."""

    @classmethod
    def empty(cls, dimension: int) -> _State:
        nothing = np.empty((0, dimension), np.float16)
        return cls(np.empty((0, 2), np.int64), (nothing,), np.empty(0, bool), 0, "")

    def scan(self, question: Vectors) -> tuple[Vectors, Vectors]:
        """The dot products of all rows, and how far each may be off."""
        scanned = [
            _scan(part, question) if at or self.first is None else self.first.scan(question)
            for at, part in enumerate(self.parts)
        ]
        return np.concatenate([scores for scores, _ in scanned]), np.concatenate([off for _, off in scanned])

    def places(self, passages: Sequence[int]) -> Places:
        """Where in `rows` these passages stand, as far as they live."""
        numbers, places = self._by_passage
        wanted = np.asarray(passages, dtype=np.int64)
        found = np.searchsorted(numbers, wanted)
        wanted, found = wanted[found < len(numbers)], found[found < len(numbers)]
        here: Places = places[found[numbers[found] == wanted]]
        return _living(here, self.live)

    def of_articles(self, articles: Sequence[int]) -> Places:
        """Where in `rows` the passages of these articles stand, as far as they live."""
        numbers, places = self._by_article
        wanted = np.asarray(articles, dtype=np.int64)
        first, after = np.searchsorted(numbers, wanted), np.searchsorted(numbers, wanted, side="right")
        counts = after - first
        # Each article's passages stand in a row: the first place of its row, and how far along it.
        along = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        here: Places = places[np.repeat(first, counts) + along]
        return _living(here, self.live)

    @cached_property
    def _by_passage(self) -> tuple[Rows, Places]:
        return _ordered(self.rows[:, 0])

    @cached_property
    def _by_article(self) -> tuple[Rows, Places]:
        return _ordered(self.rows[:, 1])

    def vectors(self, places: Places, dtype: type = np.float32) -> npt.NDArray[np.floating]:
        """The vectors at these places of `rows`."""
        if len(self.parts) == 1:
            picked: npt.NDArray[np.floating] = self.parts[0][places].astype(dtype, copy=False)
            return picked
        found: npt.NDArray[np.floating] = np.empty((len(places), self.parts[0].shape[1]), dtype)
        first = 0
        for part in self.parts:
            here = (places >= first) & (places < first + len(part))
            found[here] = part[places[here] - first]
            first += len(part)
        return found


def _living(places: Places, live: npt.NDArray[np.bool_]) -> Places:
    kept: Places = places[live[places]]
    return kept


def _ordered(numbers: Rows) -> tuple[Rows, Places]:
    """Numbers in ascending order, with the places where they stand. They do so already, but for what was written by
    hand."""
    places = np.arange(len(numbers))
    if (numbers[1:] < numbers[:-1]).any():
        places = np.argsort(numbers, kind="stable")
    return numbers[places], places


class _Bytes:
    """The vectors of a file, rounded to bytes: half as much to read, and a fourth of the time. What rounding costs is
    known of every vector, so a scan says how far each product may be off.

    They are rounded bit by bit, some by each scan, so that no question waits for all, and a process that asks once does
    not pay for many. Safe to use from several threads.
    """

    def __init__(self, vectors: Halves) -> None:
        self._vectors = vectors
        self._done = 0
        self._turning = threading.Lock()

    def scan(self, question: Vectors) -> tuple[Vectors, Vectors]:
        """The dot products, and how far each may be off."""
        torch = sys.modules.get("torch")
        if torch is None or not _multiplies_bytes():
            return _scan(self._vectors, question)
        done = self._done
        self._turn(torch)
        scores, off = _scan(self._vectors[done:], question)
        if not done:
            return scores, off
        step = float(np.abs(question).max()) / 127 or 1.0
        rounded = np.rint(question / step).astype(np.int8)
        lost = float(np.linalg.norm(question - step * rounded))
        products = torch._int_mm(torch.from_numpy(self._rounded[:done]), torch.from_numpy(rounded)[:, None])
        near = products[:, 0].numpy() * (self._steps[:done] * np.float32(step))
        # |qv - q'v'| <= |q||v - v'| + |q - q'||v'|; the question's length is one.
        far = (self._lost[:done] + lost * self._lengths[:done]) * np.float32(1.01)
        return np.concatenate([near, scores]), np.concatenate([far, off])

    def _turn(self, torch: Any) -> None:
        """Rounds some more, unless another thread is at it."""
        if self._done == len(self._vectors) or not self._turning.acquire(blocking=False):
            return
        try:
            if not self._done:
                self._rounded = np.empty(self._vectors.shape, np.int8)
                numbers = (np.empty(len(self._vectors), np.float32) for _ in range(3))
                self._steps, self._lost, self._lengths = numbers
            some = slice(self._done, min(self._done + _TURNED, len(self._vectors)))
            exact = torch.from_numpy(self._vectors[some]).float()
            steps = (exact.abs().amax(1) / 127).clamp_(min=1e-9)
            rounded = (exact / steps[:, None]).round_()
            self._rounded[some] = rounded.to(torch.int8).numpy()
            self._steps[some] = steps.numpy()
            self._lengths[some] = rounded.mul_(steps[:, None]).norm(dim=1).numpy()
            self._lost[some] = rounded.sub_(exact).norm(dim=1).numpy()
            damaged = ~np.isfinite(self._lost[some])
            self._steps[some][damaged], self._lost[some][damaged], self._lengths[some][damaged] = np.nan, 0, 0
            self._done = some.stop
        finally:
            self._turning.release()


@cache
def _multiplies_bytes() -> bool:
    """Whether torch multiplies bytes fast on this processor, and right: without the instructions for it, sums of large
    products overflow."""
    import torch

    if not any(torch.cpu.get_capabilities().get(name) for name in ("avx512_vnni", "avx_vnni")):
        return False
    largest = torch.full((64, 64), 127, dtype=torch.int8)
    return all(bool((torch._int_mm(largest, sign * largest[:, :1]) == sign * 64 * 127**2).all()) for sign in (1, -1))


def _scan(vectors: Halves, question: Vectors) -> tuple[Vectors, Vectors]:
    """The dot products, and how far each may be off."""
    torch = sys.modules.get("torch")
    off = np.full(len(vectors), _ROUNDING, np.float32)
    if torch is not None and vectors.flags.writeable and len(vectors):
        # Many times as fast as numpy, which has no float16 products; but not worth importing for.
        products = torch.mv(torch.from_numpy(vectors), torch.from_numpy(question.astype(np.float16)))
        scanned: Vectors = products.float().numpy()
        return scanned, off
    blocks = [vectors[at : at + _BLOCK].astype(np.float32) @ question for at in range(0, len(vectors), _BLOCK)]
    return (np.concatenate(blocks) if blocks else np.empty(0, np.float32)), off


def _best(passages: Rows, scores: npt.NDArray[np.floating], k: int) -> list[tuple[int, float]]:
    # Equal scores in the order of the numbers, so that every engine gives the same list.
    order = np.lexsort((passages, -scores))[:k]
    return [(int(passages[i]), float(scores[i])) for i in order]


def _watermark(file: Path) -> int:
    number = file.name.split(".")[0]
    return int(number) if number.isdecimal() else -1


def discard(folder: Path) -> bool:
    """Deletes the files of vectors of the knowledge base in `folder`; False if another process is just writing them.
    Nothing is lost: whoever needs them makes them anew."""
    try:
        with _writing(folder):
            shutil.rmtree(folder / _FOLDER, ignore_errors=True)
            return not (folder / _FOLDER).exists()
    except Timeout:
        return False


def _writing(folder: Path) -> FileLock:
    return FileLock(folder / _LOCK, timeout=_PATIENCE)


def _seal(folder: Path, watermark: int) -> Path:
    return folder / f"{watermark}.seal.json"


def _arrays(seal: Path) -> tuple[Path, Path]:
    """The files that a seal is about: rows and vectors."""
    return seal.with_name(f"{_watermark(seal)}.rows.npy"), seal.with_name(f"{_watermark(seal)}.vectors.npy")


def _read(seal: Path, dimension: int) -> tuple[Rows, Halves, str]:
    """Rows, mapped vectors and the mark of the change up to which they go.

    Raises:
        ValueError: they are not what was written.
    """
    content = json.loads(seal.read_bytes())
    for file, name in zip(_arrays(seal), ("rows", "vectors"), strict=True):
        if _checksum(file) != content[name]:
            raise ValueError(f"{file} is not what was written")
    rows = np.load(_arrays(seal)[0])
    vectors = np.lib.format.open_memmap(_arrays(seal)[1], mode="c")
    shapes, kinds = (rows.shape, vectors.shape), (rows.dtype, vectors.dtype)
    if shapes != ((len(rows), 2), (len(rows), dimension)) or kinds != (np.dtype(np.int64), np.dtype(np.float16)):
        raise ValueError(f"{seal} is of another kind")
    return rows, vectors, str(content["mark"])


def _mark(seal: Path) -> str | None:
    """The mark in a seal; None if there is no readable one."""
    try:
        return str(json.loads(seal.read_bytes())["mark"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _header(rows: int, dimension: int) -> bytes:
    """The head of a file of float16 rows, as numpy writes it, but as long for any number of them."""
    text = f"{{'descr': '<f2', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}"
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + text.ljust(117).encode() + b"\n"


def _write(file: Path, array: npt.NDArray[np.generic]) -> int:
    """Writes an array in one piece, and gives its checksum."""
    with _partial(file) as partial:
        with partial.open("wb") as out:
            np.save(out, array)
        return _checksum(partial)


@contextlib.contextmanager
def _partial(file: Path) -> Iterator[Path]:
    """Another file to write to, which takes the place of this one at the end of the block."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        yield partial
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _checksum(file: Path) -> int:
    """Against noise, not against forgery; a fraction of what the first search costs."""
    found = 0
    with file.open("rb") as opened:
        while block := opened.read(1 << 22):
            found = zlib.crc32(block, found)
    return found
