"""A chat model that replies what a test tells it to, behind the same protocol as real servers, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Reply", "Scripted", "serving"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request gets: pieces of text and the reason why they end, or an HTTP status with a message."""

    pieces: tuple[str, ...] = ()
    why: str = "stop"
    status: int = 200
    message: str = ""


@dataclass
class Scripted:
    """The model: where it is reached, and what it was asked."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def prompt(self) -> str:
        """Everything that the last request sent."""
        return "\n".join(str(message["content"]) for message in self.requests[-1]["messages"])


@contextmanager
def serving(reply: Callable[[str], Reply | str]) -> Iterator[Scripted]:
    """A server on a free port that replies to each prompt with what `reply` makes of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model.requests.append(body)
            model.headers.append({name.lower(): value for name, value in self.headers.items()})
            made = reply(model.prompt)
            made = Reply((made,)) if isinstance(made, str) else made
            self.send_response(made.status)
            content = _stream(made) if made.status == 200 else json.dumps({"error": {"message": made.message}})
            self.send_header("Content-Type", "text/event-stream" if made.status == 200 else "application/json")
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the base class's
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    model = Scripted(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _stream(reply: Reply) -> str:
    deltas: list[tuple[dict[str, str], str | None]] = [({"content": piece}, None) for piece in reply.pieces]
    deltas.append(({}, reply.why))
    common = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
    events = [
        json.dumps({**common, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": why}]})
        for delta, why in deltas
    ]
    return "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])
