"""The page in a real browser: what a reader does with it, and that nothing in it calls out."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Answer, Assistant
from assistant.page import _load_samples, build, running
from kb import Article

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
pytestmark = [
    pytest.mark.browser,
    # Gradio leaves event loops and sockets to the collector; their warnings come whenever that runs.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
QUESTION = "Who blocked the Lachin road?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium is installed; name one with CHROMIUM=/path")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "kb", create=True, embedding_model="hash", confidence=0.0) as opened:
        yield opened
    gc.collect()  # what Gradio leaves, while the warnings of it are still let pass


@pytest.fixture
def address(assistant: Assistant) -> Iterator[str]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(build(assistant), "127.0.0.1", port) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, opened; at the end, nothing must have been asked of anybody but its server."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    trouble: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.locator(".greeting").wait_for()
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:", f"blob:{address}"))] == []
    assert trouble == []


@pytest.fixture
def samples(assistant: Assistant) -> int:
    return len(list(_load_samples(assistant)))


def _ask(page: Page, question: str) -> Locator:
    """Asks, and gives the exchange once it is whole."""
    number = page.locator(".exchange").count() + 1
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    exchange = page.locator(f".exchange:nth-child({number})")
    exchange.locator(".ground, .abstained").wait_for()
    return exchange


def _in_view(page: Page, selector: str) -> bool:
    """Whether an element lies inside the window and inside every box that scrolls around it."""
    seen = page.evaluate(
        """selector => {
            const element = document.querySelector(selector);
            const box = element.getBoundingClientRect();
            for (let at = element.parentElement; at; at = at.parentElement) {
                if (!["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowY)) continue;
                const around = at.getBoundingClientRect();
                if (box.top < around.top - 1 || box.bottom > around.bottom + 1) return false;
            }
            return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
        }""",
        selector,
    )
    return bool(seen)


def test_load_the_samples_then_ask_one_of_the_questions(page: Page) -> None:
    page.get_by_role("button", name="Load the sample articles").click()
    page.get_by_role("button", name=QUESTION).click()
    page.locator(".exchange .ground").wait_for()
    assert page.locator(".asked").inner_text() == QUESTION
    assert page.get_by_label("Your question").evaluate("box => box === document.activeElement")


@pytest.mark.usefixtures("samples")
class TestReading:
    def test_a_click_on_a_mark_opens_the_article_at_the_words(self, page: Page, assistant: Assistant) -> None:
        exchange = _ask(page, QUESTION)
        expected = assistant.ask(QUESTION)
        for citation in expected.citations:
            exchange.locator(f'[data-mark="1-{citation.id}"]').first.click()
            page.locator(f'#evidence [data-of="1-{citation.id}"]').wait_for()
            assert page.locator("#quote").evaluate("mark => mark.textContent") == citation.quote
            text = assistant.base.get(citation.article_id).text
            assert page.locator(".stored").evaluate("stored => stored.textContent") == text
            assert _in_view(page, "#quote")

    @pytest.mark.parametrize("key", ["Enter", " "])
    def test_the_keyboard_opens_a_mark_and_comes_back_to_it(self, page: Page, key: str) -> None:
        mark = _ask(page, QUESTION).locator("[data-mark]").first
        mark.focus()
        page.keyboard.press(key)
        page.locator("#quote:focus").wait_for()
        assert _in_view(page, "#quote")
        page.keyboard.press("Escape")
        assert mark.evaluate("mark => mark === document.activeElement")
        page.keyboard.press(key)  # it is open already: it comes into view again
        page.locator("#quote:focus").wait_for()

    def test_words_far_down_a_long_article_come_into_view(self, page: Page, assistant: Assistant) -> None:
        filling = "\n\n".join(f"Paragraph {n} speaks of the weather." for n in range(300))
        text = f"{filling}\n\nThe zebra crossed the river at Zemo.\n\n{filling}"
        assistant.base.add([Article(text=text, title="A long article", source="long", outlet="Gazette")])
        question = "Where did the zebra cross the river?"
        quotes = {f"1-{c.id}": c for c in assistant.ask(question).citations}
        place, quote = max(quotes.items(), key=lambda item: item[1].start)
        assert quote.start > len(filling) / 2
        _ask(page, question).locator(f'[data-mark="{place}"]').first.click()
        page.locator("#quote").wait_for()
        assert page.locator("#quote").evaluate("mark => mark.textContent") == quote.quote
        assert _in_view(page, "#quote")
        assert page.locator("#evidence").evaluate("panel => panel.scrollTop") > 1000

    def test_a_follow_up_is_understood_and_a_new_conversation_forgets(self, page: Page) -> None:
        _ask(page, QUESTION)
        assert "Understood as" in _ask(page, "And what did Armenia call it?").inner_text()
        page.get_by_role("button", name="New conversation").click()
        page.locator(".greeting").wait_for()
        assert "Understood as" not in _ask(page, "And what did Armenia call it?").inner_text()

    def test_a_reader_with_a_narrow_screen_is_led_to_the_article_and_back(self, page: Page) -> None:
        page.set_viewport_size({"width": 420, "height": 900})
        mark = _ask(page, QUESTION).locator("[data-mark]").first
        mark.click()
        page.locator("#quote").wait_for()
        assert _in_view(page, "#quote")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Back to the answer").click()
        assert mark.evaluate("mark => mark === document.activeElement")

    def test_everything_that_can_be_used_has_a_name(self, page: Page) -> None:
        _ask(page, QUESTION).locator("[data-mark]").first.click()
        page.locator("#quote").wait_for()
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("a, button, textarea, input")]
                .filter(e => e.checkVisibility())
                .filter(e => !(e.ariaLabel || e.innerText.trim() || e.labels?.[0]?.innerText.trim()))
                .map(e => e.outerHTML)"""
        )
        assert nameless == []
        mark = page.locator("[data-mark]").first.get_attribute("aria-label")
        assert mark is not None
        assert mark.startswith("[1] ")

    def test_stop_keeps_what_was_said(self, page: Page, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
        whole, goes_on = assistant.stream, threading.Event()

        def halting(request: Any) -> Iterator[Answer]:
            for answer in whole(request):
                yield answer
                goes_on.wait(20)

        monkeypatch.setattr(assistant, "stream", halting)
        page.get_by_label("Your question").fill(QUESTION)
        page.get_by_role("button", name="Ask").click()
        page.locator(".statement").first.wait_for()
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped before the answer was whole.").wait_for()
        goes_on.set()
        page.get_by_role("button", name="Ask").wait_for()
        page.locator("[data-mark]").first.click()
        page.locator("#quote").wait_for()


@pytest.mark.usefixtures("samples")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(browser: Browser, address: str, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.locator(".greeting").wait_for()
    _ask(page, QUESTION).locator("[data-mark]").first.click()
    page.locator("#quote").wait_for()
    faint = page.evaluate(
        """() => {
            const parts = colour => colour.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => {
                const linear = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
                const [x, y, z] = [r, g, b].map(v => linear(v / 255));
                return 0.2126 * x + 0.7152 * y + 0.0722 * z;
            };
            const behind = element => {
                for (let at = element; at; at = at.parentElement) {
                    const colour = parts(getComputedStyle(at).backgroundColor);
                    if (colour.length < 4 || colour[3] === 1) return colour;
                }
                return [255, 255, 255];
            };
            const found = [];
            for (const element of document.querySelectorAll("#head *, #left *, #right *")) {
                const says = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
                if (!says || !element.checkVisibility()) continue;
                const [a, b] = [light(parts(getComputedStyle(element).color)), light(behind(element))];
                const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (contrast < 4.5) found.push([element.outerHTML.slice(0, 120), contrast]);
            }
            return found;
        }"""
    )
    context.close()
    assert faint == []


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


def test_a_hostile_article_and_a_hostile_question_do_nothing(page: Page, assistant: Assistant) -> None:
    with closing(_Beacon()) as beacon:
        there = f"http://127.0.0.1:{beacon.port}"
        hostile = (
            f"<script>window.owned = 1; fetch('{there}/1')</script> <img src={there}/2 onerror='window.owned = 2'> "
            f"<svg onload='window.owned = 3'><image href={there}/3></svg> <video src={there}/4 autoplay></video> "
            f"<style>@import '{there}/5'; p {{ background: url({there}/6) }}</style> <iframe src={there}/7></iframe> "
            f"<form action={there}/8><input name=a autofocus onfocus='window.owned = 4'></form> ![x]({there}/9) "
            f"[go](javascript:window.owned=5) <link rel=stylesheet href={there}/10> <a href=javascript:owned=6>go</a> "
            f"<object data={there}/11></object> <base href={there}/12> <meta http-equiv=refresh content='0;{there}'> "
            "{{constructor.constructor('window.owned = 7')()}} ${window.owned = 8} `+(window.owned = 9)+`"
        )
        assistant.base.add(
            [
                Article(
                    text=f"The zebra crossed the river, {hostile} said the keeper of the zebra.",
                    title=f"Zebra {hostile}",
                    source="hostile",
                    outlet=f"Gazette {hostile}",
                    origin=f"Wire {hostile}",
                    author=hostile,
                    url="javascript:window.owned = 10",
                    published="2023-09-19",
                    provenance={"published": hostile, "outlet": hostile},
                )
            ]
        )
        exchange = _ask(page, f"Did the zebra cross the river? {hostile}")
        assert exchange.locator(".asked").inner_text().startswith("Did the zebra cross the river? <script>")
        exchange.locator("[data-mark]").first.click()
        page.locator("#quote").wait_for()
        assert "<script>" in page.locator(".stored").inner_text()
        _ask(page, "And the zebra?")
        _ask_for_one_thing_more(page)
        assert page.evaluate("window.owned") is None
        inside = (
            ":is(#conversation, #evidence) :is(script, img, svg, video, style, iframe, form, input, object, base, meta)"
        )
        # Gradio's own sign of waiting is an svg beside what is shown.
        assert (
            page.locator(inside).evaluate_all(
                "all => all.filter(e => !e.closest('.wrap.center')).map(e => e.outerHTML)"
            )
            == []
        )
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
                    <object data="${there}/6"></object><svg><image href="${there}/7"/></svg>`;
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
