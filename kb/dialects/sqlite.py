"""The catalog in one SQLite file, with FTS5: no server, nothing to set up, one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from kb.dialects import FULL, Damage, Indexed, Search, absent, bound, in_portions
from kb.errors import KnowledgeBaseError, NotAKnowledgeBase, UnreadableKnowledgeBase

__all__ = ["FILE", "TOKENIZER", "FullText", "Sqlite"]

FILE = "catalog.sqlite"
TOKENIZER = "porter unicode61 remove_diacritics 2"
_BUSY_SECONDS = 30


class Sqlite:
    """One SQLite file. Use `open`."""

    random_mark = "lower(hex(randomblob(8)))"
    remains: str | None = None
    url: str | None = None

    def __init__(self, file: Path, *, sealed: bool = False, named: str = "--kb") -> None:
        """A `sealed` file is one that nobody writes, and that nothing may be written beside."""
        self.place = str(file if sealed else file.parent)
        self.named = named
        self.search: Search = FullText()
        self._file = file
        self._sealed = sealed
        self.engine = _engine(file, sealed)

    @classmethod
    def open(cls, folder: Path, *, create: bool, named: str = "--kb") -> Sqlite:
        with _mapped(folder, named):
            if not (folder / FILE).exists():
                _refuse_unless_free(folder, create, named)
                folder.mkdir(parents=True, exist_ok=True)
            return cls(folder / FILE, named=named)

    @property
    def writable(self) -> bool:
        return not self._sealed and os.access(self._file.parent, os.W_OK) and os.access(self._file, os.W_OK)

    def mapped(self) -> contextlib.AbstractContextManager[None]:
        return _mapped(self.place, self.named)

    def lock(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def hold(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM meta")  # the moment is that of the first read

    def counters(self, connection: sa.Connection, columns: Sequence[sa.Column[int]]) -> Mapping[str, int]:
        given = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}
        return {column.table.name: given.get(column.table.name, 0) for column in columns}

    def count_on(
        self, connection: sa.Connection, columns: Sequence[sa.Column[int]], counters: Mapping[str, int]
    ) -> None:
        for name, last in counters.items():
            connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))

    def projecting(self) -> contextlib.AbstractContextManager[bool]:
        return contextlib.nullcontext(True)  # all who read this file are on one machine, where another lock holds

    def lower(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        return sa.func.lower(column)  # which is Python's, see `_engine`

    def scrub(self, tables: Iterable[str], patience: float) -> bool:
        with self.mapped(), self.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(patience * 1000)}")
            try:
                # A reader that keeps the log from being cut off would make all the work be for nothing.
                if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                    return False
                # Not 'optimize': it leaves alone what is one segment, and with it words that came and went in one
                # transaction.
                connection.exec_driver_sql("INSERT INTO lexical (lexical) VALUES ('rebuild')")
                connection.exec_driver_sql("VACUUM")
                # The log holds the pages as they were.
                busy: int = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            except sa.exc.OperationalError as error:
                # On a full disk the rewriting has to wait too.
                if not any(sign in str(error) for sign in ("locked", "full")):
                    raise
                return False
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
        return not busy

    def damage(self, connection: sa.Connection) -> list[str]:
        return [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]


class FullText:
    """FTS5 over a view, so that the text is stored once. The view leaves out what no passage holds: boilerplate, and
    the headline in the text."""

    _MAKE = (
        """CREATE VIEW article_texts AS
           SELECT a.number AS id, a.title AS title,
                  (SELECT group_concat(slice, char(10)) FROM (
                      SELECT substr(a.text, p."start" + 1, p."end" - p."start") AS slice
                      FROM passages p WHERE p.article = a.number ORDER BY p.id)) AS body
           FROM articles a""",
        f"""CREATE VIRTUAL TABLE lexical USING fts5(
            title, body, content='article_texts', content_rowid='id', tokenize='{TOKENIZER}')""",
    )
    _ROWS = sa.table("lexical", sa.column("rowid", sa.Integer))
    _BM25: sa.ColumnElement[float] = sa.literal_column("bm25(lexical, 2.0, 1.0)")

    def make(self, connection: sa.Connection) -> None:
        for statement in self._MAKE:
            connection.exec_driver_sql(statement)

    def rebuild(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("DROP TABLE IF EXISTS lexical")
        for view in ("article_texts", "passage_texts"):  # the latter in catalogs of an earlier version
            connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view}")
        self.make(connection)
        connection.exec_driver_sql("INSERT INTO lexical (lexical) VALUES ('rebuild')")

    def add(self, connection: sa.Connection, rows: Sequence[Indexed]) -> None:
        connection.exec_driver_sql("INSERT INTO lexical (rowid, title, body) VALUES (?, ?, ?)", list(rows))

    def forget(self, connection: sa.Connection, article: int) -> None:
        # An index without its own copy of the text must be told what it forgets.
        connection.execute(
            sa.text(
                "INSERT INTO lexical (lexical, rowid, title, body) SELECT 'delete', id, title, coalesce(body, '') "
                "FROM article_texts WHERE id = :number"
            ),
            {"number": article},
        )

    def holding(self, words: Sequence[str], *, every: bool = False) -> sa.Select[tuple[int]]:
        return sa.select(self._ROWS.c.rowid).where(_match((" AND " if every else " OR ").join(map(_quoted, words))))

    def frequencies(self, connection: sa.Connection, words: Iterable[str], most: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in in_portions(list(dict.fromkeys(words)), 50):
            asked = {f"word{place}": _quoted(word) for place, word in enumerate(some)}
            counts = connection.execute(_counting(len(some)), {**asked, "most": most + 1}).one()
            found.update(zip(some, counts, strict=True))
        return found

    def ranked(
        self, connection: sa.Connection, frequencies: Mapping[str, int], admitted: sa.Select[tuple[int]] | None, k: int
    ) -> list[tuple[int, float]]:
        query = sa.select(self._ROWS.c.rowid, self._BM25).where(_match(" OR ".join(map(_quoted, frequencies))))
        if admitted is not None:
            # By the plus sign SQLite asks the index once, and not once for each that is admitted.
            query = query.where(sa.literal_column("+lexical.rowid").in_(admitted))
        rows = connection.execute(query.order_by(self._BM25, self._ROWS.c.rowid).limit(k)).all()
        return [(row[0], -row[1]) for row in rows]

    def problems(self, connection: sa.Connection, *, writable: bool) -> list[str]:
        numbered = "(SELECT number AS id FROM articles)"
        both = (numbered, "lexical_docsize"), ("lexical_docsize", numbered)
        differing = sum(
            connection.scalar(
                sa.text(f"SELECT count(*) FROM {left} l WHERE NOT EXISTS (SELECT 1 FROM {right} r WHERE r.id = l.id)")  # noqa: S608 - names of ours
            )
            or 0
            for left, right in both
        )
        if differing:
            return [f"the lexical index and the articles differ in {differing} rows"]
        if not writable:
            return []  # to compare the words, SQLite wants to be permitted to write
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            connection.exec_driver_sql("INSERT INTO lexical (lexical, rank) VALUES ('integrity-check', 1)")
        except sa.exc.DatabaseError as error:
            if "malformed" not in str(error):
                raise
            return ["the lexical index does not hold the words of the articles"]
        finally:
            connection.rollback()
        return []


@cache
def _counting(count: int) -> sa.TextClause:
    """How many articles hold each of so many words; written out, for making it of parts takes longer than it."""
    each = "(SELECT count(*) FROM (SELECT 1 FROM lexical WHERE lexical MATCH :word{0} LIMIT :most))"
    return sa.text(f"SELECT {', '.join(map(each.format, range(count)))}")


def _match(terms: str) -> sa.ColumnElement[bool]:
    return sa.literal_column("lexical").op("MATCH", is_comparison=True)(terms or '""')


def _quoted(word: str) -> str:
    """A word as FTS5 takes it, whatever characters it has."""
    return '"' + bound(word).replace('"', '""') + '"'


def _refuse_unless_free(folder: Path, create: bool, named: str) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotAKnowledgeBase(f"{folder} is a file, not a knowledge base; name a folder with {named}")
    # Another process may just be making the catalog.
    if folder.exists() and any(not file.name.startswith(FILE) for file in folder.iterdir()):
        raise NotAKnowledgeBase(
            f"{folder} holds other files and no knowledge base; name an empty or a new folder with {named}"
        )
    if not create:
        raise NotAKnowledgeBase(absent(str(folder), named))


def _engine(file: Path, sealed: bool) -> sa.Engine:
    name = file.resolve().as_uri()
    if sealed:
        uri = f"{name}?mode=ro&immutable=1"
    elif os.access(file.parent, os.W_OK) and (not file.exists() or os.access(file, os.W_OK)):
        uri = f"{name}?mode=rwc"
    else:
        # Where nothing can be written there is no writer whose log would have to be read.
        uri = f"{name}?mode=ro" if file.with_name(file.name + "-wal").exists() else f"{name}?immutable=1"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        if "rwc" in uri:
            _keep_log(connection)
            # FULL: what was reported as stored survives a power cut too.
            for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                connection.execute(f"PRAGMA {pragma}")
        # SQLite's own knows ASCII only.
        connection.create_function("lower", 1, _lower, deterministic=True)
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool, pool_size=8, max_overflow=32)


def _keep_log(connection: sqlite3.Connection) -> None:
    """Has the database keep a write-ahead log. For this, unlike for all else, SQLite does not wait for another process
    that is at the same file, as when two make one knowledge base at once."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                connection.close()
                raise
            time.sleep(0.05)


@contextlib.contextmanager
def _mapped(place: Path | str, named: str) -> Iterator[None]:
    try:
        yield
    except KnowledgeBaseError:
        raise
    except (Damage, sa.exc.DatabaseError, sqlite3.DatabaseError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UnreadableKnowledgeBase(f"{place}: {_mend(error, named)}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UnreadableKnowledgeBase(f"{place}: {FULL}") from error
        raise UnreadableKnowledgeBase(
            f"{place} cannot be used: {error.strerror or error}; change its permissions, or name another with {named}"
        ) from error


def _mend(error: Exception, named: str) -> str:
    reason = str(getattr(error, "orig", error)).splitlines()[0]
    mends = {
        "locked": "another program is writing to it; try again when it is done",
        "readonly": f"it is read-only; change its permissions, or name another folder with {named}",
        "unable to open": f"it cannot be opened; check its permissions, or name another folder with {named}",
        "full": FULL,
        "disk I/O error": "the disk cannot be written to; see that it is sound and has room, and run the same command "
        "again; what was reported is stored",
    }
    fitting = (mend for sign, mend in mends.items() if sign in reason)
    return next(fitting, f"the catalog is damaged ({reason}); restore it from a backup, or ingest into a new folder")


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()
