"""An answer as Markdown and as plain text. Article text is data: no character of it acts as markup."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Citation, Claim, Figure, Sources, Statement
from kb import Article
from kb.article import day_range
from kb.days import precision
from kb.origins import Copy

if TYPE_CHECKING:
    from assistant.timeline import Timeline

__all__ = [
    "NO_RESPONSE",
    "FigureRow",
    "article_document",
    "article_text",
    "checks_in_words",
    "counted",
    "dated",
    "escaped",
    "figure_rows",
    "markdown",
    "named",
    "plain",
    "printable",
    "reply_in_words",
    "sources_in_words",
    "timeline_text",
]

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~$&@])")
_NOT_IN_NAMES = re.compile(r"[“”„«»\"\[\]<>{}()]")
_LONGEST_NAME = 120  # characters
_SCHEME = re.compile(r":(?=//)")
_MONTHS = "January February March April May June July August September October November December".split()
_WARNINGS = {
    "single_origin": "All of it comes from one origin; nobody else confirms it here.",
    "single_side": "Only one side speaks here.",
}


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no link, no HTML, no line break."""
    quiet = _SCHEME.sub(r"\:", _MARKUP.sub(r"\\\1", text)).replace("www.", r"www\.")
    return " ".join(quiet.split())


def dated(published: str | None) -> str:
    """A publication date in words, as precise as it is known: "19 September 2023", "September 2023", "undated"."""
    if published is None:
        return "undated"
    year, month, day = [*published.split("-"), "", ""][:3]
    return " ".join(part for part in (day.lstrip("0"), _MONTHS[int(month) - 1] if month else "", year) if part)


def markdown(answer: Answer) -> str:
    """The body of an answer: a paragraph a statement, denials below what they deny, then what it all rests on."""
    if answer.status == "abstained":
        return _abstention(answer)
    paragraphs = []
    for place, statement in enumerate(answer.statements):
        reply = reply_in_words(answer, statement)
        lead = f"**{reply}:** " if reply else ""
        paragraphs.append(f"{lead}{escaped(statement.text)} {_marks(statement.citations)}")
        if place in answer.no_response:
            paragraphs.append(f"*{NO_RESPONSE}*")
        if elsewhere := _answered_elsewhere(answer, place):
            paragraphs.append(f"*{elsewhere}*")
    if len(answer.figures) > 1:
        paragraphs.append(_figures_table(answer))
    paragraphs.append(f"*{sources_in_words(answer.sources)} {checks_in_words(answer)}*")
    return "\n\n".join(paragraphs)


def reply_in_words(answer: Answer, statement: Statement) -> str | None:
    """What a statement is to another one: "Denied", "Another account", or nothing."""
    cited = {citation.id for citation in statement.citations}
    if any(cited & set(dispute.denied_by) for dispute in answer.disputes):
        return "Denied"
    return "Another account" if any(cited & set(dispute.contrary) for dispute in answer.disputes) else None


def _answered_elsewhere(answer: Answer, place: int) -> str | None:
    """Of a statement whose denials stand elsewhere in the answer, below another that they deny as well: where."""
    below = answer.statements[place + 1 :]
    for dispute in (dispute for dispute in answer.disputes if dispute.statement == place):
        numbers = (*dispute.denied_by, *dispute.contrary)
        if not below or not {citation.id for citation in below[0].citations} & set(numbers):
            what = "Denied" if dispute.denied_by else "Told otherwise"
            return f"{what} in {''.join(f'[{number}]' for number in numbers)}."
    return None


NO_RESPONSE = "No response found in these articles."


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure in words, for a table: nothing of it is escaped."""

    number: str
    what: str
    where: str
    speaker: str
    as_of: str
    citation: int
    relation: str
    """How it stands to the other figures: "superseded by 170 [1]"."""


def figure_rows(answer: Answer) -> list[FigureRow]:
    """The figures of an answer as a table has them."""
    published = {citation.id: citation.published for citation in answer.citations}
    quotes = [citation.quote for citation in answer.citations]
    return [
        FigureRow(
            number=_amount(figure),
            what=", ".join(
                part for part in (_counted_as(figure), "a part of the above" if figure.is_part else "") if part
            ),
            where=figure.where or "",
            speaker=_within_a_row(figure.speaker, quotes) if figure.speaker else "nobody named",
            as_of=dated(figure.as_of) if figure.as_of else _published(published.get(figure.citation)),
            citation=figure.citation,
            relation="; ".join(_relations(answer, place)),
        )
        for place, figure in enumerate(answer.figures)
    ]


def _published(published: str | None) -> str:
    return f"published {dated(published)}" if published else "undated"


def _amount(figure: Figure) -> str:
    """The number as it is written, with the reading of words that give none: "dozens (12 by ACLED)"."""
    counted = f"{figure.low:,}" if figure.low == figure.high else f"{figure.low:,} to {figure.high:,}"
    written = f"{figure.written[:1].lower()}{figure.written[1:]}" or counted
    return f"{written} ({counted} by {figure.convention})" if figure.convention else written


def _within_a_row(speaker: str, quotes: Sequence[str]) -> str:
    """A speaker as it stands within a sentence: "Local officials" and "local officials" are one, where another of the
    words quoted have them so."""
    within = f"{speaker[:1].lower()}{speaker[1:]}"
    is_common = speaker.startswith(("The ", "A ", "An ")) or any(
        re.search(rf"\b{re.escape(within)}\b", q) for q in quotes
    )
    return within if is_common else speaker


def _counted_as(figure: Figure) -> str:
    of = f" ({figure.whose})" if figure.whose and figure.whose not in (figure.unit or "") else ""
    unit = figure.unit if figure.unit and figure.unit != "others" else "people"
    return f"{unit} {figure.what}{of}"


_DIFFERS = {
    "place": "another place than",
    "side": "another side’s than",
    "unit": "others counted than",
    "part": "a part of",
    "period": "another time than",
}


def _relations(answer: Answer, place: int) -> Iterator[str]:
    """How one figure stands to the others, in words, those of a kind together."""
    told: dict[str, list[str]] = {}
    for relation in answer.relations:
        if place not in (relation.figure, relation.other):
            continue
        other = answer.figures[relation.other if place == relation.figure else relation.figure]
        kind = (
            relation.kind
            if relation.kind != "different_scope"
            else _DIFFERS.get(relation.differs or "", "another scope than")
        )
        if relation.kind == "superseded":
            kind = "superseded by" if place == relation.figure else "supersedes"
        if relation.differs == "part" and other.is_part:
            continue  # the part tells it
        told.setdefault(kind, []).append(f"{_amount(other)} [{other.citation}]")
    yield from (f"{'disputed:' if kind == 'disputed' else kind} {', '.join(others)}" for kind, others in told.items())


def _figures_table(answer: Answer) -> str:
    heads = ("Figure", "What", "Where", "According to", "As of", "", "Beside the others")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in figure_rows(answer):
        told = (row.number, row.what, row.where, row.speaker, row.as_of)
        cells = [*map(escaped, told), f"[{row.citation}]", _REFERENCE.sub(r"[\1]", escaped(row.relation))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


_REFERENCE = re.compile(r"\\\[(\d+)\\\]")  # the marks in a relation are ours, and stay marks


def _row(row: FigureRow) -> str:
    where = f", {row.where}" if row.where else ""
    relation = f"; {row.relation}" if row.relation else ""
    return printable(
        f"- {row.number}: {row.what}{where}. According to {row.speaker}, {row.as_of} [{row.citation}]{relation}"
    )


def timeline_text(found: Timeline, width: int = 88) -> str:
    """A timeline for a terminal: a day a heading, then what is said of it; undated sentences last."""
    lines: list[str] = []
    day: str | None = None
    for entry in found.entries:
        if entry.day != day:
            day = entry.day
            lines += ["", dated(day)]
        told = " (day of publication)" if entry.basis == "published" else ""
        lines += _wrapped(
            f"“{printable(entry.text)}” {_marks(entry.citations)}{_speaking(entry.claims)}{told}", width, "  "
        )
    if found.undated:
        lines += ["", "In undated articles, not placed"]
        for entry in found.undated:
            text = f"“{printable(entry.text)}” {_marks(entry.citations)}{_speaking(entry.claims)}"
            lines += _wrapped(text, width, "  ")
    if not lines:
        return "The articles do not say.\n"
    if found.left_out:
        lines += ["", f"{found.left_out} more; narrow the days, or ask for more with -n."]
    lines += ["", *(line for citation in found.citations for line in _wrapped(_source(citation), width))]
    return "\n".join(lines).strip() + "\n"


def sources_in_words(sources: Sources) -> str:
    """ "3 articles, 2 origins; Armenia and Azerbaijan speak." with the warnings that apply."""
    parts = [counted(sources.articles, "article"), counted(sources.origins, "origin")]
    if sources.sides:
        parts.append("heard: " + ", ".join(sources.sides))
    warnings = [_WARNINGS.get(warning, warning) for warning in sources.warnings]
    return " ".join([", ".join(parts) + ".", *warnings])


def checks_in_words(answer: Answer) -> str:
    """ "Checked: 3 verified." with what was repaired and what was left out."""
    checks = answer.checks
    parts = [f"{checks.verified} verified"]
    parts += [f"{checks.repaired} repaired (another passage says it)"] if checks.repaired else []
    parts += [f"{checks.unverified} unverified and left out"] if checks.unverified else []
    instead = " Nothing that the chat model wrote held, so this is quoted." if _is_instead(answer) else ""
    return f"Checked: {', '.join(parts)}.{instead}"


def _is_instead(answer: Answer) -> bool:
    """Whether quotes stand where a model's statements did not hold."""
    return answer.status == "answered" and answer.writer == "quoting" and answer.checks.unverified > 0


def plain(answer: Answer, width: int = 88) -> str:
    """An answer for a terminal: the text, then every source with its exact words left in the text above."""
    lines = []
    if answer.understood_as:
        lines += [f"Understood as: {printable(answer.understood_as)}", ""]
    if answer.status == "abstained":
        lines += [*_wrapped(_abstained(answer), width), ""]
        if answer.citations:
            lines += ["Nearest passages:"]
            for citation in answer.citations:
                lines += _wrapped(f"[{citation.id}] “{printable(citation.quote)}”", width)
    for place, statement in enumerate(answer.statements):
        reply = reply_in_words(answer, statement)
        numbers = "".join(f"[{citation.id}]" for citation in statement.citations)
        text = f"{f'{reply}: ' if reply else ''}{printable(statement.text)} {numbers}{_speaking(statement.claims)}"
        lines += [*_wrapped(text, width, "  " if reply else ""), ""]
        notes = [NO_RESPONSE if place in answer.no_response else None, _answered_elsewhere(answer, place)]
        lines += [line for note in notes if note for line in (f"  {note}", "")]
    if len(answer.figures) > 1:
        lines += ["Figures:", *(line for row in figure_rows(answer) for line in _wrapped(_row(row), width, "  ")), ""]
    if answer.status == "answered":
        lines += _wrapped(f"{sources_in_words(answer.sources)} {checks_in_words(answer)}", width)
    if answer.citations:
        lines.append("")
        lines += [line for citation in answer.citations for line in _wrapped(_source(citation), width)]
    return "\n".join(lines).rstrip() + "\n"


def printable(text: str) -> str:
    """Text without control characters: an article must not steer a terminal. White space becomes single spaces."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "�" for c in text).split())


def named(name: str) -> str:
    """The name of an outlet or an article within a sentence: it can bring no quotation, mark or date of its own."""
    words = " ".join(_NOT_IN_NAMES.sub(" ", printable(name)).split())
    return words if len(words) <= _LONGEST_NAME else f"{words[:_LONGEST_NAME].rstrip()}…"


def article_document(article: Article, copies: Sequence[Copy] = ()) -> dict[str, Any]:
    """The document of `articles show --json`; offsets in Unicode code points of `text`. `copies` are the other articles
    of its origin."""
    first, last = day_range(article.published) if article.published else (None, None)
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "outlet": article.outlet,
        "origin": article.origin,
        "author": article.author,
        "published": article.published,
        "published_from": article.provenance.get("published"),
        "published_precision": precision(article.published),
        "published_epoch": first,
        "published_epoch_end": last,
        "url": article.url,
        "language": article.language,
        "source": article.source,
        "added": article.added,
        "sha256": article.sha256,
        "boilerplate": [[mark.start, mark.end, mark.why] for mark in article.boilerplate],
        "provenance": dict(article.provenance),
        "copies": [
            {
                "id": copy.article.id,
                "title": copy.article.title,
                "outlet": copy.article.outlet,
                "published": copy.article.published,
                "kind": copy.kind,
                "share": copy.share,
                "similarity": copy.similarity,
                "agency": copy.agency,
                "sentences": list(copy.sentences),
            }
            for copy in copies
        ],
    }


def article_text(article: Article, copies: Sequence[Copy] = (), width: int = 88) -> str:
    """An article for a terminal: what is known and how it was found, who else carries it, then the stored text."""
    known = [
        ("id", article.id),
        ("outlet", article.outlet),
        ("origin", article.origin),
        ("author", article.author),
        ("published", article.published and dated(article.published)),
        ("url", article.url),
        ("language", article.language),
        ("source", article.source),
    ]
    lines = [printable(article.title), ""]
    for name, value in known:
        found = article.provenance.get(name)
        how = f"  ({printable(found)})" if found else ""
        lines.append(f"{name:10} {printable(value) if value else 'unknown'}{how}")
    lines += [f"left out   {printable(mark.span.of(article.text))[:60]}  ({mark.why})" for mark in article.boilerplate]
    for copy in copies:
        outlet = printable(copy.article.outlet or "outlet unknown")
        who = f"{copy.article.id[:8]} {outlet}, {dated(copy.article.published)}"
        lines.append(f"same origin  {who}: {printable(copy.article.title)}")
        lines += _wrapped(_evidence(copy), width, " " * 13)
    lines.append("")
    for paragraph in article.text.split("\n"):
        lines += _wrapped(printable(paragraph), width) or [""]
    return "\n".join(lines)


_KINDS = {"exact": "the same words", "near": "nearly the same words", "edited": "an edited copy", "linked": ""}


def _evidence(copy: Copy) -> str:
    """Why two articles are one origin, in words."""
    parts = [_KINDS[copy.kind] or "carries the same report as another article here"]
    if copy.sentences:
        parts.append(f"{counted(len(copy.sentences), 'long sentence')} in both, {copy.share:.0%} of the shorter one")
    if copy.agency:
        parts.append(f"both name {printable(copy.agency)}")
    if copy.similarity:
        parts.append(f"similarity {copy.similarity:.2f}")
    longest = max(copy.sentences, key=len, default="")
    return "; ".join(parts) + (f"; “{textwrap.shorten(printable(longest), 100, placeholder='…')}”" if longest else "")


_ABSTAINED = {
    "no_evidence": "The articles do not say: none of them speaks of this.",
    "weak_evidence": "The articles do not say: none of their sentences answers this well enough.",
}


def _abstained(answer: Answer) -> str:
    said = _ABSTAINED[answer.reason or "no_evidence"]
    return f"{said} {checks_in_words(answer)}" if answer.checks.unverified else said


def _abstention(answer: Answer) -> str:
    said = _abstained(answer)
    if not answer.citations:
        return said
    near = [f"- “{escaped(citation.quote)}” {_marks((citation,))}" for citation in answer.citations]
    return "\n".join([said, "", "The nearest passages:", "", *near])


def _marks(citations: tuple[Citation, ...]) -> str:
    return "".join(f"[{citation.id}]" for citation in citations)


def _speaking(claims: Sequence[Claim]) -> str:
    """Who speaks and what they do, where the words alone may not show it at a glance."""
    if not claims:
        return ""
    stances: dict[str, list[str]] = {}
    for claim in claims:
        own = stances.setdefault(printable(claim.speaker or "not named here"), [])
        own += [claim.stance] if claim.stance not in own else []
    spoken = (f"{speaker}: {', '.join(own)}" for speaker, own in stances.items())
    return f" ({'; '.join(spoken)})"


def _source(citation: Citation) -> str:
    outlet = citation.outlet or "outlet unknown"
    by = f", from {citation.origin}" if citation.origin else ""
    place = f"{citation.article_id[:8]}:{citation.start}-{citation.end}"
    known = f"{printable(outlet + by)}, {dated(citation.published)}: {printable(citation.title)}"
    return f"[{citation.id}] {known} ({place})"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def counted(number: int, noun: str) -> str:
    """ "1 article", "2 articles"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
