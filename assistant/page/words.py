"""The words of the interface, in one file: whoever translates `english.toml` has translated the page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["counted", "say", "spoken"]


@cache
def _texts() -> dict[str, str]:
    tables = tomllib.loads(Path(__file__).with_name("english.toml").read_text("utf-8"))
    return {f"{table}.{name}": text for table, entries in tables.items() for name, text in entries.items()}


def say(name: str, /, **values: object) -> str:
    """The text of this name ("chat.ask"), with its places filled in."""
    text = _texts()[name]
    return text.format_map(values) if values else text


def counted(name: str, number: int) -> str:
    """A number with its noun: "1 article", "2,317 articles". The text holds singular and plural, parted by a bar."""
    one, many = say(name).split("|")
    return f"{number:,} {one if number == 1 else many}"


def spoken(table: str) -> Mapping[str, str]:
    """All texts of one table, for a script that says them itself."""
    start = f"{table}."
    return {name.removeprefix(start): text for name, text in _texts().items() if name.startswith(start)}
