"""Nothing heavy before it is needed, and nothing leaves the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripted_model import serving

HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "chromadb",
    "gradio",
    "langchain",
    "langchain_core",
    "sqlalchemy",
    "trafilatura",
    "numpy",
}
_TELEMETRY = {
    "LANGSMITH_TRACING": "true",
    "LANGCHAIN_TRACING_V2": "true",
    "LANGSMITH_API_KEY": "not-a-key",
    "LANGSMITH_ENDPOINT": "http://telemetry.invalid",
    "GRADIO_ANALYTICS_ENABLED": "True",
    "ANONYMIZED_TELEMETRY": "True",
}
# Prepended to a program: reports every connection and every look-up of a name, and lets none out.
_RECORDER = """
import socket, sys
def _refuse(kind, address):
    host = address[0] if isinstance(address, tuple) else address
    if not str(host or "localhost").startswith(("127.", "::1", "localhost", "/")):
        print("REACHED", kind, address, file=sys.stderr, flush=True)
        raise OSError("no network in tests")
_connect, _ex, _info = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
socket.socket.connect = lambda self, a: (_refuse("connect", a), _connect(self, a))[1]
socket.socket.connect_ex = lambda self, a: (_refuse("connect", a), _ex(self, a))[1]
socket.getaddrinfo = lambda host, *a, **k: (_refuse("lookup", host), _info(host, *a, **k))[1]
"""


def _run(code: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.mark.parametrize("module", ["assistant", "assistant.command", "assistant.privacy"])
def test_the_command_line_imports_nothing_heavy(module: str, tmp_path: Path) -> None:
    done = _run(f"import sys, {module}; print(' '.join(sys.modules))", tmp_path)
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stdout.split()) == set()


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['accordingto', '--help']\n"
        "from assistant.command import main\n"
        "try: main()\n"
        "except SystemExit: print(' '.join(sys.modules))"
    )
    done = _run(code, tmp_path)
    assert "Usage: accordingto" in done.stdout
    assert HEAVY & set(done.stdout.split()) == set()


@pytest.mark.sqlite
def test_asking_imports_neither_chroma_nor_gradio_nor_langchain(tmp_path: Path, sample_base: Path) -> None:
    code = (
        f"import sys; sys.argv = ['accordingto', 'ask', 'Who laid the mines?', '--kb', {str(sample_base)!r}]\n"
        "from assistant.command import main\n"
        "try: main()\n"
        "except SystemExit: print(' '.join(sys.modules))"
    )
    done = _run(code, tmp_path)
    assert "According to" in done.stdout, done.stderr
    assert {"chromadb", "gradio", "langchain_core", "trafilatura"} & set(done.stdout.split()) == set()


def test_ingest_and_ask_reach_nobody_whatever_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "A short brief\n\nYerevan said on Friday that the road to the north was open again.\n"
    )
    commands = (
        ["ingest", str(tmp_path / "a.txt")],
        ["ask", "Which road is open?"],
        ["batch", str(tmp_path / "q.txt"), "-o", str(tmp_path / "a.jsonl")],
    )
    (tmp_path / "q.txt").write_text("Which road is open?\n")
    for command in commands:
        code = (
            f"{_RECORDER}\nsys.argv = {['accordingto', *command, '--kb', str(tmp_path / 'kb')]!r}\n"
            "from assistant.command import main\nmain()"
        )
        done = _run(code, tmp_path, **_TELEMETRY)
        assert done.returncode == 0, done.stderr
        assert "REACHED" not in done.stderr


@pytest.mark.sqlite
def test_a_chat_model_reaches_its_server_and_nobody_else(tmp_path: Path, sample_base: Path) -> None:
    said = "Armenia said its armed forces had laid no mines there."
    code = (
        f"{_RECORDER}\nsys.argv = ['accordingto', 'ask', 'Who laid the mines?', '--kb', {str(sample_base)!r}, "
        "'--model', 'openai:any']\nfrom assistant.command import main\nmain()"
    )
    with serving(lambda _: f"{said} [1]") as model:
        done = _run(code, tmp_path, ACCORDINGTO_BASE_URL=model.url, **_TELEMETRY)
    assert done.returncode == 0, done.stderr
    assert said in " ".join(done.stdout.split())
    assert len(model.requests) == 1
    assert "REACHED" not in done.stderr


_PAGE = """
import json, socket, urllib.request
from pathlib import Path
from assistant import Assistant
from assistant.page import build, running
from ingest import ingest

with Assistant.open("kb", create=True, own=True, embedding_model="hash", confidence=0.01) as assistant:
    list(ingest(assistant.base, ["a.txt"]))
    assistant.base.sync()
    print("chain", assistant.chain.invoke("Which road is open?").status)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(build(assistant), "127.0.0.1", port) as address:
        print("page", urllib.request.urlopen(address).status)
        question = json.dumps({"question": "Which road is open?"}).encode()
        asked = urllib.request.Request(
            f"{address.rstrip('/')}/gradio_api/call/v2/ask", question, {"Content-Type": "application/json"}
        )
        event = json.load(urllib.request.urlopen(asked))["event_id"]
        answer = urllib.request.urlopen(f"{address.rstrip('/')}/gradio_api/call/ask/{event}").read().decode()
        print("ask", "answered" in answer)
"""


@pytest.mark.sqlite
def test_the_page_the_chain_and_chroma_reach_nobody_whatever_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "A short brief\n\nYerevan said on Friday that the road to the north was open again.\n"
    )
    environment = {**_TELEMETRY, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    done = _run(f"import os; os.chdir({str(tmp_path)!r})\n{_RECORDER}\n{_PAGE}", tmp_path, **environment)
    assert done.stdout.splitlines() == ["chain answered", "page 200", "ask True"], done.stderr
    assert "REACHED" not in done.stderr


def test_the_recorder_would_have_seen_a_connection(tmp_path: Path) -> None:
    done = _run(f"{_RECORDER}\nimport urllib.request\nurllib.request.urlopen('http://telemetry.invalid')", tmp_path)
    assert "REACHED lookup telemetry.invalid" in done.stderr
