"""What the page shows, as HTML: the conversation on the left, an article with its quotes marked on the right. Pure.

Articles, titles, outlets, questions and replies are written by others. They are text here and cannot become anything
else: only `h` makes `Html`, and whatever it is given that is not `Html` it escapes. No Markdown is involved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from urllib.parse import urlsplit

from assistant.answer import Answer, Citation, Stance, Statement
from assistant.rendering import dated, sources_in_words
from kb import Article, Span

__all__ = ["Html", "conversation", "evidence", "greeting", "h", "loading", "nothing_open", "notice"]


class Html(str):
    """Markup that may be shown as it is."""

    __slots__ = ()


def h(name: str, *children: str | None, **attributes: str | None) -> Html:
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


def greeting(articles: int, questions: Sequence[str]) -> Html:
    """What stands where the conversation will be: questions to begin with, or the way to the first articles."""
    if not articles:
        return h(
            "div",
            h("h2", "There are no articles yet"),
            h("p", "Add yours with ", h("code", "accordingto ingest PATH"), ", or try the ones that come with this."),
            h("button", "Load the sample articles", type="button", class_="primary", data_load="samples"),
            class_="greeting",
        )
    suggested = [h("li", h("button", text, type="button", data_question=text)) for text in questions]
    return h(
        "div",
        h("h2", "Ask what the articles say"),
        h(
            "p",
            "One article is" if articles == 1 else f"{articles:,} articles are",
            " in the knowledge base. Every answer is made of their sentences; its [1] marks open the exact words.",
        ),
        h("ul", *suggested, class_="suggested", aria_label="Example questions") if suggested else None,
        class_="greeting",
    )


def loading(stored: int, title: str | None) -> Html:
    """How far the sample articles are."""
    so_far = f"{stored} articles stored{f', the last one: {title}' if title else ''}" if stored else "Preparing …"
    return h("div", h("h2", "Loading the sample articles"), h("p", so_far, role="status"), class_="greeting")


def notice(text: str) -> Html:
    """Something went wrong; the text says what, and how it is mended."""
    return h("p", text, class_="notice", role="alert")


def conversation(answers: Sequence[Answer], asked: str | None = None, *, writing: bool = False) -> Html:
    """All exchanges, oldest first; `asked` is a question that has no answer yet, `writing` that the last one grows."""
    exchanges = [
        _exchange(number, answer, writing=writing and number == len(answers))
        for number, answer in enumerate(answers, 1)
    ]
    if asked is not None:
        waiting = h("p", "Reading the articles …", class_="waiting", role="status")
        exchanges.append(h("article", _asked(asked), waiting, class_="exchange"))
    busy = "true" if writing or asked is not None else "false"
    return h("div", *exchanges, role="log", aria_label="Conversation", aria_busy=busy)


def _exchange(number: int, answer: Answer, *, writing: bool) -> Html:
    understood = answer.understood_as
    return h(
        "article",
        _asked(answer.question),
        h("p", "Understood as: ", h("q", understood), class_="understood", dir="auto") if understood else None,
        *(_abstention(number, answer) if answer.status == "abstained" else _statements(number, answer)),
        _ending(answer, writing=writing),
        _sources(number, answer.citations),
        class_="exchange",
    )


def _asked(question: str) -> Html:
    return h("h2", question, class_="asked", dir="auto")


def _ending(answer: Answer, *, writing: bool) -> Html | None:
    """What it all rests on, once it is whole. Only a whole answer has its times."""
    if not answer.seconds:
        said = "Writing …" if writing else "Stopped before the answer was whole."
        return h("p", said, class_="waiting", role="status")
    return h("p", sources_in_words(answer.sources), class_="ground") if answer.status == "answered" else None


def _abstention(exchange: int, answer: Answer) -> Iterator[Html]:
    yield h("p", answer.text.partition("\n")[0], class_="abstained")
    if answer.citations:
        yield h("p", "The nearest passages, none of which is an answer:", class_="who")
        near = [h("li", h("q", c.quote, dir="auto"), " ", _mark(exchange, c)) for c in answer.citations]
        yield h("ul", *near, class_="near")


def _statements(exchange: int, answer: Answer) -> Iterator[Html]:
    denials = _denials(answer)
    nested = {number for numbers in denials.values() for number in numbers}

    def shown(number: int, *, is_denial: bool = False) -> Html:
        statement = answer.statements[number]
        told = {c.id for denial in denials.get(number, ()) for c in answer.statements[denial].citations}
        elsewhere = [c for c in answer.citations if c.id in _denying(answer, number) - told]
        return h(
            "section",
            _who(statement, is_denial=is_denial),
            h("p", h("span", statement.text, dir="auto"), " ", *(_mark(exchange, c) for c in statement.citations)),
            *(shown(denial, is_denial=True) for denial in denials.get(number, ())),
            h("p", "Denied in ", *(_mark(exchange, c) for c in elsewhere), class_="who") if elsewhere else None,
            class_="statement denial" if is_denial else "statement",
        )

    return (shown(number) for number in range(len(answer.statements)) if number not in nested)


def _denying(answer: Answer, statement: int) -> set[int]:
    return {number for dispute in answer.disputes if dispute.statement == statement for number in dispute.denied_by}


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


# In the past tense, which is the same for "Armenia" and for "local officials".
_DEEDS: dict[Stance, str] = {"asserts": "said", "denies": "denied", "accuses": "accused"}


def _who(statement: Statement, *, is_denial: bool) -> Html:
    """Who speaks and what they do: "Azerbaijan said and accused; Armenia denied", or the outlet itself."""
    deeds: dict[str, dict[Stance, None]] = {}
    for claim in statement.claims:
        deeds.setdefault(claim.speaker or "somebody unnamed", {})[claim.stance] = None
    voices = [_voice(speaker, stances) for speaker, stances in deeds.items()] or [_own_voice(statement)]
    lead = [h("strong", "Denial: ", class_="label")] if is_denial else []
    return h("p", *lead, *_joined(voices, "; "), class_="who")


def _voice(speaker: str, stances: Iterable[Stance]) -> Html:
    said = [h("span", _DEEDS[stance], class_=f"deed {stance}") for stance in stances]
    return h("span", h("b", speaker[:1].upper() + speaker[1:], dir="auto"), " ", *_joined(said, " and "))


def _own_voice(statement: Statement) -> Html:
    outlet = next((c.outlet for c in statement.citations if c.outlet), None) or "The article"
    return h("span", h("b", outlet, dir="auto"), " ", h("span", "reported", class_="deed"))


def _joined(parts: Sequence[Html], between: str) -> Iterator[str]:
    for number, part in enumerate(parts):
        if number:
            yield between
        yield part


def _mark(exchange: int, citation: Citation) -> Html:
    """A [n] that opens the words it stands for. The server finds them by the two numbers; no offset comes back."""
    place = f"{exchange}-{citation.id}"
    mark, outlet = f"[{citation.id}]", citation.outlet or "outlet unknown"
    name = f"{mark} {outlet}, {dated(citation.published)}: open the exact words"
    return h("a", mark, href=f"#cite-{place}", class_="cite", data_mark=place, aria_label=name, title=name)


def _sources(exchange: int, citations: Sequence[Citation]) -> Html | None:
    """One line an article: its marks, who published it and when, its title."""
    by_article: dict[str, list[Citation]] = {}
    for citation in citations:
        by_article.setdefault(citation.article_id, []).append(citation)
    lines = [
        h("li", h("span", *(_mark(exchange, c) for c in same), class_="marks"), h("span", *_source(same[0])))
        for same in by_article.values()
    ]
    return h("ul", *lines, class_="sources", aria_label="Sources") if lines else None


def _source(citation: Citation) -> Iterator[Html | str]:
    yield h("b", citation.outlet or "Outlet unknown", dir="auto")
    if citation.origin:
        yield ", from "
        yield h("bdi", citation.origin)
    yield f", {dated(citation.published)}: "
    yield h("cite", citation.title, dir="auto")


def nothing_open(said: str = "Choose a [1] mark: the article opens here, with the exact words marked.") -> Html:
    """The right side while no article is open."""
    return h("p", said, class_="nothing", role="status")


def evidence(article: Article, cited: Citation, others: Iterable[Citation], opened_by: str) -> Html:
    """The whole stored article: the cited words marked, the answer's other quotes marked more weakly, what is not its
    story dimmed. The text of the marked element is the quote, and that of the whole is `article.text`."""
    pieces = _marked(article, Span(cited.start, cited.end), [Span(c.start, c.end) for c in others])
    text = h("div", *pieces, class_="stored", dir="auto", lang=article.language)
    return h(
        "article",
        h("button", "Back to the answer", type="button", class_="back", data_back="answer"),
        h("h2", article.title, dir="auto"),
        h("dl", *_known(article)),
        _original(article.url),
        text,
        data_of=opened_by,
        aria_label="Cited article",
    )


_NAMES = {"outlet": "Outlet", "origin": "Reported first by", "author": "Author", "published": "Published"}


def _known(article: Article) -> Iterator[Html]:
    values = {
        "outlet": article.outlet or "unknown",
        "origin": article.origin,
        "author": article.author,
        "published": dated(article.published),
    }
    for field, value in values.items():
        if value is not None:
            found = article.provenance.get(field)
            how = h("span", f" ({found})", class_="found", title="how this was found", dir="auto") if found else None
            yield h("div", h("dt", _NAMES[field]), h("dd", h("bdi", value), how))


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
        return h("p", "From ", h("bdi", url), class_="original")
    to = h("a", url, href=url, target="_blank", rel="noopener noreferrer nofollow", referrerpolicy="no-referrer")
    return h("p", "Original (leaves this page): ", to, class_="original")


def _marked(article: Article, cited: Span, others: Sequence[Span]) -> Iterator[str]:
    """The text in pieces that join to the whole of it. The cited words stay one element, whatever overlaps them."""
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
            shown = h("span", shown, class_="boilerplate", title=f"not part of the story: {why}")
        if any(other.overlaps(piece) for other in others):
            shown = h("mark", shown, class_="other", title="also quoted in this answer")
        yield shown
