"""A knowledge base as a whole: moved into another database, backed up into one file, restored from it.

All three are one copy, row by row in bounded memory and within one transaction. It is verified before it is committed,
so whatever breaks it off leaves the target empty, to be tried again. A backup is a catalog in one SQLite file,
whichever database it was taken from, with the digest of each of its tables.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from kb.catalog import TABLES, Catalog
from kb.dialects.sqlite import FILE, Sqlite
from kb.errors import KnowledgeBaseError, UnreadableKnowledgeBase

__all__ = ["Copied", "backed_up", "backup", "move", "restore"]

_PORTION = 200  # rows at hand at once; a row may hold a whole article
_NONE = "it is not what accordingto backup writes"
_MANIFEST = sa.Table(
    "backup",
    sa.MetaData(),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
)

Told = Callable[[int, int], None]
"""Gets how many rows are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What is in the target now, verified."""

    articles: int
    passages: int
    place: str
    """Where, as messages name it."""


@dataclass(frozen=True, slots=True)
class _Sum:
    """What one table holds, in short."""

    rows: int
    sha256: str


def move(source: Catalog, target: Catalog, told: Told = lambda done, total: None) -> Copied:
    """Copies everything from one catalog into another, which is empty. The source stays as it is. Nobody writes to it
    meanwhile, so nothing comes there that would not come along.

    Raises:
        NotAKnowledgeBase: the target holds something already, or the source nothing.
        UnreadableKnowledgeBase: one of them cannot be used. The target is empty.
    """
    source.refuse_if_empty()  # it is perhaps the target itself, for which it would wait forever
    target.refuse_unless_empty()
    with source.still(held=True) as connection:
        return _copied(_copy(source, connection, target, told), target.place)


def backup(source: Catalog, file: Path, told: Told = lambda done, total: None) -> Copied:
    """Writes everything into one file, as it is at one moment; others may write to the catalog meanwhile. The file is
    there once it is whole and verified, and not before.

    Raises:
        UnreadableKnowledgeBase: the file exists, or cannot be written, or the catalog cannot be read.
    """
    try:
        if file.exists():
            raise UnreadableKnowledgeBase(f"{file} exists already; name another file, or delete it first")
        # Beside the file, so that it can take its place at once.
        with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as scratch:
            folder = Path(scratch) / "kb"
            copy = Catalog.over(folder, Sqlite.open(folder, create=True), create=True)
            with contextlib.closing(copy), source.still() as connection:
                sums = _copy(source, connection, copy, told, manifest=True)
            _settle(folder / FILE)
            (folder / FILE).rename(file)
            _sync(file.parent)
    except OSError as error:
        raise UnreadableKnowledgeBase(
            f"{file} cannot be written: {error.strerror or error}; name another file, in a folder that can be written"
        ) from error
    return _copied(sums, str(file))


def restore(source: Catalog, target: Catalog, told: Told = lambda done, total: None) -> Copied:
    """Puts everything that `backed_up` gives into a catalog, which is empty, in a database of whichever kind.

    Raises:
        NotAKnowledgeBase: the target holds something already.
        UnreadableKnowledgeBase: one of them cannot be used. The target is empty.
    """
    target.refuse_unless_empty()
    with source.still() as connection:
        return _copied(_copy(source, connection, target, told), target.place)


# -- the copy


def _copy(
    source: Catalog, connection: sa.Connection, target: Catalog, told: Told, *, manifest: bool = False
) -> Mapping[str, _Sum]:
    """Fills an empty catalog with what the connection to another one sees, and compares the two. What its tables hold,
    which with `manifest` is written down in it too."""
    done, total = 0, 2 * sum(_count(connection, table) for table in TABLES.sorted_tables)
    read: dict[str, _Sum] = {}
    written: dict[str, _Sum] = {}

    def portions(catalog: Catalog, at: sa.Connection, table: sa.Table, sums: dict[str, _Sum]) -> Generator[_Portion]:
        nonlocal done
        summing = _Summing(table)
        with contextlib.closing(_rows(catalog, at, table)) as found:
            for rows in found:
                summing.add(rows)
                yield rows
                done += len(rows)
                told(done, total)
        sums[table.name] = summing.sum

    with target.filling(source.counters(connection)) as filled:
        for table in TABLES.sorted_tables:
            with contextlib.closing(portions(source, connection, table, read)) as found:
                for rows in found:
                    filled.execute(table.insert(), [row._asdict() for row in rows])
        for table in TABLES.sorted_tables:
            for _ in portions(target, filled, table, written):
                pass
        if read != written:
            names = ", ".join(name for name in read if read[name] != written[name])
            raise UnreadableKnowledgeBase(
                f"{target.place} gives back other {names} than it was given, so nothing was kept there; see that its "
                "disk is sound, and try again"
            )
        if manifest:
            _MANIFEST.create(filled)
            filled.execute(
                _MANIFEST.insert(), [{"name": name, "rows": s.rows, "sha256": s.sha256} for name, s in read.items()]
            )
    return read


_Portion = list[sa.Row[Any]]


def _rows(catalog: Catalog, connection: sa.Connection, table: sa.Table) -> Generator[_Portion]:
    """The rows of a table in portions, in the same order whichever database they come from."""
    order = [sa.text("rowid")] if table.name == "failures" else list(table.primary_key)
    with catalog.mapped():
        query = table.select().order_by(*order)
        with connection.execute(query, execution_options={"yield_per": _PORTION}) as found:
            for rows in found.partitions():
                # Databases sort texts in ways of their own; the one table with such a key has a handful of rows.
                yield sorted(rows, key=lambda row: str(row[0])) if table.name == "meta" else list(rows)


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


class _Summing:
    """The digest of a table, of which the rows go by."""

    def __init__(self, table: sa.Table) -> None:
        self._columns = sorted(table.columns.keys())
        self._digest = hashlib.sha256()
        self._rows = 0

    def add(self, rows: _Portion) -> None:
        for row in rows:
            for name in self._columns:
                value = row._mapping[name]
                plain = value if isinstance(value, bytes) else json.dumps(value).encode()
                self._digest.update(b"%d:%b" % (len(plain), plain))
        self._rows += len(rows)

    @property
    def sum(self) -> _Sum:
        return _Sum(self._rows, self._digest.hexdigest())


def _copied(sums: Mapping[str, _Sum], place: str) -> Copied:
    return Copied(sums["articles"].rows, sums["passages"].rows, place)


# -- the file


@contextlib.contextmanager
def backed_up(file: Path) -> Iterator[Catalog]:
    """The catalog in a backup, each of whose tables is what was backed up. The file is not written to.

    Raises:
        UnreadableKnowledgeBase: the file is no backup, or damaged, or may not be read.
    """
    if not file.is_file():
        raise UnreadableKnowledgeBase(f"there is no file {file}; name one that accordingto backup has written")
    if not os.access(file, os.R_OK):
        raise UnreadableKnowledgeBase(f"{file} may not be read; change its permissions, or name another backup")
    with contextlib.closing(Catalog(file.parent, Sqlite(file, sealed=True))) as sealed:
        try:
            with sealed.still() as connection:
                _verify(sealed, connection)
        except (KnowledgeBaseError, ValueError, TypeError) as error:
            reason = str(getattr(error.__cause__, "orig", error))
            if "no such table" in reason:
                reason = _NONE
            raise UnreadableKnowledgeBase(f"{file} cannot be restored ({reason}); name another backup") from error
        if sealed.current:
            yield sealed
            return
    # One of an earlier version is brought up to date in a copy.
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copyfile(file, folder / FILE)
        with contextlib.closing(Catalog.over(folder, Sqlite.open(folder, create=False), create=False)) as newer:
            yield newer


def _verify(sealed: Catalog, connection: sa.Connection) -> None:
    if not sa.inspect(connection).has_table(_MANIFEST.name):
        raise ValueError(_NONE)
    for name, rows, sha256 in connection.execute(_MANIFEST.select()).all():
        # With the columns that it had when it was written.
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        summing = _Summing(table)
        for portion in _rows(sealed, connection, table):
            summing.add(portion)
        if summing.sum != _Sum(rows, sha256):
            raise ValueError(f"it is damaged, for its {name} are not those that were backed up")


def _settle(file: Path) -> None:
    """Leaves one file, which needs no log beside it, safe on the disk."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    _sync(file)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
