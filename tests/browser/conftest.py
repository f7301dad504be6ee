"""A real browser, a served page that may call nobody, and two hands: one has a mouse, one has a keyboard alone."""

from __future__ import annotations

import gc
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from assistant import Assistant
from assistant.page import build, running
from ingest import ingest
from kb.samples import samples as sample_articles

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUESTION = "Who blocked the Lachin road?"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_PATIENCE = 60_000  # milliseconds; the machine may be busy
_MOST_TABS = 400
# What Gradio's own script says when a page is left while it listens to the server.
_ON_LEAVING = ("AbortError", "Connection errored out", "ERR_ABORTED", "network error")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium is installed; name one with CHROMIUM=/path")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def settings() -> dict[str, Any]:
    """What the served assistant is set to; a test changes it by a parameter."""
    return {}


@pytest.fixture
def assistant(tmp_path: Path, settings: dict[str, Any]) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "kb", create=True, embedding_model="hash", confidence=0.0, **settings) as opened:
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
def samples(assistant: Assistant) -> int:
    return len(list(ingest(assistant.base, [sample_articles()])))


Opening = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Opening]:
    """Opens the page in a browser of its own. At the end, nothing must have been asked of anybody but its server, and
    nothing have gone wrong in a script."""
    asked: list[str] = []
    trouble: list[str] = []
    with ExitStack() as closing_all:

        def note(context: BrowserContext) -> None:
            context.on("request", lambda request: asked.append(request.url))
            context.on("weberror", lambda error: trouble.append(str(error.error)))
            context.on(
                "console",
                lambda message: trouble.append(message.text) if message.type == "error" else None,
            )

        def open_page(path: str = "", *, greeted: bool = True, **how: Any) -> Page:
            context = browser.new_context(viewport=how.pop("viewport", {"width": 1400, "height": 900}), **how)
            closing_all.callback(context.close)
            context.set_default_timeout(_PATIENCE)
            note(context)
            page = context.new_page()
            page.goto(address + path)
            if greeted:
                page.locator(".greeting").wait_for()
            return page

        yield open_page
    assert [url for url in asked if not url.startswith((address, "data:", f"blob:{address}"))] == []
    assert [said for said in trouble if not any(sign in said for sign in _ON_LEAVING)] == []


@pytest.fixture
def page(visit: Opening) -> Page:
    return visit()


class Hand(Protocol):
    """How a reader uses the page."""

    def press(self, wanted: Locator) -> None:
        """Presses a button, a link, a tab."""

    def write(self, wanted: Locator, text: str) -> None:
        """Writes into a field, in place of what stands there."""

    def choose(self, wanted: Locator, option: str) -> None:
        """Chooses from a list."""


class Mouse:
    def press(self, wanted: Locator) -> None:
        wanted.click()

    def write(self, wanted: Locator, text: str) -> None:
        wanted.click()
        wanted.fill(text)

    def choose(self, wanted: Locator, option: str) -> None:
        wanted.click()
        wanted.select_option(label=option)
        wanted.press("Escape")


class Keyboard:
    """Moves by the tabulator alone, and never touches what has not got the focus by that."""

    def reach(self, wanted: Locator) -> None:
        page = wanted.page
        wanted.wait_for()
        for _ in range(_MOST_TABS):
            if wanted.evaluate("wanted => wanted === document.activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"no number of tabs leads to {wanted}")

    def press(self, wanted: Locator) -> None:
        self.reach(wanted)
        wanted.page.keyboard.press("Enter")

    def write(self, wanted: Locator, text: str) -> None:
        self.reach(wanted)
        wanted.page.keyboard.press("Control+a")
        wanted.page.keyboard.press("Delete")
        wanted.page.keyboard.insert_text(text)

    def choose(self, wanted: Locator, option: str) -> None:
        self.reach(wanted)
        wanted.page.keyboard.type(option)


@pytest.fixture(params=[Mouse, Keyboard], ids=["mouse", "keyboard"])
def hand(request: pytest.FixtureRequest) -> Hand:
    made: Hand = request.param()
    return made


def ask(page: Page, question: str, hand: Hand | None = None) -> Locator:
    """Asks, and gives the exchange once it is whole."""
    number = page.locator(".exchange").count() + 1
    (hand or Mouse()).write(page.get_by_label("Your question"), question)
    page.keyboard.press("Enter")
    return whole(page, number)


def whole(page: Page, number: int) -> Locator:
    """An exchange, once its answer is whole."""
    exchange = page.locator(f".exchange:nth-child({number})")
    exchange.locator(".tools").wait_for()
    page.get_by_role("button", name="Ask", exact=True).wait_for()
    return exchange


def in_view(page: Page, selector: str) -> bool:
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
