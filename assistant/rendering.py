"""An answer as Markdown and as plain text. Article text is data: no character of it acts as markup."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from assistant.answer import Answer, Citation, Sources, Statement
from kb import Article

__all__ = [
    "article_document",
    "article_text",
    "checks_in_words",
    "counted",
    "dated",
    "escaped",
    "markdown",
    "named",
    "plain",
    "printable",
    "sources_in_words",
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
    denials = {number for dispute in answer.disputes for number in dispute.denied_by}
    paragraphs = []
    for statement in answer.statements:
        is_denial = any(citation.id in denials for citation in statement.citations)
        lead = "**Denied:** " if is_denial else ""
        paragraphs.append(f"{lead}{escaped(statement.text)} {_marks(statement.citations)}")
    paragraphs.append(f"*{sources_in_words(answer.sources)} {checks_in_words(answer)}*")
    return "\n\n".join(paragraphs)


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
    denials = {number for dispute in answer.disputes for number in dispute.denied_by}
    for statement in answer.statements:
        is_denial = any(citation.id in denials for citation in statement.citations)
        numbers = "".join(f"[{citation.id}]" for citation in statement.citations)
        text = f"{'Denied: ' if is_denial else ''}{printable(statement.text)} {numbers}{_spoken(statement)}"
        lines += [*_wrapped(text, width, "  " if is_denial else ""), ""]
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


def article_document(article: Article) -> dict[str, Any]:
    """The document of `articles show --json`; offsets in Unicode code points of `text`."""
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "outlet": article.outlet,
        "origin": article.origin,
        "author": article.author,
        "published": article.published,
        "published_from": article.provenance.get("published"),
        "url": article.url,
        "language": article.language,
        "source": article.source,
        "added": article.added,
        "sha256": article.sha256,
        "boilerplate": [[mark.start, mark.end, mark.why] for mark in article.boilerplate],
        "provenance": dict(article.provenance),
    }


def article_text(article: Article, width: int = 88) -> str:
    """An article for a terminal: what is known and how it was found, then the stored text."""
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
    lines.append("")
    for paragraph in article.text.split("\n"):
        lines += _wrapped(printable(paragraph), width) or [""]
    return "\n".join(lines)


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


def _spoken(statement: Statement) -> str:
    """Who speaks and what they do, where the words alone may not show it at a glance."""
    if not statement.claims:
        return ""
    stances: dict[str, list[str]] = {}
    for claim in statement.claims:
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
