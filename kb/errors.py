"""What can go wrong in the knowledge base, drawn as a tree.

KnowledgeBaseError            the knowledge base cannot be used; the message names the mend
├── NotAKnowledgeBase         the folder exists and is something else
├── UnreadableKnowledgeBase   damaged, locked or not permitted
│   └── DatabaseAway          the database server does not answer now; the same may work in a moment
├── OtherModel                made with another embedding model or another way of cutting passages
├── VectorServerAway          the Chroma server does not answer, or not as one; searches can do without it
└── UnusableModel             the embedding model is missing or is not the one it claims to be
ArticleNotFound               no article has this id
"""

from __future__ import annotations

__all__ = [
    "ArticleNotFound",
    "DatabaseAway",
    "KnowledgeBaseError",
    "NotAKnowledgeBase",
    "OtherModel",
    "UnreadableKnowledgeBase",
    "UnusableModel",
    "VectorServerAway",
]


class KnowledgeBaseError(Exception):
    """The knowledge base, or what it needs, cannot be used. The message is one line and names the mend."""


class NotAKnowledgeBase(KnowledgeBaseError):
    """The folder exists, holds files, and none of them is a catalog."""


class UnreadableKnowledgeBase(KnowledgeBaseError):
    """The catalog is damaged, locked by another program, or may not be read or written."""


class DatabaseAway(UnreadableKnowledgeBase):
    """The database server does not answer, or broke off in the middle. Nothing that was reported is lost."""

    def __init__(self, message: str, *, midway: bool = False) -> None:
        super().__init__(message)
        self.midway = midway
        """Whether it had been reached and broke off, so that the same may work at once."""


class OtherModel(KnowledgeBaseError):
    """The catalog's vectors come from another embedding model, or its passages from another scheme."""


class VectorServerAway(KnowledgeBaseError):
    """The Chroma server cannot be used now. No search raises this: the catalog's own vectors are searched instead."""


class UnusableModel(KnowledgeBaseError):
    """The embedding model cannot be loaded, or its files are not the ones expected."""


class ArticleNotFound(KnowledgeBaseError):
    """No article in the catalog has the id asked for."""
