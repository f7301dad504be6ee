"""Catalogs that an earlier version made become what a new one is."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from kb import Filters, migrations
from kb.catalog import Catalog
from kb.errors import UnreadableKnowledgeBase
from tests.conftest import article
from tests.test_catalog import store

pytestmark = pytest.mark.sqlite

# As the first version made them.
FIRST = """
DROP TABLE alembic_version; DROP TABLE erasures; DROP TABLE failures; DROP TABLE reembedded;
DROP TABLE marks; DROP TABLE ties; DROP TABLE origins;
DROP INDEX articles_published; DROP INDEX articles_origin; DROP INDEX articles_language;
CREATE INDEX ix_articles_published_first ON articles (published_first);
ALTER TABLE changes DROP COLUMN mark;
DROP TABLE lexical; DROP VIEW article_texts;
CREATE VIEW passage_texts AS
    SELECT p.id AS id, a.title AS title, substr(a.text, p."start" + 1, p."end" - p."start") AS body
    FROM passages p JOIN articles a ON a.number = p.article;
CREATE VIRTUAL TABLE lexical USING fts5(
    title, body, content='passage_texts', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2');
INSERT INTO lexical (lexical) VALUES ('rebuild');
"""


def shape(folder: Path) -> dict[str, object]:
    """Every table with its columns, every index, every view."""
    with contextlib.closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        names = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        return {
            f"{kind} {name}": sorted(
                (row[1], row[2].replace("BIGINT", "INTEGER"), row[3], row[5])
                for row in connection.execute(f"PRAGMA table_info({name})")
            )
            for kind, name in names
        }


def test_the_steps_are_those_that_the_catalog_counts() -> None:
    config = Config()
    config.set_main_option("script_location", "kb:migrations")
    steps = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == migrations.STEPS


def test_a_catalog_of_the_first_version_becomes_what_a_new_one_is(tmp_path: Path) -> None:
    for name in ("old", "new"):
        with contextlib.closing(Catalog.open(tmp_path / name, create=True)) as catalog:
            store(catalog, article("A heron stood.", source="a"), article("A pelican sat.", source="b"))
    with contextlib.closing(sqlite3.connect(tmp_path / "old" / "catalog.sqlite")) as connection:
        connection.executescript(FIRST)
    assert shape(tmp_path / "old") != shape(tmp_path / "new")
    with contextlib.closing(Catalog.open(tmp_path / "old", create=False)) as catalog:
        assert [number for number, _ in catalog.lexical(["pelican"], Filters(), 5)] == [2]
        assert catalog.lexical_problems() == catalog.integrity() == []
        catalog.rebuild_origins()
        assert catalog.origin_problems() == []
        store(catalog, article("An owl sat.", source="c"))
    assert shape(tmp_path / "old") == shape(tmp_path / "new")


def test_a_step_that_this_version_does_not_know_is_refused_with_the_mend(tmp_path: Path) -> None:
    Catalog.open(tmp_path, create=True).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(UnreadableKnowledgeBase, match="made by a newer version"):
        Catalog.open(tmp_path, create=False)
