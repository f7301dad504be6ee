"""The page: a conversation, a question box, and the article that a mark opens. What it looks like is in `markup`.

The conversation is HTML of our own rather than Gradio's Chatbot. That one renders Markdown, keeps remote images and
style sheets of whatever text it is given, and strips the labels that a screen reader needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import gradio as gr

from assistant.actors import all_names
from assistant.answer import Answer
from assistant.answering import LONGEST_QUESTION, Request
from assistant.assistant import Assistant
from assistant.errors import UnusableQuestion
from assistant.page import markup, pictures
from assistant.page.access import Access, Gate
from assistant.page.adding import Adding, Door
from assistant.page.catalogue import articles_view
from assistant.page.endpoints import endpoints
from assistant.page.examples import Examples
from assistant.page.exporting import exported
from assistant.page.inside import INSIDE, Page, in_words, script, told, user_of
from assistant.page.kept import Folder, Kept, Wanted
from assistant.page.markup import Html, button, choice, field, h
from assistant.page.preferences import settings_view
from assistant.page.words import say, spoken
from kb import Article, Span

__all__ = ["chat"]

_Shown = tuple[Html, Any, Any]
"""The conversation as HTML, the same as a document, and the question box."""


def chat(assistant: Assistant, door: Door) -> Page:
    """The page over one assistant. Articles are added through `door`."""
    settings = assistant.settings
    access = Access(settings)
    gate = Gate(settings.questions_at_once, settings.questions_waiting)
    adding = Adding(assistant.base, door)
    folder = Folder(settings.conversations) if settings.conversations else None
    on = Events(assistant, adding, access, gate, Examples(assistant), folder)
    page = Page(assistant, gate)
    with page:
        gr.HTML(_title(), js_on_load=script("look"), apply_default_css=False, elem_id="head")
        with gr.Tabs(elem_id="views"):
            with gr.Tab(say("page.chat"), id="chat"):
                evidence = _chat_view(on, folder)
            with gr.Tab(say("page.articles"), id="articles") as second:
                articles_view(assistant, adding, access, folder, second, evidence)
            with gr.Tab(say("page.settings"), id="settings") as third:
                settings_view(assistant, access, third)
        endpoints(assistant, gate)
    return page


def _chat_view(on: Events, folder: Folder | None) -> gr.HTML:
    """Builds the view; gives where an article is open, for it may be removed."""
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="side"):
            shelf = gr.HTML(
                None,
                html_template=_shelf(),
                js_on_load=script("shelf"),
                elem_id="shelf",
                apply_default_css=False,
                server_functions=_keeping(folder) if folder else None,
                words={**spoken("shelf"), "failed": say("said.failed"), "full": say("said.full")},
                store=on.store,
                on_server=folder is not None,
            )
        with gr.Column(elem_id="left"):
            shown = gr.HTML(
                js_on_load=script("conversation"),
                elem_id="conversation",
                apply_default_css=False,
                server_functions=[_exporting(on), _suggesting(on)],
                words={**spoken("said"), **spoken("edit")},
                longest=LONGEST_QUESTION,
            )
            filters = gr.HTML(
                {},
                html_template=_filters(),
                js_on_load=script("filters"),
                elem_id="filters",
                apply_default_css=False,
                server_functions=[_choosing(on)],
                words={**spoken("filters"), **_told_filters(), "failed": say("said.failed")},
            )
            box = gr.Textbox(
                label=say("chat.box"),
                max_lines=4,
                max_length=LONGEST_QUESTION,
                submit_btn=say("chat.ask"),
                elem_id="question",
                autofocus=True,
            )
        with gr.Column(elem_id="right"):
            article = gr.HTML(
                markup.nothing_open(),
                js_on_load=script("evidence"),
                elem_id="evidence",
                apply_default_css=False,
                words=spoken("said"),
            )
            plot = gr.Plot(visible=False, show_label=False, container=False, elem_id="picture")
            below = gr.HTML("", js_on_load=script("evidence"), elem_id="below", apply_default_css=False)
    # What the page does inside itself is not for programs; `endpoints` is. The gate counts the questions, not Gradio.
    asking: dict[str, Any] = {
        **INSIDE,
        "outputs": [shown, shelf, box],
        "trigger_mode": "once",
        "concurrency_limit": None,
    }
    runs: list[dict[str, Any]] = [
        box.submit(on.question, [box, shelf, filters], **asking),
        shown.ask(on.suggestion, [shelf, filters], **asking),
        shown.retry(on.retry, [shelf, filters], **asking),
        shown.edited(on.edited, [shelf, filters], **asking),
        shelf.linked(on.linked, filters, **asking),
    ]
    box.stop(on.stop, shelf, [shown, box], cancels=runs, **INSIDE)
    right = [article, plot, below]
    shelf.opened(on.opened, shelf, [shown, box, *right], cancels=runs, **INSIDE)
    shown.mark(on.mark, None, right, trigger_mode="always_last", concurrency_limit=None, **INSIDE)
    shown.picture(on.picture, shelf, right, trigger_mode="always_last", **INSIDE)
    shown.samples(on.load, outputs=shown, trigger_mode="once", **INSIDE)
    return article


class Events:
    """What happens in the chat. No method raises: what goes wrong is said in the page, in words."""

    def __init__(
        self,
        assistant: Assistant,
        adding: Adding,
        access: Access,
        gate: Gate,
        examples: Examples,
        folder: Folder | None = None,
    ) -> None:
        self._assistant = assistant
        self._adding = adding
        self._access = access
        self._gate = gate
        self._examples = examples
        self._folder = folder

    @property
    def store(self) -> str:
        """Under which name a browser keeps the conversations: those of another knowledge base are others."""
        return "accordingto-" + hashlib.sha256(str(self._assistant.base.folder).encode()).hexdigest()[:12]

    def visit(self, *, may_add: bool = True) -> Html:
        """Greets. Counted anew for each visit, for other processes may add articles."""
        try:
            return markup.greeting(len(self._assistant.base), self._examples.now(), may_add=may_add)
        except Exception as error:  # the border to the reader, here and below
            return markup.notice(in_words(error))

    def opened(self, document: Any, request: gr.Request) -> tuple[Any, ...]:
        """Shows a conversation that was kept, or begins a new one."""
        nothing = (markup.nothing_open(), gr.Plot(visible=False), "")
        try:
            kept = Kept.of(document)
        except ValueError as error:
            return markup.notice(say("chat.unreadable", why=error)), idle(), *nothing
        if kept.exchanges:
            return markup.conversation(kept.exchanges), idle(), *nothing
        return self.visit(may_add=self._access.may_edit(user_of(request))), idle(), *nothing

    def examples(self) -> list[str]:
        """Questions to begin with, once they are made; a greeting that came before them asks for them."""
        return list(self._examples.wait())

    def question(self, question: str, document: Any, wanted: Any) -> Iterator[_Shown]:
        """Answers a question as far as it has got; each step is the whole conversation."""
        try:
            kept = Kept.of(document)
        except ValueError as error:
            yield markup.notice(say("chat.unreadable", why=error)), gr.skip(), idle(question)
            return
        try:
            restricted = Wanted.of(wanted)
        except ValueError as error:  # days that are none, or the wrong way round
            yield Html(self._shown(kept) + markup.notice(str(error))), gr.skip(), idle(question)
            return
        if not question.strip():
            yield self._shown(kept), gr.skip(), idle()
            return
        yield markup.conversation(kept.exchanges, question), gr.skip(), _busy()
        try:
            with self._gate.entered():
                for longer, over in self._grown(question, kept, restricted):
                    shown = markup.conversation(longer.exchanges, writing=not over)
                    # What has been said stays in the conversation even if the answer is stopped half way.
                    yield shown, longer.to_json(), idle() if over else gr.skip()
        except Exception as error:
            yield Html(self._shown(kept) + markup.notice(in_words(error))), gr.skip(), idle(question)

    def _grown(self, question: str, kept: Kept, wanted: Wanted) -> Iterator[tuple[Kept, bool]]:
        """The conversation with the answer as it grows, and whether that is whole."""
        longer = kept
        if len(question) > LONGEST_QUESTION:
            raise UnusableQuestion(say("chat.too_long", length=len(question), longest=LONGEST_QUESTION))
        for answer in self._writing(wanted).stream(Request(question, kept.conversation, wanted.filters, wanted.side)):
            # One conversation has one id, however its answer has grown.
            longer = Kept(longer.id, longer.title, "", kept.exchanges).with_answer(answer, wanted)
            yield longer, bool(answer.seconds)

    def _writing(self, wanted: Wanted) -> Assistant:
        """The assistant with the writer that the reader wants: the one that is set, or quotes. No page names another,
        for a chat model may be one that costs, or that sends what it reads elsewhere."""
        return self._quoting if wanted.writer == "quoting" else self._assistant

    @cached_property
    def _quoting(self) -> Assistant:
        return self._assistant.using(model=None)

    def suggestion(self, document: Any, wanted: Any, chosen: gr.EventData) -> Iterator[_Shown]:
        """Answers one of the questions to begin with."""
        yield from self.question(told(chosen, "question"), document, wanted)

    def linked(self, wanted: Any, chosen: gr.EventData) -> Iterator[_Shown]:
        """Answers the question of a link, in a new conversation."""
        yield from self.question(told(chosen, "question"), None, wanted)

    def retry(self, document: Any, wanted: Any, chosen: gr.EventData) -> Iterator[_Shown]:
        """Asks a question of the conversation again; what was asked after it goes with it."""
        kept, number = _place(document, chosen)
        before = kept.exchanges[number].answer.question if number < len(kept.exchanges) else ""
        yield from self.question(before, kept.upto(number).to_json(), wanted)

    def edited(self, document: Any, wanted: Any, chosen: gr.EventData) -> Iterator[_Shown]:
        """Asks another question in place of one of the conversation."""
        kept, number = _place(document, chosen)
        yield from self.question(told(chosen, "question"), kept.upto(number).to_json(), wanted)

    def stop(self, document: Any) -> tuple[Html, Any]:
        """Shows what there is once an answer has been stopped."""
        try:
            return self._shown(Kept.of(document)), idle()
        except ValueError as error:
            return markup.notice(say("chat.unreadable", why=error)), idle()

    def mark(self, chosen: gr.EventData) -> tuple[Html, Any, str]:
        """Opens the article that a mark stands for."""
        try:
            opened = opened_article(self._assistant, chosen)
        except Exception as error:
            opened = markup.notice(in_words(error))
        return opened, gr.Plot(visible=False), ""

    def picture(self, document: Any, chosen: gr.EventData) -> tuple[Html, Any, Any]:
        """Draws what an answer tells of days or of numbers."""
        try:
            kept, number = _place(document, chosen)
            answer = kept.exchanges[number].answer
            return _tolls(answer) if told(chosen, "picture") == "tolls" else _timeline(number + 1, answer)
        except Exception as error:
            return markup.notice(in_words(error)), gr.Plot(visible=False), ""

    def load(self, request: gr.Request) -> Iterator[Html]:
        """Adds the sample articles."""
        if not self._access.may_edit(user_of(request)):
            yield markup.notice(say("library.not_allowed"))
            return
        yield markup.loading(0, None)
        refused = []
        try:
            run = self._adding.samples()
            for state in run.followed():
                last = state.outcomes[-1] if state.outcomes else None
                yield markup.loading(state.done, last.title if last else None)
            refused = [
                markup.notice(f"{outcome.source}: {outcome.reason}")
                for outcome in run.outcomes
                if outcome.status == "rejected"
            ]
            if run.error:
                refused.append(markup.notice(in_words(run.error)))
        except Exception as error:
            refused.append(markup.notice(in_words(error)))
        yield Html(self.visit() + "".join(refused))

    def find(self, article_id: str) -> Article | None:
        """A stored article."""
        return self._assistant.base.find(article_id)

    def choices(self) -> dict[str, list[str]]:
        """What there is to filter by: the outlets, and the sides that the articles name."""
        sides = all_names()
        named = self._assistant.base.mentioned([name for names in sides.values() for name in names])
        speaking = [side for side, names in sides.items() if any(named[name] for name in names)]
        return {"outlets": sorted(self._assistant.base.outlets(), key=str.casefold), "sides": sorted(speaking)}

    def _shown(self, kept: Kept) -> Html:
        return markup.conversation(kept.exchanges) if kept.exchanges else self.visit()


def opened_article(assistant: Assistant, chosen: gr.EventData) -> Html:
    """The article that was chosen, at the words if it was a mark that was. What a browser says of offsets can only
    cut a stored article elsewhere."""
    article = assistant.base.find(told(chosen, "article"))
    if article is None:
        return markup.nothing_open(say("evidence.removed"))
    spans = [_span(part, len(article.text)) for part in told(chosen, "others").split()]
    cited = _span(f"{told(chosen, 'start')}-{told(chosen, 'end')}", len(article.text))
    return markup.evidence(article, cited, [s for s in spans if s and s != cited], told(chosen, "mark"))


def _span(offsets: str, length: int) -> Span | None:
    start, _, end = offsets.partition("-")
    if not (start.isascii() and start.isdigit() and end.isascii() and end.isdigit()):
        return None
    return Span(int(start), int(end)) if int(start) < int(end) <= length else None


def _place(document: Any, chosen: gr.EventData) -> tuple[Kept, int]:
    """The conversation, and which of its exchanges was chosen, from 0; past the last one if none of them was."""
    try:
        kept = Kept.of(document)
        return kept, max(int(told(chosen, "of")) - 1, 0)
    except ValueError:
        return Kept(), 0


def _timeline(exchange: int, answer: Answer) -> tuple[Html, Any, Any]:
    events = pictures.events_of(answer)
    head = markup.picture_head(say("pictures.timeline"), say("pictures.timeline_note" if events else "pictures.few"))
    drawn = gr.Plot(pictures.timeline_chart(events), visible=True) if events else gr.Plot(visible=False)
    return head, drawn, markup.timeline(exchange, events)


def _tolls(answer: Answer) -> tuple[Html, Any, Any]:
    tolls = pictures.tolls_of(answer)
    head = markup.picture_head(say("pictures.tolls"), say("pictures.tolls_note" if tolls else "pictures.few"))
    drawn = gr.Plot(pictures.tolls_chart(tolls), visible=True) if tolls else gr.Plot(visible=False)
    return head, drawn, markup.tolls(tolls)


def _busy() -> Any:
    return gr.Textbox(value="", submit_btn=False, stop_btn=say("chat.stop"))


def idle(question: str = "") -> Any:
    """The box ready for a question."""
    return gr.Textbox(value=question, submit_btn=say("chat.ask"), stop_btn=False)


def _exporting(on: Events) -> Any:
    def exported_(request: dict[str, Any]) -> dict[str, str]:
        return exported(request, on.find)

    exported_.__name__ = "exported"
    return exported_


def _suggesting(on: Events) -> Any:
    def examples(_: Any) -> list[str]:
        return on.examples()

    return examples


def _choosing(on: Events) -> Any:
    def choices(_: Any) -> dict[str, list[str]]:
        return on.choices()

    return choices


def _keeping(folder: Folder) -> list[Any]:
    """What the browser may do with the conversations that the server keeps: its reader's own, and no others."""

    def kept_all(_: Any, request: gr.Request) -> list[dict[str, Any]]:
        return folder.all(user_of(request))

    def kept_put(document: Any, request: gr.Request) -> bool:
        folder.put(user_of(request), document)
        return True

    def kept_remove(kept_id: Any, request: gr.Request) -> bool:
        folder.remove(user_of(request), str(kept_id))
        return True

    return [kept_all, kept_put, kept_remove]


def _title() -> Html:
    said = h("p", id="said", role="status")
    return h("div", h("h1", say("page.title")), h("p", say("page.motto"), class_="motto"), said, class_="title")


def _shelf() -> str:
    return h(
        "nav",
        button(say("shelf.new"), "new", class_="primary"),
        field(say("shelf.search"), "conversations", kind="search", autocomplete="off", placeholder=say("shelf.search")),
        h("ul"),
        h("p", class_="hint", hidden="hidden"),
        aria_label=say("shelf.label"),
    )


def _filters() -> str:
    hint = say("filters.date_hint")
    return h(
        "details",
        h("summary", h("span", say("filters.label") + ": "), h("span", say("filters.any"), class_="chosen")),
        h(
            "div",
            field(say("filters.since"), "since", placeholder="2023-09", title=hint, size="10", maxlength="10"),
            field(say("filters.until"), "until", placeholder="2023-09", title=hint, size="10", maxlength="10"),
            choice(say("filters.outlet"), "outlet", [("", say("filters.all_outlets"))]),
            choice(say("filters.side"), "side", [("", say("filters.all_sides"))]),
            button(say("filters.clear"), "clear", class_="plain clear"),
            class_="fields",
        ),
    )


def _told_filters() -> dict[str, str]:
    """The restrictions in words, as an answer says them."""
    names = {"since": "since", "until": "until", "outlet": "outlet", "side": "speaking"}
    return {f"told_{name}": say(f"answer.{text}") for name, text in names.items()}
