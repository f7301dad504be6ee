"""The prompts, each a named file beside this one, with the variables that it takes."""

from __future__ import annotations

import hashlib
import string
from importlib import resources
from typing import Final

__all__ = ["PROMPTS", "digest", "prompt"]

PROMPTS: Final = {
    "answer_system": frozenset({"statements", "nothing"}),
    "answer_passage": frozenset({"number", "outlet", "published", "title", "text"}),
    "answer_question": frozenset({"passages", "question"}),
}
"""Every prompt, with its variables; a test compares them with the files."""


def prompt(name: str, **variables: object) -> str:
    """The prompt with its variables filled in. What is filled in is not read for variables again.

    Raises:
        ValueError: other variables are given than the prompt takes.
    """
    if set(variables) != PROMPTS[name]:
        raise ValueError(f"the prompt {name} takes {sorted(PROMPTS[name])}, not {sorted(variables)}")
    return string.Template(_text(name)).substitute({key: str(value) for key, value in variables.items()}).strip()


def digest() -> str:
    """Identifies the wording of all prompts, which shapes what a chat model writes."""
    return hashlib.sha256("\0".join(_text(name) for name in sorted(PROMPTS)).encode()).hexdigest()[:16]


def _text(name: str) -> str:
    return resources.files("assistant.prompts").joinpath(f"{name}.md").read_text("utf-8")
