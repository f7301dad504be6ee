"""From evidence to citations, and the check that every quote is the stored text's own. Pure.

A quote is always sliced from the stored article. Whatever wrote a statement, it is shown only if this check passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.answer import Citation
from kb import Article, Span

__all__ = ["Quote", "cite", "holds", "normalised"]

_SPACE = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of one article that a statement rests on."""

    article: Article
    span: Span

    @property
    def text(self) -> str:
        return self.span.of(self.article.text)


def cite(number: int, quote: Quote) -> Citation:
    """The citation with this number."""
    article = quote.article
    return Citation(
        id=number,
        article_id=article.id,
        title=article.title,
        outlet=article.outlet,
        origin=article.origin,
        published=article.published,
        url=article.url,
        start=quote.span.start,
        end=quote.span.end,
        quote=quote.text,
    )


def holds(citation: Citation, article: Article | None) -> bool:
    """Whether the stored article has the quote exactly where the citation says."""
    if article is None or article.id != citation.article_id or not citation.quote.strip():
        return False
    return article.text[citation.start : citation.end] == citation.quote


def normalised(text: str) -> str:
    """A text without case, punctuation and spacing, for telling whether two sentences are the same words."""
    return _SPACE.sub(" ", text).casefold().strip()
