"""Takes the picture of the chat that the README shows, with the sample articles and a real browser.

.venv/bin/python docs/make_picture.py
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from assistant import Assistant
from assistant.page import build, running
from ingest import ingest
from kb.samples import samples

_PICTURE = Path(__file__).with_name("chat.png")
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_QUESTIONS = ("Who struck the cathedral in Shusha?", "How many people did the fuel depot explosion kill?")


def main() -> None:
    """Asks two questions, opens a citation of the first, and saves what one sees."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        tempfile.TemporaryDirectory() as folder,
        Assistant.open(f"{folder}/kb", create=True) as assistant,
        sync_playwright() as driver,
    ):
        for _ in ingest(assistant.base, [samples()]):
            pass
        with running(build(assistant), "127.0.0.1", 7900) as address:
            browser = driver.chromium.launch(executable_path=chromium, args=_QUIET)
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.goto(address)
            for number, question in enumerate(_QUESTIONS, 1):
                page.get_by_label("Your question").fill(question)
                page.get_by_role("button", name="Ask").click()
                page.get_by_text(question, exact=True).wait_for()
                page.locator(".sources").nth(number - 1).wait_for(timeout=60_000)
            page.locator(".denial a.cite").first.click()
            page.locator(".stored mark").first.wait_for()
            page.mouse.move(0, 0)
            page.screenshot(path=_PICTURE)
            browser.close()


if __name__ == "__main__":
    main()
