"""The view of the settings: which writer words the answers, and whether it works; what this server is set to; light and
dark. Keys come from the environment alone: they are neither shown nor taken here."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from assistant.answering import LONGEST_QUESTION
from assistant.assistant import Assistant
from assistant.page import library, markup
from assistant.page.access import Access
from assistant.page.inside import INSIDE, in_words, script, user_of
from assistant.page.markup import Html, button, h
from assistant.page.words import counted, say

__all__ = ["settings_view"]


def settings_view(assistant: Assistant, access: Access, tab: gr.Tab) -> None:
    """Builds the view into the tab that is being built."""
    on = Events(assistant, access)
    with gr.Column(elem_id="preferences"):
        gr.HTML(_looks(), js_on_load=script("look"), elem_id="looks", apply_default_css=False)
        writer = gr.HTML(on.writer(), js_on_load=script("writer"), elem_id="writer", apply_default_css=False)
        tested = gr.HTML("", js_on_load=None, elem_id="tested", apply_default_css=False)
        facts = gr.HTML("", js_on_load=None, elem_id="facts", apply_default_css=False)
    writer.test(on.test, None, tested, trigger_mode="once", **INSIDE)
    tab.select(on.facts, None, facts, **INSIDE)


class Events:
    """What happens among the settings. No method raises."""

    def __init__(self, assistant: Assistant, access: Access) -> None:
        self._assistant = assistant
        self._access = access

    def writer(self) -> Html:
        """Which writers there are: quotes, and the chat model that is set, if one is. Its key is named, never shown."""
        settings = self._assistant.settings
        model = None if settings.writes_by_quoting else settings.model
        named = [say("settings.quoting")] if model is None else [model, say("settings.quoting")]
        values = [""] if model is None else ["", "quoting"]
        choices = [
            h("label", markup.field_void("radio", "writer", value), h("span", name))
            for value, name in zip(values, named, strict=True)
        ]
        return h(
            "section",
            h("fieldset", h("legend", say("settings.writer")), *choices),
            h("p", say("settings.writer_note"), class_="hint"),
            h("p", say("settings.how_model"), class_="hint"),
            button(say("settings.test"), "test", class_="primary"),
        )

    def test(self) -> Any:
        """Lets the writer that is set say one thing, and says how that went."""
        yield h("p", say("settings.testing"), role="status")
        settings = self._assistant.settings
        name = say("settings.quoting") if settings.writes_by_quoting else settings.model
        begun = time.perf_counter()
        try:
            if settings.writes_by_quoting:
                self._assistant.ask("Who says so?")
            else:
                self._ask_the_model()
            seconds = time.perf_counter() - begun
            yield h("p", say("settings.works", writer=name, seconds=seconds), role="status", class_="done")
        except Exception as error:  # the border to the reader
            yield markup.notice(say("settings.fails", writer=name, why=in_words(error)))

    def _ask_the_model(self) -> None:
        """Asks the chat model for one word. Raises what asking it can raise."""
        from langchain_core.messages import HumanMessage

        from assistant.models import replied

        settings, asked = self._assistant.settings, [HumanMessage("Answer with the one word: yes")]
        timeout, name = settings.reply_timeout, settings.model or ""
        for _ in replied(self._assistant.chat_model, asked, timeout=timeout, retries=0, name=name):
            pass

    def facts(self, request: gr.Request) -> Html:
        """What this server is set to."""
        settings, user = self._assistant.settings, user_of(request)
        try:
            articles = counted("count.article", len(self._assistant.base))
        except Exception as error:  # the border to the reader
            return markup.notice(in_words(error))
        may = say("settings.may_edit" if self._access.may_edit(user) else "settings.may_read")
        known = {
            say("settings.articles"): articles,
            say("settings.embedding"): settings.embedding_model,
            say("settings.passages"): str(settings.passages),
            say("settings.statements"): str(settings.statements),
            say("settings.kept"): say("settings.kept_server" if settings.conversations else "settings.kept_browser"),
            say("settings.rights"): may,
            say("settings.limits"): say(
                "settings.limits_text",
                question=LONGEST_QUESTION,
                upload=library.size(settings.upload_mb * 1_000_000),
                running=settings.questions_at_once,
                waiting=settings.questions_waiting,
            ),
            say("settings.digest"): settings.digest(),
        }
        if user:
            known = {say("settings.user"): user, **known}
        out = h("p", h("a", say("settings.sign_out"), href="logout"), class_="hint") if user else None
        return h(
            "section",
            h("h2", say("settings.shown")),
            h("p", say("settings.how_set"), class_="hint"),
            library.facts(known),
            out,
        )


def _looks() -> Html:
    looks = [
        h("label", markup.field_void("radio", "look", name), h("span", say(f"settings.{name}")))
        for name in ("system", "light", "dark")
    ]
    return h("fieldset", h("legend", say("settings.appearance")), *looks)
