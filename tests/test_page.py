"""The page without a browser: what it shows, what its endpoints answer, where it listens."""

from __future__ import annotations

import atexit
import gc
import json
import re
import runpy
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from assistant import Answer, Assistant, Citation, Conversation, Statement
from assistant.answer import Claim, Dispute, Sources
from assistant.page import build, markup, running
from assistant.rendering import article_document
from kb import Article, Boilerplate

# Gradio and its client leave event loops and sockets to the collector; their warnings come whenever that runs.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)></svg><video src=//evil.invalid></video>"
    '"><form action="//evil.invalid"><style>*{background:url(//evil.invalid)}</style>'
    "![](http://evil.invalid/x.png) [go](javascript:alert(1)) {{constructor}} ${alert(1)} `"
)


class _Seen(HTMLParser):
    """What a browser would make of markup: its elements, and its text."""

    def __init__(self, shown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(shown)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def _stored(shown: str) -> str:
    """The inside of the element that holds the stored text."""
    found = re.search(r'<div class="stored"[^>]*>(.*)</div></article>$', shown, re.DOTALL)
    assert found is not None
    return found[1]


def _citation(article: Article, start: int, end: int, number: int = 1) -> Citation:
    return Citation(
        number, article.id, article.title, article.outlet, article.origin, article.published, article.url, start, end,
        article.text[start:end],
    )  # fmt: skip


def _answer(*statements: Statement, **more: Any) -> Answer:
    citations = {c.id: c for statement in statements for c in statement.citations}
    return Answer(
        "Who says so?", "answered", statements=statements, citations=tuple(citations.values()), seconds={"total": 0.1},
        **more,
    )  # fmt: skip


ARTICLE = Article(
    text='One 🕊️ dove.\n\nHe said "no" & left. Photo: A. Nobody\nIt went on.',
    title="Doves",
    source="doves.txt",
    outlet="Example Gazette",
    origin="Sample Wire",
    published="2023-09",
    url="https://example.org/doves?a=1&b=2",
    boilerplate=(Boilerplate(37, 53, "photo credit"),),
    provenance={"published": "front matter"},
)


class TestArticle:
    def test_the_quote_and_the_whole_text_come_out_as_they_are_stored(self) -> None:
        start = ARTICLE.text.index("He said")
        end = ARTICLE.text.index(" Photo")
        shown = markup.evidence(ARTICLE, _citation(ARTICLE, start, end), (), "1-1")
        stored = _stored(shown)
        marked = re.search(r'<mark id="quote"[^>]*>(.*?)</mark>', stored, re.DOTALL)
        assert marked is not None
        assert _Seen(marked[1]).text == ARTICLE.text[start:end] == 'He said "no" & left.'
        assert _Seen(stored).text == ARTICLE.text

    @pytest.mark.parametrize("start", range(0, len(ARTICLE.text), 3))
    @pytest.mark.parametrize("length", [1, 8, 30])
    def test_any_slice_is_exact_whatever_overlaps_it(self, start: int, length: int) -> None:
        end = min(start + length, len(ARTICLE.text))
        others = [_citation(ARTICLE, 0, 12, 2), _citation(ARTICLE, 10, 45, 3)]
        stored = _stored(markup.evidence(ARTICLE, _citation(ARTICLE, start, end), others, "1-1"))
        marked = re.search(r'<mark id="quote"[^>]*>(.*?)</mark>', stored, re.DOTALL)
        assert marked is not None
        assert _Seen(marked[1]).text == ARTICLE.text[start:end]
        assert _Seen(stored).text == ARTICLE.text

    def test_other_quotes_are_marked_more_weakly_and_boilerplate_says_why(self) -> None:
        shown = _Seen(markup.evidence(ARTICLE, _citation(ARTICLE, 0, 12), [_citation(ARTICLE, 14, 34, 2)], "1-1"))
        assert [a.get("class") for tag, a in shown.elements if tag == "mark"] == ["cited", "other"]
        assert ("span", {"class": "boilerplate", "title": "not part of the story: photo credit"}) in shown.elements

    def test_says_what_is_known_and_how_it_was_found(self) -> None:
        shown = _Seen(markup.evidence(ARTICLE, _citation(ARTICLE, 0, 12), (), "1-1"))
        assert "Example Gazette" in shown.text
        assert "Sample Wire" in shown.text
        assert "September 2023 (front matter)" in shown.text
        assert ("https://example.org/doves?a=1&b=2", "_blank", "noopener noreferrer nofollow") in [
            (a.get("href"), a.get("target"), a.get("rel")) for tag, a in shown.elements if tag == "a"
        ]

    def test_what_is_unknown_is_called_so(self) -> None:
        bare = Article(text="A text.", title="T", source="s")
        shown = _Seen(markup.evidence(bare, _citation(bare, 0, 1), (), "1-1"))
        assert "undated" in shown.text
        assert "unknown" in shown.text

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "data:text/html,x", "ftp://x/y", "http://", "https://[", "x"]
    )
    def test_only_web_addresses_become_links(self, url: str) -> None:
        article = Article(text="A text.", title="T", source="s", url=url)
        shown = _Seen(markup.evidence(article, _citation(article, 0, 1), (), "1-1"))
        assert "a" not in shown.tags
        assert url in shown.text

    def test_a_hostile_article_is_text(self) -> None:
        article = Article(
            text=HOSTILE, title=HOSTILE, source="s", outlet=HOSTILE, origin=HOSTILE, author=HOSTILE, language=HOSTILE,
            boilerplate=(Boilerplate(0, 5, HOSTILE),), provenance={"published": HOSTILE, "outlet": HOSTILE},
        )  # fmt: skip
        shown = _Seen(markup.evidence(article, _citation(article, 3, 40), [_citation(article, 2, 60, 2)], HOSTILE))
        assert shown.tags == {"article", "button", "h2", "dl", "div", "dt", "dd", "bdi", "span", "mark"}
        assert _told(shown).isdisjoint({"onerror", "onload", "src", "action", "style"})


def _told(shown: _Seen) -> set[str]:
    return {name for _, attributes in shown.elements for name in attributes}


class TestConversation:
    accusation = Statement(
        "Baku blamed armed groups.",
        (_citation(ARTICLE, 0, 12),),
        claims=(Claim("baku", "Azerbaijan", "blamed", "accuses"),),
    )
    denial = Statement(
        "Armenia denied it.",
        (_citation(ARTICLE, 14, 34, 2),),
        claims=(Claim("Armenia", "Armenia", "denied", "denies"), Claim("Armenia", "Armenia", "said", "denies")),
    )

    def test_says_who_speaks_and_what_they_do(self) -> None:
        shown = _Seen(markup.conversation([_answer(self.accusation)]))
        assert "Baku accused" in shown.text
        assert "Baku blamed armed groups. [1]" in shown.text

    def test_one_who_does_several_things_is_named_once(self) -> None:
        claims = [Claim("Baku", "Azerbaijan", "said", "asserts"), Claim("Baku", "Azerbaijan", "blamed", "accuses")]
        both = Statement("Said so.", self.accusation.citations, claims=(*claims, *claims, *self.denial.claims))
        assert "Baku said and accused; Armenia denied" in _Seen(markup.conversation([_answer(both)])).text

    def test_an_outlet_in_its_own_voice_is_named(self) -> None:
        plain = Statement("A road was blocked.", (_citation(ARTICLE, 0, 12),))
        assert "Example Gazette reported" in _Seen(markup.conversation([_answer(plain)])).text

    def test_a_denial_stands_below_what_it_denies_and_says_so(self) -> None:
        answer = _answer(self.accusation, self.denial, disputes=(Dispute(0, (2,)),))
        shown = markup.conversation([answer])
        assert re.search(r'class="statement">.*Baku.*class="statement denial">.*</section></section>', shown)
        assert "Denial: Armenia denied" in _Seen(shown).text
        assert _Seen(shown).text.count("Armenia denied it.") == 1

    def test_two_statements_that_deny_each_other_are_both_shown(self) -> None:
        answer = _answer(self.accusation, self.denial, disputes=(Dispute(0, (2,)), Dispute(1, (1,))))
        shown = _Seen(markup.conversation([answer])).text
        assert shown.count("Baku blamed armed groups.") == shown.count("Armenia denied it.") == 1
        assert "Denied in [1]" in shown

    def test_a_mark_has_a_name_and_comes_again_in_the_sources(self) -> None:
        shown = _Seen(markup.conversation([_answer(self.accusation, self.denial)]))
        marks = [a for tag, a in shown.elements if tag == "a"]
        assert [mark["data-mark"] for mark in marks] == ["1-1", "1-2", "1-1", "1-2"]
        assert {mark["href"] for mark in marks} == {"#cite-1-1", "#cite-1-2"}
        assert marks[0]["aria-label"] == "[1] Example Gazette, September 2023: open the exact words"
        assert shown.text.count("Doves") == 1  # both marks on one line: they are of one article
        assert "from Sample Wire" in shown.text

    def test_what_it_rests_on_is_said_in_words_once_it_is_whole(self) -> None:
        sources = Sources(1, 1, 1, ("Azerbaijan",), ("single_side",))
        whole = _answer(self.accusation, sources=sources)
        assert "Only one side speaks here." in _Seen(markup.conversation([whole])).text
        growing = Answer(whole.question, "answered", statements=whole.statements, citations=whole.citations)
        assert "Writing" in _Seen(markup.conversation([growing], writing=True)).text
        assert "Stopped before the answer was whole." in _Seen(markup.conversation([growing])).text

    def test_an_abstention_is_called_one_and_opens_the_nearest_passages(self) -> None:
        near = (_citation(ARTICLE, 0, 12),)
        text = "The articles do not say: none of them speaks of this.\n\nThe nearest passages:"
        answer = Answer("Who?", "abstained", text, "no_evidence", citations=near, seconds={"total": 0.1})
        shown = _Seen(markup.conversation([answer]))
        assert "The articles do not say" in shown.text
        assert "1-1" in [a.get("data-mark") for _, a in shown.elements]

    def test_hostile_words_are_text(self) -> None:
        article = Article(text=HOSTILE, title=HOSTILE, source="s", outlet=HOSTILE, origin=HOSTILE)
        claim = Claim(HOSTILE, HOSTILE, HOSTILE, "accuses")
        statement = Statement(HOSTILE, (_citation(article, 0, 9),), claims=(claim,))
        answer = Answer(
            HOSTILE, "answered", HOSTILE, statements=(statement,), citations=statement.citations, understood_as=HOSTILE,
            sources=Sources(sides=(HOSTILE,), warnings=(HOSTILE,)), seconds={"total": 0.1},
        )  # fmt: skip
        shown = _Seen(markup.conversation([answer], HOSTILE) + markup.notice(HOSTILE) + markup.loading(1, HOSTILE))
        allowed = {"div", "article", "h2", "p", "q", "section", "span", "b", "a", "ul", "li", "bdi", "cite"}
        assert shown.tags <= allowed
        assert _told(shown).isdisjoint({"onerror", "onload", "src", "action", "style"})
        assert {a["href"] for tag, a in shown.elements if tag == "a"} == {"#cite-1-1"}


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "kb", create=True, embedding_model="hash", confidence=0.0) as opened:
        yield opened
    gc.collect()  # what Gradio leaves, while the warnings of it are still let pass


@pytest.fixture(scope="module")
def mines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant over one article."""
    text = "Armenia denied laying mines near the road. 🕊️ Azerbaijan accused Armenia of laying the mines near the road."
    article = Article(text=text, title="Mines near the road", source="1", outlet="Gazette", published="2023-09-19")
    folder = tmp_path_factory.mktemp("mines") / "kb"
    with Assistant.open(folder, create=True, embedding_model="hash", confidence=0.0) as opened:
        opened.base.add([article])
        yield opened


@pytest.fixture(scope="module")
def served(mines: Assistant) -> Iterator[str]:
    with running(build(mines), "127.0.0.1", _free_port()) as address:
        yield address
    gc.collect()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _client(address: str) -> Any:
    from gradio_client import Client  # type: ignore[import-untyped]  # ships no types

    return Client(address, verbose=False)


class TestEndpoints:
    def test_ask_answers_as_the_command_line_does(self, mines: Assistant, served: str) -> None:
        question = "Who denied laying mines near the road?"
        answer = _client(served).predict(question, api_name="/ask")
        expected = json.loads(json.dumps(mines.ask(question).to_json()))
        assert {**answer, "seconds": 0} == {**expected, "seconds": 0}
        assert answer["status"] == "answered"
        quote = answer["citations"][0]
        text = mines.base.get(quote["article_id"]).text
        assert text[quote["start"] : quote["end"]] == quote["quote"]

    def test_ask_filters(self, served: str) -> None:
        client = _client(served)
        question = "Who denied laying mines near the road?"
        assert client.predict(question, since="2024", api_name="/ask")["citations"] == []
        assert client.predict(question, outlet="gazette", until="2023-09", api_name="/ask")["citations"] != []

    def test_timeline(self, mines: Assistant, served: str) -> None:
        client = _client(served)
        found = client.predict("mines near the road", api_name="/timeline")
        assert found == json.loads(json.dumps(mines.timeline("mines near the road").to_json()))
        assert found["entries"]
        assert client.predict(since="2031", api_name="/timeline")["entries"] == []
        with pytest.raises(Exception, match="needs a question"):
            client.predict(api_name="/timeline")

    def test_search_and_article(self, mines: Assistant, served: str) -> None:
        client = _client(served)
        (hit,) = client.predict("mines near the road", k=3, api_name="/search")
        assert list(hit) == ["article_id", "title", "outlet", "published", "start", "end", "text", "score"]
        article = client.predict(hit["article_id"], api_name="/article")
        assert article["text"][hit["start"] : hit["end"]] == hit["text"]
        assert article == json.loads(json.dumps(article_document(mines.base.get(hit["article_id"]))))

    @pytest.mark.parametrize(
        ("name", "given", "said"),
        [
            ("/ask", {"question": " "}, "the question is empty; write one"),
            ("/ask", {"question": "x" * 2001}, "question: String should have at most 2000 characters"),
            ("/ask", {"question": 5}, "question: Input should be a valid string"),
            ("/ask", {"question": "Who?", "since": "yesterday"}, "'yesterday' is not a date: write 2023"),
            ("/search", {"question": "Who?", "k": 1000}, "k: Input should be less than or equal to 100"),
            ("/article", {"article_id": "0000"}, "no article has the id '0000'"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_one_line(
        self, served: str, name: str, given: dict[str, Any], said: str
    ) -> None:
        from gradio_client.exceptions import AppError  # type: ignore[import-untyped]  # ships no types

        with pytest.raises(AppError) as refused:
            _client(served).predict(**given, api_name=name)
        assert said in str(refused.value)
        assert "\n" not in str(refused.value)
        assert "Traceback" not in str(refused.value)

    def test_what_nobody_foresaw_is_no_traceback_either(
        self, mines: Assistant, served: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from gradio_client.exceptions import AppError

        def broken(*_: Any) -> Any:
            raise KeyError("secret")

        monkeypatch.setattr(mines.base, "search", broken)
        with pytest.raises(AppError) as refused:
            _client(served).predict("Who?", api_name="/search")
        assert "this failed inside the program (KeyError)" in str(refused.value)
        assert "secret" not in str(refused.value)

    def test_only_these_three_are_for_programs(self, served: str) -> None:
        described = _client(served).view_api(return_format="dict")
        assert set(described["named_endpoints"]) == {"/ask", "/search", "/article", "/timeline"}
        assert described["unnamed_endpoints"] == {}
        asked = {
            p["parameter_name"]: p["parameter_has_default"] for p in described["named_endpoints"]["/ask"]["parameters"]
        }
        assert asked == {"question": False, "since": True, "until": True, "outlet": True, "side": True}

    def test_curl_asks_with_named_fields(self, served: str) -> None:
        body = json.dumps({"question": "Who denied laying mines near the road?"}).encode()
        request = urllib.request.Request(
            f"{served}gradio_api/call/v2/ask", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request) as reply:
            event = json.load(reply)["event_id"]
        with urllib.request.urlopen(f"{served}gradio_api/call/ask/{event}") as reply:
            stream = reply.read().decode()
        data = re.search(r"event: complete\ndata: (.*)", stream)
        assert data is not None
        assert json.loads(data[1])[0]["status"] == "answered"


class TestServing:
    def test_the_page_may_call_nobody(self, served: str) -> None:
        with urllib.request.urlopen(served) as reply:
            policy = reply.headers["Content-Security-Policy"]
            page = reply.read().decode()
        assert "default-src 'self'" in policy
        assert "script-src-attr 'none'" in policy
        assert "http" not in policy
        assert "fonts.googleapis.com" not in page
        assert '"analytics_enabled":false' in page.replace('": ', '":')

    def test_a_taken_port_gives_the_next_free_one(self, assistant: Assistant) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with running(build(assistant), "127.0.0.1", port) as address:
                found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", address)
                assert found is not None
                assert port < int(found[1]) <= port + 100
                with urllib.request.urlopen(address) as reply:
                    assert reply.status == 200

    def test_a_host_of_another_machine_is_refused_in_one_line(self, assistant: Assistant) -> None:
        elsewhere = running(build(assistant), "192.0.2.1", 65000)
        with pytest.raises(OSError, match=r"192\.0\.2\.1 can be listened on .*; name another host or port"):
            elsewhere.__enter__()

    def test_it_stops_listening(self, assistant: Assistant) -> None:
        with running(build(assistant), "127.0.0.1", _free_port()) as address:
            pass
        with pytest.raises(urllib.error.URLError, match="refused"):
            urllib.request.urlopen(address)

    def test_gradio_keeps_its_files_in_a_folder_of_its_own(self, assistant: Assistant) -> None:
        import os

        build(assistant)
        assert "accordingto-" in os.environ["GRADIO_TEMP_DIR"]

    def test_its_calls_to_itself_pass_by_any_proxy(self, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://192.0.2.1:9")
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "example.org")
        with running(build(assistant), "127.0.0.1", _free_port()) as address:
            assert address.startswith("http://127.0.0.1:")


def test_the_script_has_a_page_to_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORDINGTO_KB", str(tmp_path / "kb"))
    monkeypatch.setenv("ACCORDINGTO_EMBEDDING_MODEL", "hash")
    script = runpy.run_path(str(Path(__file__).parent.parent / "app.py"))
    atexit.unregister(script["assistant"].close)
    script["assistant"].close()
    assert type(script["demo"]).__name__ == "Blocks"


class TestEvents:
    """What the page does, without its wires."""

    @pytest.fixture
    def on(self, assistant: Assistant) -> Any:
        from assistant.page import _load_samples
        from assistant.page.chat import _Events

        return _Events(assistant, lambda: _load_samples(assistant))

    def test_an_empty_knowledge_base_offers_the_samples_and_loads_them(self, assistant: Assistant, on: Any) -> None:
        assert "Load the sample articles" in on.visit()
        steps = list(on.load())
        assert "Preparing" in steps[0]
        assert any("articles stored, the last one: " in step for step in steps)
        assert "data-question=" in steps[-1]
        assert len(assistant.base) > 20

    def test_articles_of_ones_own_come_without_suggestions(self, assistant: Assistant, on: Any) -> None:
        assistant.base.add([Article(text="A text of one's own.", title="T", source="s", outlet="My Paper")])
        assert "One article is" in on.visit()
        assert "data-question" not in on.visit()

    def test_a_question_grows_into_an_answer_that_a_mark_opens(self, assistant: Assistant, on: Any) -> None:
        list(on.load())
        steps = list(on.question("Who blocked the Lachin road?", Conversation()))
        assert "Reading the articles" in steps[0][0]
        assert "Who blocked the Lachin road?" in steps[0][0]
        so_far = steps[-1][1]
        opened = on.mark(so_far, _event(mark="1-1"))
        assert '<mark id="quote"' in opened
        again = list(on.question("And Armenia?", so_far))[-1]
        assert "Understood as" in again[0]
        assert len(again[1].exchanges) == 2

    @pytest.mark.parametrize("mark", ["", "1", "1-99", "9-1", "-1", "x-y", "1-1-1"])
    def test_a_mark_that_is_not_known_is_called_so(self, on: Any, mark: str) -> None:
        assert "no longer known" in on.mark(Conversation(), _event(mark=mark))

    def test_an_article_that_was_removed_is_called_so(self, assistant: Assistant, on: Any) -> None:
        list(on.load())
        so_far = list(on.question("Who blocked the Lachin road?", Conversation()))[-1][1]
        assistant.base.remove(so_far.exchanges[0].answer.citations[0].article_id)
        assert "has been removed" in on.mark(so_far, _event(mark="1-1"))

    def test_a_question_that_fails_stays_in_the_box_with_the_reason_beside_it(
        self, assistant: Assistant, on: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from kb import KnowledgeBaseError

        def broken(_: Any) -> Any:
            raise KnowledgeBaseError("the disk is <b>full</b>")

        monkeypatch.setattr(assistant, "stream", broken)
        shown, so_far, box = list(on.question("Who?", Conversation()))[-1]
        assert "the disk is &lt;b&gt;full&lt;/b&gt;" in shown
        assert so_far.exchanges == ()
        assert box.value == "Who?"

    def test_what_was_said_before_a_stop_stays(self, assistant: Assistant, on: Any) -> None:
        list(on.load())
        answering = on.question("Who blocked the Lachin road?", Conversation())
        next(answering)
        _, so_far, _ = next(answering)
        answering.close()
        shown, _ = on.stop(so_far)
        assert so_far.exchanges[0].answer.statements
        assert "Stopped before the answer was whole." in shown


def _event(**told: str) -> Any:
    import gradio as gr

    return gr.EventData(None, told)
