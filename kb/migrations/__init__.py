"""What became of the tables since the first version, step by step, for catalogs that were made before.

A new catalog is made as it is now, and stamped with the newest step; only an older one needs Alembic.
"""

from __future__ import annotations

import sqlalchemy as sa

from kb.errors import UnreadableKnowledgeBase

__all__ = ["NEWEST", "current", "stamp", "upgrade"]

STEPS = ("0001", "0002", "0003", "0004")
NEWEST = STEPS[-1]
_version = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))


def stamp(connection: sa.Connection) -> None:
    """Records that a catalog just made needs no step."""
    _version.create(connection)
    connection.execute(_version.insert().values(version_num=NEWEST))


def current(connection: sa.Connection, place: str) -> bool:
    """Whether the catalog has all steps behind it.

    Raises:
        UnreadableKnowledgeBase: it has one behind it that this version does not know.
    """
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    found = connection.scalar(sa.select(_version.c.version_num))
    if found is not None and found not in STEPS:
        raise UnreadableKnowledgeBase(
            f"{place} was made by a newer version (step {found}, this one knows {NEWEST}); install that version"
        )
    return found == NEWEST


def upgrade(connection: sa.Connection) -> None:
    """Takes the steps that are missing, within the transaction that is open."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "kb:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
