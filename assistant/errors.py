"""What can go wrong in the assistant, by who must act.

AssistantError
├── UnusableQuestion     the user: empty, or longer than a question can be
├── UnusableActors       the user: the list of sides that a setting names cannot be read
└── UnusableModel        the system: the chat model is missing, unreachable or refuses
"""

from __future__ import annotations

__all__ = ["AssistantError", "UnusableActors", "UnusableModel", "UnusableQuestion"]


class AssistantError(Exception):
    """Something the assistant cannot go on with. The message is one line and names the mend."""


class UnusableQuestion(AssistantError):
    """The question is empty or too long."""


class UnusableActors(AssistantError):
    """The list of sides that the setting `actors` names cannot be used."""


class UnusableModel(AssistantError):
    """The chat model cannot be used."""
