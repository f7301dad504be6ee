"""What all views of the page need of Gradio: events that are no endpoints, scripts, who is there, errors in words."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.assistant import Assistant
from assistant.errors import AssistantError
from assistant.page.access import Gate
from assistant.page.words import say
from kb import KnowledgeBaseError

__all__ = ["INSIDE", "Page", "in_words", "script", "told", "user_of"]

_log = logging.getLogger(__name__)

INSIDE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""An event of the page itself: no endpoint for programs, no progress bar of Gradio's."""


class Page(gr.Blocks):
    """The page with what is needed to serve it."""

    def __init__(self, assistant: Assistant, gate: Gate) -> None:
        super().__init__(title=say("page.title"), analytics_enabled=False, fill_width=True)
        self.assistant = assistant
        self.settings = assistant.settings
        self.gate = gate


def script(name: str) -> str:
    """The script of a component, after what all of them share."""
    here = Path(__file__).parent
    return "".join((here / f"{part}.js").read_text("utf-8") for part in ("shared", name))


def told(event: gr.EventData, name: str) -> str:
    """What the browser says was chosen: a claim, as good as any."""
    value = getattr(event, name, "")
    return value if isinstance(value, str) else ""


def user_of(request: Any) -> str | None:
    """Who is logged in; None where nobody has to be. An event and a function that a script calls are told in two
    ways."""
    if isinstance(request, gr.Request):
        return request.username
    app, cookies = getattr(request, "app", None), getattr(request, "cookies", {})
    for name in ("access-token", "access-token-unsecure"):
        user = getattr(app, "tokens", {}).get(cookies.get(f"{name}-{getattr(app, 'cookie_id', '')}"))
        if user:
            return str(user)
    return None


def in_words(error: Exception) -> str:
    """What went wrong, in one line for a reader. What nobody foresaw is logged with its trace, not shown."""
    if isinstance(error, KnowledgeBaseError | AssistantError):
        return " ".join(str(error).split())
    _log.error("the page failed", exc_info=error)
    return say("page.wrong", kind=type(error).__name__)
