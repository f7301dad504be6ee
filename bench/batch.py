"""Five hundred questions over real articles: the same answers whatever the workers, after any kill, and how fast.

Each way runs in a process of its own, so that none finds what another has left in memory: a loop over `ask`, then
`answer_all` with 1, 2 and 4 workers. Before the clock starts, a question that is not among the others loads the model,
and its seconds are told apart. The processes that a batch begins load theirs while the clock runs.

Uses the 1,456 articles of ../shared/data/allsides_conflict; says so and stops where they are absent. The questions are
made by rule: every second article's headline, put into one of four forms in turn. The tests do the same with the sample
articles and an embedder without a model.

    python bench/batch.py [KB] [--questions N] [--kills N] [--cores N]

KB is a knowledge base of those articles, if there is one. `--cores` tells how it goes with more cores, but slower ones:
each process, the loop too, gets a share of a core, half of one if two are to be four. That wants root and control
groups of version 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant import Assistant, workers
from assistant.batch import Row, answer_all, document_of

ARTICLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "allsides_conflict"
FORMS = (
    "What do the articles say about {}?",
    "Who said so: {}?",
    "How many people were killed or hurt: {}?",
    "Who denied it: {}?",
)


def main() -> None:
    """Prints questions per second side by side, and whether every way gives the same file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kb", nargs="?", type=Path)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--cores", type=int, default=0, help="As if there were so many.")
    parser.add_argument("--way", type=int, help="Only this way: so many workers, 0 for the loop.")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if not ARTICLES.exists():
        print("batch: skipped, ../shared/data/allsides_conflict is not here")
        return
    if options.way is not None:
        if options.cores:
            _as_if(options.cores)
        _go(options.way, options.kb, _questions(options.questions), options.out)
        return
    with tempfile.TemporaryDirectory() as folder:
        kb = options.kb or Path(folder, "kb")
        if options.kb is None:
            _run("ingest", str(ARTICLES), "--kb", str(kb), "--no-progress")
        questions = _questions(options.questions)
        slow = f" standing in for {options.cores}" if options.cores else ""
        threads = os.environ.get("OMP_NUM_THREADS")
        print(f"{len(questions)} questions, {os.cpu_count()} cores{slow}, OMP_NUM_THREADS={threads}")
        whole = _speeds(kb, questions, Path(folder), options.cores)
        if options.kills:
            _kills(kb, questions, Path(folder), whole, options.kills)


def _questions(count: int) -> list[str]:
    lines = next(ARTICLES.glob("*.jsonl")).read_text("utf-8").split("\n")
    titles = [json.loads(line)["title"] for line in lines if line][::2][:count]
    return [FORMS[place % len(FORMS)].format(title) for place, title in enumerate(titles)]


def _speeds(kb: Path, questions: list[str], folder: Path, cores: int) -> str:
    """Each way in a process of its own, one after the other; the lines that the loop gives."""
    expected, loop = "", 0.0
    for way in (0, 1, 2, 4):
        out = folder / f"{way}.jsonl"
        command = [sys.executable, __file__, str(kb), "--questions", str(len(questions)), "--cores", str(cores)]
        told = subprocess.run(
            [*command, "--way", str(way), "--out", str(out)], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        loading, first, seconds = map(float, told.split())
        for left in _GROUPS.glob("accordingto-*"):
            left.rmdir()
        speed, lines = len(questions) / seconds, _same(_lines(out))
        if not way:
            expected, loop = lines, speed
        print(
            f"{f'batch, {way} workers' if way else 'loop over ask'}: {speed:.2f} questions/s, {speed / loop:.2f} times "
            f"the loop; first answer after {first:.1f} s (model loaded before in {loading:.1f} s); answers "
            f"{'byte for byte the same' if lines == expected else 'DIFFERENT'}",
            flush=True,
        )
    return expected


_GROUPS = Path("/sys/fs/cgroup/cpu")
_PERIOD = 20_000  # microseconds


def _as_if(cores: int) -> None:
    """Gives this process, and each that it begins, the share of a core that each has if these stand for so many."""
    share = min(1.0, (os.cpu_count() or 1) / cores)

    def bound(pid: int) -> None:
        group = _GROUPS / f"accordingto-{pid}"
        group.mkdir()
        (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(round(_PERIOD * share)))
        (group / "cgroup.procs").write_text(str(pid))

    class Bound(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **keywords: Any) -> None:
            super().__init__(*args, **keywords)
            bound(self.pid)

    bound(os.getpid())
    subprocess.Popen = Bound  # type: ignore[assignment, misc]
    workers._cores = lambda: cores


def _go(way: int, kb: Path, questions: list[str], out: Path) -> None:
    """Answers the questions in one way, and prints the seconds: of loading the model, to the first answer, of all."""
    rows = [Row(str(place), question, {}) for place, question in enumerate(questions)]
    begun = time.perf_counter()
    with Assistant.open(kb) as assistant:
        assistant.ask("What is the weather like on the moon?")
        loading = time.perf_counter() - begun
        begun = time.perf_counter()
        first = 0.0
        for _ in answer_all(assistant, rows, out, workers=way) if way else _looped(assistant, rows, out):
            first = first or time.perf_counter() - begun
        print(loading, first, time.perf_counter() - begun)


def _looped(assistant: Assistant, rows: list[Row], out: Path) -> Iterator[None]:
    with out.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(document_of(row, assistant.ask(row.question))) + "\n")
            yield


def _kills(kb: Path, questions: list[str], folder: Path, expected: str, kills: int) -> None:
    """Runs the command, kills it at random moments, lets it go on, and compares what it leaves in the end."""
    asked, out = folder / "asked.jsonl", folder / "killed.jsonl"
    asked.write_text(
        "".join(json.dumps({"id": str(place), "question": q}) + "\n" for place, q in enumerate(questions)), "utf-8"
    )
    command = [sys.executable, "-m", "assistant", "batch", str(asked), "-o", str(out), "--kb", str(kb)]
    chance = random.Random(20230919)
    partial = out.with_name("killed.jsonl.partial")
    # So many answers are there, and a part of the next; or a process still loads, where a run before got further.
    for kill, wanted in enumerate(sorted(chance.sample(range(len(questions)), kills))):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as child:
            begun = time.perf_counter()
            while child.poll() is None and _kept(partial) < wanted:
                time.sleep(0.05)  # between two looks at the file, so that looking takes nothing from the processes
            time.sleep(chance.uniform(0, 1))  # the moment of the kill is what is random, also within an answer
            ended = child.poll()
            child.kill()
        if ended:
            raise SystemExit(f"the command failed with status {ended} before it was killed: {' '.join(command)}")
        seconds, how = time.perf_counter() - begun, "kill" if ended is None else "done before kill"
        print(f"{how} {kill + 1:2} after {seconds:4.1f} s: {_kept(partial)} kept", flush=True)
    _run(*command[3:])
    same = "byte for byte the same" if _same(_lines(out)) == expected else "DIFFERENT"
    print(f"after {kills} kills and a last run: {same}")


def _kept(partial: Path) -> int:
    """How many answers are there, beside the line on top."""
    return max(0, partial.read_bytes().count(b"\n") - 1) if partial.exists() else 0


def _lines(file: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in file.read_text("utf-8").split("\n")[:-1]]
    return [line for line in found if "id" in line]


def _same(lines: list[dict[str, Any]]) -> str:
    """What must be the same: everything but the timings."""
    return "\n".join(json.dumps({k: v for k, v in line.items() if k != "seconds"}, sort_keys=True) for line in lines)


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "assistant", *arguments], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
