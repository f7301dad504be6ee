"""Chroma servers for the tests, and a gate before one that wants a token, is slow, or answers nonsense."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from kb import KnowledgeBase
from kb.vectors import ChromaProjection, Server, ServerProjection

__all__ = ["URL", "ChromaServer", "Gate", "free_port", "gate", "indexed", "use"]

URL = os.environ.get("ACCORDINGTO_TEST_CHROMA_URL")
_START = "from chromadb.cli.cli import app; app()"
_PATIENCE = 60.0  # seconds that a server may take to start, on a machine that has much else to do
_open = KnowledgeBase.open


def use() -> None:
    """Has every knowledge base that is opened have its vectors on the server that the environment names, if it does.
    Nothing that is tested knows of it."""
    if URL:
        server = Server(URL)

        def opened(*args: object, **given: object) -> KnowledgeBase:
            return _open(*args, **{"chroma": server, **given})  # type: ignore[arg-type]

        KnowledgeBase.open = opened  # type: ignore[method-assign]


def indexed(projection: ChromaProjection | ServerProjection) -> int:
    """How many passages Chroma holds."""
    if isinstance(projection, ChromaProjection):
        return projection._open_collection().count()
    connection = projection._connection
    assert connection is not None
    return connection.writing.count()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ChromaServer:
    """`chroma run` on a port of this machine, with a folder of its own."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> int | None:
        """Its number; None while it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts it; returns when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", _START, "run", "--path", str(self.folder), "--host", "127.0.0.1"]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False"}
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            env=environment,
            cwd=self.folder,
            start_new_session=True,  # so that it can be killed with whatever it starts
            **quiet,  # type: ignore[call-overload]
        )
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            assert self._process.poll() is None, "the Chroma server ended"
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/api/v2/heartbeat").status_code == 200:
                    return
        raise AssertionError("the Chroma server did not answer")

    def kill(self) -> None:
        """Ends it as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """It neither answers nor refuses, for the length of a `with` block."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def running(self) -> Iterator[ChromaServer]:
        try:
            self.start()
            yield self
        finally:
            self.kill()


class Gate:
    """What stands before a server: a reverse proxy that looks at a header, or worse."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.wanted: tuple[str, str] | None = None
        """A header and its value, without which nobody gets through."""
        self.instead: Callable[[str], tuple[int, bytes] | None] = lambda path: None
        """Answers a path in place of the server, with a status and a body; None lets it through."""
        self.asked: list[str] = []
        self.scheme = "http"
        self.port = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@contextlib.contextmanager
def gate(target: str, certificate: Path | None = None) -> Iterator[Gate]:
    """A gate before the server at `target`; with a certificate (and its key, in one file) it speaks TLS."""
    found = Gate(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.asked.append(self.path)
            status, content = self._answer(body)
            with contextlib.suppress(OSError):  # who asked may have given up
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def _answer(self, body: bytes) -> tuple[int, bytes]:
            if found.wanted and self.headers.get(found.wanted[0]) != found.wanted[1]:
                # Some repeat what they were sent.
                return 401, b"<html>Unauthorized: " + str(self.headers).encode() + b"</html>"
            instead = found.instead(self.path)
            if instead is not None:
                return instead
            headers = {"Content-Type": "application/json"}
            answer = httpx.request(self.command, found.target + self.path, content=body, headers=headers, timeout=60)
            return answer.status_code, answer.content

        do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815 - as the class it is made from wants

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        found.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
