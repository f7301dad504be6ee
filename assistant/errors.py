"""What can go wrong in the assistant, by who must act.

AssistantError
├── UnusableQuestion     the user: empty, or longer than a question can be
└── UnusableModel        the system: the chat model is missing, unreachable or refuses
"""

from __future__ import annotations

__all__ = ["AssistantError", "UnusableModel", "UnusableQuestion"]


class AssistantError(Exception):
    """Something the assistant cannot go on with. The message is one line and names the mend."""


class UnusableQuestion(AssistantError):
    """The question is empty or too long."""


class UnusableModel(AssistantError):
    """The chat model cannot be used."""
