"""The view of the articles: what is there, what comes in, what failed, what goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr

from assistant.assistant import Assistant
from assistant.page import library, markup, pictures
from assistant.page.access import Access
from assistant.page.adding import Adding, Run
from assistant.page.inside import INSIDE, in_words, script, told, user_of
from assistant.page.kept import Folder, Wanted
from assistant.page.markup import Html
from assistant.page.words import counted, say
from kb import Listed
from kb.article import day_range

__all__ = ["articles_view"]

_PAGE = 50  # articles on a page of the list
_LONGEST_TEXT = 500_000  # characters that may be pasted; more comes as a file
_ORDERS = ("newest", "oldest", "added")


def articles_view(
    assistant: Assistant, adding: Adding, access: Access, folder: Folder | None, tab: gr.Tab, evidence: gr.HTML
) -> None:
    """Builds the view into the tab that is being built. What is removed is not left open in `evidence` either."""
    on = Events(assistant, adding, access, folder)
    limit = library.size(assistant.settings.upload_mb * 1_000_000)
    with gr.Row(elem_id="stacks"):
        with gr.Column(elem_id="list"):
            finder = gr.HTML("", js_on_load=script("library"), elem_id="finder", apply_default_css=False)
            asking = gr.HTML("", js_on_load=script("events"), elem_id="asking", apply_default_css=False)
            listed = gr.HTML("", js_on_load=script("events"), elem_id="listed", apply_default_css=False)
        with gr.Column(elem_id="reading"):
            opened = gr.HTML(
                markup.nothing_open(say("library.nothing_open")),
                js_on_load=script("evidence"),
                elem_id="opened",
                apply_default_css=False,
            )
        with gr.Column(elem_id="adding"):
            drawn = gr.Plot(visible=False, show_label=False, container=False, elem_id="months")
            note = gr.HTML("", js_on_load=None, elem_id="months-note", apply_default_css=False)
            with gr.Column(elem_id="add") as add:
                gr.HTML(markup.h("h2", say("adding.label")), js_on_load=None, apply_default_css=False)
                files = gr.File(
                    label=say("adding.files"),
                    file_count="multiple",
                    elem_id="files",
                    height=130,
                )
                hint = say("adding.files_hint", limit=limit)
                gr.HTML(markup.h("p", hint, class_="hint"), js_on_load=None, apply_default_css=False)
                with gr.Accordion(say("adding.urls"), open=False, elem_id="by-address"):
                    addresses = gr.HTML(
                        library.address_form(),
                        js_on_load=script("events"),
                        elem_id="addresses",
                        apply_default_css=False,
                    )
                with gr.Accordion(say("adding.paste"), open=False, elem_id="by-text"):
                    text = gr.HTML(
                        library.text_form(_LONGEST_TEXT),
                        js_on_load=script("events"),
                        elem_id="pasting",
                        apply_default_css=False,
                    )
            progress = gr.HTML("", js_on_load=None, elem_id="progress", apply_default_css=False)
            with gr.Accordion(say("failures.label"), open=False, elem_id="failed"):
                failed = gr.HTML("", js_on_load=script("events"), elem_id="failures", apply_default_css=False)
    view = [finder, listed, drawn, note, failed, add]
    tab.select(on.visit, None, view, **INSIDE)
    tab.select(on.follow, None, progress, trigger_mode="once", **INSIDE)
    finder.find(on.find, None, [asking, listed], trigger_mode="always_last", **INSIDE)
    listed.turn(on.find, None, [asking, listed], **INSIDE)
    listed.open(on.open, None, opened, trigger_mode="always_last", **INSIDE)
    listed.remove(on.ask_to_remove, None, asking, **INSIDE)
    asking.kept(lambda: "", None, asking, **INSIDE)
    asking.removed(on.remove, None, [asking, opened, evidence], **INSIDE).then(on.visit, None, view, **INSIDE)
    runs = [
        files.upload(on.files, files, [progress, files], **INSIDE),
        addresses.fetch(on.addresses, None, progress, **INSIDE),
        text.paste(on.text, None, [progress, text], **INSIDE),
        failed.again(on.again, None, progress, **INSIDE),
        failed.strike(on.strike, None, failed, **INSIDE),
    ]
    for run in runs:
        run.then(on.visit, None, view, **INSIDE)


class Events:
    """What happens among the articles. No method raises: what goes wrong is said in the page, in words. Whoever may
    not add or remove is refused here, whatever their page shows them."""

    def __init__(self, assistant: Assistant, adding: Adding, access: Access, folder: Folder | None) -> None:
        self._assistant = assistant
        self._base = assistant.base
        self._adding = adding
        self._access = access
        self._folder = folder

    def _may_edit(self, request: gr.Request) -> bool:
        return self._access.may_edit(user_of(request))

    def visit(self, request: gr.Request) -> tuple[Any, ...]:
        """Everything as it is now."""
        may_edit = self._may_edit(request)
        try:
            months = self._base.months()
            listing = self._base.browse(limit=_PAGE)
            undated = sum(number for (_, month), number in months.items() if month is None)
            note = say("pictures.collection_note", number=counted("count.article", undated)) if undated else ""
            dated = any(month for _, month in months)
            return (
                library.finder(sorted(self._base.outlets(), key=str.casefold)),
                library.listing(listing, 0, _PAGE, may_edit=may_edit, all_of_them=True),
                gr.Plot(pictures.collection_chart(months), visible=True) if dated else gr.Plot(visible=False),
                markup.h("p", note, class_="hint"),
                library.failures(self._base.failures(), self._adding.shown, may_edit=may_edit),
                gr.Column(visible=may_edit),
            )
        except Exception as error:  # the border to the reader, here and below
            return (gr.skip(), markup.notice(in_words(error)), gr.skip(), gr.skip(), gr.skip(), gr.skip())

    def find(self, chosen: gr.EventData, request: gr.Request) -> tuple[str, Html]:
        """A page of the list, as it is searched, filtered and ordered."""
        try:
            wanted = Wanted.of({name: told(chosen, name) for name in ("since", "until", "outlet")})
        except ValueError as error:
            return markup.notice(str(error)), gr.skip()
        try:
            order = told(chosen, "order")
            start = told(chosen, "start")
            begin = int(start) if start.isascii() and start.isdigit() else 0
            listing = self._base.browse(
                told(chosen, "words")[:200],
                wanted.filters,
                order="oldest" if order == "oldest" else "added" if order == "added" else "newest",
                start=min(begin, 10**9),
                limit=_PAGE,
            )
            return "", library.listing(listing, begin, _PAGE, may_edit=self._may_edit(request), all_of_them=False)
        except Exception as error:
            return "", markup.notice(in_words(error))

    def open(self, chosen: gr.EventData) -> Html:
        """Shows an article."""
        try:
            article = self._base.find(told(chosen, "article"))
            return markup.evidence(article, None, ()) if article else markup.nothing_open(say("evidence.removed"))
        except Exception as error:
            return markup.notice(in_words(error))

    def ask_to_remove(self, chosen: gr.EventData, request: gr.Request) -> Html:
        """Asks first."""
        if not self._may_edit(request):
            return markup.notice(say("library.not_allowed"))
        try:
            article = self._base.find(told(chosen, "article"))
        except Exception as error:
            return markup.notice(in_words(error))
        if article is None:
            return markup.notice(say("evidence.removed"))
        return library.removal(Listed(article.id, article.title, None, None, None, ""))

    def remove(self, chosen: gr.EventData, request: gr.Request) -> tuple[Html, Html, Any]:
        """Removes an article, and what else of it lies on the server."""
        nothing = markup.nothing_open(say("library.nothing_open"))
        if not self._may_edit(request):
            return markup.notice(say("library.not_allowed")), nothing, gr.skip()
        try:
            article = self._base.get(told(chosen, "article"))
            if self._folder:
                self._folder.forget(article.id)
            self._adding.forget(article.source)
            removal = self._base.remove(article.id)
            done = markup.h("p", say(f"library.{removal}", title=article.title), role="status", class_="done")
            return done, nothing, markup.nothing_open()
        except Exception as error:
            return markup.notice(in_words(error)), nothing, gr.skip()

    def files(self, files: list[str] | None, request: gr.Request) -> Iterator[tuple[Any, Any]]:
        """Adds uploaded files."""
        refused = self._refused(request)
        if refused or not files:
            yield refused or gr.skip(), None
            return
        limit = self._assistant.settings.upload_mb * 1_000_000
        paths = [Path(file) for file in files]
        large = [path for path in paths if path.stat().st_size > limit]
        notes = Html(
            "".join(
                markup.notice(
                    say(
                        "adding.too_large",
                        name=path.name,
                        size=library.size(path.stat().st_size),
                        limit=library.size(limit),
                    )
                )
                for path in large
            )
        )
        fitting = [path for path in paths if path not in large]
        if not fitting:
            yield notes, None
            return
        for shown in self._followed(self._adding.files(fitting)):
            yield Html(notes + shown), None

    def addresses(self, chosen: gr.EventData, request: gr.Request) -> Iterator[Any]:
        """Fetches pages and feeds, and adds them."""
        addresses = told(chosen, "addresses").split()
        wrong = next((address for address in addresses if not _on_the_web(address)), None)
        if refused := self._refused(request):
            yield refused
        elif not addresses:
            yield markup.notice(say("adding.empty_urls"))
        elif wrong:
            yield markup.notice(say("adding.bad_url", url=wrong[:200]))
        else:
            yield from self._followed(self._adding.addresses(addresses))

    def text(self, chosen: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, Any]]:
        """Adds an article that was pasted."""
        fields = {name: told(chosen, name).strip() for name in ("title", "outlet", "published", "url")}
        fields["text"] = told(chosen, "text")
        wrong = self._refused(request) or _wrong(fields)
        if wrong:
            yield wrong, gr.skip()
            return
        run = self._adding.text(say("adding.pasted"), fields)
        for shown in self._followed(run):
            yield shown, gr.skip()
        if not run.counts["rejected"] and not run.error:
            # Cleared only once it is in: else it would have to be pasted anew.
            yield gr.skip(), ""
            yield gr.skip(), library.text_form(_LONGEST_TEXT)

    def again(self, request: gr.Request) -> Iterator[Any]:
        """Tries again what failed."""
        if refused := self._refused(request):
            yield refused
        else:
            yield from self._followed(self._adding.again())

    def strike(self, chosen: gr.EventData, request: gr.Request) -> Html:
        """Takes a failure off the list."""
        if not (refused := self._refused(request)):
            try:
                self._adding.strike(told(chosen, "source"))
            except Exception as error:
                refused = markup.notice(in_words(error))
        return refused or library.failures(self._base.failures(), self._adding.shown, may_edit=True)

    def follow(self) -> Iterator[Html]:
        """Goes on showing a run that began before the page was opened."""
        latest = self._adding.latest
        if latest is not None and not latest.over:
            yield from self._followed(latest)

    def _followed(self, run: Run) -> Iterator[Html]:
        for state in run.followed():
            yield library.outcomes(state, self._adding.shown)
        if run.error:
            told_of = markup.notice(say("adding.broken", why=in_words(run.error)))
            yield Html(library.outcomes(run, self._adding.shown) + told_of)

    def _refused(self, request: gr.Request) -> Html | None:
        return None if self._may_edit(request) else markup.notice(say("library.not_allowed"))


def _on_the_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _wrong(fields: dict[str, str]) -> Html | None:
    """What keeps a pasted article from being one."""
    text, published, url = fields["text"], fields["published"], fields["url"]
    if not text.strip():
        return markup.notice(say("adding.empty_text"))
    if len(text) > _LONGEST_TEXT:
        return markup.notice(say("adding.too_long", length=len(text), longest=_LONGEST_TEXT))
    if url and not _on_the_web(url):
        return markup.notice(say("adding.bad_url", url=url[:200]))
    try:
        day_range(published) if published else None
    except ValueError as error:
        return markup.notice(say("adding.bad_date", why=error))
    return None
