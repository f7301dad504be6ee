"""What a run costs as the collection grows: peak memory at some articles and at many times as many, and the speed of a
run in which nothing has changed.

Usage: ingest_scale.py [TIMES], 30 unless told otherwise. The 1,456 articles of ../shared/data/allsides_conflict,
repeated with other titles and addresses, with the embedder that needs no model, each run a process of its own; says so
and stops where they are absent. Wanted: memory that differs by less than 25 %, and 1,000 articles a second unchanged.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_WANTED = 1000  # articles a second
_RUN = (
    "import resource, sys; from assistant.command import app\n"
    "try: app(['ingest', sys.argv[1], '--kb', sys.argv[2], '--no-progress'])\n"
    "except SystemExit: pass\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)


def main() -> None:
    """Prints seconds and peak memory of each run, and the two figures that are wanted."""
    source = Path(__file__).resolve().parents[2] / "shared" / "data" / "allsides_conflict" / "conflict_subset.jsonl"
    if not source.exists():
        print("scale: skipped, ../shared/data/allsides_conflict is not here")
        return
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with source.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    peaks, speeds = [], []
    with tempfile.TemporaryDirectory() as folder:
        for repeated in (1, times):
            file = Path(folder, f"{repeated}.jsonl")
            with file.open("w", encoding="utf-8") as out:
                for copy in range(repeated):
                    for record in records:
                        changed = {"title": f"{record['title']} ({copy})", "url": f"{record['url']}#{copy}"}
                        out.write(json.dumps({**record, **changed, "id": f"{record['id']}-{copy}"}) + "\n")
            count = repeated * len(records)
            for run in ("first", "unchanged"):
                seconds, peak, said = _ingest(file, Path(folder, f"kb {repeated}"))
                print(
                    f"{count:6} articles, {run:9} {seconds:7.1f} s, {count / seconds:6.0f} articles/s, "
                    f"peak {peak / 1024:.0f} MB: {said}",
                    flush=True,
                )
                if run == "first":
                    peaks.append(peak)
                else:
                    speeds.append(count / seconds)
    print(f"peak memory at {times} x as many is {peaks[1] / peaks[0] - 1:+.0%} (wanted: less than 25 %)")
    print(f"unchanged: {max(speeds):.0f} articles/s, with the start of the process (wanted: at least {_WANTED})")


def _ingest(file: Path, folder: Path) -> tuple[float, int, str]:
    """Seconds, peak memory in KB, and what the run said."""
    environment = {**os.environ, "ACCORDINGTO_EMBEDDING_MODEL": "hash", "MALLOC_ARENA_MAX": "2"}
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(file), str(folder)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    *said, peak = done.stdout.split("\n")[:-1]
    return time.perf_counter() - begun, int(peak), " ".join(said)


if __name__ == "__main__":
    main()
