"""Where and how the page is served: on this machine, to nobody else, with nothing fetched from anywhere."""

from __future__ import annotations

import atexit
import io
import json
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout, suppress
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.middleware import Middleware

from assistant.page.access import Access
from assistant.page.inside import Page
from assistant.page.words import say

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["own_upload_folder", "running", "wait"]

_PORTS = 101  # how many are tried: the one asked for and a hundred after it

# The page calls nobody but its own server. Gradio evaluates templates and sets styles; its inline scripts carry a
# number that is made anew for each page. So what an injected element would bring (a script, an attribute such as
# onerror, a javascript: link) does not run even if something was not escaped.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval'{nonce}",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self' blob:",
        "media-src 'none'",
        "frame-src 'none'",
        "object-src 'none'",
        "form-action 'none'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class _Guarded:
    """Adds the headers that keep the page to itself. As headers they hold from the first byte; what `launch(head=…)`
    adds is put in by a script, after others have run."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, self._guarded(send) if scope["type"] == "http" else send)

    def _guarded(self, send: Send) -> Send:
        page: list[bytes] = []
        start: Message = {}

        async def guarded(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if _is_page(message):  # its scripts get their number; until then it is held back
                    start = message
                    return
                message = self._with_headers(message, [], _POLICY.format(nonce=""))
            elif start and message["type"] == "http.response.body":
                page.append(message.get("body", b""))
                if message.get("more_body"):
                    return
                nonce = secrets.token_urlsafe(16)
                body = _titled(b"".join(page)).replace(b"<script", f'<script nonce="{nonce}"'.encode())
                length = [(b"content-length", str(len(body)).encode())]
                await send(self._with_headers(start, length, _POLICY.format(nonce=f" 'nonce-{nonce}'")))
                message = {"type": "http.response.body", "body": body}
            await send(message)

        return guarded

    def _with_headers(self, message: Message, more: list[tuple[bytes, bytes]], policy: str) -> Message:
        replaced = {name for name, _ in more}
        kept = [header for header in message["headers"] if header[0].lower() not in replaced]
        said = (b"content-security-policy", policy.encode())
        return {**message, "headers": [*kept, *more, *self._headers, said]}


def _is_page(message: Message) -> bool:
    headers = {name.lower(): value for name, value in message["headers"]}
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers


def _titled(page: bytes) -> bytes:
    """The page with a title for the window's tab; Gradio's login has none."""
    if re.search(rb"<title>[^<]*\S", page):
        return page
    return page.replace(b"<head>", f"<head><title>{escape(say('page.title'))}</title>".encode(), 1)


def own_upload_folder() -> None:
    """Gives Gradio a folder of its own for its files, deleted at exit; by default all apps share one, which stays."""
    if "GRADIO_TEMP_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="accordingto-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["GRADIO_TEMP_DIR"] = folder


@contextmanager
def running(page: Page, host: str, port: int) -> Iterator[str]:
    """Serves the page for the length of a `with` block, which gets its address."""
    _speak_directly_to(host)
    address = _listen(page, host, port)
    try:
        yield address
    finally:
        page.close(verbose=False)


def wait() -> None:
    """Returns at Ctrl-C, or when the process is asked to end: what is open can then be closed in good order."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)


def _listen(page: Page, host: str, port: int) -> str:
    refused: OSError | None = None
    for candidate in range(port, min(port + _PORTS, 2**16)):
        try:
            # Gradio asks whether a port is free on the loopback address only, and waits five seconds if it was not.
            _bind(host, candidate)
            return _launch(page, host, candidate)
        except OSError as error:
            refused = error
    raise OSError(
        f"no port from {port} to {min(port + _PORTS, 2**16) - 1} of {host} can be listened on ({refused}); "
        "name another host or port: accordingto chat --host --port"
    )


def _bind(host: str, port: int) -> None:
    """Raises OSError unless the port can be listened on right now."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with closing(socket.socket(family, kind, protocol)) as probe:
        if os.name == "posix":  # elsewhere the option would let two programs share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _launch(page: Page, host: str, port: int) -> str:
    """The address; nothing under Gradio's reloader, which serves the page itself."""
    access = Access(page.settings)
    with redirect_stdout(io.StringIO()):  # however quiet it is told to be, Gradio says where its tools are
        address = _launched(page, host, port, access)
    _tools_in_json(page)
    return address or ""


def _launched(page: Page, host: str, port: int, access: Access) -> str | None:
    here = Path(__file__).parent
    _, address, _ = page.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        inline=False,
        share=False,
        show_error=True,
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        # The extra; its tools have no way to log in.
        mcp_server=find_spec("mcp") is not None and not access.needs_login,
        max_file_size=page.settings.upload_mb * 1_000_000,
        auth=access.admits if access.needs_login else None,
        footer_links=["api"],
        favicon_path=here / "favicon.svg",
        theme=_theme(),
        # Not as css_paths: Gradio rewrites selectors there, and breaks those in media queries and in lists.
        head=f"<style>{(here / 'style.css').read_text(encoding='utf-8')}</style>",
        app_kwargs={"middleware": [Middleware(_Guarded)]},
    )
    return str(address) if address else None


def _tools_in_json(page: gr.Blocks) -> None:
    """Gives what MCP tools answer as JSON; Gradio writes it as Python does."""
    if page.mcp_server_obj is not None:
        written = page.mcp_server_obj.postprocess_output_data

        def in_json(data: Any, root_url: str) -> Any:
            return written([json.dumps(output, ensure_ascii=False) for output in data], root_url)

        page.mcp_server_obj.postprocess_output_data = in_json  # type: ignore[method-assign]


def _theme() -> gr.themes.Base:
    """Fonts of the system only: Gradio's own themes may name ones to be fetched."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"],
    ).set(  # white on Gradio's own shade is too faint to read
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
    )


def _speak_directly_to(host: str) -> None:
    """Gradio calls its own server once at launch, and would do so through a proxy if the environment names one."""
    for name in ("NO_PROXY", "no_proxy"):
        known = os.environ.get(name, "").split(",")
        wanted = [at for at in ("127.0.0.1", "localhost", host) if at not in known]
        os.environ[name] = ",".join([*filter(None, known), *wanted])
