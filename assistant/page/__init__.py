"""The web chat: the ONLY place that knows Gradio, and one of the two doors that may add articles.

    chat         the page as Gradio Blocks, and what happens in the chat
    catalogue    the view of the articles: search, add, retry, remove
    preferences  the view of the settings
    endpoints    the same for programs: /ask, /search, /article
    markup       what the chat shows, as HTML; library the same for the other views; pictures as charts; pure
    kept         a conversation as it is kept, in the browser or on the server
    adding       articles on their way in, in the background
    examples     questions to begin with, made from the articles
    access       who may do what, and how much at once
    exporting    an answer as a file
    words        the texts of the interface, from english.toml
    inside       what all views need of Gradio
    health       whether it lives and can answer, for whoever watches over it
    server       where and how it is served

Nothing here imports Gradio before it is called: Gradio reads the environment when it is imported, and reports its use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from assistant.privacy import switch_off_telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assistant.assistant import Assistant
    from assistant.page.inside import Page
    from ingest import Outcome

__all__ = ["build", "launch", "running", "serve"]


def build(assistant: Assistant) -> Page:
    """The page over one assistant, not yet served."""
    switch_off_telemetry()
    from assistant.page.server import own_upload_folder

    own_upload_folder()
    from assistant.page.chat import chat

    return chat(assistant, _Door(assistant))


def running(page: Page, host: str = "127.0.0.1", port: int = 7860) -> AbstractContextManager[str]:
    """Serves the page for the length of a `with` block, which gets its address; on the next free port if `port` is
    taken.

    Raises:
        OSError: neither `port` nor one of the hundred after it is free, or `host` is none of this machine.
    """
    from assistant.page.server import running

    return running(page, host, port)


def launch(page: Page, host: str, port: int, *, announce: Callable[[str], object], open_browser: bool = False) -> None:
    """Serves the page until Ctrl-C. `announce` is called with its address once it listens. Raises as `running` does."""
    from assistant.page.server import wait

    with running(page, host, port) as address:
        if not address:  # `gradio app.py` runs the script anew after a change, and serves what it builds itself
            return
        announce(address)
        if open_browser:
            import webbrowser

            webbrowser.open(address)
        wait()


def serve(
    assistant: Assistant, host: str, port: int, *, announce: Callable[[str], object], open_browser: bool = False
) -> None:
    """Builds the page over an assistant and serves it until Ctrl-C. As `launch`."""
    launch(build(assistant), host, port, announce=announce, open_browser=open_browser)


class _Door:
    """How the page adds articles: this module alone of it may use `ingest`."""

    def __init__(self, assistant: Assistant) -> None:
        self._base = assistant.base
        self._private = assistant.settings.allow_private_addresses

    def add(self, paths: Sequence[str | Path]) -> Iterator[Outcome]:
        from ingest import ingest

        return ingest(self._base, paths, allow_private_addresses=self._private)

    def retry(self) -> Iterator[Outcome]:
        from ingest import retry

        return retry(self._base, allow_private_addresses=self._private)

    def samples(self) -> Iterator[Outcome]:
        from ingest import ingest
        from kb.samples import samples

        return ingest(self._base, [samples()])
