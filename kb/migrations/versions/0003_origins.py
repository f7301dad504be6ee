"""Which articles are one origin. The groups themselves are derived; `check --repair` finds them."""

import sqlalchemy as sa
from alembic import op

from kb.dialects import Number

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the tables, unless a catalog made before steps were counted has them."""
    if sa.inspect(op.get_bind()).has_table("marks"):
        return
    op.create_table(
        "marks",
        sa.Column("mark", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("article", Number, primary_key=True, autoincrement=False, index=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ties",
        sa.Column("left", Number, primary_key=True, autoincrement=False),
        sa.Column("right", Number, primary_key=True, autoincrement=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("left_spans", sa.JSON, nullable=False),
        sa.Column("right_spans", sa.JSON, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
    )
    op.create_table(
        "origins",
        sa.Column("article", Number, primary_key=True, autoincrement=False),
        sa.Column("first", Number, nullable=False, index=True),
    )
