"""What an answer rests on, counted honestly: articles, origins, outlets, sides, and the figures they give."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer import Figure, Sources, Statement
from assistant.figures import figures_in
from kb import Article, KnowledgeBase
from kb.origins import groups

__all__ = ["figures_of", "sources_of"]


def sources_of(statements: Sequence[Statement], base: KnowledgeBase) -> Sources:
    """The articles, origins, outlets and sides that the statements rest on, with the warnings that apply."""
    ids = dict.fromkeys(citation.article_id for statement in statements for citation in statement.citations)
    articles = [article for article_id in ids if (article := base.find(article_id)) is not None]
    if not articles:
        return Sources()
    origins = _origins(articles, base)
    sides = sorted({claim.side for statement in statements for claim in statement.claims if claim.side})
    warnings = [
        name for name, applies in (("single_origin", origins == 1), ("single_side", len(sides) == 1)) if applies
    ]
    return Sources(
        articles=len(articles),
        origins=origins,
        outlets=len({article.outlet for article in articles if article.outlet}),
        sides=tuple(sides),
        warnings=tuple(warnings),
    )


def _origins(articles: Sequence[Article], base: KnowledgeBase) -> int:
    """How many reported it by themselves. What carries one report counts once, and so does all that one agency, or one
    outlet without naming an agency, has told."""
    told = base.origins(article.id for article in articles)
    by = [{told[article.id], *_reporter(article)} for article in articles]
    places = range(len(articles))
    return len(set(groups(places, ((i, j) for i in places for j in range(i) if by[i] & by[j])).values()))


def _reporter(article: Article) -> set[str]:
    """The agency's name, else the outlet's, and its initials: an agency is named by them elsewhere."""
    name = (article.origin or article.outlet or "").casefold()
    words = re.findall(r"\w+", name)
    return {name, "".join(word[0] for word in words)} - {""} if len(words) > 1 else {name} - {""}


def figures_of(statements: Sequence[Statement]) -> tuple[Figure, ...]:
    """The counted quantities in the quoted words, in order, each once."""
    found = (
        figure
        for statement in statements
        for figure in figures_in(statement.citations[0].quote, statement.claims, statement.citations[0].id)
    )
    return tuple(dict.fromkeys(found))
