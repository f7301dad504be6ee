"""A batch with a chat model whose server is slow, limits, fails, cuts off and talks rubbish: nothing is lost."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.batch import Row, Within, answer_all
from assistant.models import Gate
from ingest import ingest
from kb import KnowledgeBase
from kb.embedding import HashEmbedder
from kb.samples import samples

pytest.importorskip("langchain_openai", reason="the extra openai is not installed")
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_LIMIT = 3
_NAMES = ("Ganja", "Shusha", "Lachin", "Barda", "Karabakh", "Armenia", "Azerbaijan", "Russia")
_ASKED = (
    "What is said of",
    "What happened in",
    "What was reported from",
    "What do articles tell of",
    "What about",
    "News of",
)
_ROWS = [
    Row(f"{asked} {name}", f"{asked} {name}?", {"desk": f"{name}, {place}"})
    for place, asked in enumerate(_ASKED)
    for name in _NAMES
]


@dataclass
class _Server:
    """What became of the requests."""

    url: str = ""
    kinds: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most: int = 0
    pauses: list[float] = field(default_factory=list)
    """Until when the server has asked to be left alone."""
    too_early: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def _serving(kinds: Sequence[str], seed: int = 1) -> Iterator[_Server]:
    """A server that treats each request as chance has it, from among these kinds."""
    server = _Server()
    chance = random.Random(seed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with server.lock:
                server.at_once += 1
                server.most = max(server.most, server.at_once)
                kind = chance.choice(kinds)
                server.kinds[kind] += 1
                server.too_early += any(time.monotonic() < until for until in server.pauses)
            try:
                self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(0.03)  # so that requests meet; how long does not matter
                self._reply(kind)
            finally:
                with server.lock:
                    server.at_once -= 1

        def _reply(self, kind: str) -> None:
            if kind == "limited":
                with server.lock:
                    server.pauses.append(time.monotonic() + 0.15)
                self._send(429, b'{"error": {"message": "slow down"}}', "application/json", {"Retry-After": "0.2"})
            elif kind == "failing":
                self._send(500, b'{"error": {"message": "oops"}}', "application/json")
            elif kind == "cut":
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Content-Length", "100000")
                self.end_headers()
                self.wfile.write(_event("According to the ministry").encode())
                self.wfile.flush()
                self.close_connection = True
            elif kind == "rubbish":
                self._send(200, b"data: {not json\n\n", "text/event-stream")
            else:
                said = {
                    "good": "Azerbaijan said that six of its citizens had died on mines. [1]\n",
                    "babble": "🙂 [99]\n",
                }
                body = f"{_event(said[kind])}{_event('', 'stop')}{_usage()}data: [DONE]\n\n"
                self._send(200, body.encode(), "text/event-stream")

        def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the base class's
            return

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server.url = f"http://127.0.0.1:{listening.server_address[1]}/v1"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def _event(text: str, why: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": why}
    return f"data: {json.dumps(_CHUNK | {'choices': [choice]})}\n\n"


def _usage() -> str:
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return f"data: {json.dumps(_CHUNK | {'choices': [], 'usage': usage})}\n\n"


_CHUNK = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as base:
        list(ingest(base, [samples()]))
    return tmp_path / "kb"


def _assistant(folder: Path, server: _Server) -> Assistant:
    return Assistant.open(
        folder, embedding_model="hash", model="openai:scripted", base_url=server.url, model_requests=_LIMIT,
        reply_timeout=20, confidence=0.0,
    )  # fmt: skip


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n")[:-1]]


def test_whatever_the_server_does_every_row_is_accounted_for(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.models._PAUSE", 0.01)
    out = tmp_path / "a.jsonl"
    with _serving(("good", "good", "limited", "failing", "cut", "rubbish", "babble")) as server:
        with _assistant(folder, server) as assistant:
            outcomes = Counter(done.outcome for done in answer_all(assistant, _ROWS, out, workers=8))
        first = _lines(out)
    assert [(line["id"], line["question"], line["desk"]) for line in first] == [
        (row.id, row.question, row.extra["desk"]) for row in _ROWS
    ]
    assert sum(outcomes.values()) == len(_ROWS)
    assert all(("error" in line) != ("status" in line) for line in first)
    assert server.most <= _LIMIT
    assert set(server.kinds) == {"good", "limited", "failing", "cut", "rubbish", "babble"}
    # Whom the server asked to wait has waited, and all others with them, but those who were on their way already.
    assert server.too_early <= server.kinds["limited"] * (_LIMIT - 1)


def test_the_tokens_that_a_model_reads_and_writes_are_counted(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    with _serving(("good",)) as server, _assistant(folder, server) as assistant:
        done = list(answer_all(assistant, _ROWS[:6], out, workers=4))
    assert {d.outcome for d in done} <= {"answered", "abstained"}
    assert [sum(d.tokens[place] for d in done) for place in (0, 1)] == [600, 60]
    assert _lines(out)[0]["tokens"] == {"input": 100, "output": 10}


def test_all_rows_fail_and_are_tried_again_when_the_server_is_well(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.models._PAUSE", 0.001)
    out, rows = tmp_path / "a.jsonl", _ROWS[:5]
    kinds = ["failing"]
    with _serving(kinds) as server, _assistant(folder, server) as assistant:
        assert [done.outcome for done in answer_all(assistant, rows, out)] == ["failed"] * 5
        assert server.kinds["failing"] == 5 * (assistant.settings.reply_retries + 1)
        assert all("cannot answer now (500)" in line["error"] for line in _lines(out))
        kinds[0] = "good"
        assert all(done.outcome != "failed" for done in answer_all(assistant, rows, out))
        assert all(done.outcome == "kept" for done in answer_all(assistant, rows, out))


def test_a_server_that_only_limits_is_waited_for(folder: Path, tmp_path: Path) -> None:
    kinds = ("good", "limited", "limited")
    with _serving(kinds) as server, _assistant(folder, server) as assistant:
        done = list(answer_all(assistant, _ROWS[:12], tmp_path / "a.jsonl", workers=6))
    assert all(d.outcome != "failed" for d in done)
    assert server.kinds["good"] == 12
    assert server.most <= _LIMIT


def test_a_row_may_name_its_model_where_that_is_permitted(folder: Path, tmp_path: Path) -> None:
    rows = [Row("a", _ROWS[0].question, {}, Within(model="openai:scripted")), Row("b", _ROWS[1].question, {})]
    with (
        _serving(("good",)) as server,
        Assistant.open(folder, embedding_model="hash", base_url=server.url, confidence=0.0) as assistant,
    ):
        refused, _ = sorted(answer_all(assistant, rows, tmp_path / "a.jsonl"), key=lambda done: done.row.id)
        assert "--row-models" in (refused.error or "")
        assert not server.kinds
        again = list(answer_all(assistant, rows, tmp_path / "a.jsonl", row_models=True))
    assert sorted(done.outcome == "kept" for done in again) == [False, True]
    assert server.kinds == {"good": 1}
    assert _lines(tmp_path / "a.jsonl")[0]["filters"] == {"model": "openai:scripted"}


def test_the_gate_holds_everybody_while_a_server_has_asked_to_wait() -> None:
    gate, passed = Gate(2), []
    gate.hold(0.2)
    begun = time.monotonic()

    def go() -> None:
        with gate.passing():
            passed.append(time.monotonic() - begun)

    threads = [threading.Thread(target=go) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 5
    assert min(passed) >= 0.19
