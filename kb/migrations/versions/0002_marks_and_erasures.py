"""Marks in the change log, and removals of which traces are left."""

import sqlalchemy as sa
from alembic import op

from kb.dialects import Number

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds what is missing: the first catalogs that had these were made before steps were counted."""
    known = sa.inspect(op.get_bind())
    if not any(column["name"] == "mark" for column in known.get_columns("changes")):
        op.add_column("changes", sa.Column("mark", sa.String, nullable=False, server_default=""))
    for name, column in (("erasures", "change"), ("reembedded", "passage")):
        if not known.has_table(name):
            extra = [sa.Column("vector", sa.LargeBinary, nullable=False)] if name == "reembedded" else []
            op.create_table(name, sa.Column(column, Number, primary_key=True, autoincrement=False), *extra)
    if not known.has_table("failures"):
        texts = [sa.Column(name, sa.String, nullable=False) for name in ("file", "reason", "at")]
        op.create_table(
            "failures",
            sa.Column("source", sa.String, primary_key=True),
            *texts[:2],
            sa.Column("given", sa.JSON, nullable=False),
            texts[2],
        )
