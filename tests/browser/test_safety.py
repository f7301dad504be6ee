"""What the page must never do, and what everybody must be able to read and use."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Answer, Assistant
from kb import Article
from tests.browser.conftest import QUESTION, Opening, ask, in_view, whole

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


class _Beacon:
    """A server that only notes who calls. Whatever is hostile in an article points here."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.calls = 0
        self.requests: list[str] = []
        threading.Thread(target=self._note, daemon=True).start()

    def _note(self) -> None:
        while True:
            try:
                caller = self._listening.accept()[0]
            except OSError:
                return
            self.calls += 1
            with caller:
                caller.settimeout(0.5)
                with suppress(TimeoutError, ConnectionError):
                    self.requests.append(caller.recv(200).decode(errors="replace"))

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def _hostile(there: str) -> str:
    return (
        f"<script>window.owned = 1; fetch('{there}/1')</script> <img src={there}/2 onerror='window.owned = 2'> "
        f"<svg onload='window.owned = 3'><image href={there}/3></svg> <video src={there}/4 autoplay></video> "
        f"<style>@import '{there}/5'; p {{ background: url({there}/6) }}</style> <iframe src={there}/7></iframe> "
        f"<form action={there}/8><input name=a autofocus onfocus='window.owned = 4'></form> ![x]({there}/9) "
        f"[go](javascript:window.owned=5) <link rel=stylesheet href={there}/10> <a href=javascript:owned=6>go</a> "
        f"<object data={there}/11></object> <base href={there}/12> <meta http-equiv=refresh content='0;{there}'> "
        "{{constructor.constructor('window.owned = 7')()}} ${window.owned = 8} `+(window.owned = 9)+`"
    )


def test_a_hostile_article_and_a_hostile_question_do_nothing_in_any_view(page: Page, assistant: Assistant) -> None:
    with closing(_Beacon()) as beacon:
        hostile = _hostile(f"http://127.0.0.1:{beacon.port}")
        text = f"The zebra crossed the river, {hostile} said the keeper of the zebra. In Zemo 12 people were killed."
        known: dict[str, Any] = {
            "outlet": f"Gazette {hostile}",
            "origin": f"Wire {hostile}",
            "author": hostile,
            "url": "javascript:window.owned = 10",
            "published": "2023-09-19",
        }
        assistant.base.add(
            [
                Article(text=text, title=f"Zebra {hostile}", source="1", provenance={"outlet": hostile}, **known),
                Article(
                    text=f"{text} And at least 15 people were killed in Zemo, the keeper of the zebra said.",
                    title="Zebra again",
                    source="2",
                    **{**known, "published": "2023-10-01"},
                ),
            ]
        )
        exchange = ask(page, f"Did the zebra cross the river? {hostile}")
        assert exchange.locator(".asked").inner_text().startswith("Did the zebra cross the river? <script>")
        exchange.locator("[data-mark]").first.click()
        page.locator("#quote").wait_for()
        assert "<script>" in page.locator(".stored").inner_text()
        exchange = ask(page, "How many people were killed in Zemo?")
        for picture in ("timeline", "tolls"):
            button = exchange.locator(f"[data-picture={picture}]")
            if button.count():
                button.click()
                page.locator("#picture .vega-embed svg").wait_for()
        page.locator("#shelf .kept").first.wait_for()
        page.locator("#shelf summary").first.click()
        page.locator("#filters summary").click()
        page.locator("#filters option", has_text="Gazette").first.wait_for(state="attached")
        page.get_by_role("tab", name="Articles").click()
        page.locator("#listed button.title").last.click()
        page.locator("#opened .stored").wait_for()
        page.locator("#months .vega-embed svg").wait_for()
        page.locator("#listed").get_by_role("button", name="Remove “").last.click()
        page.locator("#asking [role=alertdialog]").wait_for()
        page.locator("#by-text > button").click()
        page.locator("#pasting [name=text]").fill(hostile)
        page.locator("#pasting [name=title]").fill(hostile)
        page.get_by_role("button", name="Add this text").click()
        page.locator("#progress .state", has_text="1 added").wait_for()
        page.reload()
        whole(page, 2)
        _ask_for_one_thing_more(page)
        assert page.evaluate("window.owned") is None
        ours = "#conversation, #evidence, #below, #shelf, #filters, #listed, #opened, #asking, #progress, #failures"
        foreign = "script, img, video, style, iframe, form, object, base, meta, link, [onerror], [onload], [onfocus]"
        assert page.locator(f":is({ours}) :is({foreign})").count() == 0
        assert page.locator("a[href^='javascript'], image[href*='127.0.0.1']").count() == 0
        assert page.url.rstrip("/#") == page.evaluate("location.origin")
        assert beacon.calls == 0


def _ask_for_one_thing_more(page: Page) -> None:
    """Waits until the page has got an answer to a request that it makes now: what it meant to ask for before, it has
    asked for by then."""
    assert page.evaluate("async () => (await fetch(location.origin, {cache: 'no-store'})).status") == 200


def test_what_would_call_out_is_stopped_even_if_it_got_in(browser: Browser, address: str) -> None:
    """The second wall: the page's policy, for the day when something is not escaped."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.locator(".greeting").wait_for()
    with closing(_Beacon()) as beacon:
        there = f"http://127.0.0.1:{beacon.port}"
        page.evaluate(
            """there => {
                const place = document.querySelector("#conversation");
                place.innerHTML = `<img src="${there}/1" onerror="window.owned = 1"><img src="x" onerror="owned = 1">
                    <div style="background: url(${there}/2)">x</div><video src="${there}/3" autoplay></video>
                    <iframe src="${there}/4"></iframe><link rel="stylesheet" href="${there}/5">
                    <object data="${there}/6"></object><svg><image href="${there}/7"/></svg>
                    <a id="go" href="javascript:window.owned = 2">x</a>
                    <form id="form" action="${there}/10"><input name="a"></form>`;
                const script = document.createElement("script");
                script.textContent = "window.owned = 3";
                place.append(script);
                document.querySelector("#go").click();
                document.querySelector("#form").submit();
                fetch(there + "/8").catch(() => {});
                navigator.sendBeacon(there + "/9");
            }""",
            there,
        )
        _ask_for_one_thing_more(page)
        assert page.evaluate("window.owned") is None
        context.close()
        # Chromium opens a connection for a frame before the policy forbids the frame; nothing is asked over it.
        assert [request for request in beacon.requests if request] == []


@pytest.mark.usefixtures("samples")
class TestReading:
    def test_words_far_down_a_long_article_come_into_view(self, page: Page, assistant: Assistant) -> None:
        filling = "\n\n".join(f"Paragraph {n} speaks of the weather." for n in range(300))
        text = f"{filling}\n\nThe zebra crossed the river at Zemo.\n\n{filling}"
        assistant.base.add([Article(text=text, title="A long article", source="long", outlet="Gazette")])
        question = "Where did the zebra cross the river?"
        quotes = {f"1-{c.id}": c for c in assistant.ask(question).citations}
        place, quote = max(quotes.items(), key=lambda item: item[1].start)
        assert quote.start > len(filling) / 2
        ask(page, question).locator(f'[data-mark="{place}"]').first.click()
        page.locator("#quote").wait_for()
        assert page.locator("#quote").evaluate("mark => mark.textContent") == quote.quote
        assert in_view(page, "#quote")
        assert page.locator("#right").evaluate("panel => panel.scrollTop") > 1000

    def test_a_reader_with_a_narrow_screen_is_led_to_the_article_and_back(self, visit: Opening) -> None:
        page = visit(viewport={"width": 420, "height": 900})
        mark = ask(page, QUESTION).locator("[data-mark]").first
        mark.click()
        page.locator("#quote").wait_for()
        assert in_view(page, "#quote")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Back to the answer").click()
        assert mark.evaluate("mark => mark === document.activeElement")
        for name in ("Articles", "Settings"):
            page.get_by_role("tab", name=name).click()
            page.locator({"Articles": "#listed table", "Settings": "#facts dl"}[name]).wait_for()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def test_stop_keeps_what_was_said(self, page: Page, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
        ordinary, goes_on = assistant.stream, threading.Event()

        def halting(request: Any) -> Iterator[Answer]:
            for answer in ordinary(request):
                yield answer
                goes_on.wait(60)

        monkeypatch.setattr(assistant, "stream", halting)
        page.get_by_label("Your question").fill(QUESTION)
        page.get_by_role("button", name="Ask", exact=True).click()
        page.locator(".statement").first.wait_for()
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped before the answer was whole.").wait_for()
        goes_on.set()
        page.get_by_role("button", name="Ask", exact=True).wait_for()
        page.locator("[data-mark]").first.click()
        page.locator("#quote").wait_for()
        page.reload()
        page.get_by_text("Stopped before the answer was whole.").wait_for()

    def test_a_question_asked_while_the_greeting_is_prepared_is_not_overwritten(
        self, page: Page, assistant: Assistant
    ) -> None:
        ask(page, QUESTION)
        page.get_by_role("button", name="New conversation").click()
        page.locator(".suggestion").first.wait_for()
        exchange = ask(page, QUESTION)
        assert page.locator(".greeting").count() == 0
        assert exchange.locator(".asked").inner_text() == QUESTION


@pytest.mark.usefixtures("samples")
class TestForEverybody:
    """axe-core finds nothing serious on any view, in light and in dark, on a wide screen and on a narrow one."""

    @pytest.mark.parametrize("width", [1400, 420])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_no_view_has_a_serious_violation(self, visit: Opening, scheme: Any, width: int) -> None:
        page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
        found: dict[str, list[str]] = {}

        def look(view: str) -> None:
            found[view] = _serious(page)

        page.locator(".suggestion").first.wait_for()
        look("greeting")
        exchange = ask(page, "How many people were killed in Ganja?")
        page.locator("#filters summary").click()
        exchange.locator("summary", has_text="Export").click()
        exchange.locator("[data-mark]").first.click()
        page.locator("#quote").wait_for()
        look("answer and article")
        exchange.get_by_role("button", name="Edit question").click()
        page.locator("#shelf summary").first.click()
        page.get_by_role("button", name="Delete", exact=True).click()
        look("editing and deleting")
        page.get_by_role("button", name="Keep", exact=True).click()
        page.get_by_role("button", name="Cancel").click()
        exchange.get_by_role("button", name="Timeline").click()
        page.locator("#picture .vega-embed svg").wait_for()
        look("timeline")
        ask(page, "How many people did the fuel depot explosion kill?").get_by_role("button", name="Tolls").click()
        page.locator("#below table").wait_for()
        page.locator("#picture .vega-embed svg").wait_for()
        look("tolls")
        page.get_by_role("button", name="New conversation").click()
        page.locator(".suggestion").first.wait_for()
        ask(page, "Who is the mayor of Reykjavik?").locator(".abstained").wait_for()
        look("not in these articles")
        page.get_by_role("tab", name="Articles").click()
        page.locator("#months .vega-embed svg").wait_for()
        for part in ("#by-address", "#by-text", "#failed"):
            page.locator(f"{part} > button").click()
        page.locator("#listed button.title").first.click()
        page.locator("#opened .stored").wait_for()
        page.get_by_role("button", name="Remove “").first.click()
        page.locator("#asking [role=alertdialog]").wait_for()
        look("articles")
        page.get_by_role("tab", name="Settings").click()
        page.locator("#facts dl").wait_for()
        look("settings")
        assert {view: nodes for view, nodes in found.items() if nodes} == {}

    @pytest.mark.parametrize("settings", [{"logins": {"ada": "open sesame"}}])
    @pytest.mark.parametrize("width", [1400, 420])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_nor_has_the_login(self, visit: Opening, scheme: Any, width: int) -> None:
        page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme, greeted=False)
        page.get_by_label("password").wait_for()
        assert _serious(page) == []


def _serious(page: Page) -> list[str]:
    """What axe-core finds serious or critical in what the page shows now."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in axe.Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
