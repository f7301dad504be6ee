"""Damages valid files of every kind and counts what the loaders make of them: only articles and rejections, in time.

Usage: fuzz_ingest.py [INPUTS [SEED]]. Inputs are read by worker processes whose memory is limited, so that one that
asks for too much is refused there and counted. Exits with 1 if anything else than an article or a rejection came out,
or if an input took longer than ten seconds.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ingest.cleaning import clean
from ingest.languages import detected
from ingest.loaders import Record, load
from kb.article import Article
from tests.ingest_samples import mutated, one_of_each

_MEMORY = 2 * 2**30  # bytes of address space a worker may have
_SLOW = 10.0  # seconds
_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one input."""

    name: str
    seed: int
    articles: int
    rejections: int
    seconds: float
    peak: int
    """Bytes the worker held at most until then."""
    error: str = ""


def main() -> None:
    """Prints the figures by kind of file, and every input that did what it may not."""
    inputs = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    names = sorted(one_of_each())
    jobs = [(names[number % len(names)], seed * 10**9 + number) for number in range(inputs)]
    begun = time.perf_counter()
    with ProcessPoolExecutor(initializer=_limit) as pool:
        results = list(pool.map(_read, jobs, chunksize=_CHUNK))
    print(f"{inputs} damaged inputs, seed {seed}, {time.perf_counter() - begun:.0f} s")
    for name in names:
        ours = [result for result in results if result.name == name]
        slowest = max(ours, key=lambda result: result.seconds)
        print(
            f"{name:12} {len(ours):6} inputs {sum(r.articles for r in ours):6} articles"
            f" {sum(r.rejections for r in ours):6} rejections"
            f"   slowest {slowest.seconds:6.3f} s (seed {slowest.seed})"
        )
    print(f"most memory in a worker: {max(result.peak for result in results) / 2**20:.0f} MB")
    bad = [result for result in results if result.error or result.seconds > _SLOW]
    for result in bad:
        print(f"WRONG {result.name} seed {result.seed}: {result.seconds:.1f} s {result.error}")
    print(f"neither article nor rejection: {Counter(r.error.partition(':')[0] for r in bad if r.error) or 'none'}")
    sys.exit(bool(bad))


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    detected("No input shall be the first to need the model of languages, which is read once.")


def _read(job: tuple[str, int]) -> Result:
    name, seed = job
    content = mutated(one_of_each_cached()[name], seed)
    begun = time.perf_counter()
    articles, rejections, error = 0, 0, ""
    try:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, name).write_bytes(content)
            for item in load(folder):
                found = clean(item) if isinstance(item, Record) else item
                articles += isinstance(found, Article)
                rejections += not isinstance(found, Article)
    except BaseException as broken:  # whatever escapes is what this looks for
        error = f"{type(broken).__name__}: {broken}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Result(name, seed, articles, rejections, time.perf_counter() - begun, peak, error)


_KINDS: dict[str, bytes] = {}


def one_of_each_cached() -> dict[str, bytes]:
    """The valid files, made once a process."""
    if not _KINDS:
        _KINDS.update(one_of_each())
    return _KINDS


if __name__ == "__main__":
    main()
