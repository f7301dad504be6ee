"""The page under use: ten people at once, a thousand questions, the first minute, and an ingest beside it.

.venv/bin/python bench/page.py [--people 10] [--questions 20] [--thousand 1000] [--articles FILE.jsonl] [--skip NAME …]

Figures are ratios inside one run where they depend on the machine. The server is the real command in a process of its
own, with the real model and the quoting writer, over the sample articles.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search import asked_of

from assistant import Assistant
from kb.passages import sentences
from kb.samples import samples

QUESTIONS = (
    "Who is accused of laying the mines?",
    "Who struck the cathedral in Shusha?",
    "How many people did the fuel depot explosion kill?",
    "Who blocked the Lachin road?",
    "How many people were killed in Barda?",
    "Who denied firing on Ganja?",
    "What did the International Court of Justice order?",
    "How many Russian peacekeepers are to be sent?",
    "How many people left Karabakh?",
    "What did Armenia call the closing of the Lachin road?",
)
_THOUGHT = 5.0  # seconds


def main() -> None:
    told = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "kb"
        _accordingto("ingest", str(samples()), base=base)
        if "browser" not in told.skip:
            _browser(base)
        with _served(base) as (address, process):
            if "people" not in told.skip:
                _people(base, address, told.people, told.questions)
            if "memory" not in told.skip:
                _memory(address, process, told.thousand)
        if told.articles and "ingest" not in told.skip:
            _ingest(base, told.articles)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--thousand", type=int, default=1000)
    parser.add_argument("--articles", type=Path, help="articles to add while the page is used")
    parser.add_argument("--skip", nargs="*", default=[], choices=["browser", "people", "memory", "ingest"])
    return parser.parse_args()


def _people(base: Path, address: str, people: int, questions: int) -> None:
    """One person, then many, without thought and with it: each with questions of their own, and all with the same ten,
    which are answered already. Every answer must be the one that this question has."""
    client = _client(address)
    for question in QUESTIONS:
        client.predict(question, api_name="/ask")
    own = _own_questions(base, (1 + 2 * people) * questions)
    same = [
        QUESTIONS[(place + number) % len(QUESTIONS)] for place in range(1 + 2 * people) for number in range(questions)
    ]
    for name, asked in (("questions of their own", own), ("the same ten questions", same)):
        turns = [asked[at : at + questions] for at in range(0, len(asked), questions)]
        _say(f"{name}:")
        given = _asking(address, turns[:1], 0)
        single = statistics.median(seconds for _, _, seconds in given)
        _say(f"  one person: p50 {single:.3f} s, p95 {_p95([seconds for _, _, seconds in given]):.3f} s")
        for way, some, thought in (
            ("closed loop", turns[1 : people + 1], 0.0),
            ("5 s of thought", turns[people + 1 :], _THOUGHT),
        ):
            begun = time.perf_counter()
            answers = _asking(address, some, thought)
            rate = len(answers) / (time.perf_counter() - begun)
            seconds = [one for _, _, one in answers]
            slow = _p95(seconds)
            _say(
                f"  {people} people, {way}: {len(answers)} answers, {rate:.1f} a second, "
                f"p50 {statistics.median(seconds):.3f} s, p95 {slow:.3f} s = {slow / single:.1f} x the p50 of one"
            )
            given += answers
        _check(base, given)


def _asking(address: str, turns: Sequence[Sequence[str]], thought: float) -> list[tuple[str, dict[str, Any], float]]:
    """Each turn's questions asked by a person of their own, all at once: question, answer and seconds of each."""

    def asks(place: int) -> list[tuple[str, dict[str, Any], float]]:
        client, given = _client(address), []
        time.sleep(thought * place / len(turns))  # they come at different times if they think, as people do
        for question in turns[place]:
            begun = time.perf_counter()
            answer = client.predict(question, api_name="/ask")
            given.append((question, answer, time.perf_counter() - begun))
            time.sleep(thought)  # of the person, before the next question
        return given

    with ThreadPoolExecutor(len(turns)) as pool:
        return [one for given in pool.map(asks, range(len(turns))) for one in given]


def _check(base: Path, given: Sequence[tuple[str, dict[str, Any], float]]) -> None:
    with Assistant.open(base) as assistant:
        expected = {
            question: _said(json.loads(json.dumps(assistant.ask(question).to_json()))) for question, *_ in given
        }
    for question, answer, _ in given:
        if answer["question"] != question or _said(answer) != expected[question]:
            raise SystemExit(f"mixed up: {question!r} got the answer to {answer['question']!r}")
    _say(f"  none of {len(given)} answers is mixed up")


def _own_questions(base: Path, count: int) -> list[str]:
    """So many different ones, made by rule from sentences of the articles."""
    with Assistant.open(base) as assistant:
        texts = [text for a in assistant.base.articles() for text in (span.of(a.text) for span in sentences(a.text))]
    chance, found = random.Random(6), dict[str, None]()
    while len(found) < count:
        question = asked_of(chance.choice(texts), chance)
        if len(question.split()) >= 3:
            found[question] = None
    return list(found)


def _memory(address: str, process: int, questions: int) -> None:
    """Resident memory of the server over many questions."""
    client = _client(address)
    sizes = []
    for number in range(questions + 1):
        if number % max(questions // 10, 1) == 0:
            sizes.append(_resident(process))
        client.predict(QUESTIONS[number % len(QUESTIONS)], api_name="/ask")
    shown = ", ".join(f"{size:.0f}" for size in sizes)
    _say(f"memory over {questions} questions: {shown} MB; from the second reading on {sizes[-1] - sizes[1]:+.0f} MB")


def _browser(base: Path) -> None:
    """The first load and the first answer: of a server that has just begun, and of one that is warm."""
    with _browsing() as browser:
        begun = time.perf_counter()
        with _served(base) as (address, _):
            _say(f"server: listens after {time.perf_counter() - begun:.1f} s")
            for name in ("cold", "warm"):
                context = browser.new_context(viewport={"width": 1400, "height": 900})
                page = context.new_page()
                begun = time.perf_counter()
                page.goto(address)
                page.locator(".greeting").wait_for(timeout=120_000)
                loaded = time.perf_counter()
                box = page.get_by_label("Your question")
                box.fill(QUESTIONS[0])
                box.press("Enter")
                page.locator(".statement").first.wait_for(timeout=120_000)
                first = time.perf_counter()
                page.locator(".tools").wait_for(timeout=120_000)
                _say(
                    f"browser, {name}: loaded in {loaded - begun:.2f} s, first statement {first - loaded:.2f} s after "
                    f"the question, whole after {time.perf_counter() - loaded:.2f} s"
                )
                context.close()


def _ingest(base: Path, articles: Path) -> None:
    """Adds many articles through the page, and asks in another window meanwhile."""
    number = sum(1 for line in articles.open(encoding="utf-8") if line.strip())
    with _browsing() as browser, _served(base, ACCORDINGTO_UPLOAD_MB="500") as (address, process):
        asking = browser.new_context().new_page()
        asking.goto(address)
        asking.locator(".greeting").wait_for(timeout=120_000)
        before = [_asked(asking, QUESTIONS[n % len(QUESTIONS)]) for n in range(10)]
        adding = browser.new_context().new_page()
        adding.goto(address)
        adding.locator(".greeting").wait_for(timeout=120_000)
        adding.get_by_role("tab", name="Articles").click()
        adding.locator("#files input[type=file]").set_input_files(articles)
        adding.locator("#progress .state").wait_for(timeout=120_000)
        begun = time.perf_counter()
        during: list[float] = []
        switching: list[float] = []
        while adding.locator("#progress progress").count():
            during.append(_asked(asking, QUESTIONS[len(during) % len(QUESTIONS)]))
            opened = time.perf_counter()
            asking.locator("#conversation [data-mark]").last.click()
            asking.locator("#quote:focus").wait_for(timeout=120_000)
            switching.append(time.perf_counter() - opened)
        total = time.perf_counter() - begun
        _say(
            f"ingest of {number} articles beside it: {total:.0f} s "
            f"({adding.locator('#progress .state').inner_text()}); "
            f"questions before p50 {statistics.median(before):.2f} s, meanwhile ({len(during)}) p50 "
            f"{statistics.median(during):.2f} s, p95 {_p95(during):.2f} s; a citation opens in p50 "
            f"{statistics.median(switching):.2f} s, p95 {_p95(switching):.2f} s; server {_resident(process):.0f} MB"
        )


def _asked(page: Any, question: str) -> float:
    page.get_by_role("button", name="New conversation").click()
    page.locator(".greeting").wait_for(timeout=120_000)
    begun = time.perf_counter()
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    page.locator(".exchange .tools").wait_for(timeout=120_000)
    return time.perf_counter() - begun


@contextmanager
def _browsing() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def _served(base: Path, **more: str) -> Iterator[tuple[str, int]]:
    """The chat in a process of its own: its address and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [_program(), "chat", "--kb", str(base), "--port", port, "--no-samples"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **more})
    try:
        assert server.stdout is not None
        line = next(line for line in server.stdout if " is at " in line)
        yield line.split(" is at ")[1].split()[0], server.pid
    finally:
        server.terminate()
        server.wait(60)


def _client(address: str) -> Any:
    from gradio_client import Client  # type: ignore[import-untyped]  # ships no types

    return Client(address, verbose=False, ssl_verify=False)


def _said(answer: dict[str, Any]) -> str:
    return json.dumps([answer["statements"], answer["citations"]])


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[max(int(len(seconds) * 0.95) - 1, 0)]


def _resident(process: int) -> float:
    """Megabytes; Linux only, like the rest of what is measured here."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _program() -> str:
    return str(Path(sys.executable).with_name("accordingto"))


def _accordingto(*arguments: str, base: Path) -> None:
    subprocess.run(
        [_program(), *arguments], check=True, capture_output=True, env={**os.environ, "ACCORDINGTO_KB": str(base)}
    )


_say: Callable[[str], None] = lambda text: print(text, flush=True)  # noqa: E731


if __name__ == "__main__":
    main()
