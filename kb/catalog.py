"""The record: articles, passages, vectors and the lexical index, in one SQL database. Everything else is derived.

One transaction stores an article with its passages, vectors and lexical rows, and appends to the change log; when it
commits, the article is stored. What is derived from the catalog (the Chroma index, the mapped vector file) reads the
change log from its own watermark, so that it can be behind, or lost, without anything being lost.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar

import numpy as np
import sqlalchemy as sa

from kb import migrations
from kb.article import Article, Boilerplate, Passage, Span, article_id, day_range, days_between
from kb.dialects import Damage, Dialect, Number, absent, bound, dialect, in_portions, rarity
from kb.embedding import Vectors
from kb.errors import DatabaseAway, NotAKnowledgeBase, OtherModel, UnreadableKnowledgeBase
from kb.origins import Copy, Story, Tie, groups, tie

__all__ = [
    "TABLES",
    "Catalog",
    "Change",
    "Failure",
    "Filters",
    "Listed",
    "Listing",
    "Making",
    "Order",
    "Stored",
    "twice",
]

SCHEMA = "1"
_P = ParamSpec("_P")
_T = TypeVar("_T")
_MARKED = 50  # articles that one mark leads to: a story is tied to the first that carry it, and through them to all
_COMPARED = 10  # articles with which a new one is compared, those that share the most marks
_REMEMBERED = 100  # stories that one transaction keeps at hand, tens of kilobytes each
_FREQUENCIES = 10_000  # words whose frequencies are kept at hand
_VARIABLES = 500  # bound values in one statement; every SQLite takes 999

TABLES = sa.MetaData()
_meta = sa.Table("meta", TABLES, sa.Column("key", sa.String, primary_key=True), sa.Column("value", sa.String))
_articles = sa.Table(
    "articles",
    TABLES,
    sa.Column("number", Number, primary_key=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("source", sa.String, nullable=False, unique=True),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("outlet", sa.String, index=True),
    sa.Column("origin", sa.String),
    sa.Column("author", sa.String),
    sa.Column("published", sa.String),
    sa.Column("published_first", sa.BigInteger),
    sa.Column("published_last", sa.BigInteger),
    sa.Column("url", sa.String),
    sa.Column("language", sa.String),
    sa.Column("boilerplate", sa.JSON, nullable=False),
    sa.Column("provenance", sa.JSON, nullable=False),
    sa.Column("added", sa.String, nullable=False),
    # Filters read these and nothing else: what comes after the text in a row is as far away as the text is long.
    sa.Index("articles_published", "published_first", "published_last"),
    sa.Index("articles_origin", "origin", "outlet"),
    sa.Index("articles_language", "language"),
    sqlite_autoincrement=True,  # a number is never given twice, so the change log stays unambiguous
)
_passages = sa.Table(
    "passages",
    TABLES,
    sa.Column("id", Number, primary_key=True),
    sa.Column("article", sa.ForeignKey("articles.number"), nullable=False, index=True),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("sentences", sa.JSON, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
_changes = sa.Table(
    "changes",
    TABLES,
    sa.Column("seq", Number, primary_key=True),
    sa.Column("article", Number, nullable=False),
    sa.Column("added", sa.Boolean, nullable=False),
    # Tells this change from one that got the same number in another history, as after a backup was restored.
    sa.Column("mark", sa.String, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
# Vectors of another model, on their way; they take the place of the passages' own when there is one for each.
_reembedded = sa.Table(
    "reembedded",
    TABLES,
    sa.Column("passage", Number, primary_key=True, autoincrement=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)
_failures = sa.Table(
    "failures",
    TABLES,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("given", sa.JSON, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)
_erasures = sa.Table("erasures", TABLES, sa.Column("change", Number, primary_key=True, autoincrement=False))

# Which articles are one origin. Derived from the texts: the marks that an article leaves, what ties two articles (the
# earlier one first), and the first article of each one's origin.
_marks = sa.Table(
    "marks",
    TABLES,
    sa.Column("mark", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("article", Number, primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)
_ties = sa.Table(
    "ties",
    TABLES,
    sa.Column("left", Number, primary_key=True, autoincrement=False),
    sa.Column("right", Number, primary_key=True, autoincrement=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("left_spans", sa.JSON, nullable=False),
    sa.Column("right_spans", sa.JSON, nullable=False),
    sa.Column("share", sa.Float, nullable=False),
)
_origins = sa.Table(
    "origins",
    TABLES,
    sa.Column("article", Number, primary_key=True, autoincrement=False),
    sa.Column("first", Number, nullable=False, index=True),
)

# The lexical index, which each database keeps in its own way, is of articles: a question's words may be spread over
# several passages of one; which of its passages holds them is seen when these are read.
# Whose numbers are never given twice, so a catalog that takes another's place must go on from there.
_COUNTED = (_articles.c.number, _passages.c.id, _changes.c.seq)
_dated = _passages.join(_articles, _passages.c.article == _articles.c.number)

# What every search asks for, made once: to make a statement takes longer than to run it.
_LATEST = sa.select(_changes.c.seq, _changes.c.mark).order_by(_changes.c.seq.desc()).limit(1)
_PASSAGES = sa.select(
    _passages.c.id, _passages.c.article, _passages.c.start, _passages.c.end, _passages.c.sentences
).where(_passages.c.id.in_(sa.bindparam("ids", expanding=True)))
_ARTICLES = sa.select(_articles).where(_articles.c.number.in_(sa.bindparam("numbers", expanding=True)))
_first = _articles.alias()
_FIRSTS = (
    sa.select(_articles.c.id, _first.c.id.label("first"))
    .select_from(_articles.join(_origins, _origins.c.article == _articles.c.number))
    .join(_first, _first.c.number == _origins.c.first)
    .where(_articles.c.id.in_(sa.bindparam("ids", expanding=True)))
)

_BUDGET = 5000  # articles that the words of one question may occur in before the commoner ones are left out


@dataclass(frozen=True, slots=True)
class Making:
    """How a catalog's passages and vectors were made. Two that differ cannot be searched together."""

    embedder: str
    digest: str
    dimension: int
    scheme: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What the catalog holds of a record's source or text, for deciding what to do with the record."""

    number: int
    article_id: str
    source: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the change log: the article with this number came or went."""

    seq: int
    article: int
    added: bool


Order = Literal["newest", "oldest", "added"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list of articles: what is known but for the text."""

    id: str
    title: str
    outlet: str | None
    origin: str | None
    published: str | None
    added: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of a list of articles, and how long the whole list is."""

    articles: tuple[Listed, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that no article could be made of, kept until it can."""

    source: str
    file: str
    """What to ingest again to try it again."""
    reason: str
    given: Mapping[str, str | None]
    """What the user had said about everything in that run."""
    at: str | None = None
    """When it was kept, ISO and UTC. None until then."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may be found. None means any.

    Raises:
        ValueError: a day is no date, or the first one comes after the last one.
    """

    since: str | None = None
    """First day, month or year of publication, ISO. Undated articles are left out."""
    until: str | None = None
    """Last day, month or year of publication, ISO. An article dated by its month or year is let through if any of its
    days would be; undated articles are left out."""
    outlet: str | None = None
    """The outlet's name; upper and lower case are alike."""
    origin: str | None = None
    """Who reported it first: a wire agency, or the outlet itself where no one else is named."""
    language: str | None = None
    """A code such as "en", which stands for its variants ("en-GB") too. Articles of unknown language are left out."""
    naming: tuple[tuple[str, ...], ...] = ()
    """Places and sides, each with all the names that it goes by: an article must name each of them somehow."""

    def __post_init__(self) -> None:
        days_between(self.since, self.until)

    def __bool__(self) -> bool:
        return any((self.since, self.until, self.outlet, self.origin, self.language, self.naming))


def twice(act: Callable[[], _T]) -> _T:
    """What the act gives; once more from the start if a database server that restarts broke it off. It must not matter
    to the act how far it got the first time."""
    try:
        return act()
    except DatabaseAway as error:
        if not error.midway:  # it has been waited for already
            raise
        return act()


def _again(read: Callable[_P, _T]) -> Callable[_P, _T]:
    """A read that is done `twice` where it is broken off; so nothing that it is given may be an iterator."""

    @functools.wraps(read)
    def reading(*args: _P.args, **given: _P.kwargs) -> _T:
        return twice(lambda: read(*args, **given))

    return reading


class Catalog:
    """One catalog: in a folder, or in the database that a URL names, with a folder for what is derived from it. Safe to
    use from several threads and processes."""

    def __init__(self, folder: Path, database: Dialect) -> None:
        self.folder = folder
        self._database = database
        self._engine = database.engine
        self._counted = _Counted(None, 0, {})

    @classmethod
    def open(cls, folder: Path, *, create: bool, url: str | None = None, named: str | None = None) -> Catalog:
        """The catalog in `folder`, or in the PostgreSQL database at `url`; made new if there is none and `create` is
        set. `named` is what messages call the option or setting that named it, if it is not that of every command.

        Raises:
            NotAKnowledgeBase: there is none, and none may be made here.
            UnreadableKnowledgeBase: damaged, locked, out of reach, or made by a newer version.
        """
        return cls.over(folder, dialect(folder, url, create=create, named=named), create=create)

    @classmethod
    def over(cls, folder: Path, database: Dialect, *, create: bool) -> Catalog:
        """The catalog in a database that is opened already, as `open` gives it."""
        catalog = cls(folder, database)
        try:
            with database.mapped():
                catalog._prepare(create)
            # Beside a server it holds derived files only; a process that may write nowhere works without them.
            with contextlib.suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
        except BaseException:
            catalog.close()
            raise
        return catalog

    def close(self) -> None:
        # What another thread, or a reader left midway, still holds is closed when it comes back, and kept for nobody.
        sa.event.listen(self._engine, "checkin", lambda _, record: record.close())
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where the record is, as messages name it."""
        return self._database.place

    @property
    def url(self) -> str | None:
        """The database's address, with which another process opens it; None where the folder does."""
        return self._database.url

    @property
    def remains(self) -> str | None:
        """What may keep a trace of an erased article and is out of our hands; None if nothing may."""
        return self._database.remains

    @property
    def writable(self) -> bool:
        """Whether the record may be written."""
        return self._database.writable

    @property
    def folder_writable(self) -> bool:
        """Whether what is derived may be written."""
        return os.access(self.folder, os.W_OK)

    @property
    def current(self) -> bool:
        """Whether the tables are those of this version."""
        with self._read() as connection:
            return migrations.current(connection, self.place)

    @property
    def empty(self) -> bool:
        """Whether nothing is stored, and nothing ever was."""
        with self._read() as connection:
            tables = (_articles, _changes, _failures)
            return not any(connection.scalar(sa.select(sa.exists().select_from(table))) for table in tables)

    def _prepare(self, create: bool) -> None:
        with self._engine.connect() as connection:
            # A process that was killed, or is at work, may have left the file without tables.
            if create and not sa.inspect(connection).get_table_names():
                self._database.lock(connection)
                # Another process may have been faster.
                if not sa.inspect(connection).has_table("meta"):
                    TABLES.create_all(connection)
                    self._database.search.make(connection)
                    connection.execute(_meta.insert(), [{"key": "schema", "value": SCHEMA}])
                    migrations.stamp(connection)
                connection.commit()
            if not sa.inspect(connection).has_table("meta"):
                raise NotAKnowledgeBase(absent(self.place, self._database.named))
            schema = connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == "schema"))
            if schema != SCHEMA:
                raise UnreadableKnowledgeBase(
                    f"{self.place} was made by another version (schema {schema}, this one reads {SCHEMA}); "
                    "install the version that made it, or ingest the articles into a new folder"
                )
            if not migrations.current(connection, self.place) and self.writable:
                connection.rollback()
                self._database.lock(connection)
                migrations.upgrade(connection)
                connection.commit()

    # -- how it was made

    @_again
    def making(self) -> Making | None:
        """How the stored passages and vectors were made; None as long as nothing is stored."""
        with self._read() as connection:
            value = connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == "making"))
        return Making(**json.loads(value)) if value else None

    def projecting(self) -> contextlib.AbstractContextManager[bool]:
        """Whether no process on another machine sends to the Chroma server now; for the length of a `with` block none
        does then."""
        return self._database.projecting()

    def identity(self) -> str | None:
        """What names this catalog beside others, wherever it is kept; made when it is first asked for. None if there is
        none yet and nothing may be written."""
        query = sa.select(_meta.c.value).where(_meta.c.key == "identity")
        with self._read() as connection:
            known: str | None = connection.scalar(query)
        if known is None and self.writable:
            with self.writing() as writing:
                known = writing.identify()
        return known

    # -- embedding anew

    def reembed(self, making: Making, embed: Callable[[list[str]], Vectors], portion: int = 1024) -> Iterator[int]:
        """Gives every passage a vector from `embed`, which gets titles and texts as one line each, and says how many
        have one. A run that is broken off goes on where it stopped if `making` is the same. Until the last passage has
        its new vector all have their old ones."""
        with self.writing() as writing:
            writing.begin_reembedding(making)
        while True:
            done, waiting = self._waiting(portion)
            if waiting:
                vectors = embed([text for _, text in waiting])
                with self.writing() as writing:
                    writing.stage([number for number, _ in waiting], vectors)
                yield done + len(waiting)
                continue
            with self.writing() as writing:
                if writing.switch(making):
                    return

    def _waiting(self, portion: int) -> tuple[int, list[tuple[int, str]]]:
        """How many passages have their new vector, and some that have not."""
        query = (
            sa.select(_passages.c.id, _passages.c.start, _passages.c.end, _articles.c.title, _articles.c.text)
            .select_from(_dated.outerjoin(_reembedded, _reembedded.c.passage == _passages.c.id))
            .where(_reembedded.c.passage.is_(None))
            .order_by(_passages.c.id)
            .limit(portion)
        )
        with self._read() as connection:
            done = connection.scalar(sa.select(sa.func.count()).select_from(_reembedded)) or 0
            rows = connection.execute(query).all()
        return done, [(row.id, f"{row.title}\n{row.text[row.start : row.end]}") for row in rows]

    # -- writing

    @contextlib.contextmanager
    def writing(self) -> Iterator[Writing]:
        """One transaction, which holds the write lock from its start. It commits at the end of the block."""
        with self._database.mapped(), self._engine.connect() as connection:
            if not self.writable:
                raise UnreadableKnowledgeBase(
                    f"{self.place} is read-only; change its permissions, or name another with {self._database.named}"
                )
            self._database.lock(connection)
            try:
                yield Writing(connection, self._database)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    # -- as a whole

    def mapped(self) -> contextlib.AbstractContextManager[None]:
        """Turns what the database reports into our errors, each with its mend."""
        return self._database.mapped()

    @contextlib.contextmanager
    def still(self, *, held: bool = False) -> Iterator[sa.Connection]:
        """A connection that sees the record as it is at one moment; with `held`, nobody writes until it is given
        back."""
        with self.mapped(), self._engine.connect() as connection:
            if held and self.writable:
                self._database.lock(connection)
            else:
                self._database.hold(connection)
            yield connection
            connection.rollback()

    def refuse_if_empty(self) -> None:
        """
        Raises:
            NotAKnowledgeBase: nothing is stored, nor ever was.
        """
        if self.empty:
            raise NotAKnowledgeBase(f"nothing is stored in {self.place} yet, so there is nothing to move")

    def refuse_unless_empty(self) -> None:
        """
        Raises:
            NotAKnowledgeBase: something is stored, or was.
        """
        if not self.empty:
            count = self.count()
            raise NotAKnowledgeBase(
                f"{self.place} is a knowledge base already, with {count} article{'s' * (count != 1)}; name an empty or "
                f"a new place with {self._database.named}, for nothing is mixed or overwritten"
            )

    @contextlib.contextmanager
    def filling(self, counters: Mapping[str, int]) -> Iterator[sa.Connection]:
        """One transaction, which fills an empty catalog with the rows of another, whose `counters` it takes over. What
        the database derives from them is made when the block ends.

        Raises:
            NotAKnowledgeBase: it is not empty.
        """
        with self.writing() as writing:
            self.refuse_unless_empty()
            connection = writing._connection
            for table in TABLES.sorted_tables:
                connection.execute(table.delete())  # what an empty catalog says of itself
            yield connection
            self._database.count_on(connection, _COUNTED, counters)
            writing.rebuild_lexical()

    def counters(self, connection: sa.Connection) -> Mapping[str, int]:
        """The last number that each table has given, which may be of a row that is gone."""
        with self.mapped():
            return self._database.counters(connection, _COUNTED)

    # -- reading

    @contextlib.contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with self._database.mapped(), self._engine.connect() as connection:
            yield connection

    @_again
    def stored(self, sources: Collection[str], ids: Collection[str]) -> list[Stored]:
        """What is stored under any of these sources or article ids."""
        columns = (_articles.c.number, _articles.c.id, _articles.c.source, _articles.c.fingerprint)
        with self._read() as connection:
            found = {
                row.number: Stored(row.number, row.id, row.source, row.fingerprint)
                for column, values in ((_articles.c.source, sources), (_articles.c.id, ids))
                for some in _portions(list(values))
                for row in connection.execute(sa.select(*columns).where(column.in_(some)))
            }
        return list(found.values())

    @_again
    def get(self, article_id: str) -> Article | None:
        """The article with this id."""
        with self._read() as connection:
            row = connection.execute(sa.select(_articles).where(_articles.c.id == bound(article_id))).one_or_none()
            return None if row is None else _article(row)

    @_again
    def ids_starting(self, start: str) -> list[str]:
        """Up to ten article ids that begin so."""
        with self._read() as connection:
            query = sa.select(_articles.c.id).where(_articles.c.id.startswith(bound(start), autoescape=True)).limit(10)
            return list(connection.scalars(query))

    def articles(self) -> Iterator[Article]:
        """All articles in the order in which they were added, without holding all in memory."""
        last = 0
        while True:
            with self._read() as connection:
                query = sa.select(_articles).where(_articles.c.number > last).order_by(_articles.c.number).limit(200)
                rows = connection.execute(query).all()
                found = [_article(row) for row in rows]
            if not rows:
                return
            last = rows[-1].number
            yield from found

    @_again
    def browse(self, words: str, filters: Filters, order: Order, start: int, limit: int) -> Listing:
        """The articles that fit, from the `start`th on: `words` occur in the title or outlet, or all of them in the
        text. Undated ones come last in an order by date."""
        conditions: list[sa.ColumnElement[bool]] = []
        if wanted := re.findall(r"\w+", words):
            named = [
                self._database.lower(column).contains(bound(words.strip()).lower(), autoescape=True)
                for column in (_articles.c.title, _articles.c.outlet)
            ]
            holding = self._database.search.holding(wanted, every=True)
            conditions.append(sa.or_(*named, _articles.c.number.in_(holding)))
        by: dict[Order, Sequence[sa.ColumnElement[Any]]] = {
            "newest": (_articles.c.published_first.desc().nulls_last(), _articles.c.number.desc()),
            "oldest": (_articles.c.published_first.asc().nulls_last(), _articles.c.number),
            "added": (_articles.c.number.desc(),),
        }
        c = _articles.c
        with self._read() as connection:
            if filters:
                conditions.append(c.number.in_(self._admitted(connection, filters)))
            rows = sa.select(c.id, c.title, c.outlet, c.origin, c.published, c.added).where(*conditions)
            rows = rows.order_by(*by[order])
            count = sa.select(sa.func.count()).select_from(_articles).where(*conditions)
            total = connection.scalar(count) or 0
            found = connection.execute(rows.offset(start).limit(limit)).all()
        return Listing(tuple(Listed(*row) for row in found), total)

    @_again
    def outlets(self) -> dict[str, int]:
        """Every outlet with the number of its articles, most first."""
        number = sa.func.count()
        query = (
            sa.select(_articles.c.outlet, number)
            .where(_articles.c.outlet.is_not(None))
            .group_by(_articles.c.outlet)
            .order_by(number.desc(), _articles.c.outlet)
        )
        with self._read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    @_again
    def months(self) -> dict[tuple[str | None, str | None], int]:
        """How many articles each outlet has published in each month ("2023-09"); None is unknown. An article that is
        dated by its year alone has no month."""
        month = sa.case((sa.func.length(_articles.c.published) >= 7, sa.func.substr(_articles.c.published, 1, 7)))
        query = sa.select(_articles.c.outlet, month, sa.func.count()).group_by(_articles.c.outlet, month)
        with self._read() as connection:
            return {(outlet, known): count for outlet, known, count in connection.execute(query)}

    @_again
    def count(self) -> int:
        """How many articles are stored."""
        with self._read() as connection:
            return self._counts(connection).articles

    @_again
    def counts(self) -> tuple[int, int]:
        """How many articles and how many passages are stored."""
        with self._read() as connection:
            passages = connection.scalar(sa.select(sa.func.count()).select_from(_passages))
        return self.count(), passages or 0

    @_again
    def passages(self, ids: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        """The passages with these numbers, each with its article; numbers that are gone are left out."""
        with self._read() as connection:
            rows = [row for some in _portions(ids) for row in connection.execute(_PASSAGES, {"ids": some})]
            articles = {
                row.number: (_article(row), row.id)
                for some in _portions(sorted({row.article for row in rows}))
                for row in connection.execute(_ARTICLES, {"numbers": some})
            }
            return {
                row.id: (_passage(row, *articles[row.article]), articles[row.article][0])
                for row in rows
                if row.article in articles
            }

    # -- origins

    @_again
    def origins(self, article_ids: Collection[str]) -> dict[str, str]:
        """The origin of each of these articles, as the id of the first article that is of it."""
        ids = list(dict.fromkeys(article_ids))
        with self._read() as connection:
            found = {row.id: row.first for some in _portions(ids) for row in connection.execute(_FIRSTS, {"ids": some})}
        return {article_id: found.get(article_id, article_id) for article_id in ids}

    @_again
    def sizes(self) -> dict[str, int]:
        """How many articles are of one origin with each, itself counted, where there are others; by article id."""
        shared = (
            sa.select(_origins.c.first, sa.func.count().label("size"))
            .group_by(_origins.c.first)
            .having(sa.func.count() > 1)
            .subquery()
        )
        query = sa.select(_articles.c.id, shared.c.size).select_from(
            _articles.join(_origins, _origins.c.article == _articles.c.number).join(
                shared, shared.c.first == _origins.c.first
            )
        )
        with self._read() as connection:
            return {row.id: row.size for row in connection.execute(query)}

    @_again
    def copies(self, article_id: str) -> list[Copy]:
        """The other articles of the same origin, those with the strongest evidence first."""
        with self._read() as connection:
            mine = connection.execute(sa.select(_articles).where(_articles.c.id == bound(article_id))).one_or_none()
            if mine is None:
                return []
            own = sa.select(_origins.c.first).where(_origins.c.article == mine.number).scalar_subquery()
            others = sa.select(_origins.c.article).where(_origins.c.first == own, _origins.c.article != mine.number)
            rows = connection.execute(sa.select(_articles).where(_articles.c.number.in_(others))).all()
            direct = connection.execute(
                _ties.select().where(sa.or_(_ties.c.left == mine.number, _ties.c.right == mine.number))
            )
            ties = {row.right if row.left == mine.number else row.left: row for row in direct}
        vectors = self._vectors_of([mine.number, *(row.number for row in rows)]) if rows else {}
        article = _article(mine)
        found = [_copy(article, mine.number, _article(row), ties.get(row.number), vectors, row.number) for row in rows]
        return sorted(found, key=lambda copy: (-copy.share, copy.article.id))

    def _vectors_of(self, numbers: Sequence[int]) -> dict[int, Vectors]:
        found: dict[int, list[bytes]] = {}
        for _, number, vector in self.vectors(numbers):
            found.setdefault(number, []).append(vector)
        return {n: np.stack([np.frombuffer(v, np.float16) for v in own]).astype(np.float32) for n, own in found.items()}

    def origin_problems(self) -> list[str]:
        """What is wrong with the origins, one line each; empty if nothing is. They are derived from the texts."""
        wrong = 0
        with self._read() as connection:
            stored = connection.execute(_ties.select()).all()
            members = {row.article: row.first for row in connection.execute(_origins.select())}
            wanted = groups(
                connection.scalars(sa.select(_articles.c.number)).all(), [(row.left, row.right) for row in stored]
            )
            wrong += sum(members.get(number) != first for number, first in wanted.items()) + len(
                members.keys() - wanted
            )
            tied = {row.left for row in stored} | {row.right for row in stored}
            stories: dict[int, Story] = {}
            for number in wanted:
                story = _story(connection, number)
                marks = frozenset(connection.scalars(sa.select(_marks.c.mark).where(_marks.c.article == number)))
                wrong += story.marks != marks
                if number in tied:
                    stories[number] = story
            left_over = (
                sa.select(sa.func.count())
                .select_from(_marks)
                .where(~sa.exists().where(_articles.c.number == _marks.c.article))
            )
            wrong += connection.scalar(left_over) or 0
        for row in stored:
            found = tie(stories[row.left], stories[row.right]) if {row.left, row.right} <= stories.keys() else None
            wrong += found is None or _tie_row(row.left, row.right, found) != row._asdict()
        return [f"the origins do not fit the articles in {wrong} places"] if wrong else []

    def rebuild_origins(self) -> None:
        """Groups all articles anew."""
        with self.writing() as writing:
            writing.rebuild_origins()

    # -- searching words

    @_again
    def lexical(self, words: Sequence[str], filters: Filters, k: int) -> list[tuple[int, float]]:
        """The numbers of the `k` best articles that hold any of the words, each with its BM25 score as a share of what
        the words weigh together (higher is better; articles of any length and questions of any length compare). Titles
        weigh double. A word may be a phrase of several.

        In a large collection the common words are left out where there are rarer ones, so that no question costs more
        than a few thousand articles do.
        """
        if not words or k < 1:
            return []
        with self._read() as connection:
            total = self._counts(connection).articles
            chosen = _rarest(self._frequencies(connection, words))
            if not chosen:
                return []
            admitted = self._admitted(connection, filters) if filters else None
            found = self._database.search.ranked(connection, chosen, admitted, k)
        weight = sum(rarity(total, frequency) for frequency in chosen.values())
        return [(number, score / weight) for number, score in found]

    @_again
    def document_frequencies(self, words: Sequence[str]) -> dict[str, int]:
        """In how many articles each word (or another form of it) occurs; no more than a few thousand are counted."""
        with self._read() as connection:
            return self._frequencies(connection, words)

    def _frequencies(self, connection: sa.Connection, words: Sequence[str]) -> dict[str, int]:
        known = self._counts(connection).words
        new = [word for word in words if word not in known]
        known |= self._database.search.frequencies(connection, new, _BUDGET)
        return {word: known[word] for word in words}

    def _counts(self, connection: sa.Connection) -> _Counted:
        """What was counted since the last change: one question asks for the same again and again, and counting takes
        the longer the more there is."""
        change = _latest(connection)
        counted = self._counted
        if counted.change != change or len(counted.words) > _FREQUENCIES:
            articles = connection.scalar(sa.select(sa.func.count()).select_from(_articles)) or 0
            counted = self._counted = _Counted(change, articles, {})
        return counted

    @_again
    def admitted(self, filters: Filters) -> Sequence[int]:
        """The numbers of all articles that the filters let through, ascending."""
        with self._read() as connection:
            return sorted(connection.scalars(self._admitted(connection, filters)))

    def _admitted(self, connection: sa.Connection, filters: Filters) -> sa.Select[tuple[int]]:
        """The numbers of the articles that the filters let through, as a query that indexes answer."""
        query = sa.select(_articles.c.number)
        if filters.since:
            query = query.where(_articles.c.published_last >= day_range(filters.since)[0])
        if filters.until:
            query = query.where(_articles.c.published_first <= day_range(filters.until)[1])
        if filters.outlet:
            query = query.where(_articles.c.outlet.in_(_spellings(connection, _articles.c.outlet, filters.outlet)))
        if filters.origin:
            named = _articles.c.origin.in_(_spellings(connection, _articles.c.origin, filters.origin))
            own = _articles.c.outlet.in_(_spellings(connection, _articles.c.outlet, filters.origin))
            query = query.where(named | (_articles.c.origin.is_(None) & own))
        if filters.language:
            codes = _spellings(connection, _articles.c.language, filters.language, variants=True)
            query = query.where(_articles.c.language.in_(codes))
        for names in filters.naming:
            query = query.where(_articles.c.number.in_(self._database.search.holding(names)))
        return query

    @_again
    def published_in(self, first: int, last: int) -> Sequence[int]:
        """The numbers of the articles that were published in a period given in Unix time, ascending."""
        query = sa.select(_articles.c.number).where(
            _articles.c.published_last >= first, _articles.c.published_first <= last
        )
        with self._read() as connection:
            return sorted(connection.scalars(query))

    # -- the change log, for what is derived

    @_again
    def latest_change(self) -> int:
        """The number of the newest change; 0 if there is none."""
        with self._read() as connection:
            return connection.scalar(sa.select(sa.func.max(_changes.c.seq))) or 0

    @_again
    def latest(self) -> tuple[int, str]:
        """The number and the mark of the newest change; before the first one, 0 and an empty mark."""
        with self._read() as connection:
            return _latest(connection)

    @_again
    def mark(self, change: int) -> str | None:
        """What tells the history up to this change from any other: what is derived carries it. None if there is no
        such change; before the first one all histories are alike."""
        if change == 0:
            return ""
        with self._read() as connection:
            found: str | None = connection.scalar(sa.select(_changes.c.mark).where(_changes.c.seq == change))
        return found

    @_again
    def changes(self, since: int) -> list[Change]:
        """All changes after `since`, oldest first."""
        with self._read() as connection:
            rows = connection.execute(sa.select(_changes).where(_changes.c.seq > since).order_by(_changes.c.seq))
            return [Change(row.seq, row.article, row.added) for row in rows]

    def vectors(self, articles: Sequence[int] | None = None) -> Generator[tuple[int, int, bytes]]:
        """(passage, article number, float16 bytes) of every passage, or of those of the numbered articles."""
        query = sa.select(_passages.c.id, _passages.c.article, _passages.c.vector).order_by(_passages.c.id)
        with self._read() as connection:
            if articles is None:
                with _streamed(connection, query, 2000) as found:
                    for whole in found:
                        yield whole.id, whole.article, whole.vector
                return
            for some in _portions(articles):
                for row in connection.execute(query.where(_passages.c.article.in_(some))):
                    yield row.id, row.article, row.vector

    # -- failures

    @_again
    def failures(self) -> list[Failure]:
        """What could not be stored so far, in the order of files and records."""
        with self._read() as connection:
            rows = connection.execute(sa.select(_failures).order_by(_failures.c.file, sa.text("rowid")))
            return [Failure(row.source, row.file, row.reason, row.given, row.at) for row in rows]

    def keep_failures(self, failed: Sequence[Failure], settled: Sequence[str]) -> None:
        """Keeps new failures, each in place of an older one of its source, and strikes off those of settled sources."""
        with self.writing() as writing:
            writing.keep_failures(failed, settled)

    # -- erasing

    @_again
    def erasures(self) -> list[int]:
        """The removals, by their numbers in the change log, of which traces may be left in some file."""
        with self._read() as connection:
            return list(connection.scalars(sa.select(_erasures.c.change).order_by(_erasures.c.change)))

    def erased(self, changes: Sequence[int]) -> None:
        """Records that no file holds a trace of these removals."""
        with self.writing() as writing:
            writing.forget_erasures(changes)

    def scrub(self, patience: float) -> bool:
        """Rewrites the database, so that its files hold nothing of what was deleted. False if others use it for longer
        than `patience` seconds; then something may be left."""
        return self._database.scrub(TABLES.tables, patience)

    # -- checking

    def integrity(self) -> list[str]:
        """What is wrong inside the record, one line each; empty if nothing is."""
        with self._read() as connection:
            problems = self._database.damage(connection)
            orphans = connection.scalar(
                sa.select(sa.func.count())
                .select_from(_passages.outerjoin(_articles, _passages.c.article == _articles.c.number))
                .where(_articles.c.number.is_(None))
            )
            if orphans:
                problems.append(f"{orphans} passages belong to no article")
            columns = (_articles.c.id, _articles.c.text, _articles.c.url, _articles.c.outlet)
            with _streamed(connection, sa.select(*columns), 200) as rows:
                problems += [
                    f"article {row.id} is not what was stored"
                    for row in rows
                    if article_id(row.text, row.url or row.outlet) != row.id
                ]
        return problems + self._passage_problems()

    def _passage_problems(self) -> list[str]:
        made = self.making()
        query = sa.select(
            _passages.c.id,
            _passages.c.start,
            _passages.c.end,
            sa.cast(_passages.c.sentences, sa.String).label("sentences"),
            _passages.c.vector,
            _articles.c.id.label("article_id"),
            sa.func.length(_articles.c.text).label("length"),
        ).select_from(_dated)
        with self._read() as connection, _streamed(connection, query, 1000) as rows:
            return [
                f"passage {row.id} of article {row.article_id} {wrong}"
                for row in rows
                for wrong in _wrong(row, made.dimension if made else None)
            ]

    def lexical_problems(self) -> list[str]:
        """What is wrong with the lexical index, one line each; empty if nothing is. It is derived from the passages."""
        with self._read() as connection:
            return self._database.search.problems(connection, writable=self.writable)

    def rebuild_lexical(self) -> None:
        """Makes the lexical index anew from the passages."""
        with self.writing() as writing:
            writing.rebuild_lexical()


class _Counted(NamedTuple):
    """How many articles there are since a change, and how many hold each of the words that were asked for."""

    change: tuple[int, str] | None
    articles: int
    words: dict[str, int]


class Writing:
    """The acts of one transaction."""

    def __init__(self, connection: sa.Connection, database: Dialect) -> None:
        self._connection = connection
        self._database = database
        self._stories: dict[int, Story] = {}

    def made_by(self, making: Making) -> None:
        """Records how passages and vectors are made, or refuses if the stored ones were made otherwise.

        Raises:
            OtherModel: they were.
        """
        value = self._connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == "making"))
        if value is None:
            self._connection.execute(_meta.insert(), [{"key": "making", "value": json.dumps(_as_dict(making))}])
        elif Making(**json.loads(value)) != making:
            raise OtherModel("the articles were embedded by another model while this process ran; start it again")

    def identify(self) -> str:
        """The name of this catalog beside others."""
        known = self._connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == "identity"))
        if known is None:
            known = secrets.token_hex(8)
            self._connection.execute(_meta.insert(), [{"key": "identity", "value": known}])
        return str(known)

    def replace(self, article: Article, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Stores an article, in place of what is stored under its source or its id by now; `vectors` is (passages,
        dimension)."""
        same = sa.or_(_articles.c.source == article.source, _articles.c.id == article.id)
        for stored in self._connection.scalars(sa.select(_articles.c.id).where(same)).all():
            self.remove(stored)
        added = article.added or datetime.now(UTC).isoformat(timespec="seconds")
        number = self._insert(_articles, _row(article, added))
        halves = np.ascontiguousarray(vectors, dtype=np.float16)
        rows = [
            {
                "article": number,
                "start": passage.start,
                "end": passage.end,
                "sentences": [[s.start, s.end] for s in passage.sentences],
                "vector": vector.tobytes(),
            }
            for passage, vector in zip(passages, halves, strict=True)
        ]
        if rows:
            self._connection.execute(_passages.insert(), rows)
        body = "\n".join(passage.text for passage in passages)
        self._database.search.add(self._connection, [(number, article.title, body)])
        if len(self._stories) >= _REMEMBERED:
            self._stories.clear()
        self._stories[number] = Story(article.text, [span for passage in passages for span in passage.sentences])
        self._relate(number)
        self._log(number, added=True)

    def _relate(self, number: int) -> None:
        """Finds what an article is of one origin with, among the few that share its marks."""
        story = self._story(number)
        if story.marks:
            rows = [{"mark": mark, "article": number} for mark in sorted(story.marks)]
            self._connection.execute(_marks.insert(), rows)
        self._connection.execute(_origins.insert().values(article=number, first=number))
        self._tie(number)

    def _tie(self, number: int) -> None:
        story, first = self._story(number), number
        origin = {number}
        for other in self._alike(number, story):
            left, right = sorted((number, other))
            known = sa.select(_ties.c.left).where(_ties.c.left == left, _ties.c.right == right)
            if self._connection.scalar(known) is None:
                found = tie(self._story(left), self._story(right))
                if found is None:
                    continue
                self._connection.execute(_ties.insert().values(_tie_row(left, right, found)))
                if found.kind == "exact":
                    origin.add(other)
                    break  # what else there is of that origin, the other one is tied to
            origin.add(other)
        if len(origin) > 1:
            firsts = self._connection.scalars(sa.select(_origins.c.first).where(_origins.c.article.in_(origin))).all()
            first = min(firsts)
            self._connection.execute(_origins.update().where(_origins.c.first.in_(firsts)).values(first=first))

    def _alike(self, number: int, story: Story) -> list[int]:
        """The articles that share the most marks with one."""
        shared = Counter[int]()
        for some in _portions(sorted(story.marks), 100):
            marks = {f"mark{place}": mark for place, mark in enumerate(some)}
            shared.update(self._connection.scalars(_marked(len(some)), marks))
        del shared[number]
        return [other for other, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:_COMPARED]]

    def _story(self, number: int) -> Story:
        if number not in self._stories:
            if len(self._stories) >= _REMEMBERED:
                self._stories.clear()
            self._stories[number] = _story(self._connection, number)
        return self._stories[number]

    def _untie(self, number: int) -> None:
        """Forgets what one article had to do with others, and ties these anew."""
        own = sa.select(_origins.c.first).where(_origins.c.article == number).scalar_subquery()
        others = [
            n
            for n in self._connection.scalars(sa.select(_origins.c.article).where(_origins.c.first == own))
            if n != number
        ]
        tied = sa.or_(_ties.c.left == number, _ties.c.right == number)
        near = {n for row in self._connection.execute(_ties.select().where(tied)) for n in (row.left, row.right)}
        self._stories.pop(number, None)
        self._connection.execute(_ties.delete().where(tied))
        self._connection.execute(_marks.delete().where(_marks.c.article == number))
        self._connection.execute(_origins.delete().where(_origins.c.article == number))
        if not others:
            return
        for some in _portions(others):
            self._connection.execute(
                _origins.update().where(_origins.c.article.in_(some)).values(first=_origins.c.article)
            )
        for other in sorted(near - {number}):
            # It may be tied to its origin through the one that goes, though it has more in common with it.
            self._tie(other)
        left = sa.select(_ties.c.left, _ties.c.right)
        ties = [
            (row.left, row.right)
            for some in _portions(others)
            for row in self._connection.execute(left.where(_ties.c.left.in_(some)))
        ]
        for member, first in groups(others, ties).items():
            self._connection.execute(_origins.update().where(_origins.c.article == member).values(first=first))

    def rebuild_origins(self) -> None:
        """Groups all articles anew, in the order in which they were added."""
        for table in (_marks, _ties, _origins):
            self._connection.execute(table.delete())
        for number in self._connection.scalars(sa.select(_articles.c.number).order_by(_articles.c.number)).all():
            self._relate(number)

    def _insert(self, table: sa.Table, row: Mapping[str, Any]) -> int:
        key = self._connection.execute(table.insert().values(row)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def remove(self, article_id: str) -> bool:
        """Deletes an article with everything derived from it in this database; False if it is not there."""
        number = self._connection.scalar(sa.select(_articles.c.number).where(_articles.c.id == bound(article_id)))
        if number is None:
            return False
        self._database.search.forget(self._connection, number)
        self._untie(number)
        own = sa.select(_passages.c.id).where(_passages.c.article == number)
        self._connection.execute(_reembedded.delete().where(_reembedded.c.passage.in_(own)))
        self._connection.execute(_passages.delete().where(_passages.c.article == number))
        self._connection.execute(_articles.delete().where(_articles.c.number == number))
        self._log(number, added=False)
        return True

    def erase(self, article_id: str) -> bool:
        """Removes an article, and records that every trace of it has still to go; False if it is not there."""
        found = self.remove(article_id)
        if found:
            latest = sa.select(sa.func.max(_changes.c.seq)).scalar_subquery()
            self._connection.execute(_erasures.insert().values(change=latest))
        return found

    def forget_erasures(self, changes: Sequence[int]) -> None:
        """Strikes removals off those of which traces may be left."""
        for some in _portions(changes):
            self._connection.execute(_erasures.delete().where(_erasures.c.change.in_(some)))

    def keep_failures(self, failed: Sequence[Failure], settled: Sequence[str]) -> None:
        """Strikes failures off the list, then puts others on it."""
        sources = [bound(source) for source in (*settled, *(failure.source for failure in failed))]
        for some in _portions(sources):
            self._connection.execute(_failures.delete().where(_failures.c.source.in_(some)))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        # One source may fail twice in one run; the last reason is kept.
        for failure in {failure.source: failure for failure in failed}.values():
            texts = {"source": failure.source, "file": failure.file, "reason": failure.reason}
            row = {name: bound(text) for name, text in texts.items()}
            self._connection.execute(_failures.insert().values(**row, given=dict(failure.given), at=failure.at or now))

    def begin_reembedding(self, making: Making) -> None:
        """Keeps what an earlier run of the same making has done, and drops what one of another has."""
        value = json.dumps(_as_dict(making))
        if self._connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == "reembedding")) != value:
            self._connection.execute(_reembedded.delete())
            self._connection.execute(_meta.delete().where(_meta.c.key == "reembedding"))
            self._connection.execute(_meta.insert(), [{"key": "reembedding", "value": value}])

    def stage(self, passages: Sequence[int], vectors: Vectors) -> None:
        """Keeps new vectors until the switch; `vectors` is (passages, dimension). Those removed meanwhile, or done by
        another run, are left out."""
        halves = np.ascontiguousarray(vectors, dtype=np.float16)
        for number, vector in zip(passages, halves, strict=True):
            still_there = sa.select(sa.literal(number, Number), sa.literal(vector.tobytes())).where(
                sa.exists().where(_passages.c.id == number), ~sa.exists().where(_reembedded.c.passage == number)
            )
            self._connection.execute(_reembedded.insert().from_select(["passage", "vector"], still_there))

    def switch(self, making: Making) -> bool:
        """Puts the new vectors in place of the old ones; False, without doing anything, if some are missing."""
        missing = sa.select(_passages.c.id).where(_passages.c.id.not_in(sa.select(_reembedded.c.passage))).limit(1)
        if self._connection.scalar(missing) is not None:
            return False
        new = sa.select(_reembedded.c.vector).where(_reembedded.c.passage == _passages.c.id).scalar_subquery()
        self._connection.execute(_passages.update().values(vector=new))
        self._connection.execute(_reembedded.delete())
        self._connection.execute(_meta.delete().where(_meta.c.key.in_(("making", "reembedding"))))
        self.made_by(making)
        # What was derived from the old vectors shall know its marks no more.
        self._connection.execute(_changes.update().values(mark=sa.text(self._database.random_mark)))
        return True

    def rebuild_lexical(self) -> None:
        """Makes the lexical index anew, be it damaged or not there at all."""
        self._database.search.rebuild(self._connection)

    def _log(self, number: int, *, added: bool) -> None:
        row = {"article": number, "added": added, "mark": secrets.token_hex(8)}
        self._connection.execute(_changes.insert(), [row])


def _streamed(connection: sa.Connection, query: sa.Select[Any], portion: int) -> sa.CursorResult[Any]:
    """The rows of a query, read in portions. To be closed, for one left midway holds a cursor of the server's."""
    return connection.execute(query, execution_options={"yield_per": portion})


def _latest(connection: sa.Connection) -> tuple[int, str]:
    found = connection.execute(_LATEST).one_or_none()
    return (0, "") if found is None else (found.seq, found.mark)


def _spellings(connection: sa.Connection, column: sa.Column[Any], name: str, *, variants: bool = False) -> list[str]:
    """How a name is spelled in a column: upper and lower case are alike. The index is asked for one value after the
    other, for there are few and articles are many."""
    wanted, found, last = bound(name).lower(), [], ""
    following = sa.select(sa.func.min(column)).where(column > sa.bindparam("last"))
    while (value := connection.scalar(following, {"last": last})) is not None:
        last = value
        spelled = value.lower()
        if spelled == wanted or (variants and spelled.startswith((f"{wanted}-", f"{wanted}_"))):
            found.append(value)
    return found


def _rarest(frequencies: Mapping[str, int]) -> dict[str, int]:
    """The rarest of the words that occur at all, as many as fit the budget, at least one."""
    chosen: dict[str, int] = {}
    for word, frequency in sorted(frequencies.items(), key=lambda item: item[1]):
        if frequency and (not chosen or sum(chosen.values()) + frequency <= _BUDGET):
            chosen[word] = frequency
    return chosen


def _row(article: Article, added: str) -> Mapping[str, Any]:
    first, last = day_range(article.published) if article.published else (None, None)
    return {
        "id": article.id,
        "source": article.source,
        "fingerprint": article.fingerprint,
        "title": article.title,
        "text": article.text,
        "outlet": article.outlet,
        "origin": article.origin,
        "author": article.author,
        "published": article.published,
        "published_first": first,
        "published_last": last,
        "url": article.url,
        "language": article.language,
        "boilerplate": [[mark.start, mark.end, mark.why] for mark in article.boilerplate],
        "provenance": dict(article.provenance),
        "added": added,
    }


def _article(row: Any) -> Article:
    with _as_stored(row):
        article = Article(
            text=row.text,
            title=row.title,
            source=row.source,
            outlet=row.outlet,
            origin=row.origin,
            author=row.author,
            published=row.published,
            url=row.url,
            language=row.language,
            boilerplate=tuple(Boilerplate(*mark) for mark in row.boilerplate),
            provenance=row.provenance,
            added=row.added,
        )
        if article.id != row.id:
            raise ValueError("the id is a digest of another text")
    return article


def _passage(row: Any, article: Article, article_id: str) -> Passage:
    with _as_stored(row):
        sentences = tuple(Span(start, end) for start, end in row.sentences)
        return Passage(article_id, row.start, row.end, article.text[row.start : row.end], sentences, row.id)


@functools.cache
def _marked(count: int) -> sa.TextClause:
    """The first articles that have each of so many marks; written out, for making it of parts takes longer than it."""
    each = (
        "SELECT article FROM "  # noqa: S608 - numbers, and all of them ours
        f"(SELECT article FROM marks WHERE mark = :mark{{0}} ORDER BY article LIMIT {_MARKED}) AS m{{0}}"
    )
    return sa.text(" UNION ALL ".join(each.format(place) for place in range(count)))


def _story(connection: sa.Connection, number: int) -> Story:
    text = connection.scalar(sa.select(_articles.c.text).where(_articles.c.number == number))
    query = sa.select(_passages.c.sentences).where(_passages.c.article == number).order_by(_passages.c.start)
    spans = [Span(start, end) for sentences in connection.scalars(query) for start, end in sentences]
    return Story(text or "", spans)


def _tie_row(left: int, right: int, found: Tie) -> dict[str, Any]:
    return {
        "left": left,
        "right": right,
        "kind": found.kind,
        "left_spans": [[span.start, span.end] for span in found.left],
        "right_spans": [[span.start, span.end] for span in found.right],
        "share": found.share,
    }


def _copy(mine: Article, number: int, other: Article, row: Any, vectors: Mapping[int, Vectors], at: int) -> Copy:
    """Another article of the same origin, with what ties it directly to this one if anything does."""
    here, there = vectors.get(number), vectors.get(at)
    similarity = 0.0 if here is None or there is None else round(float((here @ there.T).max(axis=1).mean()), 3)
    agency = (
        other.origin if mine.origin and other.origin and mine.origin.casefold() == other.origin.casefold() else None
    )
    if row is None:
        return Copy(other, "linked", similarity=similarity, agency=agency)
    spans = row.left_spans if row.left == number else row.right_spans
    sentences = tuple(mine.text[start:end] for start, end in spans)
    return Copy(other, row.kind, sentences, row.share, similarity, agency)


def _wrong(row: Any, dimension: int | None) -> Iterator[str]:
    """What is wrong with one row of passages."""
    if not 0 <= row.start < row.end <= row.length:
        yield f"is no slice of it ({row.start} to {row.end} of {row.length})"
    try:
        spans = [Span(start, end) for start, end in json.loads(row.sentences)]
    except (ValueError, TypeError):
        yield "has unreadable sentences"
    else:
        edges = [row.start, *(edge for span in spans for edge in (span.start, span.end)), row.end]
        if not spans or edges != sorted(edges):
            yield "has sentences outside it or out of order"
    vector = np.frombuffer(row.vector[: len(row.vector) // 2 * 2], np.float16)
    if dimension is not None and len(row.vector) != 2 * dimension:
        yield f"has a vector of {len(row.vector)} bytes, not {2 * dimension}"
    elif not np.isfinite(vector).all():
        yield "has a vector that is none"


@contextlib.contextmanager
def _as_stored(row: Any) -> Iterator[None]:
    """The database does not notice every damage to what it holds; no quote may come from damaged words."""
    try:
        yield
    except (TypeError, ValueError, AttributeError) as error:
        raise Damage(f"{row.id} is not what was stored: {error}") from error


def _as_dict(making: Making) -> dict[str, Any]:
    return {name: getattr(making, name) for name in Making.__slots__}


def _portions(values: Sequence[_T], size: int = _VARIABLES) -> Iterator[Sequence[_T]]:
    return in_portions(values, size)
