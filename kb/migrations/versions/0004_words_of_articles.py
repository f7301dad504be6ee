"""Full text of articles instead of passages, and indexes for the filters."""

import sqlalchemy as sa
from alembic import op

from kb.dialects.sqlite import FullText

revision = "0004"
down_revision = "0003"
_INDEXES = {
    "articles_published": ["published_first", "published_last"],
    "articles_origin": ["origin", "outlet"],
    "articles_language": ["language"],
}


def upgrade() -> None:
    """Only SQLite has catalogs of an earlier step."""
    known = sa.inspect(op.get_bind())
    have = {index["name"] for index in known.get_indexes("articles")}
    if "ix_articles_published_first" in have:
        op.drop_index("ix_articles_published_first")
    for name in _INDEXES.keys() - have:
        op.create_index(name, "articles", _INDEXES[name])
    if "article_texts" not in known.get_view_names():
        FullText().rebuild(op.get_bind())
