"""From a question to a checked, cited answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.answer import Answer, Citation, Statement
    from assistant.answering import Request
    from assistant.assistant import Assistant
    from assistant.conversation import Conversation
    from assistant.settings import Settings

__all__ = ["Answer", "Assistant", "Citation", "Conversation", "Request", "Settings", "Statement"]

_HOMES = {
    "Answer": "answer",
    "Assistant": "assistant",
    "Citation": "answer",
    "Conversation": "conversation",
    "Request": "answering",
    "Settings": "settings",
    "Statement": "answer",
}


def __getattr__(name: str) -> Any:
    """Imports what is asked for, when it is: the command line must not load LangChain to print its help."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"assistant.{_HOMES[name]}"), name)
