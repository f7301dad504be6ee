"""Takes the pictures of the chat, with the sample articles and a real browser: every view, light and dark, on a wide
screen and on a narrow one.

.venv/bin/python docs/make_picture.py
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from assistant import Assistant
from assistant.page import build, running
from ingest import ingest
from kb.samples import samples

_DOCS = Path(__file__).parent
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_QUESTIONS = ("How many people did the fuel depot explosion kill?", "Who struck the cathedral in Shusha?")
_SIZES = {"wide": (1400, 900), "narrow": (420, 900)}
_COLOURS = 112  # enough for flat colours and smooth letters, in a third of the bytes
_PATIENCE = 120_000  # milliseconds


def main() -> None:
    """Saves one picture a view, colour and size."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    (_DOCS / "pictures").mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Assistant.open(f"{folder}/kb", create=True) as assistant,
        sync_playwright() as driver,
    ):
        for _ in ingest(assistant.base, [samples()]):
            pass
        browser = driver.chromium.launch(executable_path=chromium, args=_QUIET)
        with running(build(assistant), "127.0.0.1", 7900) as address:
            _everywhere(browser, address, _views)
        with (
            Assistant.open(f"{folder}/kb", logins={"reader": "of pictures"}) as closed,
            running(build(closed), "127.0.0.1", 7901) as address,
        ):
            _everywhere(browser, address, _login)
        browser.close()
    shutil.copy(_DOCS / "pictures" / "evidence-wide-light.png", _DOCS / "chat.png")


def _everywhere(browser: Browser, address: str, views: Callable[[Page, str], None]) -> None:
    """Opens the page in each colour and size."""
    for scheme in ("light", "dark"):
        for size, (width, height) in _SIZES.items():
            context = browser.new_context(viewport={"width": width, "height": height})
            context.set_default_timeout(_PATIENCE)
            page = context.new_page()
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.goto(address)
            views(page, f"{size}-{scheme}")
            context.close()


def _login(page: Page, end: str) -> None:
    page.get_by_label("password").wait_for()
    _taken(page, f"login-{end}")


def _views(page: Page, end: str) -> None:
    """Goes through all views as a reader would."""

    def take(name: str) -> None:
        _taken(page, f"{name}-{end}")

    page.locator(".suggestion").first.wait_for()
    take("greeting")
    for question in _QUESTIONS:
        _asked(page, question)
    _exchange(page, 2).locator(".denial a.cite").first.click()
    page.locator("#quote:focus").wait_for()
    take("evidence")
    _exchange(page, 1).locator("[data-picture=timeline]").click()
    page.locator("#picture .vega-embed svg").wait_for()
    take("timeline")
    _exchange(page, 1).locator("[data-picture=tolls]").click()
    page.locator("#below table").wait_for()
    page.locator("#picture .vega-embed svg").wait_for()
    take("tolls")
    page.get_by_role("button", name="New conversation").click()
    page.locator(".greeting").wait_for()
    page.locator("#filters summary").click()
    page.locator("#filters option", has_text="Sample Courier").wait_for(state="attached")
    _asked(page, "How many people were killed in Yerevan?")
    take("abstained")
    page.get_by_role("tab", name="Articles").click()
    page.locator("#months .vega-embed svg").wait_for()
    page.locator("#listed button.title").nth(3).click()
    page.locator("#opened .stored").wait_for()
    page.locator("#by-text > button").click()
    page.locator("#pasting textarea").wait_for()
    take("articles")
    page.get_by_role("tab", name="Settings").click()
    page.locator("#facts dl").wait_for()
    page.get_by_role("button", name="Test the writer").click()
    page.locator("#tested .done").wait_for()
    take("settings")


def _asked(page: Page, question: str) -> None:
    number = page.locator(".exchange").count() + 1
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    _exchange(page, number).locator(".tools").wait_for()
    page.get_by_role("button", name="Ask", exact=True).wait_for()


def _exchange(page: Page, number: int) -> Locator:
    return page.locator(f".exchange:nth-child({number})")


def _taken(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.evaluate("document.fonts.ready")
    shown = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    fewer = shown.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    fewer.save(_DOCS / "pictures" / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
