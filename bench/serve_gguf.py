"""A small chat model from a GGUF file, served as OpenAI's chat completions are, on this machine only.

    python bench/serve_gguf.py MODEL.gguf [--port 8123]

For measuring with a real model where there is neither a network nor a GPU: transformers reads the file (it needs the
packages gguf and accelerate), greedily decoded, so that the same question gets the same reply. Not for serving anybody.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_LOCK = threading.Lock()


class Model:
    """The model and its tokenizer, used by one request at a time."""

    def __init__(self, file: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.name = file.stem
        self.tokenizer: Any = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name)
        self.model: Any = AutoModelForCausalLM.from_pretrained(str(file.parent), gguf_file=file.name)
        self.model.train(False)

    def reply(self, messages: list[dict[str, Any]], limit: int) -> Iterator[str]:
        """The reply, piece by piece; the last piece is the reason why it ends."""
        from transformers import TextIteratorStreamer

        with _LOCK:
            encoded = self.tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
            streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
            options = {**encoded, "max_new_tokens": limit, "do_sample": False, "streamer": streamer}
            made: list[Any] = []
            thread = threading.Thread(target=lambda: made.append(self.model.generate(**options)))
            thread.start()
            yield from streamer
            thread.join()
            new = made[0].shape[1] - encoded["input_ids"].shape[1]
            yield "length" if new >= limit else "stop"


def handler(model: Model) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            limit = int(body.get("max_completion_tokens") or body.get("max_tokens") or 256)
            pieces = list(model.reply(body["messages"], limit))
            text, why = "".join(pieces[:-1]), pieces[-1]
            common = {"id": "1", "created": int(time.time()), "model": model.name}
            if body.get("stream"):
                self._send("text/event-stream", _events(common, pieces[:-1], why))
            else:
                choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": why}
                document = {**common, "object": "chat.completion", "choices": [choice]}
                self._send("application/json", json.dumps(document).encode())

        def _send(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the base class's
            return

    return Handler


def _events(common: dict[str, Any], pieces: list[str], why: str) -> bytes:
    events: list[tuple[dict[str, str], str | None]] = [
        ({"role": "assistant", "content": piece}, None) for piece in pieces
    ]
    events.append(({}, why))
    lines = []
    for delta, reason in events:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        lines.append(f"data: {json.dumps({**common, 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n")
    return ("".join(lines) + "data: [DONE]\n\n").encode()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("file", type=Path)
    options.add_argument("--port", type=int, default=8123)
    chosen = options.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), handler(Model(chosen.file)))
    print(f"http://127.0.0.1:{chosen.port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
