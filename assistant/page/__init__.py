"""The web chat: the ONLY place that knows Gradio, and one of the two doors that may add articles.

    markup      what is shown, as HTML; pure
    chat        the page and its events, as Gradio Blocks
    endpoints   the same for programs: /ask, /search, /article
    server      where and how it is served

Nothing here imports Gradio before it is called: Gradio reads the environment when it is imported, and reports its use.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from assistant.privacy import switch_off_telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    import gradio as gr

    from assistant.assistant import Assistant
    from ingest import Outcome

__all__ = ["build", "launch", "running", "serve"]


def build(assistant: Assistant) -> gr.Blocks:
    """The page over one assistant, not yet served."""
    switch_off_telemetry()
    from assistant.page.server import own_upload_folder

    own_upload_folder()
    from assistant.page.chat import chat

    return chat(assistant, lambda: _load_samples(assistant))


def running(page: gr.Blocks, host: str = "127.0.0.1", port: int = 7860) -> AbstractContextManager[str]:
    """Serves the page for the length of a `with` block, which gets its address; on the next free port if `port` is
    taken.

    Raises:
        OSError: neither `port` nor one of the hundred after it is free, or `host` is none of this machine.
    """
    from assistant.page.server import running

    return running(page, host, port)


def launch(
    page: gr.Blocks, host: str, port: int, *, announce: Callable[[str], object], open_browser: bool = False
) -> None:
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


def _load_samples(assistant: Assistant) -> Iterator[Outcome]:
    from ingest import ingest
    from kb.samples import samples

    return ingest(assistant.base, [samples()])
