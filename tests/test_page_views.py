"""The views of articles and settings, what is kept of conversations, who may do what, and the words: no browser."""

from __future__ import annotations

import gc
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant import Answer, Assistant, Citation, Settings, Statement
from assistant.page import _Door, build, running, words
from assistant.page.access import Access
from assistant.page.adding import Adding
from assistant.page.exporting import exported
from assistant.page.kept import Folder, Kept, Wanted
from kb import Article, Filters, KnowledgeBase

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PAGE = Path(words.__file__).parent
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"
STORY = "Redland's army shelled the town of Bluetown on Monday, officials said."


def _event(**told: str) -> Any:
    import gradio as gr

    return gr.EventData(None, told)


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "kb", create=True, embedding_model="hash", confidence=0.0, upload_mb=1) as opened:
        yield opened
    gc.collect()


@pytest.fixture
def on(assistant: Assistant) -> Any:
    return _events(assistant)


def _events(assistant: Assistant, settings: Settings | None = None, folder: Folder | None = None) -> Any:
    from assistant.page.catalogue import Events

    adding = Adding(assistant.base, _Door(assistant))
    return Events(assistant, adding, Access(settings or assistant.settings), folder)


def _paste(on: Any, **fields: str) -> str:
    *_, last = (str(step[0]) for step in on.text(_event(**fields), None) if isinstance(step[0], str))
    return last


def _uploads(assistant: Assistant) -> list[str]:
    return sorted(path.name for path in (assistant.base.folder / "uploads").rglob("*") if path.is_file())


class TestAdding:
    def test_a_pasted_article_is_stored_as_it_was_pasted_and_nothing_else_stays(
        self, assistant: Assistant, on: Any
    ) -> None:
        told = {"title": "Shelling", "outlet": "My Paper", "published": "2023-09", "url": "https://example.org/a"}
        assert "1 added" in _paste(on, text=STORY, **told)
        (article,) = assistant.base.articles()
        assert article.text == STORY
        assert {name: getattr(article, name) for name in told} == told
        assert _uploads(assistant) == []

    def test_what_is_left_empty_stays_unknown(self, assistant: Assistant, on: Any) -> None:
        _paste(on, text=STORY, title="Shelling", outlet="", published="", url="")
        (article,) = assistant.base.articles()
        assert (article.outlet, article.published, article.url) == (None, None, None)

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"text": "  "}, "paste the article's text first"),
            ({"text": STORY, "published": "yesterday"}, "is not a date"),
            ({"text": STORY, "url": "javascript:alert(1)"}, "is no address of a web page"),
            ({"text": "x" * 500_001}, "this text has 500,001 characters, and 500,000 are the most"),
        ],
    )
    def test_what_cannot_be_added_is_said_before_it_is_tried(
        self, assistant: Assistant, on: Any, fields: dict[str, str], said: str
    ) -> None:
        assert said in _paste(on, **fields).replace("&#x27;", "'")
        assert len(assistant.base) == 0
        assert assistant.base.failures() == []

    def test_what_fails_is_listed_kept_tried_again_and_struck_off(self, assistant: Assistant, on: Any) -> None:
        assert "1 not added" in _paste(on, text="Two words")
        (failure,) = assistant.base.failures()
        assert _uploads(assistant) == ["pasted text.json"]
        shown = on.visit(None)[4]
        assert "pasted text.json: only 2 words" in re.sub("<[^>]+>", "", shown)
        assert "1 not added" in list(on.again(None))[-1]
        assert len(assistant.base.failures()) == 1
        assert "Nothing has failed" in on.strike(_event(source=failure.source), None)
        assert assistant.base.failures() == []
        assert _uploads(assistant) == []

    def test_files_of_one_name_are_two_articles(self, assistant: Assistant, on: Any, tmp_path: Path) -> None:
        files = []
        for folder, place in (("a", "Bluetown"), ("b", "Greentown")):
            file = tmp_path / folder / "article.txt"
            file.parent.mkdir()
            file.write_text(f"{place} shelled\n\nThe town of {place} was shelled on Monday, officials said.")
            files.append(str(file))
        assert "2 added" in list(on.files(files, None))[-1][0]
        assert len(assistant.base) == 2
        assert _uploads(assistant) == []

    def test_a_file_that_is_too_large_is_refused_beside_one_that_is_not(
        self, assistant: Assistant, on: Any, tmp_path: Path
    ) -> None:
        large, small = tmp_path / "large.txt", tmp_path / "small.txt"
        large.write_text("a word and " * 100_000)
        small.write_text(f"Shelling\n\n{STORY}")
        shown = list(on.files([str(large), str(small)], None))[-1][0]
        assert "large.txt has 1.1 MB, and 1.0 MB are the most" in shown
        assert "1 added" in shown
        assert len(assistant.base) == 1

    @pytest.mark.parametrize(
        ("addresses", "said"),
        [
            ("", "write at least one address"),
            ("ftp://x/y", "ftp://x/y is no address"),
            ("https://a.example x", "x is no"),
        ],
    )
    def test_addresses_are_looked_at_first(self, on: Any, addresses: str, said: str) -> None:
        assert said in list(on.addresses(_event(addresses=addresses), None))[-1]

    def test_an_address_of_this_machine_fails_with_its_reason(self, assistant: Assistant, on: Any) -> None:
        shown = list(on.addresses(_event(addresses="http://127.0.0.1:9/a"), None))[-1]
        assert "1 not added" in shown
        assert len(assistant.base.failures()) == 1

    def test_a_run_goes_on_without_its_page_and_is_found_again(self, assistant: Assistant, on: Any) -> None:
        following = on.text(_event(text=STORY, title="T"), None)
        next(following)
        following.close()
        list(on.follow())
        while not on._adding.latest.over:
            time.sleep(0.01)
        assert len(assistant.base) == 1

    def test_hostile_names_are_text(self, on: Any, assistant: Assistant, tmp_path: Path) -> None:
        file = tmp_path / "<img src=x onerror=alert(1)>.txt"
        file.write_text(f"{HOSTILE}\n\n{HOSTILE} {STORY}")
        shown = [list(on.files([str(file)], None))[-1][0], _paste(on, text=HOSTILE, title=HOSTILE, outlet=HOSTILE)]
        shown += [part for part in on.visit(None) if isinstance(part, str)]
        assert len(assistant.base) == 2
        for part in shown:
            assert not re.search("<(script|img)", part)


class TestList:
    @pytest.fixture
    def base(self, assistant: Assistant) -> KnowledgeBase:
        assistant.base.add(
            [
                _article("First words of rain.", "Alpha", outlet="Gazette", published="2023-09-19"),
                _article("Second words of snow.", "Beta", outlet="Courier", published="2022"),
                _article("Third words of 100% hail.", "Gamma_1", outlet="gazette two"),
            ]
        )
        return assistant.base

    @pytest.mark.parametrize(
        ("words_", "filters", "order", "titles"),
        [
            ("", {}, "newest", ["Alpha", "Beta", "Gamma_1"]),
            ("", {}, "oldest", ["Beta", "Alpha", "Gamma_1"]),
            ("", {}, "added", ["Gamma_1", "Beta", "Alpha"]),
            ("snow", {}, "newest", ["Beta"]),
            ("GAZETTE", {}, "newest", ["Alpha", "Gamma_1"]),
            ("alp", {}, "newest", ["Alpha"]),
            ("third hail", {}, "newest", ["Gamma_1"]),
            ("rain snow", {}, "newest", []),
            ("100%", {}, "newest", ["Gamma_1"]),
            ("_1", {}, "newest", ["Gamma_1"]),
            ('" OR *', {}, "newest", []),
            ("", {"since": "2023"}, "newest", ["Alpha"]),
            ("", {"outlet": "courier"}, "newest", ["Beta"]),
        ],
    )
    def test_is_searched_filtered_and_ordered(
        self, base: KnowledgeBase, words_: str, filters: dict[str, Any], order: Any, titles: list[str]
    ) -> None:
        found = base.browse(words_, Filters(**filters), order=order)
        assert [each.title for each in found.articles] == titles
        assert found.total == len(titles)

    def test_comes_in_pages(self, base: KnowledgeBase) -> None:
        pages = [base.browse(start=start, limit=2) for start in (0, 2, 4)]
        assert [len(page.articles) for page in pages] == [2, 1, 0]
        assert {page.total for page in pages} == {3}

    def test_counts_outlets_and_months(self, base: KnowledgeBase) -> None:
        assert base.outlets() == {"Courier": 1, "Gazette": 1, "gazette two": 1}
        assert base.months() == {("Gazette", "2023-09"): 1, ("Courier", None): 1, ("gazette two", None): 1}

    @pytest.mark.usefixtures("base")
    def test_says_where_one_is_in_it(self, on: Any) -> None:
        assert "1 to 3 of 3 articles" in on.visit(None)[1]
        assert "No article fits" in on.find(_event(words="nothing of it"), None)[1]
        assert "is not a date" in on.find(_event(since="soon"), None)[0]
        assert "1 to 1 of 1 article" in on.find(_event(words="snow", start="x"), None)[1]

    def test_an_article_is_removed_after_asking_with_what_else_lies_here(
        self, assistant: Assistant, base: KnowledgeBase, tmp_path: Path
    ) -> None:
        folder = Folder(tmp_path / "kept")
        on = _events(assistant, folder=folder)
        (article,) = (each for each in base.articles() if each.title == "Alpha")
        folder.put("ada", _kept(article).to_json())
        assert "Remove “Alpha”?" in on.ask_to_remove(_event(article=article.id), None)
        assert base.find(article.id) is not None
        assert "“Alpha” is removed" in on.remove(_event(article=article.id), None)[0]
        assert base.find(article.id) is None
        assert folder.all("ada")[0]["exchanges"] == []
        assert not any("First words of rain" in file.read_text() for file in (tmp_path / "kept").rglob("*.json"))
        assert "no article has the id" in on.remove(_event(article=article.id), None)[0]


class TestAccess:
    def test_without_logins_everybody_may_read_and_edit(self) -> None:
        access = Access(Settings())
        assert not access.needs_login
        assert access.may_edit(None)

    def test_a_name_and_its_password_are_needed_both(self) -> None:
        access = Access(Settings(logins={"ada": "secret", "bob": ""}))
        assert access.needs_login
        assert access.admits("ada", "secret")
        begun = time.monotonic()
        assert not access.admits("ada", "Secret")
        assert time.monotonic() - begun >= 1
        assert not access.admits("eve", "secret")
        assert not access.admits("bob", "")

    def test_only_editors_may_add_and_remove(self) -> None:
        access = Access(Settings(logins={"ada": "a", "bob": "b"}, editors=["ada"]))
        assert access.may_edit("ada")
        assert not access.may_edit("bob")
        assert not access.may_edit(None)
        assert not Access(Settings(editors=[])).may_edit(None)

    def test_nothing_is_served_to_who_has_not_logged_in(self, assistant: Assistant) -> None:
        import httpx

        guarded = assistant.using(logins={"ada": "secret"})
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with running(build(guarded), "127.0.0.1", port) as address:
            api = f"{address}gradio_api/"
            asked = {"question": "Who?"}
            assert httpx.post(f"{api}call/v2/ask", json=asked).status_code == 401
            called = {"data": {}, "fn_name": "choices", "component_id": 1, "session_hash": "x"}
            assert httpx.post(f"{api}component_server", json=called).status_code == 401
            assert httpx.post(f"{api}upload", files={"files": b"x"}).status_code == 401
            assert httpx.post(f"{api}mcp/", json={}).status_code in (404, 405)
            wrong = httpx.post(f"{address}login", data={"username": "ada", "password": "guess"})
            assert wrong.status_code == 400
            with httpx.Client() as reader:
                assert reader.post(f"{address}login", data={"username": "ada", "password": "secret"}).status_code == 200
                assert reader.post(f"{api}call/v2/ask", json=asked).status_code == 200

    def test_no_password_is_in_what_settings_say_of_themselves(self) -> None:
        settings = Settings(logins={"ada": "open sesame"})
        assert "sesame" not in repr(settings)
        assert "sesame" not in settings.model_dump_json()

    def test_whoever_may_not_is_refused_whatever_their_page_shows(self, assistant: Assistant) -> None:
        assistant.base.add([_article(STORY, "T")])
        (article,) = assistant.base.articles()
        on = _events(assistant, Settings(editors=[]))
        refused = [
            *(str(step[0]) for step in on.text(_event(text=STORY), None)),
            *(str(step[0]) for step in on.files(["/nowhere"], None)),
            *on.addresses(_event(addresses="https://example.org"), None),
            *on.again(None),
            on.strike(_event(source="x"), None),
            on.ask_to_remove(_event(article=article.id), None),
            on.remove(_event(article=article.id), None)[0],
        ]
        assert len(refused) == 7
        assert all("neither add nor remove" in each for each in refused)
        assert len(assistant.base) == 1
        assert "Remove" not in on.visit(None)[1].replace("Remove</span>", "")


def _article(text: str, title: str, **known: Any) -> Article:
    return Article(text=text, title=title, source=title, **known)


def _kept(article: Article, question: str = "Who says so?") -> Kept:
    citation = Citation(1, article.id, article.title, None, None, None, None, 0, 5, article.text[:5])
    statement = Statement(article.text[:5], (citation,))
    answer = Answer(question, "answered", "Text", statements=(statement,), citations=(citation,), seconds={"total": 1})
    return Kept().with_answer(answer, Wanted(since="2023"))


class TestKept:
    kept = _kept(_article("Some text.", "T"))

    def test_comes_back_from_json_as_it_was(self) -> None:
        assert Kept.of(json.loads(json.dumps(self.kept.to_json()))) == self.kept
        assert self.kept.title == "Who says so?"
        assert len(self.kept.id) == 32

    def test_each_reader_has_a_folder_of_their_own(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path)
        folder.put("ada", self.kept.to_json())
        folder.put("../ada", replace(self.kept, title="Another's").to_json())
        assert [one["title"] for one in folder.all("ada")] == ["Who says so?"]
        assert [one["title"] for one in folder.all("../ada")] == ["Another's"]
        assert folder.all(None) == []
        assert {path.parent.parent for path in tmp_path.rglob("*.json")} == {tmp_path}
        folder.remove("ada", self.kept.id)
        assert folder.all("ada") == []
        assert len(folder.all("../ada")) == 1

    @pytest.mark.parametrize("document", [{}, {"id": "../../x"}, {"id": "a" * 32, "exchanges": [1]}, [], "x"])
    def test_what_is_no_conversation_is_not_kept(self, tmp_path: Path, document: Any) -> None:
        with pytest.raises(ValueError, match=r".+"):
            Folder(tmp_path).put("ada", document)
        assert list(tmp_path.rglob("*.json")) == []

    def test_a_name_that_leads_elsewhere_deletes_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text("{}")
        Folder(tmp_path).remove("ada", "../x")
        assert (tmp_path / "x.json").exists()

    def test_a_damaged_file_hides_no_other(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path)
        folder.put(None, self.kept.to_json())
        (next(tmp_path.rglob("*.json")).parent / "b.json").write_text("{")
        assert len(folder.all(None)) == 1


class TestExport:
    exchange = _kept(_article("Some text.", "T"), "Who says <so>, and why?").to_json()["exchanges"][0]

    def test_a_file_is_named_after_its_question(self) -> None:
        file = exported({"exchange": self.exchange, "format": "json"}, lambda _: None)
        assert file["name"] == "who-says-so-and-why.json"
        assert json.loads(file["text"])["question"] == "Who says <so>, and why?"

    @pytest.mark.parametrize("name", ["markdown", "json", "csv", "bibtex", "csl"])
    def test_every_format_that_the_page_offers_names_the_article(self, name: str) -> None:
        article = _article("Some text.", "T", author="A. Nobody")
        text = exported({"exchange": self.exchange, "format": name}, lambda _: article)["text"]
        assert article.id in text or name == "markdown"
        assert "Some" in text or name in ("bibtex", "csl")
        assert ("A. Nobody" in text) == (name in ("bibtex", "csl"))

    @pytest.mark.parametrize("request_", [{}, {"exchange": {}}, {"exchange": {"answer": 1}, "format": "json"}])
    def test_what_is_no_answer_is_refused(self, request_: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r".+"):
            exported(request_, lambda _: None)

    def test_an_unknown_format_is_refused_with_those_there_are(self) -> None:
        with pytest.raises(ValueError, match=r"'exe' is no format; there are .*markdown"):
            exported({"exchange": self.exchange, "format": "exe"}, lambda _: None)


class TestPreferences:
    def test_the_writer_is_tested_and_no_secret_is_shown(self, assistant: Assistant) -> None:
        from assistant.page.preferences import Events

        on = Events(assistant, Access(assistant.settings))
        assert "Quoting, without a model answers, in" in list(on.test())[-1]
        facts = on.facts(None)  # type: ignore[arg-type]  # as where nobody has to log in
        assert "read, add and remove" in facts

    def test_a_chat_model_that_is_away_is_said_to_be_and_its_key_is_not_shown(
        self, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from assistant.page.preferences import Events

        pytest.importorskip("langchain_openai", reason="the extra openai is not installed")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-open-sesame")
        there = {"model": "openai:away", "base_url": "http://127.0.0.1:9/v1", "reply_timeout": 5}
        on = Events(assistant.using(**there), Access(assistant.settings))
        shown = [on.writer(), *on.test(), on.facts(None)]  # type: ignore[arg-type]  # as where nobody has to log in
        assert "openai:away does not answer" in shown[2]
        assert 'value="quoting"' in shown[0]
        assert not any("sesame" in part for part in shown)

    def test_a_writer_that_fails_is_said_to(self, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
        from assistant.errors import UnusableModel
        from assistant.page.preferences import Events

        def broken(*_: Any) -> Any:
            raise UnusableModel("the model is away; start it")

        monkeypatch.setattr(assistant, "ask", broken)
        on = Events(assistant, Access(assistant.settings))
        assert "Quoting, without a model does not answer: the model is away; start it" in list(on.test())[-1]


class TestWords:
    def test_every_text_is_used_and_every_text_that_is_used_is_there(self) -> None:
        source = "".join(file.read_text("utf-8") for file in PAGE.glob("*.py"))
        named = set(re.findall(r'(?:say|counted)\(\s*f?"([a-z_]+\.[a-z_]*)', source))
        tables = set(re.findall(r'spoken\("(\w+)"\)', source))
        texts = set(words._texts())
        whole = {name for name in named if not name.endswith((".", "_"))}
        starts = tuple(name for name in named if name.endswith((".", "_")))
        either = set(re.findall(r'"([a-z]+\.[a-z_]+)" (?:if|else)|else "([a-z]+\.[a-z_]+)"', source))
        used = whole | {name for pair in either for name in pair if name}
        assert used - texts == set()
        unused = {
            name
            for name in texts - used
            if name.split(".")[0] not in tables and not (starts and name.startswith(starts))
        }
        assert unused == set()
