"""What we know, where it is kept, how it is found."""

from kb.article import Article, Boilerplate, Hit, Passage, Span
from kb.catalog import Failure, Filters, Listed, Listing
from kb.errors import KnowledgeBaseError
from kb.knowledge_base import Addition, KnowledgeBase

__all__ = [
    "Addition",
    "Article",
    "Boilerplate",
    "Failure",
    "Filters",
    "Hit",
    "KnowledgeBase",
    "KnowledgeBaseError",
    "Listed",
    "Listing",
    "Passage",
    "Span",
]
