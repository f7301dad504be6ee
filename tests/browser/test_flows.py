"""What a reader does, by mouse, and again by keyboard alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Assistant
from tests.browser.conftest import QUESTION, Hand, Opening, ask, in_view, whole

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [
    pytest.mark.browser,
    # Gradio leaves event loops and sockets to the collector; their warnings come whenever that runs.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
STORY = (
    "A zebra crossed the river at Zemo on Friday, the keeper of the zebra said.\n\n"
    "The ministry of animals denied that any zebra had crossed the river at Zemo."
)


def _tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=name)


def test_load_the_samples_then_ask_one_of_the_questions(page: Page, hand: Hand) -> None:
    hand.press(page.get_by_role("button", name="Load the sample articles"))
    suggestion = page.locator(".suggestion").first
    question = suggestion.inner_text()
    hand.press(suggestion)
    whole(page, 1)
    assert page.locator(".asked").inner_text() == question
    assert page.get_by_label("Your question").evaluate("box => box === document.activeElement")


@pytest.mark.usefixtures("samples")
class TestChat:
    def test_ask_read_open_a_citation_and_find_the_words_in_view(
        self, page: Page, hand: Hand, assistant: Assistant
    ) -> None:
        exchange = ask(page, QUESTION, hand)
        expected = assistant.ask(QUESTION)
        assert expected.citations
        for citation in expected.citations:
            hand.press(exchange.locator(f'[data-mark="1-{citation.id}"]').first)
            page.locator(f'#evidence [data-of="1-{citation.id}"]').wait_for()
            assert page.locator("#quote").evaluate("mark => mark.textContent") == citation.quote
            text = assistant.base.get(citation.article_id).text
            assert page.locator(".stored").evaluate("stored => stored.textContent") == text
            assert in_view(page, "#quote")

    def test_from_quote_to_quote_and_back_to_the_answer(self, page: Page, hand: Hand) -> None:
        exchange = ask(page, QUESTION, hand)
        marks = exchange.locator(".statement [data-mark]")
        places = list(dict.fromkeys(marks.nth(n).get_attribute("data-mark") for n in range(marks.count())))
        assert len(places) > 1
        hand.press(marks.first)
        for step, number in (("Next quote", 2), ("Previous quote", 1)):
            hand.press(page.get_by_role("button", name=step))
            page.locator(f'#evidence [data-of="{places[number - 1]}"]').wait_for()
            page.get_by_text(f"Quote {number} of {len(places)}").wait_for()
            page.locator("#quote:focus").wait_for()
        page.keyboard.press("Escape")
        assert marks.first.evaluate("mark => mark === document.activeElement")

    def test_a_follow_up_is_understood_and_a_new_conversation_forgets(self, page: Page, hand: Hand) -> None:
        ask(page, QUESTION, hand)
        assert "Understood as" in ask(page, "And what did Armenia call it?", hand).inner_text()
        hand.press(page.get_by_role("button", name="New conversation"))
        page.locator(".greeting").wait_for()
        assert "Understood as" not in ask(page, "And what did Armenia call it?", hand).inner_text()

    def test_filter_by_outlet_and_date_then_clear(self, page: Page, hand: Hand) -> None:
        hand.press(page.locator("#filters summary"))
        page.locator("#filters option", has_text="Sample Courier").wait_for(state="attached")
        hand.write(page.locator("#filters [name=since]"), "2022-12")
        hand.choose(page.locator("#filters [name=outlet]"), "Sample Courier")
        page.locator("#filters .chosen", has_text="from Sample Courier").wait_for()
        exchange = ask(page, QUESTION, hand)
        assert "Only since December 2022, from Sample Courier" in exchange.inner_text()
        assert set(exchange.locator(".sources b").all_inner_texts()) == {"Sample Courier"}
        hand.press(page.get_by_role("button", name="Clear filters"))
        page.locator("#filters .chosen", has_text="all articles").wait_for()
        assert ask(page, QUESTION, hand).locator(".understood").count() == 0

    def test_ask_again_and_edit_a_question(self, page: Page, hand: Hand) -> None:
        ask(page, QUESTION, hand)
        ask(page, "Who struck the cathedral in Shusha?", hand)
        hand.press(page.locator(".exchange:nth-child(2)").get_by_role("button", name="Edit question"))
        hand.write(page.get_by_label("Edit the question"), "Who denied laying mines?")
        hand.press(page.get_by_role("button", name="Ask this instead"))
        page.locator(".exchange:nth-child(2) .asked", has_text="Who denied laying mines?").wait_for()
        whole(page, 2)
        hand.press(page.locator(".exchange:nth-child(1)").get_by_role("button", name="Ask again"))
        page.locator(".exchange:nth-child(2)").wait_for(state="detached")
        assert whole(page, 1).locator(".asked").inner_text() == QUESTION

    def test_export_and_copy(self, visit: Opening, hand: Hand, assistant: Assistant, tmp_path: Path) -> None:
        page = visit(permissions=["clipboard-read", "clipboard-write"])
        exchange = ask(page, QUESTION, hand)
        hand.press(exchange.locator("summary", has_text="Export"))
        with page.expect_download() as downloading:
            hand.press(exchange.get_by_role("button", name="JSON", exact=True))
        downloading.value.save_as(tmp_path / "answer.json")
        assert downloading.value.suggested_filename == "who-blocked-the-lachin-road.json"
        saved = json.loads((tmp_path / "answer.json").read_text("utf-8"))
        assert saved["statements"] == assistant.ask(QUESTION).to_json()["statements"]
        hand.press(exchange.get_by_role("button", name="Copy"))
        page.get_by_text("Copied.").wait_for()
        assert "[1]" in page.evaluate("navigator.clipboard.readText()")

    def test_a_question_is_linked(self, visit: Opening, hand: Hand) -> None:
        page = visit(permissions=["clipboard-read", "clipboard-write"])
        exchange = ask(page, QUESTION, hand)
        hand.press(exchange.get_by_role("button", name="Link"))
        page.get_by_text("The link to this question is copied.").wait_for()
        link = page.evaluate("navigator.clipboard.readText()")
        other = visit(link.removeprefix(page.evaluate("location.origin + '/'")), greeted=False)
        assert whole(other, 1).locator(".asked").inner_text() == QUESTION
        assert "?" not in other.url  # to load it again is not to ask again
        other.reload()
        assert whole(other, 1).locator(".asked").inner_text() == QUESTION
        assert other.locator("#shelf .kept").count() == 1

    def test_pictures_of_an_answer(self, page: Page, hand: Hand, assistant: Assistant) -> None:
        exchange = ask(page, QUESTION, hand)
        hand.press(exchange.get_by_role("button", name="Timeline"))
        page.locator("#picture .vega-embed svg").wait_for()
        hand.press(page.locator("#below .timeline [data-mark]").first)
        page.locator("#quote").wait_for()
        assert page.locator("#picture .vega-embed svg").count() == 0

    def test_reload_and_find_rename_search_and_delete_the_conversation(self, page: Page, hand: Hand) -> None:
        ask(page, QUESTION, hand)
        page.locator("#shelf .kept").wait_for()
        page.reload()
        assert whole(page, 1).locator(".asked").inner_text() == QUESTION
        hand.press(page.locator(".exchange [data-mark]").first)
        page.locator("#quote").wait_for()
        assert "Understood as" in ask(page, "And what did Armenia call it?", hand).inner_text()
        hand.press(page.get_by_role("button", name="New conversation"))
        page.locator(".greeting").wait_for()
        ask(page, "Who struck the cathedral in Shusha?", hand)
        page.locator("#shelf .kept").nth(1).wait_for()

        hand.press(page.locator("#shelf summary").nth(1))
        hand.press(page.get_by_role("button", name="Rename"))
        hand.write(page.get_by_label("Name of the conversation"), "The road")
        hand.press(page.get_by_role("button", name="Save"))
        page.locator("#shelf .kept", has_text="The road").wait_for()
        hand.write(page.get_by_label("Search conversations"), "lachin")
        page.locator("#shelf .kept", has_text="cathedral").wait_for(state="detached")
        hand.press(page.locator("#shelf .kept", has_text="The road"))
        page.locator(".asked", has_text=QUESTION).wait_for()

        hand.press(page.locator("#shelf summary").first)
        hand.press(page.get_by_role("button", name="Delete"))
        hand.press(page.get_by_role("button", name="Yes, delete"))
        page.locator(".greeting").wait_for()
        hand.write(page.get_by_label("Search conversations"), "")
        page.locator("#shelf .kept", has_text="cathedral").wait_for()
        assert page.locator("#shelf .kept").count() == 1
        page.reload()
        page.locator("#shelf .kept", has_text="cathedral").wait_for()
        assert page.locator("#shelf .kept").count() == 1


@pytest.mark.usefixtures("samples")
class TestArticles:
    def test_add_by_paste_ask_about_it_and_remove_it(self, page: Page, hand: Hand, assistant: Assistant) -> None:
        hand.press(_tab(page, "Articles"))
        hand.press(page.locator("#by-text > button"))
        hand.write(page.locator("#pasting [name=text]"), STORY)
        hand.write(page.locator("#pasting [name=title]"), "Zebra at Zemo")
        hand.write(page.locator("#pasting [name=outlet]"), "Zoo News")
        hand.write(page.locator("#pasting [name=published]"), "2024-02-03")
        hand.press(page.get_by_role("button", name="Add this text"))
        page.locator("#progress .state", has_text="1 added").wait_for()

        hand.press(_tab(page, "Chat"))
        exchange = ask(page, "Where did the zebra cross the river?", hand)
        assert "Zoo News" in exchange.inner_text()
        hand.press(exchange.locator("[data-mark]").first)
        page.locator("#quote").wait_for()
        assert "zebra" in page.locator("#quote").inner_text()

        hand.press(_tab(page, "Articles"))
        hand.write(page.locator("#finder [name=words]"), "zebra")
        page.get_by_text("1 to 1 of 1 article").wait_for()
        hand.press(page.get_by_role("button", name="Remove “Zebra at Zemo”"))
        hand.press(page.get_by_role("button", name="Keep it"))
        page.locator("#asking [role=alertdialog]").wait_for(state="detached")
        hand.press(page.get_by_role("button", name="Remove “Zebra at Zemo”"))
        hand.press(page.get_by_role("button", name="Yes, remove it"))
        page.get_by_text("“Zebra at Zemo” is removed").wait_for()
        assert all(article.outlet != "Zoo News" for article in assistant.base.articles())
        hand.press(_tab(page, "Chat"))
        assert "Zoo News" not in ask(page, "Where did the zebra cross the river?", hand).inner_text()
        hand.press(page.locator(".exchange:nth-child(1) [data-mark]").first)
        page.get_by_text("has been removed or replaced since it was cited").wait_for()

    def test_search_filter_order_and_read(self, page: Page, hand: Hand) -> None:
        hand.press(_tab(page, "Articles"))
        page.locator("#listed tbody tr").first.wait_for()
        hand.choose(page.locator("#finder [name=outlet]"), "Sample Courier")
        page.wait_for_function(
            "() => [...document.querySelectorAll('#listed td.outlet')].every(e => e.innerText === 'Sample Courier')"
        )
        hand.write(page.locator("#finder [name=since]"), "2023")
        page.wait_for_function(
            "() => [...document.querySelectorAll('#listed td.date')].every(e => e.innerText.startsWith('2023'))"
        )
        title = page.locator("#listed button.title").first
        said = title.inner_text()
        hand.press(title)
        page.locator("#opened h2", has_text=said).wait_for()

    def test_files_that_fail_are_listed_with_reasons_and_tried_again(
        self, page: Page, hand: Hand, tmp_path: Path, assistant: Assistant
    ) -> None:
        good, bad = tmp_path / "good.txt", tmp_path / "bad.pdf"
        good.write_text(f"Zebra at Zemo\n\n{STORY}")
        bad.write_text("This is no PDF.")
        hand.press(_tab(page, "Articles"))
        with page.expect_file_chooser() as choosing:
            hand.press(page.locator("#files button").first)
        choosing.value.set_files([good, bad])
        page.locator("#progress .state", has_text="1 added, 1 not added").wait_for()
        hand.press(page.locator("#failed > button"))
        page.locator("#failures li", has_text="bad.pdf").wait_for()
        hand.press(page.get_by_role("button", name="Try all again"))
        page.locator("#progress .state", has_text="Done: 1 not added").wait_for()
        hand.press(page.get_by_role("button", name="Strike bad.pdf off this list"))
        page.get_by_text("Nothing has failed.").wait_for()
        assert assistant.base.failures() == []


@pytest.mark.usefixtures("samples")
def test_settings_test_the_writer_and_turn_the_light_off(page: Page, hand: Hand) -> None:
    hand.press(_tab(page, "Settings"))
    hand.press(page.get_by_role("button", name="Test the writer"))
    page.get_by_text("Quoting, without a model answers, in").wait_for()
    dark = page.get_by_label("Dark")
    if type(hand).__name__ == "Mouse":
        dark.click()
    else:
        hand.reach(page.get_by_label("As the system"))  # type: ignore[attr-defined]
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
    page.locator("body.dark").wait_for()
    page.reload()
    page.locator("body.dark").wait_for()


@pytest.mark.usefixtures("samples")
class TestLogin:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> dict[str, Any]:
        return {
            "logins": {"ada": "open sesame", "bob": "pass"},
            "editors": ["ada"],
            "conversations": tmp_path / "conversations",
        }

    def _log_in(self, page: Page, hand: Hand, name: str, password: str) -> None:
        hand.write(page.get_by_label("username"), name)
        hand.write(page.get_by_label("password"), password)
        hand.press(page.get_by_role("button", name="Login"))

    def test_log_in_and_find_ones_own_conversations_and_nobody_elses(self, visit: Opening, hand: Hand) -> None:
        page = visit(greeted=False)
        self._log_in(page, hand, "ada", "open sesame")
        page.locator(".greeting").wait_for()
        ask(page, QUESTION, hand)
        page.locator("#shelf .kept").wait_for()
        hand.press(_tab(page, "Articles"))
        page.get_by_role("button", name="Remove “").first.wait_for()

        elsewhere = visit(greeted=False)
        self._log_in(elsewhere, hand, "ada", "open sesame")
        elsewhere.locator("#shelf .kept", has_text=QUESTION).wait_for()

        other = visit(greeted=False)
        self._log_in(other, hand, "bob", "pass")
        other.locator("#shelf .hint", has_text="None yet. They are kept on the server.").wait_for()
        hand.press(_tab(other, "Articles"))
        other.locator("#listed tbody tr").first.wait_for()
        assert other.get_by_role("button", name="Remove “").count() == 0
        assert other.locator("#add").count() == 0 or not other.locator("#add").is_visible()
