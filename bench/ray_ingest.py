"""A Ray cluster beside the local engine: the same knowledge base, how much slower, and what more machines would give.

    python bench/ray_ingest.py [--articles 600] [--rounds 2] [--workers 2]

The articles are those of ../shared/data/allsides_conflict, the model is the default one; says so and stops where they
are absent. Both engines have the same cores of this machine, by turns, in one process, with a warm model; the start of
Ray and of its workers is told apart. Then a worker is killed in the middle. Wanted: everything but the vectors the same
byte for byte, vectors as near as bfloat16 can have them, 0.85 of the local engine's speed.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from assistant.privacy import switch_off_telemetry
from ingest import Cluster, Given, ingest
from ingest.cluster import _items, _table, _Worker
from ingest.loaders import Record, Rejection, load
from ingest.pipeline import _stored
from kb import KnowledgeBase
from kb.embedding import Embedder, SentenceTransformerEmbedder, embedder
from tests.processes import contents

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 64  # articles


def main() -> None:
    """Prints what both take, whether they made the same, and the reckoning."""
    records = Path(__file__).resolve().parents[2] / "shared" / "data" / "allsides_conflict" / "conflict_subset.jsonl"
    if not records.exists():
        print("ray: skipped, ../shared/data/allsides_conflict is not here")
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    switch_off_telemetry()
    with tempfile.TemporaryDirectory() as folder:
        some = Path(folder, "some.jsonl")
        with records.open(encoding="utf-8") as lines:
            some.write_text("".join(islice(lines, told.articles)), encoding="utf-8")
        _Bench(some, Path(folder), told.workers).run(told.rounds)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run took, in seconds."""

    start: float
    """Until a model was ready."""
    work: float
    """From then to the last outcome."""
    articles: int

    @property
    def speed(self) -> float:
        return self.articles / self.work


class _Bench:
    def __init__(self, some: Path, folder: Path, workers: int) -> None:
        self._some = some
        self._folder = folder
        self._workers = workers
        self._model = SentenceTransformerEmbedder()
        self._model.passages(["Some words."] * 32)

    def run(self, rounds: int) -> None:
        runs: dict[str, list[Taken]] = {"local": [], "ray": []}
        for turn in range(rounds):
            for name in sorted(runs, reverse=bool(turn % 2)):
                taken = self._local(turn) if name == "local" else self._ray(f"ray {turn}")
                runs[name].append(taken)
                start = f" after {taken.start:.1f} s to start" if name == "ray" else ""
                print(f"round {turn + 1}: {name:5} {taken.work:6.1f} s{start}, {taken.articles} articles", flush=True)
        speeds = {name: statistics.median(taken.speed for taken in takens) for name, takens in runs.items()}
        print(", ".join(f"{name} {speed:.2f} articles/s" for name, speed in speeds.items()))
        print(f"Ray is {speeds['ray'] / speeds['local']:.2f} of the local engine (wanted: at least 0.85)")
        self._compare("ray 0")
        self._ray("killed", kill=True)
        self._compare("killed")
        self._reckon(speeds, statistics.median(taken.start for taken in runs["ray"]))

    def _local(self, turn: int) -> Taken:
        begun = time.perf_counter()
        with KnowledgeBase.open(self._folder / f"local {turn}", model=self._model, create=True) as base:
            count = sum(outcome.status == "added" for outcome in ingest(base, [self._some], batch=BATCH))
        return Taken(0, time.perf_counter() - begun, count)

    def _ray(self, name: str, *, kill: bool = False) -> Taken:
        """With `kill`, one of the workers is killed when it has done some of the work."""
        ready = self._folder / f"{name} ready"
        ready.mkdir()
        cluster = Cluster(workers=self._workers, load=partial(_loaded, ready))
        begun, count = time.time(), 0
        with KnowledgeBase.open(self._folder / name, model=self._model, create=True) as base:
            for outcome in ingest(base, [self._some], batch=BATCH, cluster=cluster):
                count += outcome.status == "added"
                if kill and count > BATCH:
                    kill = False
                    worker = int(min(ready.iterdir(), key=_when).name)
                    os.kill(worker, signal.SIGKILL)
                    print(f"killed a worker after {count} articles", flush=True)
        first = min(map(_when, ready.iterdir()))
        return Taken(first - begun, time.time() - first, count)

    def _compare(self, name: str) -> None:
        """Everything that is stored, with that of the first local run."""
        (ours, here), (theirs, there) = (_parted(self._folder / folder) for folder in (name, "local 0"))
        same = "the same, byte for byte" if ours == theirs else "NOT the same"
        print(f"{name}: {len(ours[0])} articles, {len(ours[1])} passages and all that is made of them: {same}")
        if here.shape == there.shape:
            cosines = np.einsum("ij,ij->i", here, there) / np.linalg.norm(here, axis=1) / np.linalg.norm(there, axis=1)
            off = np.abs(here - there)
            print(
                f"{name}: vectors differ by {off.max():.4f} at most, {off.mean():.6f} on average, lowest "
                f"cosine {cosines.min():.6f}; {(here != there).any(axis=1).mean():.1%} differ at all"
            )

    def _reckon(self, speeds: dict[str, float], start: float) -> None:
        """What an article costs a worker, and the one process that stores; and so what more machines would give."""
        import torch

        found: list[Record | Rejection] = []
        reading = _timed(lambda: found.extend(load(self._some)))
        reading /= len(found)
        tables = [_table(found[at : at + BATCH]) for at in range(0, min(len(found), 4 * BATCH), BATCH)]
        count = sum(map(len, tables))
        making = _Worker(lambda _: self._model, (self._model.name, self._model.digest), (self._folder, None), Given())
        made: list[pa.Table] = []
        torch.set_num_threads(1)
        worker = _timed(lambda: made.extend(map(making, tables))) / count
        storing = _timed(lambda: self._store(made)) / count
        print(
            f"an article takes {worker * 1e3:.1f} ms of a worker's core, {storing * 1e3:.2f} ms of the process that "
            f"stores, {reading * 1e3:.2f} ms to read"
        )
        lost = self._workers / speeds["ray"] - worker - storing - reading
        print(f"Ray takes another {lost * 1e3:.1f} ms of a core, and {start:.1f} s to start")
        for machines in (1, 10, 100):
            fed = machines * self._workers / (worker + max(lost, 0))
            print(
                f"{machines:4} machines of {self._workers} cores: workers make {fed:.0f} articles/s, the process that "
                f"stores takes {1 / storing:.0f}: {min(fed, 1 / storing):.0f} articles/s"
            )

    def _store(self, made: list[pa.Table]) -> None:
        items = (item for table in made for item in _items(table))
        with KnowledgeBase.open(self._folder / "stored", model=self._model, create=True) as base:
            for _ in _stored(base, items, BATCH):
                pass


def _loaded(ready: Path, name: str) -> Embedder:
    """A warm model; leaves word of when it was ready."""
    model = embedder(name)
    model.passages(["Some words."] * 32)
    (ready / str(os.getpid())).write_text(str(time.time()))
    return model


def _when(word: Path) -> float:
    return float(word.read_text())


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _parted(folder: Path) -> tuple[list[list[tuple[object, ...]]], npt.NDArray[np.float32]]:
    """Everything that is stored but the vectors; and these."""
    stored = contents(folder)
    *others, vectors = zip(*stored[1], strict=True)
    stored[1] = list(zip(*others, strict=True))
    return stored, np.frombuffer(b"".join(vectors), np.float16).reshape(len(vectors), -1).astype(np.float32)


if __name__ == "__main__":
    main()
