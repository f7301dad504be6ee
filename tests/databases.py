"""Runs the tests on PostgreSQL: with ACCORDINGTO_TEST_DATABASE_URL set, the catalog of every folder is in a schema of
its own there, made new for each run. Nothing that is tested knows of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from kb.catalog import Catalog

__all__ = ["URL", "forget", "schema", "settings", "sql", "url", "use"]

URL = os.environ.get("ACCORDINGTO_TEST_DATABASE_URL")
_open = Catalog.open
_made: set[str] = set()


def schema(folder: Path) -> str:
    return "t" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:20]


def url(folder: Path) -> str:
    """Where the catalog of a folder is; its schema is made if it is not there."""
    assert URL
    engine = sa.create_engine(_with_driver(), poolclass=sa.NullPool)
    with engine.begin() as connection:
        # Two processes that make one schema at once: PostgreSQL fails the second, "if not exists" or not.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('a schema of the tests'))")
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schema(folder)}")
    _made.add(schema(folder))
    return f"{URL}{'&' if '?' in URL else '?'}options=-csearch_path%3D{schema(folder)}"


def settings(folder: Path) -> dict[str, Any]:
    """What an assistant is told, so that its own processes find the catalog of a folder where this run has it."""
    return {"database_url": url(folder)} if URL else {}


def sql(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    """What another program sees in the schema of a folder, or does to it."""
    engine = sa.create_engine(sa.make_url(url(folder)).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        found = connection.exec_driver_sql(statement)
        return [tuple(row) for row in found] if found.returns_rows else []


def use() -> None:
    """Has every catalog that is opened without a database named be in PostgreSQL, if a server is."""
    if URL:
        Catalog.open = staticmethod(_opened)  # type: ignore[method-assign]


def forget() -> None:
    """Drops the schemas of this run."""
    if _made:
        engine = sa.create_engine(_with_driver(), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in _made:
                connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def _opened(folder: Path, *, create: bool, url: str | None = None, named: str | None = None) -> Catalog:
    return _open(folder, create=create, url=url or globals()["url"](folder), named=named)


def _with_driver() -> sa.URL:
    assert URL
    return sa.make_url(URL).set(drivername="postgresql+psycopg")
