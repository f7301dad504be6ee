"""Where the databases differ, and nowhere else: opening, the write lock, full text, erasing, errors.

`kb.catalog` writes its statements once, in SQLAlchemy. What SQLite and PostgreSQL each do in their own way stands
behind one protocol, in a file for each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

__all__ = [
    "FULL",
    "Damage",
    "Dialect",
    "Indexed",
    "Number",
    "Search",
    "absent",
    "bound",
    "dialect",
    "in_portions",
    "rarity",
]

FULL = "the disk is full; nothing was lost, make room and run the same command again"
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts by itself in INTEGER only, which is as long

Indexed = tuple[int, str, str]
"""What the lexical index is given of one article: its number, its title, the words of its passages."""


class Damage(Exception):
    """What the database gave is not what was stored. `Dialect.mapped` makes an error with a mend of it."""


class Search(Protocol):
    """Full text over what was indexed. A word may be several (as "ex-soldier" is), which then stand side by side."""

    def make(self, connection: sa.Connection) -> None:
        """Makes an empty index."""

    def rebuild(self, connection: sa.Connection) -> None:
        """Makes the index anew from the stored articles, be it damaged or not there at all."""

    def add(self, connection: sa.Connection, rows: Sequence[Indexed]) -> None:
        """Takes articles in."""

    def forget(self, connection: sa.Connection, article: int) -> None:
        """Takes an article out, which is still stored with all its passages."""

    def holding(self, words: Sequence[str], *, every: bool = False) -> sa.Select[tuple[int]]:
        """The numbers of the articles that hold any of the words, or every one."""

    def frequencies(self, connection: sa.Connection, words: Iterable[str], most: int) -> dict[str, int]:
        """In how many articles each word occurs, in whatever form; counted to one beyond `most`."""

    def ranked(
        self, connection: sa.Connection, frequencies: Mapping[str, int], admitted: sa.Select[tuple[int]] | None, k: int
    ) -> list[tuple[int, float]]:
        """The `k` best articles (of those admitted) that hold any of the words, which come with their frequencies, by
        BM25 with the title counting double; each with its score, higher is better."""

    def problems(self, connection: sa.Connection, *, writable: bool) -> list[str]:
        """What is wrong with the index, one line each."""


class Dialect(Protocol):
    """One kind of database, opened."""

    engine: sa.Engine
    place: str
    """The database as messages name it; never with a password."""
    named: str
    """What a user names it by, an option or a setting, as messages have it."""
    url: str | None
    """What opens it in another process, password and all; None where the folder does."""
    search: Search
    random_mark: str
    """An SQL expression for sixteen random hex digits, other ones for each row."""
    remains: str | None
    """What may keep a trace of what was erased, and is not in our hands; None if nothing may."""

    @property
    def writable(self) -> bool:
        """Whether the record may be written."""

    def mapped(self) -> AbstractContextManager[None]:
        """Turns what the database and the system report into our errors, each with its mend."""

    def lock(self, connection: sa.Connection) -> None:
        """Begins a transaction that no other writer is beside. Changes so get their numbers in the order in which they
        become visible, and a reader of the change log passes none over."""

    def hold(self, connection: sa.Connection) -> None:
        """Begins a transaction whose reads all see the record as it is now, whoever writes beside it."""

    def counters(self, connection: sa.Connection, columns: Sequence[sa.Column[int]]) -> Mapping[str, int]:
        """The last number that each table has given in such a column, which may be of a row that is gone."""

    def count_on(
        self, connection: sa.Connection, columns: Sequence[sa.Column[int]], counters: Mapping[str, int]
    ) -> None:
        """Has each table number its rows from there on."""

    def projecting(self) -> AbstractContextManager[bool]:
        """Whether no other process sends to the Chroma server now, as far as the database can tell; for the length of a
        `with` block none does then. It keeps nobody from writing."""

    def lower(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """As Python's `str.lower`, in any alphabet."""

    def scrub(self, tables: Iterable[str], patience: float) -> bool:
        """Rewrites the database, so that its files hold nothing of what was deleted. False if others use it for longer
        than `patience` seconds; then something may be left."""

    def damage(self, connection: sa.Connection) -> list[str]:
        """What the database itself finds wrong with its files."""


def dialect(folder: Path, url: str | None, *, create: bool, named: str | None = None) -> Dialect:
    """The database at `url`, or else the SQLite file in `folder`, made if there is none and `create` is set. Messages
    tell how to name another one: by what it is `named` by, else the option or setting of every command.

    Raises:
        NotAKnowledgeBase: there is no SQLite file and none may be made here.
        UnreadableKnowledgeBase: it cannot be reached, is damaged, locked or not permitted.
    """
    if url is None:
        from kb.dialects.sqlite import Sqlite

        return Sqlite.open(folder, create=create, named=named or "--kb")
    from kb.dialects.postgres import Postgres

    return Postgres.open(url, named=named or "ACCORDINGTO_DATABASE_URL")


def absent(place: str, named: str) -> str:
    return (
        f"there is no knowledge base in {place}; make one with: accordingto ingest PATH, or name another with {named}"
    )


def bound(text: str) -> str:
    """A text as a database takes it. Neither a lone surrogate nor a null is ever stored, so it may match nothing, but
    not fail."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def in_portions(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def rarity(total: int, frequency: int) -> float:
    """As BM25 weighs a word: what occurs in more than half of the articles weighs next to nothing."""
    return max(math.log((total - frequency + 0.5) / (frequency + 0.5)), 1e-6)
