"""/health and /ready: whether the process lives, and whether it can answer. For whoever watches over it: before the
login, cheap however often they are asked, and without a word about where anything is."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING, Any

from assistant.assistant import Assistant
from kb import KnowledgeBaseError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Health"]

_KEPT = 1.0  # seconds for which one look is good for all who ask
_LONGEST = 5.0  # seconds after which a catalog that does not answer is not ready

_log = logging.getLogger(__name__)


class Health:
    """Answers the two paths in front of an application; everything else goes through."""

    def __init__(self, app: ASGIApp, assistant: Assistant) -> None:
        self._app = app
        self._assistant = assistant
        self._looking = asyncio.Lock()
        self._seen: tuple[float, dict[str, Any]] | None = None
        self._last: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path") if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        if path == "/health":
            await _answer(scope, send, 200, {"status": "alive"})
        elif path == "/ready":
            found = await self._look()
            await _answer(scope, send, 200 if found["status"] == "ready" else 503, found)
        else:
            await self._app(scope, receive, send)

    async def _look(self) -> dict[str, Any]:
        async with self._looking:
            if self._seen is None or time.monotonic() - self._seen[0] > _KEPT:
                try:
                    found = await asyncio.wait_for(asyncio.to_thread(self._examined), _LONGEST)
                except TimeoutError:
                    found = {"status": "not ready", "catalog": "does not answer"}
                self._tell(found)
                self._seen = time.monotonic(), found
            return self._seen[1]

    def _examined(self) -> dict[str, Any]:
        base = self._assistant.base
        model = self._assistant.warmth
        try:
            base.version  # noqa: B018 -- the cheapest question to the catalog
            found = {"catalog": "open", "vectors": base.vector_search, "model": model}
        except KnowledgeBaseError as error:
            _log.warning("%s", error)
            found = {"catalog": "cannot be read", "model": model}
        ready = found["catalog"] == "open" and model in ("loaded", "not asked for")
        return {"status": "ready" if ready else "not ready", **found}

    def _tell(self, found: dict[str, Any]) -> None:
        if self._last != found["status"]:
            self._last = found["status"]
            _log.info("%s", self._last, extra={"fields": {"event": "readiness", **found}})


async def _answer(scope: Scope, send: Send, status: int, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
