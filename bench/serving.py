"""Questions under load: one app and two, on one catalog and one Chroma server, and what happens when that is killed.

    python bench/serving.py [--seconds 20] [--readers 1 4] [--apps 1 2] [--kb FOLDER]
                            [--kills 0] [--restarts 0] [--ingests 0]

Readers ask the page's /ask in a closed loop: the next question when the last one is answered. Every answer must be
the one that the question has when it is asked alone. The catalog is a copy of the one in FOLDER, else of the sample
articles; with ACCORDINGTO_TEST_DATABASE_URL (tests/with_postgres.sh) it is in PostgreSQL. With --kills the Chroma
server is killed so often while readers ask, and started again, with --restarts PostgreSQL. With --ingests so many
processes add articles meanwhile, and each article that they acknowledge must be there afterwards; since what they add
may change an answer, each must then be the one that a quiet process gives after one of the commits.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from chaos import AWAY, CONTROL, broken, caught_up, ingesting, lost, postgres, wrong
from page import QUESTIONS, _client, _p95, _program, _resident, _said, _say, _served

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kb.samples import samples
from tests import databases
from tests.chroma_servers import ChromaServer


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
    if (told.restarts or told.ingests) and not CONTROL:
        parser.error("--restarts and --ingests need a PostgreSQL server of their own: run it by tests/with_postgres.sh")
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
    if len(set(answers[0].values())) < len(QUESTIONS) / 2:
        raise SystemExit("most questions have no answer, so nothing can be measured; see whether there are articles")
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
    given, errors, mixed = defaultdict[str, Counter[str]](Counter), Counter[str](), Counter[str]()

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
            given[question][_said(answer)] += 1
            mixed[question] += answer["question"] != question
        return seconds

    with (
        broken(server.kill, server.start, told.kills, told.seconds, told.seconds / (told.kills + 1) / 6),
        broken(lambda: postgres("stop"), lambda: postgres("start"), told.restarts, told.seconds, AWAY),
        ingesting(folder, environment, told.ingests, until, errors) as stored,
        ThreadPoolExecutor(readers) as pool,
    ):
        seconds = [one for each in pool.map(ask, range(readers)) for one in each]
    memory = ", ".join(f"{_resident(process):.0f}" for _, process in served)
    _say(
        f"{len(served)} app(s), {readers} reader(s), {told.seconds:.0f} s: {len(seconds)} answers, "
        f"{len(seconds) / told.seconds:.2f}/s, p50 {statistics.median(seconds):.3f} s, p95 {_p95(seconds):.3f} s, "
        f"longest {max(seconds):.2f} s; {mixed.total()} mixed up, {errors.total()} errors; apps {memory} MB"
        + (f"; Chroma killed {told.kills} times" if told.kills else "")
        + (f"; PostgreSQL restarted {told.restarts} times" if told.restarts else "")
    )
    for text, number in errors.most_common(5):
        _say(f"  {number} x {text}")
    other = sum(number for question in given for said, number in given[question].items() if said != expected[question])
    if not told.ingests:
        _say(f"  {other} wrong")
        return
    _say(f"  every app is through the Chroma server again after {caught_up([each for each, _ in served]):.1f} s")
    _say(f"  {lost(environment, stored)}")
    false = wrong(environment, given)
    _say(
        f"  {other} answers were changed by what had been added; {sum(given[q][said] for q, said in false)} wrong: "
        "no quiet process gives them after any commit, or their quotes are not in the articles"
    )
    for question, said in false:
        _say(f"    {given[question][said]} x {question} {said}")


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
