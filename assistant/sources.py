"""What an answer rests on, counted honestly: articles, origins, outlets, sides, and the figures they give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Answer, Dispute, Figure, Sources, Statement
from assistant.citations import Quote, normalised
from assistant.claims import Speech
from assistant.contrary import answers_itself, contraries
from assistant.denials import denials
from assistant.figures import figures_in
from assistant.writers import Selected
from kb import Article, Filters, KnowledgeBase, Span
from kb.origins import groups
from kb.passages import split

__all__ = ["Responses", "figures_of", "responses", "sources_of"]


def sources_of(statements: Sequence[Statement], base: KnowledgeBase) -> Sources:
    """The articles, origins, outlets and sides that the statements rest on, with the warnings that apply."""
    ids = dict.fromkeys(citation.article_id for statement in statements for citation in statement.citations)
    articles = [article for article_id in ids if (article := base.find(article_id)) is not None]
    if not articles:
        return Sources()
    origins = _origins(articles, base)
    claims = [claim for statement in statements for claim in statement.claims]
    sides = sorted({claim.side for claim in claims if claim.side})
    # However many outlets carry it, what a party says of itself is not confirmed by its saying it again; and one
    # speaker of no known side is one side too.
    one_side = len(sides) == 1 or (not sides and len({claim.speaker for claim in claims if claim.speaker}) == 1)
    warnings = [name for name, applies in (("single_origin", origins == 1), ("single_side", one_side)) if applies]
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


@dataclass(frozen=True, slots=True)
class Responses:
    """Which statements are denied, and which accuse somebody of whom the articles have no answer."""

    disputes: tuple[Dispute, ...]
    none_found: tuple[int, ...]


def responses(answer: Answer, base: KnowledgeBase, filters: Filters) -> Responses:
    """The answer's disputes, with the denials that it shows beside one statement and that deny another as well; and
    the accusing statements to which a search finds neither denial nor other account."""
    disputes = list(answer.disputes)
    denying = {number for dispute in disputes for number in (*dispute.denied_by, *dispute.contrary)}
    known, none_found, speech = {d.statement for d in disputes}, [], Speech()
    for place, statement in enumerate(answer.statements):
        accuses = any(claim.stance == "accuses" for claim in statement.claims)
        if place in known or not accuses or any(citation.id in denying for citation in statement.citations):
            continue
        quotes = [Quote(a, Span(c.start, c.end)) for c in statement.citations if (a := base.find(c.article_id))]
        if not quotes or any(answers_itself(quote.text) for quote in quotes):
            continue
        claimed = Selected(tuple(quotes), statement.claims, 0.0)
        denied = denials(base, claimed, speech, filters)
        found = denied or contraries(base, claimed, speech, filters)
        words = {normalised(other.text) for other in found}
        shown = tuple(c.id for c in answer.citations if normalised(c.quote) in words)
        if shown:
            disputes.append(Dispute(place, shown) if denied else Dispute(place, (), shown))
        elif not found and not any(claim.stance == "denies" for claim in statement.claims):
            none_found.append(place)
    return Responses(tuple(disputes), tuple(none_found))


def figures_of(statements: Sequence[Statement], base: KnowledgeBase) -> tuple[Figure, ...]:
    """The counted quantities in the quoted words, in order, each once."""
    found: list[Figure] = []
    speech = Speech()
    for statement in statements:
        citation = statement.citations[0]
        article = base.find(citation.article_id)
        if article is None:
            continue
        before = _before(article, citation.start)
        own = figures_in(citation.quote, statement.claims, citation.id, citation.published, before)
        found += _completed(own, article, speech) if own else []
    best: dict[object, Figure] = {}
    for figure in found:
        # A broken sentence may tell one figure twice; the fuller telling is kept.
        key = (figure.citation, figure.what, figure.low, figure.high, figure.is_part)
        if key not in best or _details(figure) > _details(best[key]):
            best[key] = figure
    return tuple(best.values())


def _details(figure: Figure) -> int:
    return sum(getattr(figure, name) is not None for name in ("unit", "where", "speaker", "whose"))


def _completed(figures: Sequence[Figure], article: Article, speech: Speech) -> Iterator[Figure]:
    """The figures with place, unit and side of the dead where another sentence of the article tells them of the same
    number, and none tells otherwise. Small numbers may be others' too, and are left as they are."""
    elsewhere = [
        figure
        for passage in split(article)
        for span in passage.sentences
        for figure in figures_in(span.of(article.text), speech.claims(article, span), 0, article.published)
    ]
    for figure in figures:
        same = [f for f in elsewhere if (f.what, f.low, f.high) == (figure.what, figure.low, figure.high)]
        known = {name: {getattr(f, name) for f in same} - {None} for name in ("where", "whose", "unit")}
        missing = {n: v.pop() for n, v in known.items() if len(v) == 1 and getattr(figure, n) is None}
        yield replace(figure, **missing) if figure.low >= _TELLING and not figure.convention else figure


_TELLING = 10


def _before(article: Article, start: int) -> str:
    """The sentence before the one that begins at `start`."""
    before: Span | None = None
    for passage in split(article):
        for span in passage.sentences:
            if span.start >= start:
                return before.of(article.text) if before else ""
            before = span
    return ""
