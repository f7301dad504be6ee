"""The page: a conversation, a question box, and the article that a mark opens. What it looks like is in `markup`.

The conversation is HTML of our own rather than Gradio's Chatbot. That one renders Markdown, keeps remote images and
style sheets of whatever text it is given, and strips the labels that a screen reader needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from assistant.answer import Answer
from assistant.answering import LONGEST_QUESTION, Request
from assistant.assistant import Assistant
from assistant.conversation import Conversation
from assistant.page import markup
from assistant.page.endpoints import endpoints, in_words
from assistant.page.markup import Html, h

__all__ = ["chat"]

_SAMPLE_OUTLET = "Sample Courier"
_SAMPLE_QUESTIONS = (
    "Who is accused of laying the mines?",
    "Who struck the cathedral in Shusha?",
    "How many people did the fuel depot explosion kill?",
    "Who blocked the Lachin road?",
)
_Shown = tuple[Html, Conversation, Any]
"""The conversation as HTML, the same as a value, and the question box."""


class Outcome(Protocol):
    """What the page has to know of one article that was to be added. Only the page's door may import `ingest`."""

    @property
    def status(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...


def chat(assistant: Assistant, load_samples: Callable[[], Iterable[Outcome]]) -> gr.Blocks:
    """The page over one assistant. `load_samples` adds the sample articles and gives one outcome each."""
    on = _Events(assistant, load_samples)
    page = gr.Blocks(title="AccordingTo", analytics_enabled=False, fill_width=True)
    with page:
        so_far = gr.State(Conversation())
        with gr.Row(elem_id="head"):
            gr.HTML(_title(), js_on_load=None, apply_default_css=False)
            new = gr.Button("New conversation", size="sm", elem_id="new")
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="left"):
                shown = gr.HTML(js_on_load=_script("conversation"), elem_id="conversation", apply_default_css=False)
                box = gr.Textbox(
                    label="Your question",
                    max_lines=4,
                    max_length=LONGEST_QUESTION,
                    submit_btn="Ask",
                    elem_id="question",
                    autofocus=True,
                )
            with gr.Column(elem_id="right"):
                nothing = markup.nothing_open()
                article = gr.HTML(nothing, js_on_load=_script("evidence"), elem_id="evidence", apply_default_css=False)
        # What the page does inside itself is not for programs; `endpoints` is.
        inside: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asking: dict[str, Any] = {
            **inside,
            "outputs": [shown, so_far, box],
            "trigger_mode": "once",
            "concurrency_limit": 4,
        }
        page.load(on.visit, outputs=shown, **inside)
        runs: list[dict[str, Any]] = [
            box.submit(on.question, [box, so_far], **asking),
            shown.select(on.suggestion, so_far, **asking),
        ]
        box.stop(on.stop, so_far, [shown, box], cancels=runs, **inside)
        new.click(on.new, outputs=[shown, so_far, box, article], cancels=runs, **inside)
        shown.click(on.mark, so_far, article, trigger_mode="always_last", concurrency_limit=None, **inside)
        shown.apply(on.load, outputs=shown, trigger_mode="once", **inside)
        endpoints(assistant)
    return page


class _Events:
    """What happens on the page. No method raises: what goes wrong is said in the page, in words."""

    def __init__(self, assistant: Assistant, load_samples: Callable[[], Iterable[Outcome]]) -> None:
        self._assistant = assistant
        self._load_samples = load_samples

    def visit(self) -> Html:
        """Greets. Counted anew for each visit, for other processes may add articles."""
        try:
            return markup.greeting(len(self._assistant.base), _questions(self._assistant))
        except Exception as error:  # the border to the reader, here and below
            return markup.notice(in_words(error))

    def question(self, question: str, so_far: Conversation) -> Iterator[_Shown]:
        """Answers a question as far as it has got; each step is the whole conversation."""
        if not question.strip():
            yield self._shown(so_far), so_far, _idle()
            return
        answers = _answers(so_far)
        yield markup.conversation(answers, question), so_far, _busy()
        try:
            longer = so_far
            for answer in self._assistant.stream(Request(question, so_far)):
                # What has been said stays in the conversation even if the answer is stopped half way.
                longer = so_far.with_answer(answer)
                yield markup.conversation(_answers(longer), writing=True), longer, gr.skip()
            yield markup.conversation(_answers(longer)), longer, _idle()
        except Exception as error:
            yield Html(self._shown(so_far) + markup.notice(in_words(error))), so_far, _idle(question)

    def suggestion(self, so_far: Conversation, chosen: gr.EventData) -> Iterator[_Shown]:
        """Answers one of the questions to begin with."""
        yield from self.question(_told(chosen, "question"), so_far)

    def stop(self, so_far: Conversation) -> tuple[Html, Any]:
        """Shows what there is once an answer has been stopped."""
        return self._shown(so_far), _idle()

    def new(self) -> tuple[Html, Conversation, Any, Html]:
        """Begins anew."""
        return self.visit(), Conversation(), _idle(), markup.nothing_open()

    def mark(self, so_far: Conversation, chosen: gr.EventData) -> Html:
        """Opens the article that a mark stands for."""
        try:
            return _evidence(self._assistant, so_far, _told(chosen, "mark"))
        except Exception as error:
            return markup.notice(in_words(error))

    def load(self) -> Iterator[Html]:
        """Adds the sample articles."""
        yield markup.loading(0, None)
        refused = []
        try:
            for number, outcome in enumerate(self._load_samples(), 1):
                yield markup.loading(number, outcome.title)
                if outcome.status == "rejected":
                    refused.append(markup.notice(f"{outcome.source}: {outcome.reason}"))
            self._assistant.base.sync()
        except Exception as error:
            refused.append(markup.notice(in_words(error)))
        yield Html(self.visit() + "".join(refused))

    def _shown(self, so_far: Conversation) -> Html:
        return markup.conversation(_answers(so_far)) if so_far.exchanges else self.visit()


def _answers(so_far: Conversation) -> list[Answer]:
    return [exchange.answer for exchange in so_far.exchanges]


def _told(event: gr.EventData, name: str) -> str:
    """What the browser says was chosen: a claim, as good as any."""
    return str(getattr(event, name, ""))


def _questions(assistant: Assistant) -> tuple[str, ...]:
    """Questions to begin with, if the sample articles are there to answer them. They are the first that are stored."""
    first = islice(assistant.base.articles(), 50)
    return _SAMPLE_QUESTIONS if any(article.outlet == _SAMPLE_OUTLET for article in first) else ()


def _evidence(assistant: Assistant, so_far: Conversation, mark: str) -> Html:
    """The article behind a mark, named by its exchange and its number there: "2-1"."""
    exchange, _, number = mark.partition("-")
    by_place = {
        (str(place), str(citation.id)): (citation, exchanged.answer)
        for place, exchanged in enumerate(so_far.exchanges, 1)
        for citation in exchanged.answer.citations
    }
    if (exchange, number) not in by_place:
        return markup.nothing_open("This mark is no longer known to the server. Ask the question again.")
    cited, answer = by_place[exchange, number]
    article = assistant.base.find(cited.article_id)
    if article is None:
        return markup.nothing_open("This article has been removed from the knowledge base since it was cited.")
    others = [c for c in answer.citations if c.article_id == cited.article_id and c.id != cited.id]
    return markup.evidence(article, cited, others, mark)


def _busy() -> Any:
    return gr.Textbox(value="", submit_btn=False, stop_btn="Stop")


def _idle(question: str = "") -> Any:
    return gr.Textbox(value=question, submit_btn="Ask", stop_btn=False)


def _title() -> Html:
    return h("div", h("h1", "AccordingTo"), h("p", "Every sentence says who says so, and opens the exact words."))


def _script(name: str) -> str:
    return Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
