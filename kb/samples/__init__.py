"""The sample articles that ship with the project: `samples()` is the folder to ingest."""

from __future__ import annotations

from pathlib import Path

__all__ = ["samples"]


def samples() -> Path:
    """The folder of sample articles, inside the installed package."""
    return Path(__file__).with_name("articles")
