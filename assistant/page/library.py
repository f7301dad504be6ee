"""What the views of articles and settings show, as HTML. Pure, and escaped as `markup` does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from assistant.page.adding import Run
from assistant.page.markup import Html, button, choice, field, h
from assistant.page.words import counted, say
from kb import Failure, Listed, Listing

__all__ = ["address_form", "facts", "failures", "finder", "listing", "outcomes", "removal", "size", "text_form"]

_SHOWN = 100  # outcomes one by one


def finder(outlets: Iterable[str]) -> Html:
    """Where the list of articles is searched and filtered."""
    orders = [(name, say(f"library.{name}")) for name in ("newest", "oldest", "added")]
    every = [("", say("library.all_outlets")), *((outlet, outlet) for outlet in outlets)]
    return h(
        "div",
        field(say("library.search"), "words", kind="search", autocomplete="off"),
        choice(say("library.outlet"), "outlet", every),
        field(say("library.since"), "since", placeholder="2023-09", size="10"),
        field(say("library.until"), "until", placeholder="2023-09", size="10"),
        choice(say("library.order"), "order", orders),
        class_="finder",
        role="search",
    )


def listing(found: Listing, start: int, limit: int, *, may_edit: bool, all_of_them: bool) -> Html:
    """A page of the list of articles."""
    if not found.articles:
        return h("p", say("library.none" if all_of_them else "library.no_match"), class_="nothing", role="status")
    last = start + len(found.articles)
    span = say("library.shown", first=f"{start + 1:,}", last=f"{last:,}", all=counted("count.article", found.total))
    earlier = button(say("library.earlier"), "turn", data_start=str(max(start - limit, 0))) if start else None
    later = button(say("library.later"), "turn", data_start=str(last)) if last < found.total else None
    names = ("date", "title", "outlet", "origin")
    heads = [h("th", say(f"library.{name}"), scope="col", class_=name) for name in names]
    if may_edit:
        heads.append(h("th", h("span", say("library.remove"), class_="unseen"), scope="col"))
    return h(
        "div",
        h("div", h("p", span, role="status"), earlier, later, class_="pager"),
        h(
            "table",
            h("caption", say("library.table"), class_="unseen"),
            h("thead", h("tr", *heads)),
            h("tbody", *(_line(each, may_edit=may_edit) for each in found.articles)),
            class_="data articles",
        ),
    )


def _line(each: Listed, *, may_edit: bool) -> Html:
    title = each.title or say("shelf.untitled")
    remove = button(
        say("library.remove"), "remove", data_article=each.id, aria_label=say("library.remove_it", title=title)
    )
    date = each.published or say("library.undated")  # as precise as it is known, and in one form
    return h(
        "tr",
        h("td", date, class_="date"),
        h("td", button(title, "open", class_="title", data_article=each.id, dir="auto"), class_="title"),
        h("td", each.outlet or say("library.unknown"), dir="auto", class_="outlet"),
        h("td", each.origin, dir="auto", class_="origin"),
        h("td", remove, class_="act") if may_edit else None,
    )


def removal(article: Listed) -> Html:
    """Asks whether an article is to be removed."""
    return h(
        "div",
        h("p", say("library.remove_sure", title=article.title), dir="auto"),
        button(say("library.yes_remove"), "removed", class_="danger", data_article=article.id),
        button(say("library.keep"), "kept", class_="plain"),
        class_="asking",
        role="alertdialog",
        aria_label=say("library.remove_it", title=article.title),
    )


def address_form() -> Html:
    """Where addresses are given."""
    label = h("span", say("adding.urls_hint"))
    return h(
        "div",
        h("label", label, h("textarea", name="addresses", rows="3", spellcheck="false"), class_="field"),
        button(say("adding.add_urls"), "fetch", class_="primary"),
        class_="form",
    )


def text_form(longest: int) -> Html:
    """Where an article is pasted."""
    label = h("span", say("adding.text"))
    return h(
        "div",
        h("p", say("adding.text_hint"), class_="hint"),
        h("label", label, h("textarea", name="text", rows="8", maxlength=str(longest)), class_="field"),
        h(
            "div",
            field(say("adding.title"), "title", maxlength="300"),
            field(say("adding.outlet"), "outlet", maxlength="200"),
            field(say("adding.published"), "published", placeholder="2023-09-19", maxlength="10"),
            field(say("adding.url"), "url", kind="url", maxlength="2000"),
            class_="fields",
        ),
        h("p", say("adding.optional"), class_="hint"),
        button(say("adding.add_text"), "paste", class_="primary"),
        class_="form",
    )


def outcomes(run: Run | None, shown: Callable[[str], str]) -> Html:
    """How far a run is, and what became of each article."""
    if run is None:
        return Html("")
    rows = run.outcomes[:]
    # What failed comes first: it is what there is something to do about.
    rows.sort(key=lambda outcome: outcome.status != "rejected")
    items = [
        h(
            "li",
            h("span", say(f"adding.{o.status}"), class_=f"status {o.status}"),
            " ",
            h("bdi", o.title or shown(o.source)),
            h("span", f": {o.reason}", dir="auto") if o.reason else None,
        )
        for o in rows[:_SHOWN]
    ]
    left = run.done - len(items)
    if left > 0:
        items.append(h("li", say("adding.more", number=left)))
    return h(
        "div",
        h("p", _state(run), class_="state", role="status"),
        None if run.over else h("progress", aria_label=say("adding.working", done=run.done)),
        h("ul", *items, class_="outcomes", aria_label=say("adding.outcomes")) if items else None,
        class_="run",
    )


def _state(run: Run) -> str:
    if not run.over:
        return say("adding.working", done=f"{run.done:,}")
    counts = ", ".join(f"{number:,} {say(f'adding.{status}')}" for status, number in sorted(run.counts.items()))
    return say("adding.done", counts=counts or "0")


def failures(failed: Sequence[Failure], shown: Callable[[str], str], *, may_edit: bool) -> Html:
    """What could not be added, with the reasons."""
    if not failed:
        return h("p", say("failures.none"), class_="hint")
    items = [
        h(
            "li",
            h("bdi", shown(each.source)),
            ": ",
            h("span", each.reason, dir="auto"),
            " ",
            button(
                say("failures.forget"),
                "strike",
                data_source=each.source,
                aria_label=say("failures.forget_it", source=shown(each.source)),
            )
            if may_edit
            else None,
        )
        for each in failed
    ]
    again = button(say("failures.retry"), "again", class_="primary") if may_edit else None
    return h("div", h("ul", *items, class_="outcomes"), again, class_="form")


def facts(known: Mapping[str, str]) -> Html:
    """Names with their values."""
    return h(
        "dl", *(h("div", h("dt", name), h("dd", h("bdi", value))) for name, value in known.items()), class_="facts"
    )


def size(number: int) -> str:
    """ "3.2 MB" """
    return f"{number / 1_000_000:.1f} MB"
