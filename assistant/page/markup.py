"""What the page shows, as HTML: the conversation on the left, an article with its quotes marked on the right. Pure.

Articles, titles, outlets, questions and replies are written by others. They are text here and cannot become anything
else: only `h` makes `Html`, and whatever it is given that is not `Html` it escapes. No Markdown is involved.

Whatever can be chosen says so in `data-do`; the script of its component sends that, with its other data, to the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from urllib.parse import urlsplit

from assistant.answer import Answer, Checks, Citation, Sources, Stance, Statement
from assistant.page.kept import Asked, Wanted
from assistant.page.pictures import Event, Toll
from assistant.page.words import counted, say
from assistant.rendering import NO_RESPONSE, checks_in_words, dated, figure_rows, reply_in_words
from kb import Article, Span

__all__ = [
    "Html", "button", "choice", "conversation", "evidence", "field", "field_void", "greeting", "h", "loading",
    "nothing_open", "notice", "picture_head", "table", "timeline", "tolls",
]  # fmt: skip


class Html(str):
    """Markup that may be shown as it is."""

    __slots__ = ()


def h(name: str, /, *children: str | None, **attributes: str | None) -> Html:
    """An element. Children and attribute values are escaped unless they are Html; None is left out.

    `class_` stands for class, and `_` elsewhere in an attribute's name for a hyphen.
    """
    inside = "".join(child if isinstance(child, Html) else escape(child) for child in children if child is not None)
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{told}>{inside}</{name}>")


def button(text: str, do: str, *, class_: str = "plain", **data: str | None) -> Html:
    """A button that says to the script of its component what is to be done."""
    return h("button", text, type="button", class_=class_, data_do=do, **data)


def field_void(kind: str, name: str, value: str) -> Html:
    """A named input without a label."""
    return _void("input", type=kind, name=name, value=value)


def field(label: str, name: str, *, kind: str = "text", value: str = "", **more: str | None) -> Html:
    """A named input with its label."""
    return h("label", h("span", label), _void("input", type=kind, name=name, value=value, **more), class_="field")


def choice(label: str, name: str, options: Iterable[tuple[str, str]], chosen: str = "") -> Html:
    """A named list to choose from: values with what stands for them."""
    made = (
        h("option", shown, value=value, selected="selected" if value == chosen else None) for value, shown in options
    )
    return h("label", h("span", label), h("select", *made, name=name), class_="field")


def _void(name: str, /, **attributes: str | None) -> Html:
    return Html(h(name, **attributes).removesuffix(f"</{name}>"))


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, class_: str = "data") -> Html:
    """A table whose first column names the row."""
    body = (h("tr", *(h("td", cell, dir="auto") for cell in row)) for row in rows)
    return h(
        "div",
        h(
            "table",
            h("caption", caption),
            h("thead", h("tr", *(h("th", head, scope="col") for head in heads))),
            h("tbody", *body),
            class_=class_,
        ),
        class_="scrolling",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def greeting(articles: int, questions: Sequence[str], *, may_add: bool = True) -> Html:
    """What stands where the conversation will be: questions to begin with, or the way to the first articles."""
    if not articles:
        offer = button(say("chat.load_samples"), "samples", class_="primary") if may_add else None
        ways = h("p", say("chat.add_yours"), h("code", "accordingto ingest PATH"), say("chat.or_samples"))
        return h("div", h("h2", say("chat.none_yet")), ways, offer, class_="greeting")
    suggested = [h("li", button(text, "ask", class_="suggestion", data_question=text)) for text in questions]
    number = say("chat.one_article") if articles == 1 else say("chat.many_articles", number=articles)
    return h(
        "div",
        h("h2", say("chat.greeting")),
        h("p", number, say("chat.in_the_base")),
        h("h3", say("chat.examples"), hidden=None if suggested else "hidden"),
        h("ul", *suggested, class_="suggested"),
        class_="greeting",
    )


def loading(stored: int, title: str | None) -> Html:
    """How far the sample articles are."""
    number = counted("count.article", stored)
    so_far = say("chat.stored", number=number, title=title or "") if stored else say("chat.preparing")
    return h("div", h("h2", say("chat.loading_samples")), h("p", so_far, role="status"), class_="greeting")


def notice(text: str) -> Html:
    """Something went wrong; the text says what, and how it is mended."""
    return h("p", text, class_="notice", role="alert")


def conversation(exchanges: Sequence[Asked], asked: str | None = None, *, writing: bool = False) -> Html:
    """All exchanges, oldest first; `asked` is a question that has no answer yet, `writing` that the last one grows."""
    shown = [
        _exchange(number, each, writing=writing and number == len(exchanges))
        for number, each in enumerate(exchanges, 1)
    ]
    if asked is not None:
        waiting = h("p", say("chat.reading"), class_="waiting", role="status")
        shown.append(h("article", _asked(asked), waiting, class_="exchange"))
    busy = "true" if writing or asked is not None else "false"
    return h("div", *shown, role="log", aria_label=say("chat.log"), aria_busy=busy)


def _exchange(number: int, each: Asked, *, writing: bool) -> Html:
    answer = each.answer
    understood = answer.understood_as
    whole = bool(answer.seconds)  # only a whole answer has its times
    return h(
        "article",
        _asked(answer.question),
        h("p", say("answer.understood"), h("q", understood), class_="understood", dir="auto") if understood else None,
        _within(each.wanted),
        *(_abstention(number, answer) if answer.status == "abstained" else _statements(number, answer)),
        _figures(number, answer) if whole else None,
        _ending(answer, writing=writing),
        _sources(number, answer.citations),
        _tools(number, answer) if not writing else None,
        class_="exchange",
        data_exchange=str(number),
    )


def _asked(question: str) -> Html:
    return h("h2", question, class_="asked", dir="auto")


def _within(wanted: Wanted) -> Html | None:
    """What the answer was restricted to."""
    parts = [
        wanted.since and say("answer.since", day=dated(wanted.since)),
        wanted.until and say("answer.until", day=dated(wanted.until)),
        wanted.outlet and say("answer.outlet", outlet=wanted.outlet),
        wanted.side and say("answer.speaking", side=wanted.side),
    ]
    return (
        h("p", say("answer.only"), ", ".join(filter(None, parts)), class_="understood", dir="auto") if wanted else None
    )


def _ending(answer: Answer, *, writing: bool) -> Html | None:
    """What it all rests on, once it is whole."""
    if not answer.seconds:
        return h("p", say("chat.writing") if writing else say("chat.stopped"), class_="waiting", role="status")
    if answer.status != "answered":
        return None
    return h(
        "div",
        h("p", f"{_counted_sources(answer.sources)}. {checks_in_words(answer)}", class_="ground"),
        *_warnings(answer.sources),
        _left_out(answer.checks),
    )


def _counted_sources(sources: Sources) -> str:
    """ "4 articles, 2 origins, 1 side only: Armenia"."""
    parts = [counted("count.article", sources.articles), counted("count.origin", sources.origins)]
    if sources.sides:
        number = len(sources.sides)
        sides = say("answer.one_side") if number == 1 else counted("count.side", number)
        parts.append(f"{sides}: {', '.join(sources.sides)}")
    return ", ".join(parts)


def _warnings(sources: Sources) -> Iterator[Html]:
    known = {name: say(f"answer.{name}") for name in ("single_origin", "single_side")}
    for warning in sources.warnings:
        yield h("p", known.get(warning, warning), class_="warning")


def _left_out(checks: Checks) -> Html | None:
    """What did not hold against the articles: counted, and not shown."""
    told = []
    if checks.unverified:
        number = checks.unverified
        told.append(say("answer.unverified_one") if number == 1 else say("answer.unverified_many", number=number))
    if checks.repaired:
        number = checks.repaired
        told.append(say("answer.repaired_one") if number == 1 else say("answer.repaired_many", number=number))
    return h("p", " ".join(told), class_="warning") if told else None


def _tools(exchange: int, answer: Answer) -> Html:
    """What can be done with an answer."""
    number = str(exchange)
    formats = ("markdown", "json", "csv", "bibtex", "csl")
    files = [h("li", button(say(f"export.{name}"), "export", data_format=name, data_of=number)) for name in formats]
    dated_ = {c.published for s in answer.statements for c in s.citations if c.published}
    return h(
        "div",
        button(say("answer.copy"), "copy", data_of=number),
        button(say("answer.link"), "link", data_question=answer.question),
        h("details", h("summary", say("answer.export"), class_="plain"), h("ul", *files), class_="menu"),
        button(say("answer.timeline"), "picture", data_picture="timeline", data_of=number) if len(dated_) > 1 else None,
        button(say("answer.tolls"), "picture", data_picture="tolls", data_of=number)
        if len(answer.figures) > 1
        else None,
        button(say("answer.retry"), "retry", data_of=number),
        button(say("answer.edit"), "edit", data_of=number, data_question=answer.question),
        class_="tools",
        role="group",
        aria_label=say("answer.tools"),
    )


def _abstention(exchange: int, answer: Answer) -> Iterator[Html]:
    yield h("p", answer.text.partition("\n")[0], class_="abstained")
    if answer.citations:
        yield h("p", say("answer.nearest"), class_="who")
        near = [h("li", h("q", c.quote, dir="auto"), " ", _mark(exchange, c)) for c in answer.citations]
        yield h("ul", *near, class_="near")


def _figures(exchange: int, answer: Answer) -> Html | None:
    """The figures side by side: who gives how many of what, as of when."""
    if not answer.figures:
        return None
    by_number = {citation.id: citation for citation in answer.citations}
    found = figure_rows(answer)
    related = any(row.relation for row in found)
    rows = (
        h(
            "tr",
            h("td", row.number, class_="number"),
            h("td", ", ".join(filter(None, (row.what, row.where))), dir="auto"),
            h("td", h("bdi", row.speaker), h("span", f", {row.as_of}", class_="found")),
            h("td", row.relation, dir="auto") if related else None,
            h("td", _mark(exchange, by_number[row.citation]) if row.citation in by_number else None),
        )
        for row in found
    )
    names = ("number", "what", "by", *(("relation",) if related else ()), "source")
    heads = [h("th", say(f"figures.{name}"), scope="col") for name in names]
    caption = say("figures.caption")
    shown = h("table", h("caption", caption), h("thead", h("tr", *heads)), h("tbody", *rows), class_="data figures")
    return h("div", shown, class_="scrolling", tabindex="0", role="region", aria_label=caption)


def _statements(exchange: int, answer: Answer) -> Iterator[Html]:
    denials = _denials(answer)
    nested = {number for numbers in denials.values() for number in numbers}

    def shown(number: int, *, is_reply: bool = False) -> Html:
        statement = answer.statements[number]
        told = {c.id for denial in denials.get(number, ()) for c in answer.statements[denial].citations}
        elsewhere = [c for c in answer.citations if c.id in _denying(answer, number) - told]
        return h(
            "section",
            _who(statement, reply_in_words(answer, statement) if is_reply else None),
            h("p", h("span", statement.text, dir="auto"), " ", *(_mark(exchange, c) for c in statement.citations)),
            *(shown(denial, is_reply=True) for denial in denials.get(number, ())),
            h("p", NO_RESPONSE, class_="who unanswered") if number in answer.no_response else None,
            h("p", _elsewhere(answer, elsewhere), *(_mark(exchange, c) for c in elsewhere), class_="who")
            if elsewhere
            else None,
            class_="statement denial" if is_reply else "statement",
        )

    return (shown(number) for number in range(len(answer.statements)) if number not in nested)


def _elsewhere(answer: Answer, citations: Sequence[Citation]) -> str:
    denied = {number for dispute in answer.disputes for number in dispute.denied_by}
    return say("answer.denied_in" if any(c.id in denied for c in citations) else "answer.told_otherwise_in")


def _denying(answer: Answer, statement: int) -> set[int]:
    disputes = [dispute for dispute in answer.disputes if dispute.statement == statement]
    return {number for dispute in disputes for number in (*dispute.denied_by, *dispute.contrary)}


def _denials(answer: Answer) -> dict[int, list[int]]:
    """Which statements are shown below which, as its denials. Each only once, and only below an earlier one, for two
    statements may deny each other."""
    below: dict[int, list[int]] = {}
    for number, statement in enumerate(answer.statements):
        cited = {citation.id for citation in statement.citations}
        denied = next((earlier for earlier in range(number) if cited & _denying(answer, earlier)), None)
        if denied is not None:
            below.setdefault(denied, []).append(number)
    return below


def _deed(stance: Stance) -> str:
    """In the past tense, which is the same for "Armenia" and for "local officials"."""
    return say(f"answer.{stance}")


def _who(statement: Statement, reply: str | None) -> Html:
    """Who speaks and what they do: "Azerbaijan said and accused; Armenia denied", or the outlet itself."""
    deeds: dict[str, dict[Stance, None]] = {}
    for claim in statement.claims:
        deeds.setdefault(claim.speaker or say("answer.unnamed"), {})[claim.stance] = None
    voices = [_voice(speaker, stances) for speaker, stances in deeds.items()] or [_own_voice(statement)]
    known = {"Denied": say("answer.denial"), "Another account": say("answer.another_account")}
    lead = [h("strong", known[reply], class_="label")] if reply else []
    return h("p", *lead, *_joined(voices, "; "), class_="who")


def _voice(speaker: str, stances: Iterable[Stance]) -> Html:
    said = [h("span", _deed(stance), class_=f"deed {stance}") for stance in stances]
    return h("span", h("b", speaker[:1].upper() + speaker[1:], dir="auto"), " ", *_joined(said, " and "))


def _own_voice(statement: Statement) -> Html:
    outlet = next((c.outlet for c in statement.citations if c.outlet), None) or say("answer.the_article")
    return h("span", h("b", outlet, dir="auto"), " ", h("span", say("answer.reported"), class_="deed"))


def _joined(parts: Sequence[Html], between: str) -> Iterator[str]:
    for number, part in enumerate(parts):
        if number:
            yield between
        yield part


def _mark(exchange: int, citation: Citation) -> Html:
    """A [n] that opens the words it stands for: it says which slice of which article that is."""
    place = f"{exchange}-{citation.id}"
    mark, outlet = f"[{citation.id}]", citation.outlet or say("answer.outlet_unknown").lower()
    name = say("answer.open_words", mark=mark, outlet=outlet, date=dated(citation.published))
    return h(
        "a",
        mark,
        href=f"#cite-{place}",
        class_="cite",
        data_do="mark",
        data_mark=place,
        data_article=citation.article_id,
        data_start=str(citation.start),
        data_end=str(citation.end),
        aria_label=name,
        title=name,
    )


def _sources(exchange: int, citations: Sequence[Citation]) -> Html | None:
    """One line an article: its marks, who published it and when, its title."""
    by_article: dict[str, list[Citation]] = {}
    for citation in citations:
        by_article.setdefault(citation.article_id, []).append(citation)
    lines = [
        h("li", h("span", *(_mark(exchange, c) for c in same), class_="marks"), h("span", *_source(same[0])))
        for same in by_article.values()
    ]
    return h("ul", *lines, class_="sources", aria_label=say("answer.sources")) if lines else None


def _source(citation: Citation) -> Iterator[Html | str]:
    yield h("b", citation.outlet or say("answer.outlet_unknown"), dir="auto")
    if citation.origin:
        yield say("answer.from_origin")
        yield h("bdi", citation.origin)
    yield f", {dated(citation.published)}: "
    yield h("cite", citation.title, dir="auto")


def picture_head(title: str, note: str) -> Html:
    """What stands above a picture."""
    return h("div", h("h2", title), h("p", note, class_="hint"))


def timeline(exchange: int, events: Sequence[Event]) -> Html:
    """The dated statements as a list: what the picture shows, in words, with their marks."""
    items = [
        h(
            "li",
            h("time", dated(event.day), datetime=event.day),
            h("b", event.side or say("pictures.no_side")),
            h("span", event.statement.text, " ", *(_mark(exchange, c) for c in event.statement.citations), dir="auto"),
        )
        for event in events
    ]
    return h("ol", *items, class_="timeline")


def tolls(found: Sequence[Toll]) -> Html:
    """The dated figures as a table: what the picture shows, in words."""
    heads = [say(f"pictures.{name}") for name in ("day", "speaker", "low", "high")]
    rows = (
        (dated(t.day), f"{t.speaker or say('figures.nobody')}: {t.what}", f"{t.low:,}", f"{t.high:,}") for t in found
    )
    return table(say("pictures.table"), heads, rows)


def nothing_open(said: str | None = None) -> Html:
    """The right side while no article is open."""
    return h("p", said or say("evidence.nothing"), class_="nothing", role="status")


def evidence(article: Article, cited: Span | None, others: Iterable[Span], opened_by: str = "") -> Html:
    """The whole stored article: the cited words marked, the answer's other quotes marked more weakly, what is not its
    story dimmed. The text of the marked element is the quote, and that of the whole is `article.text`."""
    pieces = _marked(article, cited, list(others))
    return h(
        "article",
        _steps() if cited else None,
        h("h2", article.title, dir="auto"),
        h("dl", *_known(article)),
        _original(article.url),
        h("div", *pieces, class_="stored", dir="auto", lang=article.language),
        data_of=opened_by,
        aria_label=say("evidence.article"),
    )


def _steps() -> Html:
    """The way back, and from quote to quote. Which of how many it is, the script says: it knows the answer."""
    return h(
        "div",
        button(say("evidence.back"), "back", class_="plain back"),
        h("span", class_="which", role="status"),
        button(say("evidence.previous"), "previous"),
        button(say("evidence.next"), "next"),
        class_="steps",
    )


def _known(article: Article) -> Iterator[Html]:
    values = {
        "outlet": article.outlet or say("evidence.unknown"),
        "origin": article.origin,
        "author": article.author,
        "published": dated(article.published),
        "language": article.language,
    }
    for name, value in values.items():
        if value is not None:
            found = article.provenance.get(name)
            title = say("evidence.how")
            how = h("span", f" ({found})", class_="found", title=title, dir="auto") if found else None
            yield h("div", h("dt", say(f"evidence.{name}")), h("dd", h("bdi", value), how))


def _original(url: str | None) -> Html | None:
    """A link to where the article was published, if that is a place on the web; any other scheme is text."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        linkable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        linkable = False
    if not linkable:
        return h("p", say("evidence.from_place"), h("bdi", url), class_="original")
    to = h("a", url, href=url, target="_blank", rel="noopener noreferrer nofollow", referrerpolicy="no-referrer")
    return h("p", say("evidence.original"), to, class_="original")


def _marked(article: Article, cited: Span | None, others: Sequence[Span]) -> Iterator[str]:
    """The text in pieces that join to the whole of it. The cited words stay one element, whatever overlaps them."""
    if cited is None:
        yield from _dimmed(article, Span(0, len(article.text)), others)
        return
    yield from _dimmed(article, Span(0, cited.start), others)
    yield h("mark", *_dimmed(article, cited, ()), id="quote", class_="cited", tabindex="-1")
    yield from _dimmed(article, Span(cited.end, len(article.text)), others)


def _dimmed(article: Article, within: Span, others: Sequence[Span]) -> Iterator[str]:
    """One slice of the text, cut wherever a weaker mark or a dimmed part of it begins or ends."""
    edges = {edge for s in (*others, *(b.span for b in article.boilerplate)) for edge in (s.start, s.end)}
    cuts = [within.start, *sorted(edge for edge in edges if within.start < edge < within.end), within.end]
    for start, end in pairwise(cuts):
        piece = Span(start, end)
        shown: str = piece.of(article.text)
        why = next((b.why for b in article.boilerplate if b.span.overlaps(piece)), None)
        if why is not None:
            shown = h("span", shown, class_="boilerplate", title=say("evidence.not_story", why=why))
        if any(other.overlaps(piece) for other in others):
            shown = h("mark", shown, class_="other", title=say("evidence.also_quoted"))
        yield shown
