"""Health, readiness, the log and the counts: what is seen of a program that serves, and what must not be."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.answering import Request
from assistant.errors import ModelUnreachable, UnusableQuestion
from assistant.logs import set_up
from assistant.metrics import Metrics, UnusablePort
from assistant.page import build, running
from assistant.page.health import Health
from assistant.settings import Settings
from assistant.watch import Asked
from kb import KnowledgeBase
from kb.catalog import Catalog
from kb.embedding import HashEmbedder
from kb.errors import UnreadableKnowledgeBase
from tests.chroma_servers import free_port
from tests.conftest import article

PASSWORD = "correct horse battery"
QUESTION = "Who accused whom of shelling Fizuli?"

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("watched") / "kb"
    with KnowledgeBase.open(found, model=HashEmbedder(), create=True) as base:
        base.add([article("The ministry accused the brigade of shelling Fizuli on Monday.")])
    return found


@pytest.fixture
def assistant(folder: Path) -> Iterator[Assistant]:
    with Assistant.open(folder, embedding_model="hash", confidence=0.01) as opened:
        yield opened


@pytest.fixture
def logged() -> Iterator[Any]:
    """Sets logging up as a chat does, and gives what was logged; puts everything back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    ours = {name: logging.getLogger(name).level for name in ("assistant", "ingest", "kb")}
    stream = io.StringIO()

    def begin(**settings: Any) -> io.StringIO:
        set_up(Settings(**settings), stream)
        return stream

    yield begin
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in ours.items():
        logging.getLogger(name).setLevel(before)


# -- one word a question


def test_each_question_is_told_once_however_it_ends(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Asked] = []
    assistant.watchers.append(told.append)
    assistant.ask(QUESTION)
    assistant.ask("How tall is the tower of Pisa?")
    with pytest.raises(UnusableQuestion):
        assistant.ask(" ")
    growing = assistant.stream(Request(QUESTION))
    next(growing)
    growing.close()  # type: ignore[attr-defined]
    for error in (ModelUnreachable("no answer"), KeyError("x")):
        with monkeypatch.context() as failing:

            def fail(*_: object, raised: Exception = error, **__: object) -> None:
                raise raised

            failing.setattr(KnowledgeBase, "search", fail)
            with pytest.raises(type(error)):
                assistant.ask(QUESTION)
    assert [asked.outcome for asked in told] == ["answered", "abstained", "refused", "stopped", *["failed"] * 2]
    assert [asked.error for asked in told] == [None, None, "UnusableQuestion", None, "ModelUnreachable", "unforeseen"]
    assert set(told[0].seconds) == {"search", "select", "write", "total"}
    assert told[0].checks.verified == told[0].statements == 1
    assert told[1].reason in ("no_evidence", "weak_evidence")
    assert all("total" in asked.seconds for asked in told)
    assert told[0].seconds["total"] > 0


def test_whoever_is_told_shares_it_with_other_writers(assistant: Assistant) -> None:
    told: list[Asked] = []
    assistant.watchers.append(told.append)
    assistant.using(statements=1).ask(QUESTION)
    assert [asked.writer for asked in told] == ["quoting"]


# -- the log


def test_a_line_is_json_and_does_not_hold_the_question(assistant: Assistant, logged: Any) -> None:
    stream = logged(log_format="json")
    assistant.ask(QUESTION)
    (line,) = stream.getvalue().splitlines()
    document = json.loads(line)
    assert (document["event"], document["outcome"], document["level"]) == ("question", "answered", "info")
    assert (document["statements"], document["verified"], document["unverified"]) == (1, 1, 0)
    assert document["seconds"]["total"] > 0
    assert document["time"].endswith("+00:00")
    for word in ("Fizuli", "shelling", "accused"):
        assert word not in line


def test_text_is_for_readers_and_does_not_hold_the_question_either(assistant: Assistant, logged: Any) -> None:
    stream = logged()
    assistant.ask(QUESTION)
    (line,) = stream.getvalue().splitlines()
    assert "question answered in 0." in line
    assert "Fizuli" not in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_question_is_logged_where_a_setting_allows_it_and_forges_no_line(
    folder: Path, logged: Any, form: str
) -> None:
    stream = logged(log_format=form)
    with Assistant.open(folder, embedding_model="hash", confidence=0.01, log_questions=True) as assistant:
        assistant.ask("Who shelled Fizuli?\n2030-01-01 info forged\x1b[2J")
    (line,) = stream.getvalue().splitlines()
    assert "Who shelled Fizuli?" in line
    assert "\x1b" not in line


def test_a_trace_is_in_the_log_without_passing_for_other_lines(logged: Any) -> None:
    log = logging.getLogger("assistant.some")
    for form in ("json", "text"):
        stream = logged(log_format=form)
        stream.seek(0)
        stream.truncate()
        try:
            raise ValueError("first\nsecond")
        except ValueError:
            log.exception("it failed")
        first, *more = stream.getvalue().splitlines()
        assert "it failed" in first
        if form == "json":
            assert more == []
            assert "ValueError: first\nsecond" in json.loads(first)["trace"]
        else:
            assert all(line.startswith("    ") for line in more)


def test_libraries_are_heard_from_warnings_on(logged: Any) -> None:
    stream = logged()
    logging.getLogger("httpx").info("GET https://somewhere")
    logging.getLogger("httpx").warning("odd")
    logging.getLogger("kb.vectors").info("in use")
    assert [line.split(maxsplit=2)[2] for line in stream.getvalue().splitlines()] == ["odd", "in use"]


# -- health and readiness


def _get(url: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.loads(answer.read()), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), dict(error.headers)


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[tuple[str, str, Assistant]]:
    """Address of a page behind a login, of its counts, and its assistant."""
    port = free_port()
    settings: dict[str, Any] = {"logins": {"reader": PASSWORD}, "metrics_port": port}
    with (
        Assistant.open(folder, embedding_model="hash", confidence=0.01, own=True, **settings) as assistant,
        running(build(assistant), "127.0.0.1", free_port()) as address,
    ):
        assistant.base.sync()
        yield address.rstrip("/"), f"http://127.0.0.1:{port}/metrics", assistant


def test_who_watches_needs_no_login_and_learns_no_secret(served: tuple[str, str, Assistant]) -> None:
    address, _, _ = served
    status, document, headers = _get(f"{address}/health")
    assert (status, document) == (200, {"status": "alive"})
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    status, document, _ = _get(f"{address}/ready")
    assert (status, document["status"], document["catalog"]) == (200, "ready", "open")
    assert document["vectors"] in ("folder", "server")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{address}/config")  # everything else wants one


def test_ready_only_while_the_catalog_can_be_read(
    served: tuple[str, str, Assistant], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _, assistant = served
    monkeypatch.setattr("assistant.page.health._KEPT", -1.0)

    def fail(self: Catalog) -> int:
        raise UnreadableKnowledgeBase(f"{folder} is locked; password {PASSWORD}")

    with monkeypatch.context() as failing:
        failing.setattr(Catalog, "latest_change", fail)
        status, document, _ = _get(f"{address}/ready")
        assert (status, document["status"], document["catalog"]) == (503, "not ready", "cannot be read")
        assert PASSWORD not in json.dumps(document)
        assert str(folder) not in json.dumps(document)
        assert _get(f"{address}/health")[0] == 200  # to end the process would not help
    for warmth, ready in (("loading", 503), ("failed", 503), ("loaded", 200)):
        monkeypatch.setattr(assistant, "warmth", warmth)
        assert _get(f"{address}/ready")[0] == ready


def test_a_catalog_that_hangs_is_not_ready_and_looked_at_once(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.page.health._LONGEST", 0.05)
    monkeypatch.setattr("assistant.page.health._KEPT", 60.0)
    looks, free, sent = [], threading.Event(), []

    def hang(self: Health) -> dict[str, Any]:
        looks.append(1)
        free.wait(10)
        return {"status": "ready"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def nothing(*_: Any) -> Any:
        raise AssertionError("it is not for the page")

    async def ask_three_times() -> None:
        health = Health(nothing, assistant)
        scope = {"type": "http", "method": "GET", "path": "/ready"}
        await asyncio.gather(*(health(scope, nothing, send) for _ in range(3)))
        free.set()

    monkeypatch.setattr(Health, "_examined", hang)
    asyncio.run(ask_three_times())
    assert [message["status"] for message in sent if "status" in message] == [503] * 3
    assert {message["body"] for message in sent if "body" in message} == {
        b'{"status": "not ready", "catalog": "does not answer"}'
    }
    assert looks == [1]


def test_a_model_that_is_being_loaded_is_waited_for(folder: Path) -> None:
    with Assistant.open(folder, embedding_model="hash") as assistant:
        assert assistant.warmth == "not asked for"
        assistant.warm_up()
        threads = [thread for thread in threading.enumerate() if thread.name == "warming up"]
        for thread in threads:
            thread.join()
        assert [assistant.warmth] == ["loaded"]


# -- counts


def _counts(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url) as answer:
        lines = answer.read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_what_is_asked_is_counted(served: tuple[str, str, Assistant]) -> None:
    address, counts, assistant = served
    before = _counts(counts)
    assistant.ask(QUESTION)
    assistant.ask("How tall is the tower of Pisa?")
    after = _counts(counts)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert grown('accordingto_questions_total{outcome="answered"}') == 1
    assert grown('accordingto_questions_total{outcome="abstained"}') == 1
    assert grown('accordingto_questions_total{outcome="failed"}') == 0
    assert grown('accordingto_sentences_total{verdict="verified"}') == 1
    assert grown('accordingto_stage_seconds_count{stage="search"}') == 2
    assert grown('accordingto_stage_seconds_bucket{le="+Inf",stage="total"}') == 2
    assert after["accordingto_articles"] == 1
    assert after["accordingto_catalog_readable"] == 1
    assert sum(after[f'accordingto_vector_search{{way="{way}"}}'] for way in ("exact", "folder", "server")) == 1
    assert "process_resident_memory_bytes" in after
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{address}/metrics")  # not where readers come by


def test_counts_go_on_beside_a_catalog_that_cannot_be_read(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics(assistant.base, at_work=lambda: 3, turned_away=lambda: 2)

    def fail(self: Catalog) -> int:
        raise UnreadableKnowledgeBase("locked")

    monkeypatch.setattr(Catalog, "count", fail)
    metrics.count(Asked("failed", QUESTION, {"total": 0.2}, error="UnreadableKnowledgeBase"))
    with metrics.served("127.0.0.1", port := free_port()):
        found = _counts(f"http://127.0.0.1:{port}/metrics")
    assert found["accordingto_catalog_readable"] == 0
    assert found["accordingto_questions_at_work"] == 3
    assert found["accordingto_questions_turned_away_total"] == 2
    assert found['accordingto_errors_total{kind="UnreadableKnowledgeBase"}'] == 1
    assert "accordingto_articles" not in found


def test_a_port_that_is_taken_is_said(assistant: Assistant) -> None:
    metrics = Metrics(assistant.base, at_work=lambda: 0, turned_away=lambda: 0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UnusablePort, match="ACCORDINGTO_METRICS_PORT"), metrics.served("127.0.0.1", port):
            pass
