"""What can go wrong in the assistant, by who must act.

AssistantError
├── UnusableQuestion        the user: empty, or longer than a question can be
├── UnusableActors          the user: the list of sides that a setting names cannot be read
└── UnusableModel           the chat model cannot be used; the message names the mend
    ├── ModelNotInstalled   the user: an extra is missing, or the model is named in no known way
    ├── ModelKeyMissing     the user: the provider wants a key, and there is none
    ├── ModelRefused        the user: the provider refuses the key, the model's name or the request
    ├── ModelUnreachable    the system: no connection, no answer in time, overloaded
    └── ModelReplyUnusable  the model: its reply is empty, cut off or withheld
"""

from __future__ import annotations

__all__ = [
    "AssistantError",
    "ModelKeyMissing",
    "ModelNotInstalled",
    "ModelRefused",
    "ModelReplyUnusable",
    "ModelUnreachable",
    "UnusableActors",
    "UnusableModel",
    "UnusableQuestion",
]


class AssistantError(Exception):
    """Something the assistant cannot go on with. The message is one line and names the mend."""


class UnusableQuestion(AssistantError):
    """The question is empty or too long."""


class UnusableActors(AssistantError):
    """The list of sides that the setting `actors` names cannot be used."""


class UnusableModel(AssistantError):
    """The chat model cannot be used."""


class ModelNotInstalled(UnusableModel):
    """What the model needs is not installed, or its name is of no known form."""


class ModelKeyMissing(UnusableModel):
    """The provider wants a key, and none is in the environment."""


class ModelRefused(UnusableModel):
    """The provider refuses: the key, the model's name, or what was asked."""


class ModelUnreachable(UnusableModel):
    """Nobody answers there, not in time, or not now. The only kind that is worth another try."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after
        """Seconds after which the server says that it can be asked again; None if it does not say."""


class ModelReplyUnusable(UnusableModel):
    """The model's reply is empty, cut off before its first statement, or withheld."""
