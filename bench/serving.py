"""Questions under load: one app and two, on one catalog and one Chroma server, and what happens when that is killed.

    python bench/serving.py [--seconds 20] [--readers 1 4] [--apps 1 2] [--kb FOLDER] [--kills 0] [--ingests 0]

Readers ask the page's /ask in a closed loop: the next question when the last one is answered. Every answer must be
the one that the question has when it is asked alone. The catalog is a copy of the one in FOLDER, else of the sample
articles; with ACCORDINGTO_TEST_DATABASE_URL (tests/with_postgres.sh) it is in PostgreSQL. With --kills the server
is killed so often while readers ask, and started again; with --ingests so many processes add articles meanwhile, and
each article that they acknowledge must be there afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
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
from collections.abc import Iterator, Mapping, Sequence
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

_NUMBER = 100_000  # of the first article that an ingest adds; none of its words is in a question


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
    parser.add_argument("--ingests", type=int, default=0)
    return parser.parse_args()


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
        _killing(server, told.kills, told.seconds),
        _ingesting(folder, environment, told.ingests, until) as stored,
        ThreadPoolExecutor(readers) as pool,
    ):
        seconds = [one for each in pool.map(ask, range(readers)) for one in each]
    memory = ", ".join(f"{_resident(process):.0f}" for _, process in served)
    _say(
        f"{len(served)} app(s), {readers} reader(s), {told.seconds:.0f} s: {len(seconds)} answers, "
        f"{len(seconds) / told.seconds:.2f}/s, p50 {statistics.median(seconds):.3f} s, p95 {_p95(seconds):.3f} s, "
        f"longest {max(seconds):.2f} s; {sum(wrong.values())} wrong, {sum(errors.values())} errors; apps {memory} MB"
        + (f"; Chroma killed {told.kills} times" if told.kills else "")
    )
    for text, number in errors.most_common(5):
        _say(f"  {number} x {text}")
    if told.ingests:
        _say(f"  {_lost(environment, stored)}")


@contextlib.contextmanager
def _killing(server: ChromaServer, times: int, seconds: float) -> Iterator[None]:
    """Kills the server so often while the block runs, evenly, each time for a sixth of the time between."""
    over = threading.Event()

    def kill() -> None:
        between = seconds / (times + 1)
        for _ in range(times):
            if over.wait(between * 5 / 6):
                return
            server.kill()
            over.wait(between / 6)
            server.start()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def _ingesting(folder: Path, environment: Mapping[str, str], processes: int, until: float) -> Iterator[set[str]]:
    """Adds articles in so many processes, one small run after the other; gives the ids of those acknowledged."""
    stored: set[str] = set()

    def add(place: int) -> None:
        while time.monotonic() < until:
            texts = folder / f"texts {place} {time.monotonic_ns()}"
            first = _NUMBER * (place + 1) + time.monotonic_ns() % 10_000_000
            write_articles(texts, range(first, first + 20))
            done = _run("ingest", str(texts), "--json", environment={**environment, "ACCORDINGTO_CHROMA_URL": ""})
            stored.update(o["article_id"] for o in json.loads(done)["outcomes"] if o["status"] == "added")

    with ThreadPoolExecutor(max(processes, 1)) as pool:
        running = [pool.submit(add, place) for place in range(processes)]
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
    given = {name: value for name, value in {**os.environ, **environment}.items() if value}
    done = subprocess.run([_program(), *arguments], check=False, capture_output=True, text=True, env=given)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
