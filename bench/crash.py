"""Twenty kills of an ingest with the real model, then a run to the end: is everything as if nothing had happened?

Uses the 1,456 articles of ../shared/data/allsides_conflict; says so and stops where they are absent. The tests do the
same with a hundred kills, a small collection and an embedder without a model.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from kb import KnowledgeBase
from tests.processes import contents

KILLS = 20


def main() -> None:
    """Prints what each kill left, and how the last run's catalog compares with an undisturbed one's."""
    articles = Path(__file__).resolve().parents[2] / "shared" / "data" / "allsides_conflict"
    if not articles.exists():
        print("crash: skipped, ../shared/data/allsides_conflict is not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder, "whole"), Path(folder, "killed")
        begun = time.perf_counter()
        _ingest(articles, whole, None)
        length = time.perf_counter() - begun
        print(f"undisturbed: {length:.0f} s", flush=True)
        chance = random.Random(20230919)
        for kill in range(KILLS):
            # Starting takes its part each time, so that a twentieth of a run each would come to its end too soon.
            delay = chance.uniform(0, length / 8)
            _ingest(articles, killed, delay)
            print(f"kill {kill + 1:2} after {delay:5.1f} s: {_sound(killed)} articles, sound", flush=True)
        _ingest(articles, killed, None)
        _compare(whole, killed)


def _ingest(articles: Path, folder: Path, delay: float | None) -> None:
    command = [sys.executable, "-m", "assistant", "ingest", str(articles), "--kb", str(folder), "--no-progress"]
    with subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            child.wait(delay)
        except subprocess.TimeoutExpired:
            child.kill()


def _sound(folder: Path) -> int:
    with KnowledgeBase.open(folder, create=True) as base:
        problems = base.check()
        if problems:
            raise SystemExit(f"not sound: {problems[0].text}")
        count = len(base)
        if count and not base.search("Who denied the attack?", 3):
            raise SystemExit("it does not answer")
    return count


def _compare(whole: Path, killed: Path) -> None:
    expected, found = contents(whole), contents(killed)
    names = (
        "articles",
        "passages",
        "lexical rows",
        "lengths of the lexical index",
        "changes",
        "marks",
        "ties",
        "origins",
    )
    for name, left, right in zip(names, expected, found, strict=True):
        # The last column of a passage is its vector, which bfloat16 rounds by what it was batched with.
        same = [row[:-1] for row in left] == [row[:-1] for row in right] if name == "passages" else left == right
        print(f"{name}: {len(left)} and {len(right)}, {'the same byte for byte' if same else 'DIFFERENT'}")
    one, other = (_vectors(rows[1]) for rows in (expected, found))
    cosines = (one * other).sum(1) / (np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1))
    print(f"lowest cosine between the vectors of one passage: {cosines.min():.4f} (wanted: at least 0.99)")


def _vectors(rows: list[tuple[object, ...]]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array([np.frombuffer(bytes(row[-1]), np.float16) for row in rows], np.float32)  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
