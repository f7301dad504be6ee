"""Questions under load: one app and two, on one catalog and one Chroma server, and what happens when that is killed.

    python bench/serving.py [--seconds 20] [--readers 1 4] [--apps 1 2] [--kb FOLDER]
                            [--kills 0] [--restarts 0] [--ingests 0]

Readers ask the page's /ask in a closed loop: the next question when the last one is answered. Every answer must be
the one that the question has when it is asked alone. The catalog is a copy of the one in FOLDER, else of the sample
articles; with ACCORDINGTO_TEST_DATABASE_URL (tests/with_postgres.sh) it is in PostgreSQL. With --kills the Chroma
server is killed so often while readers ask, and started again, with --restarts PostgreSQL; with --ingests so many
processes add articles meanwhile, and each article that they acknowledge must be there afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from page import QUESTIONS, _client, _p95, _program, _resident, _said, _say, _served

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kb import KnowledgeBase
from kb.samples import samples
from tests import databases
from tests.chroma_servers import ChromaServer
from tests.processes import write_articles

_CONTROL = os.environ.get("ACCORDINGTO_TEST_DATABASE_CONTROL")
_RESTARTING = 5.0  # seconds that PostgreSQL is away
_EACH = 200  # articles in one run of an ingest
_NUMBERS = itertools.count(100_000, _EACH)  # of the first article of each run; none of their words is in a question


def main() -> None:
    told = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder, server = Path(scratch), ChromaServer(Path(scratch) / "chroma")
        environment = _prepared(folder / "kb", told.kb, server)
        try:
            with server.running():
                for apps in told.apps:
                    _measure(folder, environment, server, apps, told)
        finally:
            databases.forget()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--apps", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kb", type=Path)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--restarts", type=int, default=0)
    parser.add_argument("--ingests", type=int, default=0)
    told = parser.parse_args()
    if told.restarts and not _CONTROL:
        parser.error("--restarts needs a PostgreSQL server of our own: run it by tests/with_postgres.sh")
    return told


def _prepared(folder: Path, given: Path | None, server: ChromaServer) -> dict[str, str]:
    """A catalog, and what its processes are told."""
    environment = {"ACCORDINGTO_KB": str(folder), "ACCORDINGTO_CHROMA_URL": server.url}
    if databases.URL:
        environment["ACCORDINGTO_DATABASE_URL"] = databases.url(folder)
    if given is not None and not databases.URL:
        folder.mkdir()
        shutil.copy(given / "catalog.sqlite", folder)
    else:
        # Without the server, which is not there yet.
        alone = {name: value for name, value in environment.items() if "CHROMA" not in name}
        _run("ingest", str(samples()), "--no-progress", environment=alone)
    return environment


def _measure(
    folder: Path, environment: Mapping[str, str], server: ChromaServer, apps: int, told: argparse.Namespace
) -> None:
    with contextlib.ExitStack() as stack:
        served = []
        for number in range(apps):
            own = {**environment, "ACCORDINGTO_QUESTIONS_AT_ONCE": "2"}
            if databases.URL and number:  # another machine has a folder of its own
                own["ACCORDINGTO_KB"] = str(folder / f"kb of app {number}")
            served.append(stack.enter_context(_served(Path(own["ACCORDINGTO_KB"]), **own)))
        expected = _expected([address for address, _ in served])
        for readers in told.readers:
            _load(folder, environment, server, served, expected, readers, told)


def _expected(addresses: Sequence[str]) -> dict[str, str]:
    """What each question is answered, by every app alike."""
    answers = [
        {question: _said(client.predict(question, api_name="/ask")) for question in QUESTIONS}
        for client in map(_client, addresses)
    ]
    if any(each != answers[0] for each in answers):
        raise SystemExit("two apps gave different answers")
    return answers[0]


def _load(
    folder: Path,
    environment: Mapping[str, str],
    server: ChromaServer,
    served: Sequence[tuple[str, int]],
    expected: Mapping[str, str],
    readers: int,
    told: argparse.Namespace,
) -> None:
    until = time.monotonic() + told.seconds
    wrong, errors = Counter[str](), Counter[str]()

    def ask(place: int) -> list[float]:
        client, seconds, number = _client(served[place % len(served)][0]), [], place
        while time.monotonic() < until:
            question = QUESTIONS[number % len(QUESTIONS)]
            number += 1
            begun = time.perf_counter()
            try:
                answer: dict[str, Any] = client.predict(question, api_name="/ask")
            except Exception as error:  # whatever a reader would be told
                errors[str(error)] += 1
                continue
            seconds.append(time.perf_counter() - begun)
            if answer["question"] != question or _said(answer) != expected[question]:
                wrong[question] += 1
        return seconds

    with (
        _broken(server.kill, server.start, told.kills, told.seconds, told.seconds / (told.kills + 1) / 6),
        _broken(lambda: _postgres("stop"), lambda: _postgres("start"), told.restarts, told.seconds, _RESTARTING),
        _ingesting(folder, environment, told.ingests, until, errors) as stored,
        ThreadPoolExecutor(readers) as pool,
    ):
        seconds = [one for each in pool.map(ask, range(readers)) for one in each]
    memory = ", ".join(f"{_resident(process):.0f}" for _, process in served)
    _say(
        f"{len(served)} app(s), {readers} reader(s), {told.seconds:.0f} s: {len(seconds)} answers, "
        f"{len(seconds) / told.seconds:.2f}/s, p50 {statistics.median(seconds):.3f} s, p95 {_p95(seconds):.3f} s, "
        f"longest {max(seconds):.2f} s; {sum(wrong.values())} wrong, {sum(errors.values())} errors; apps {memory} MB"
        + (f"; Chroma killed {told.kills} times" if told.kills else "")
        + (f"; PostgreSQL restarted {told.restarts} times" if told.restarts else "")
    )
    for text, number in errors.most_common(5):
        _say(f"  {number} x {text}")
    if told.ingests:
        _say(f"  {_lost(environment, stored)}")


@contextlib.contextmanager
def _broken(
    stop: Callable[[], None], start: Callable[[], None], times: int, seconds: float, away: float
) -> Iterator[None]:
    """Stops a server so often while the block runs, evenly, and starts it after so many seconds."""
    over = threading.Event()

    def breaking() -> None:
        for _ in range(times):
            if over.wait(seconds / (times + 1) - away):
                return
            stop()
            over.wait(away)
            start()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(breaking)
        try:
            yield
        finally:
            over.set()
            done.result()


def _postgres(act: str) -> None:
    subprocess.run(["sh", "-c", f"{_CONTROL} {act}"], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def _ingesting(
    folder: Path, environment: Mapping[str, str], processes: int, until: float, errors: Counter[str]
) -> Iterator[set[str]]:
    """Adds articles in so many processes, one run after the other; gives the ids of those acknowledged."""
    stored: set[str] = set()

    def add() -> None:
        while time.monotonic() < until:
            first = next(_NUMBERS)
            texts = folder / f"texts {first}"
            write_articles(texts, range(first, first + _EACH))
            done = _tried("ingest", str(texts), "--json", "--no-progress", environment=environment)
            if done.returncode:
                errors[f"ingest: {(done.stderr.strip().splitlines() or ['?'])[-1]}"] += 1
            if done.stdout:
                stored.update(o["article_id"] for o in json.loads(done.stdout)["outcomes"] if o["status"] == "added")

    with ThreadPoolExecutor(max(processes, 1)) as pool:
        running = [pool.submit(add) for _ in range(processes)]
        yield stored
        for each in running:
            each.result()


def _lost(environment: Mapping[str, str], stored: set[str]) -> str:
    database = environment.get("ACCORDINGTO_DATABASE_URL")
    with KnowledgeBase.open(environment["ACCORDINGTO_KB"], database=database) as base:
        there = {article.id for article in base.articles()}
        problems = base.check()
    return (
        f"{len(stored)} articles were acknowledged, {len(stored - there)} of them lost; "
        f"{len(problems)} problems found by check"
    )


def _run(*arguments: str, environment: Mapping[str, str]) -> str:
    done = _tried(*arguments, environment=environment)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return done.stdout


def _tried(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [_program(), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **environment})


if __name__ == "__main__":
    main()
