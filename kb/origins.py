"""Which articles are one origin: the same agency is named, or they share long sentences word for word. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.article import Article
from kb.passages import sentences

__all__ = ["group"]

_LONG = 60  # characters: shorter sentences are shared by chance ("The ministry did not respond.")
_SHARED = 2  # one may be a quotation that both took from a press release
_SPACE = re.compile(r"\W+")


def group(articles: Sequence[Article]) -> list[set[int]]:
    """The articles, by their places in the sequence, in groups of one origin each. Every place is in one group."""
    groups: list[set[int]] = []
    told = [_long_sentences(article) for article in articles]
    for place, article in enumerate(articles):
        same = [g for g in groups if any(_one_origin(article, told[place], articles[i], told[i]) for i in g)]
        merged = {place}.union(*same)
        groups = [g for g in groups if g not in same] + [merged]
    return groups


def _one_origin(left: Article, left_told: set[str], right: Article, right_told: set[str]) -> bool:
    if left.id == right.id:
        return True
    if left.origin and right.origin:
        return left.origin.casefold() == right.origin.casefold()
    return len(left_told & right_told) >= min(_SHARED, len(left_told) or 1, len(right_told) or 1)


def _long_sentences(article: Article) -> set[str]:
    found = (span.of(article.text) for span in sentences(article.text))
    return {_SPACE.sub(" ", text).casefold().strip() for text in found if len(text) >= _LONG}
