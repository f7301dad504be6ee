"""What bench/serving.py does to the servers while readers ask, and how it tells afterwards whether all went well."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from page import _program, _said

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from assistant import Assistant
from kb import KnowledgeBase
from kb.vectors import Server
from tests import databases
from tests.processes import write_articles

__all__ = ["AWAY", "CONTROL", "broken", "caught_up", "ingesting", "lost", "postgres", "wrong"]

CONTROL = os.environ.get("ACCORDINGTO_TEST_DATABASE_CONTROL")
AWAY = 5.0
"""Seconds for which PostgreSQL is away."""
_EACH = 200  # articles in one run of an ingest
_NUMBERS = itertools.count(100_000, _EACH)  # of the first article of each run
_PATIENCE = 120.0  # seconds after which the apps should be through the Chroma server again

Given = Mapping[str, Counter[str]]
"""What each question was answered, and how often."""


@contextlib.contextmanager
def broken(
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


def postgres(act: str) -> None:
    subprocess.run(["sh", "-c", f"{CONTROL} {act}"], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def ingesting(
    folder: Path, environment: Mapping[str, str], processes: int, until: float, errors: Counter[str]
) -> Iterator[set[str]]:
    """Adds articles in so many processes, one run after the other; gives the ids of those acknowledged."""
    stored: set[str] = set()

    def add() -> None:
        while time.monotonic() < until:
            first = next(_NUMBERS)
            texts = folder / f"texts {first}"
            write_articles(texts, range(first, first + _EACH))
            command = [_program(), "ingest", str(texts), "--json", "--no-progress"]
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
            )
            if done.returncode:
                errors[f"ingest: {(done.stderr.strip().splitlines() or ['?'])[-1]}"] += 1
            if done.stdout:
                stored.update(o["article_id"] for o in json.loads(done.stdout)["outcomes"] if o["status"] == "added")

    with ThreadPoolExecutor(max(processes, 1)) as pool:
        running = [pool.submit(add) for _ in range(processes)]
        yield stored
        for each in running:
            each.result()


def caught_up(addresses: Sequence[str]) -> float:
    """Waits until every app says that it searches through the Chroma server again. The seconds until then."""
    begun = time.monotonic()
    for address in addresses:
        while json.load(urllib.request.urlopen(f"{address.rstrip('/')}/ready"))["vectors"] != "server":
            if time.monotonic() - begun > _PATIENCE:
                raise SystemExit(f"{address} has not caught up with the Chroma server in {_PATIENCE:.0f} s")
            time.sleep(0.1)  # between two looks; nobody tells when it has
    return time.monotonic() - begun


def lost(environment: Mapping[str, str], stored: set[str]) -> str:
    """Whether what was acknowledged is in the catalog, and what is there on the Chroma server, vector by vector."""
    with _opened(environment, Server(environment["ACCORDINGTO_CHROMA_URL"])) as base:
        there = {article.id for article in base.articles()}
        problems = base.check()
    return (
        f"{len(stored)} articles were acknowledged, {len(stored - there)} of them lost; {len(there)} are in the "
        f"catalog; {len(problems)} problems found by check" + "".join(f"\n    {problem.text}" for problem in problems)
    )


def wrong(environment: Mapping[str, str], given: Given) -> list[tuple[str, str]]:
    """The answers that a quiet process gives at no moment of the record's history, and those whose quotes are not in
    their articles. The record is made again for it, one commit after the other, beside no server but PostgreSQL, and
    after each one every question is asked of which an answer is not accounted for yet."""
    with _opened(environment) as base:
        articles = {article.id: article for article in base.articles()}
    # The transaction by which PostgreSQL got each row.
    rows = databases.sql(Path(environment["ACCORDINGTO_KB"]), "SELECT xmin::text, id FROM articles ORDER BY number")
    commits = [[articles[row[1]] for row in each] for _, each in itertools.groupby(rows, key=lambda row: row[0])]
    left = {(question, answer) for question, answers in given.items() for answer in answers}
    false = {
        (question, answer)
        for question, answer in left
        for cited in json.loads(answer)[1]
        if articles[cited["article_id"]].text[cited["start"] : cited["end"]] != cited["quote"]
    }
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "quiet"
        with Assistant.open(folder, create=True, database_url=databases.url(folder)) as quiet:
            for commit in commits:
                quiet.base.add(commit)
                for question in {question for question, _ in left}:
                    left.discard((question, _said(quiet.ask(question).to_json())))
    return sorted(left | false)


def _opened(environment: Mapping[str, str], chroma: Server | None = None) -> KnowledgeBase:
    database = environment.get("ACCORDINGTO_DATABASE_URL")
    return KnowledgeBase.open(environment["ACCORDINGTO_KB"], database=database, chroma=chroma)
