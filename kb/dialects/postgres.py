"""The catalog in PostgreSQL: many processes on many machines write and read one record.

Full text is a tsvector with a GIN index. The words in it are cut and stemmed by SQLite's tokenizer, and ranked by the
formula of FTS5, so that a knowledge base gives the same answers wherever it is kept. PostgreSQL finds the candidates.
"""

from __future__ import annotations

import contextlib
import errno
import json
import re
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from kb.dialects import FULL, Damage, Indexed, Search, bound, rarity
from kb.dialects.sqlite import TOKENIZER
from kb.errors import DatabaseAway, KnowledgeBaseError, UnreadableKnowledgeBase

__all__ = ["Postgres"]

_BUSY_SECONDS = 120  # what a writer waits for the others
_AWAY_SECONDS = 20.0  # what a process that has been connected waits for a server that restarts
_SEQUENCE = "pg_get_serial_sequence(%s, %s)"
_LOCK = 0x61636374  # "acct": our locks among those of other programs in one database

Tokens = Mapping[str, Sequence[tuple[int, int]]]
"""The words of one article: for each its places, as column (0 title, 1 body) and number of the word in it."""


class Postgres:
    """One schema of a PostgreSQL database: the first of the search path. Use `open`."""

    random_mark = "substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)"
    remains: str | None = (
        "the tables are rewritten without it; the server's write-ahead log, its replicas and your backups keep it "
        "until they are recycled"
    )

    def __init__(self, url: sa.URL, named: str) -> None:
        self.named = named
        self.place = url.set(password=None, query={}).render_as_string().replace("+psycopg", "")
        self.url: str | None = url.render_as_string(hide_password=False)
        self.search: Search = _FullText()
        self._connected = False
        self.engine = sa.create_engine(
            url, pool_size=8, max_overflow=32, pool_pre_ping=True, connect_args={"connect_timeout": 10}
        )
        sa.event.listen(self.engine, "do_connect", self._connect)

    @classmethod
    def open(cls, url: str, *, named: str = "ACCORDINGTO_DATABASE_URL") -> Postgres:
        opened = cls(_parsed(url, named), named)
        try:
            with opened.mapped(), opened.engine.connect():
                pass
        except BaseException:
            opened.engine.dispose()
            raise
        return opened

    def _connect(self, dialect: Any, record: Any, args: Any, parameters: Any) -> Any:
        until = None
        while True:
            try:
                connection = dialect.connect(*args, **parameters)
            except dialect.loaded_dbapi.OperationalError:
                until = until or time.monotonic() + _AWAY_SECONDS
                if not self._connected or time.monotonic() >= until:
                    raise
                time.sleep(0.2)
            else:
                self._connected = True
                return connection

    @property
    def writable(self) -> bool:
        # Asked each time: a server may have become a replica, or the other way round.
        with self.mapped(), self.engine.connect() as connection:
            return not connection.exec_driver_sql(
                "SELECT current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery() "
                "OR NOT has_schema_privilege(current_schema(), 'USAGE') "
                "OR coalesce(NOT has_table_privilege(to_regclass('changes'), 'INSERT'), false)"
            ).scalar_one()

    @contextlib.contextmanager
    def mapped(self) -> Iterator[None]:
        try:
            yield
        except KnowledgeBaseError:
            raise
        except sa.exc.DBAPIError as error:
            raise self._mend(error) from error
        except (Damage, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise UnreadableKnowledgeBase(f"{self.place}: {_damaged(error)}") from error
        except OSError as error:
            reason = FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or error
            raise UnreadableKnowledgeBase(f"{self.place}: {reason}") from error

    def _mend(self, error: sa.exc.DBAPIError) -> UnreadableKnowledgeBase:
        state = getattr(error.orig, "sqlstate", None) or ""
        reason = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
        # Without a state nobody was reached; 57P is a server that is stopping or starting, 08 a broken connection.
        if error.connection_invalidated or not state or state.startswith(("08", "57P")):
            if self._connected:
                return DatabaseAway(
                    f"the database {self.place} does not answer any more ({reason}); start it and try again. What was "
                    "reported as stored is stored",
                    midway=error.connection_invalidated,
                )
            return DatabaseAway(
                f"cannot connect to the database {self.place} ({reason}); see that it is running, or "
                f"correct {self.named}"
            )
        mends = {
            "3F": f"there is no such schema; create it, or correct search_path in {self.named}",
            "55P03": "another program is writing to it; try again when it is done",
            "25006": "it is read-only; name the server that may be written",
            "42501": f"this user may not do that ({reason}); grant it",
            "53100": FULL,
        }
        fitting = (mend for start, mend in mends.items() if state.startswith(start))
        return UnreadableKnowledgeBase(f"{self.place}: {next(fitting, None) or _damaged(reason)}")

    def lock(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_BUSY_SECONDS}s'")
        # Of this schema alone, and gone with the transaction, however it ends.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK}, hashtext(current_schema()))")

    def hold(self, connection: sa.Connection) -> None:
        connection.execution_options(isolation_level="REPEATABLE READ")
        connection.exec_driver_sql("SELECT count(*) FROM meta")  # the moment is that of the first read

    def counters(self, connection: sa.Connection, columns: Sequence[sa.Column[int]]) -> Mapping[str, int]:
        found = {}
        for column in columns:
            sequence = connection.exec_driver_sql(f"SELECT {_SEQUENCE}", (column.table.name, column.name)).scalar_one()
            last, called = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()  # noqa: S608 - a name from the server
            found[column.table.name] = last if called else 0
        return found

    def count_on(
        self, connection: sa.Connection, columns: Sequence[sa.Column[int]], counters: Mapping[str, int]
    ) -> None:
        for column in columns:
            last = counters[column.table.name]
            if last:
                connection.exec_driver_sql(f"SELECT setval({_SEQUENCE}, %s)", (column.table.name, column.name, last))

    @contextlib.contextmanager
    def projecting(self) -> Iterator[bool]:
        key = f"{_LOCK + 1}, hashtext(current_schema())"
        with self.mapped(), self.engine.connect() as connection:
            # Of the session, so that no transaction stays open meanwhile; gone with the connection at the latest.
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            held = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({key})").scalar_one())
            try:
                yield held
            finally:
                if held:
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({key})")

    def lower(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        # By Unicode, whatever locale the database was made with.
        return sa.func.lower(sa.collate(column, "und-x-icu"))

    def scrub(self, tables: Iterable[str], patience: float) -> bool:
        with self.mapped(), self.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(f"SET lock_timeout = '{max(int(patience * 1000), 1)}ms'")
            try:
                for table in (*tables, "lexical"):
                    connection.exec_driver_sql(f'VACUUM FULL "{table}"')
            except sa.exc.OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != "55P03":
                    raise
                return False
            finally:
                connection.exec_driver_sql("RESET lock_timeout")
        return True

    def damage(self, connection: sa.Connection) -> list[str]:
        return []  # the server checks its own pages, if they carry checksums, whenever it reads one


class _FullText:
    """A table of tsvectors beside the articles. What BM25 needs beside them, how many articles and words there are in
    all, is kept up to date in one row."""

    _MAKE = (
        """CREATE VIEW article_texts AS
           SELECT a.number AS id, a.title AS title,
                  coalesce((SELECT string_agg(substr(a.text, p."start" + 1, p."end" - p."start"), chr(10) ORDER BY p.id)
                            FROM passages p WHERE p.article = a.number), '') AS body
           FROM articles a""",
        "CREATE TABLE lexical (rowid BIGINT PRIMARY KEY, words INTEGER NOT NULL, terms TSVECTOR NOT NULL)",
        "CREATE INDEX lexical_terms ON lexical USING gin (terms)",
        "CREATE TABLE lexical_totals (articles BIGINT NOT NULL, words BIGINT NOT NULL)",
        "INSERT INTO lexical_totals VALUES (0, 0)",
        # The order of adding, which SQLite keeps by itself.
        "ALTER TABLE failures ADD COLUMN IF NOT EXISTS rowid BIGINT GENERATED ALWAYS AS IDENTITY",
        # No samples of what was written, which would outlive it; and words are too many for samples to help.
        "ALTER TABLE lexical ALTER COLUMN terms SET STATISTICS 0",
        *(
            f"ALTER TABLE articles ALTER COLUMN {column} SET STATISTICS 0"
            for column in ("title", "text", "author", "source", "url", "boilerplate", "provenance")
        ),
    )
    _CANDIDATES = 500  # that are ranked by the exact formula, of those that the server's own ranking puts first

    def __init__(self) -> None:
        self._tokenizer = _Tokenizer()

    def make(self, connection: sa.Connection) -> None:
        for statement in self._MAKE:
            connection.exec_driver_sql(statement)

    def rebuild(self, connection: sa.Connection) -> None:
        for statement in ("TABLE IF EXISTS lexical", "TABLE IF EXISTS lexical_totals", "VIEW IF EXISTS article_texts"):
            connection.exec_driver_sql(f"DROP {statement}")
        self.make(connection)
        last = 0
        texts = sa.text("SELECT id, title, body FROM article_texts WHERE id > :last ORDER BY id LIMIT 1000")
        while rows := connection.execute(texts, {"last": last}).all():
            self.add(connection, [(row.id, row.title, row.body) for row in rows])
            last = rows[-1].id

    def add(self, connection: sa.Connection, rows: Sequence[Indexed]) -> None:
        if not rows:
            return
        found = self._tokenizer.of(rows)
        values = [{"rowid": key, "words": _count(tokens), "terms": _vector(tokens)} for key, tokens in found.items()]
        insert = "INSERT INTO lexical (rowid, words, terms) VALUES (:rowid, :words, CAST(:terms AS tsvector))"
        connection.execute(sa.text(insert), values)
        totals = {"articles": len(values), "words": sum(map(_count, found.values()))}
        connection.execute(
            sa.text("UPDATE lexical_totals SET articles = articles + :articles, words = words + :words"), totals
        )

    def forget(self, connection: sa.Connection, article: int) -> None:
        connection.execute(
            sa.text(
                "WITH gone AS (DELETE FROM lexical WHERE rowid = :article RETURNING words) "
                " UPDATE lexical_totals SET articles = articles - (SELECT count(*) FROM gone), "
                "words = words - (SELECT coalesce(sum(words), 0) FROM gone)"
            ),
            {"article": article},
        )

    def holding(self, words: Sequence[str], *, every: bool = False) -> sa.Select[tuple[int]]:
        phrases = [terms for word in words if (terms := self._tokenizer.phrase(word))]
        if not phrases or (every and len(phrases) < len(words)):
            return sa.select(_LEXICAL.c.rowid).where(sa.false())
        return sa.select(_LEXICAL.c.rowid).where(_matches((" & " if every else " | ").join(map(_query, phrases))))

    def frequencies(self, connection: sa.Connection, words: Iterable[str], most: int) -> dict[str, int]:
        found = {}
        for word in words:
            some = self.holding([word]).limit(most + 1).subquery()
            found[word] = connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0
        return found

    def ranked(
        self, connection: sa.Connection, frequencies: Mapping[str, int], admitted: sa.Select[tuple[int]] | None, k: int
    ) -> list[tuple[int, float]]:
        total = connection.exec_driver_sql("SELECT articles, words FROM lexical_totals").one()
        phrases = [(self._tokenizer.phrase(w), rarity(total.articles, n)) for w, n in frequencies.items() if n]
        if not phrases:
            return []
        average = total.words / max(total.articles, 1)
        places: dict[int, dict[str, set[int]]] = defaultdict(dict)
        lengths = {}
        for row in self._candidates(connection, phrases, admitted, max(k, self._CANDIDATES)):
            places[row.rowid][row.lexeme] = set(row.positions)
            lengths[row.rowid] = row.words
        scores = [
            (key, sum(rare * _saturated(_weight(terms, held), lengths[key] / average) for terms, rare in phrases))
            for key, held in places.items()
        ]
        return sorted(scores, key=lambda item: (-item[1], item[0]))[:k]

    def _candidates(
        self,
        connection: sa.Connection,
        phrases: Sequence[tuple[Sequence[str], float]],
        admitted: sa.Select[tuple[int]] | None,
        count: int,
    ) -> Sequence[Any]:
        """The places of the questioned words in the articles that come first by the server's own ranking, each word
        weighed by its rarity."""
        rank: sa.ColumnElement[Any] = sa.literal(0.0)
        for terms, rare in phrases:
            query = sa.cast(sa.literal(_query(terms)), _TsQuery())
            rank = rank + sa.literal(rare) * sa.func.ts_rank(
                sa.literal_column("'{0.5,0.5,0.5,1}'::float4[]"), _LEXICAL.c.terms, query
            )
        whole = " | ".join(_query(terms) for terms, _ in phrases)
        matching = sa.select(_LEXICAL).where(_matches(whole))
        if admitted is not None:
            matching = matching.where(_LEXICAL.c.rowid.in_(admitted))
        best = matching.order_by(rank.desc(), _LEXICAL.c.rowid).limit(count).subquery()
        unnested = sa.func.unnest(best.c.terms).table_valued("lexeme", "positions", "weights").render_derived()
        lexemes = list({term[:_LONGEST] for terms, _ in phrases for term in terms})
        return connection.execute(
            sa.select(best.c.rowid, best.c.words, unnested.c.lexeme, unnested.c.positions)
            .select_from(best.join(unnested, sa.true()))
            .where(unnested.c.lexeme.in_(lexemes))
        ).all()

    def problems(self, connection: sa.Connection, *, writable: bool) -> list[str]:
        count = (
            "SELECT (SELECT count(*) FROM articles WHERE NOT EXISTS (SELECT 1 FROM lexical WHERE rowid = number)) "
            "+ (SELECT count(*) FROM lexical WHERE NOT EXISTS (SELECT 1 FROM articles WHERE number = rowid))"
        )
        if not connection.exec_driver_sql("SELECT to_regclass('lexical') IS NOT NULL").scalar_one():
            return ["there is no lexical index"]
        differing = connection.exec_driver_sql(count).scalar_one()
        if differing:
            return [f"the lexical index and the articles differ in {differing} rows"]
        totals = connection.exec_driver_sql(
            "SELECT (SELECT (articles, words) FROM lexical_totals) = "
            "(SELECT (count(*), coalesce(sum(words), 0)::bigint) FROM lexical)"
        ).scalar_one()
        last, wrong = 0, not totals
        texts = sa.text("SELECT id, title, body FROM article_texts WHERE id > :last ORDER BY id LIMIT 1000")
        fits = sa.text("SELECT terms = CAST(:terms AS tsvector) FROM lexical WHERE rowid = :rowid")
        while not wrong and (rows := connection.execute(texts, {"last": last}).all()):
            last = rows[-1].id
            for key, tokens in self._tokenizer.of([(row.id, row.title, row.body) for row in rows]).items():
                wrong = wrong or not connection.scalar(fits, {"terms": _vector(tokens), "rowid": key})
        return ["the lexical index does not hold the words of the articles"] if wrong else []


_LEXICAL = sa.table("lexical", sa.column("rowid", sa.BigInteger), sa.column("words"), sa.column("terms"))


def _matches(query: str) -> sa.ColumnElement[bool]:
    return _LEXICAL.c.terms.op("@@", is_comparison=True)(sa.cast(sa.literal(query), _TsQuery()))


class _TsQuery(sa.types.UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        return "tsquery"


class _Tokenizer:
    """Cuts and stems words by SQLite's own tokenizer, so that both databases know the same ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute(
            f"CREATE VIRTUAL TABLE texts USING fts5(title, body, content='', tokenize='{TOKENIZER}')"
        )
        self._connection.execute("CREATE VIRTUAL TABLE words USING fts5vocab(texts, instance)")

    def of(self, rows: Sequence[Indexed]) -> Mapping[int, Tokens]:
        """The words of each row."""
        found: dict[int, dict[str, list[tuple[int, int]]]] = {key: {} for key, _, _ in rows}
        with self._lock:
            self._connection.executemany("INSERT INTO texts (rowid, title, body) VALUES (?, ?, ?)", rows)
            try:
                for term, key, column, place in self._connection.execute("SELECT term, doc, col, offset FROM words"):
                    found[key].setdefault(term, []).append((int(column == "body"), place))
            finally:
                self._connection.execute("INSERT INTO texts (texts) VALUES ('delete-all')")
        return found

    def phrase(self, word: str) -> list[str]:
        """The words that make up one of a question, in order."""
        tokens = self.of([(1, "", bound(word))])[1]
        return [term for _, term in sorted((at, term) for term, places in tokens.items() for _, at in places)]


_LONGEST = 500  # characters of a term; a tsvector takes 2 KB
_LAST = 16_383  # places that a tsvector tells apart


def _count(tokens: Tokens) -> int:
    return sum(map(len, tokens.values()))


def _term(text: str) -> str:
    """A term as tsvector and tsquery are written."""
    return "'" + text[:_LONGEST].replace("\\", "\\\\").replace("'", "''") + "'"


def _vector(tokens: Tokens) -> str:
    """The words as a tsvector. Its places tell title and body apart by being even and odd, so that no phrase runs from
    one into the other and weights need not be unpacked."""
    return " ".join(
        f"{_term(term)}:{','.join(_place(column, at) for column, at in places)}" for term, places in tokens.items()
    )


def _place(column: int, at: int) -> str:
    return f"{min(2 * at + 1 + column, _LAST)}{'D' if column else 'A'}"


def _query(terms: Sequence[str]) -> str:
    """The terms side by side."""
    return f"({' <2> '.join(map(_term, terms))})"


def _weight(terms: Sequence[str], held: Mapping[str, set[int]]) -> float:
    """How often a phrase occurs, the title counting double."""
    starts = held.get(terms[0][:_LONGEST], set())
    for step, term in enumerate(terms[1:], 1):
        starts = starts & {place - 2 * step for place in held.get(term[:_LONGEST], set())}
    return float(sum(2 if place % 2 else 1 for place in starts))


def _saturated(weight: float, length: float) -> float:
    return weight * 2.2 / (weight + 1.2 * (0.25 + 0.75 * length))


def _damaged(reason: object) -> str:
    return f"the catalog is damaged ({reason}); restore it from a backup, or ingest into a new schema"


def _parsed(url: str, named: str) -> sa.URL:
    try:
        parsed = sa.make_url(re.sub("^postgres:", "postgresql:", url))
        ours = parsed.get_backend_name() == "postgresql"
    except (sa.exc.ArgumentError, ValueError):
        ours = False
    # Never with the value: it may hold a password.
    if not ours:
        raise UnreadableKnowledgeBase(
            f"{named} names no PostgreSQL database; write postgresql://user:password@host/database"
        )
    if "@" in (parsed.host or ""):
        raise UnreadableKnowledgeBase(f"{named} has more than one @; write %40 for one that is in the password")
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise UnreadableKnowledgeBase(
            "PostgreSQL needs the extra of that name; run: pip install 'accordingto[postgres]'"
        ) from error
    return parsed.set(drivername="postgresql+psycopg")
