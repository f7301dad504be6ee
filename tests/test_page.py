"""The page without a browser: what it shows, what its endpoints answer, where it listens."""

from __future__ import annotations

import atexit
import gc
import json
import re
import runpy
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from assistant import Answer, Assistant, Citation, Statement
from assistant.answer import Claim, Dispute, Figure, Sources
from assistant.page import _Door, build, markup, running
from assistant.page.access import Access, Gate, TooBusy
from assistant.page.adding import Adding
from assistant.page.examples import Examples
from assistant.page.kept import Asked
from assistant.page.pictures import Toll, collection_chart, tolls_chart
from assistant.rendering import article_document
from kb import Article, Boilerplate, Span

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
        shown = markup.evidence(ARTICLE, Span(start, end), (), "1-1")
        stored = _stored(shown)
        marked = re.search(r'<mark id="quote"[^>]*>(.*?)</mark>', stored, re.DOTALL)
        assert marked is not None
        assert _Seen(marked[1]).text == ARTICLE.text[start:end] == 'He said "no" & left.'
        assert _Seen(stored).text == ARTICLE.text

    @pytest.mark.parametrize("start", range(0, len(ARTICLE.text), 3))
    @pytest.mark.parametrize("length", [1, 8, 30])
    def test_any_slice_is_exact_whatever_overlaps_it(self, start: int, length: int) -> None:
        end = min(start + length, len(ARTICLE.text))
        others = [Span(0, 12), Span(10, 45)]
        stored = _stored(markup.evidence(ARTICLE, Span(start, end), others, "1-1"))
        marked = re.search(r'<mark id="quote"[^>]*>(.*?)</mark>', stored, re.DOTALL)
        assert marked is not None
        assert _Seen(marked[1]).text == ARTICLE.text[start:end]
        assert _Seen(stored).text == ARTICLE.text

    def test_other_quotes_are_marked_more_weakly_and_boilerplate_says_why(self) -> None:
        shown = _Seen(markup.evidence(ARTICLE, Span(0, 12), [Span(14, 34)], "1-1"))
        assert [a.get("class") for tag, a in shown.elements if tag == "mark"] == ["cited", "other"]
        assert ("span", {"class": "boilerplate", "title": "not part of the story: photo credit"}) in shown.elements

    def test_says_what_is_known_and_how_it_was_found(self) -> None:
        shown = _Seen(markup.evidence(ARTICLE, Span(0, 12), (), "1-1"))
        assert "Example Gazette" in shown.text
        assert "Sample Wire" in shown.text
        assert "September 2023 (front matter)" in shown.text
        assert ("https://example.org/doves?a=1&b=2", "_blank", "noopener noreferrer nofollow") in [
            (a.get("href"), a.get("target"), a.get("rel")) for tag, a in shown.elements if tag == "a"
        ]

    def test_what_is_unknown_is_called_so(self) -> None:
        bare = Article(text="A text.", title="T", source="s")
        shown = _Seen(markup.evidence(bare, Span(0, 1), (), "1-1"))
        assert "undated" in shown.text
        assert "unknown" in shown.text

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "data:text/html,x", "ftp://x/y", "http://", "https://[", "x"]
    )
    def test_only_web_addresses_become_links(self, url: str) -> None:
        article = Article(text="A text.", title="T", source="s", url=url)
        shown = _Seen(markup.evidence(article, Span(0, 1), (), "1-1"))
        assert "a" not in shown.tags
        assert url in shown.text

    def test_a_hostile_article_is_text(self) -> None:
        article = Article(
            text=HOSTILE, title=HOSTILE, source="s", outlet=HOSTILE, origin=HOSTILE, author=HOSTILE, language=HOSTILE,
            boilerplate=(Boilerplate(0, 5, HOSTILE),), provenance={"published": HOSTILE, "outlet": HOSTILE},
        )  # fmt: skip
        shown = _Seen(markup.evidence(article, Span(3, 40), [Span(2, 60)], HOSTILE))
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
        shown = _Seen(markup.conversation([Asked(_answer(self.accusation))]))
        assert "Baku accused" in shown.text
        assert "Baku blamed armed groups. [1]" in shown.text

    def test_one_who_does_several_things_is_named_once(self) -> None:
        claims = [Claim("Baku", "Azerbaijan", "said", "asserts"), Claim("Baku", "Azerbaijan", "blamed", "accuses")]
        both = Statement("Said so.", self.accusation.citations, claims=(*claims, *claims, *self.denial.claims))
        assert "Baku said and accused; Armenia denied" in _Seen(markup.conversation([Asked(_answer(both))])).text

    def test_an_outlet_in_its_own_voice_is_named(self) -> None:
        plain = Statement("A road was blocked.", (_citation(ARTICLE, 0, 12),))
        assert "Example Gazette reported" in _Seen(markup.conversation([Asked(_answer(plain))])).text

    def test_a_denial_stands_below_what_it_denies_and_says_so(self) -> None:
        answer = _answer(self.accusation, self.denial, disputes=(Dispute(0, (2,)),))
        shown = markup.conversation([Asked(answer)])
        assert re.search(r'class="statement">.*Baku.*class="statement denial">.*</section></section>', shown)
        assert "Denial: Armenia denied" in _Seen(shown).text
        assert _Seen(shown).text.count("Armenia denied it.") == 1

    def test_two_statements_that_deny_each_other_are_both_shown(self) -> None:
        answer = _answer(self.accusation, self.denial, disputes=(Dispute(0, (2,)), Dispute(1, (1,))))
        shown = _Seen(markup.conversation([Asked(answer)])).text
        assert shown.count("Baku blamed armed groups.") == shown.count("Armenia denied it.") == 1
        assert "Denied in [1]" in shown

    def test_a_mark_has_a_name_and_comes_again_in_the_sources(self) -> None:
        shown = _Seen(markup.conversation([Asked(_answer(self.accusation, self.denial))]))
        marks = [a for tag, a in shown.elements if tag == "a"]
        assert [mark["data-mark"] for mark in marks] == ["1-1", "1-2", "1-1", "1-2"]
        assert {mark["href"] for mark in marks} == {"#cite-1-1", "#cite-1-2"}
        assert marks[0]["aria-label"] == "[1] Example Gazette, September 2023: open the exact words"
        assert shown.text.count("Doves") == 1  # both marks on one line: they are of one article
        assert "from Sample Wire" in shown.text

    def test_what_it_rests_on_is_said_in_words_once_it_is_whole(self) -> None:
        sources = Sources(1, 1, 1, ("Azerbaijan",), ("single_side",))
        whole = _answer(self.accusation, sources=sources)
        assert "Only one side speaks here." in _Seen(markup.conversation([Asked(whole)])).text
        growing = Answer(whole.question, "answered", statements=whole.statements, citations=whole.citations)
        assert "Writing" in _Seen(markup.conversation([Asked(growing)], writing=True)).text
        assert "Stopped before the answer was whole." in _Seen(markup.conversation([Asked(growing)])).text

    def test_an_abstention_is_called_one_and_opens_the_nearest_passages(self) -> None:
        near = (_citation(ARTICLE, 0, 12),)
        text = "The articles do not say: none of them speaks of this.\n\nThe nearest passages:"
        answer = Answer("Who?", "abstained", text, "no_evidence", citations=near, seconds={"total": 0.1})
        shown = _Seen(markup.conversation([Asked(answer)]))
        assert "The articles do not say" in shown.text
        assert "1-1" in [a.get("data-mark") for _, a in shown.elements]

    def test_hostile_words_are_text(self) -> None:
        article = Article(text=HOSTILE, title=HOSTILE, source="s", outlet=HOSTILE, origin=HOSTILE)
        claim = Claim(HOSTILE, HOSTILE, HOSTILE, "accuses")
        statement = Statement(HOSTILE, (_citation(article, 0, 9),), claims=(claim,))
        answer = Answer(
            HOSTILE, "answered", HOSTILE, statements=(statement,), citations=statement.citations, understood_as=HOSTILE,
            figures=(Figure(HOSTILE, 1, 2, HOSTILE, HOSTILE, None, 1),),
            sources=Sources(sides=(HOSTILE,), warnings=(HOSTILE,)), seconds={"total": 0.1},
        )  # fmt: skip
        shown = _Seen(
            markup.conversation([Asked(answer)], HOSTILE) + markup.notice(HOSTILE) + markup.loading(1, HOSTILE)
        )
        allowed = {"div", "article", "h2", "p", "q", "section", "span", "b", "a", "ul", "li", "bdi", "cite"}
        allowed |= {"button", "details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td"}
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

    def test_gradio_sums_up_no_earlier_events(self, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
        summed: list[object] = []
        monkeypatch.setattr("gradio.queueing.Queue._get_df", summed.append)
        assert _client(served).predict("Who denied laying mines near the road?", api_name="/ask")["citations"]
        assert summed == []

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
        stored = mines.base.get(hit["article_id"])
        assert article == json.loads(json.dumps(article_document(stored, mines.base.copies(stored.id))))

    @pytest.mark.parametrize(
        ("name", "given", "said"),
        [
            ("/ask", {"question": " "}, "the question is empty; write one"),
            ("/ask", {"question": "x" * 2001}, "question: String should have at most 2000 characters"),
            ("/ask", {"question": 5}, "question: Input should be a valid string"),
            ("/ask", {"question": "Who?", "since": "yesterday"}, "'yesterday' is not a date: write 2023"),
            ("/search", {"question": "Who?", "since": "2024", "until": "2023"}, "since 2024 and until 2023"),
            ("/timeline", {"since": "2024", "until": "2023"}, "since 2024 and until 2023"),
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

    def test_only_these_are_for_programs(self, served: str) -> None:
        described = _client(served).view_api(return_format="dict")
        assert set(described["named_endpoints"]) == {"/ask", "/search", "/article", "/timeline"}
        assert described["unnamed_endpoints"] == {}
        asked = {
            p["parameter_name"]: p["parameter_has_default"] for p in described["named_endpoints"]["/ask"]["parameters"]
        }
        assert asked == {"question": False, "since": True, "until": True, "outlet": True, "side": True, "k": True}

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
        assert "default-src 'none'" in policy
        assert "script-src 'self' 'unsafe-eval' 'nonce-" in policy
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
    assert type(script["demo"]).__name__ == "Page"


class TestEvents:
    """What the chat does, without its wires."""

    @pytest.fixture
    def on(self, assistant: Assistant) -> Any:
        from assistant.page.chat import Events

        adding = Adding(assistant.base, _Door(assistant))
        return Events(assistant, adding, Access(assistant.settings), Gate(2, 2), Examples(assistant))

    def test_an_empty_knowledge_base_offers_the_samples_and_loads_them(self, assistant: Assistant, on: Any) -> None:
        assert "Load the sample articles" in on.visit()
        steps = list(on.load(None))
        assert "Preparing" in steps[0]
        assert any("stored, the last one: " in step for step in steps)
        assert "articles are in the knowledge base" in _Seen(steps[-1]).text
        assert len(assistant.base) > 20

    def test_the_questions_to_begin_with_are_answered_by_the_articles(self, assistant: Assistant, on: Any) -> None:
        assistant.base.add(
            [
                _article("Redland denied shelling Bluetown. At least 12 people were killed in Bluetown.", "Bluetown"),
                _article("Greenland accused Redland of the shelling.", "No place is named"),
            ]
        )
        questions = on.examples()
        assert re.findall('data-question="([^"]+)"', on.visit()) == questions
        assert "How many people were killed in Bluetown?" in questions
        assert all(assistant.ask(question).status == "answered" for question in questions)

    def test_articles_that_answer_nothing_come_without_questions(self, assistant: Assistant, on: Any) -> None:
        assistant.base.add([_article("A text of one's own.", "T")])
        assert on.examples() == []
        assert "One article is" in on.visit()
        assert "data-question" not in on.visit()

    def test_a_question_grows_into_an_answer_that_a_mark_opens(self, on: Any) -> None:
        list(on.load(None))
        steps = list(on.question("Who blocked the Lachin road?", None, {}))
        assert "Reading the articles" in steps[0][0]
        assert "Who blocked the Lachin road?" in steps[0][0]
        shown, document, _ = steps[-1]
        opened, _, _ = on.mark(_event(**_mark(shown)))
        assert '<mark id="quote"' in opened
        again = list(on.question("And Armenia?", document, {}))[-1]
        assert "Understood as" in again[0]
        assert len(again[1]["exchanges"]) == 2
        assert again[1]["id"] == document["id"]

    def test_what_it_is_restricted_to_is_kept_to_and_said(self, on: Any) -> None:
        list(on.load(None))
        question = "Who blocked the Lachin road?"
        shown, document, _ = list(on.question(question, None, {"since": "2023-01", "outlet": "Sample Courier"}))[-1]
        assert "Only since January 2023, from Sample Courier" in _Seen(shown).text
        cited = [c for each in document["exchanges"] for c in each["answer"]["citations"]]
        assert cited
        assert {c["outlet"] for c in cited} == {"Sample Courier"}
        assert all(c["published"] >= "2023-01" for c in cited)

    @pytest.mark.parametrize(
        "wanted", [{"since": "yesterday"}, {"until": "2023-13"}, {"since": "2024", "until": "2023"}]
    )
    def test_a_date_that_is_none_is_called_so_and_the_question_stays(self, on: Any, wanted: Any) -> None:
        kept = list(on.question("Who struck the cathedral?", None, {}))[-1][1]
        shown, _, box = list(on.question("Who?", kept, wanted))[-1]
        assert re.search(r"is not a date|change the two over", shown)
        assert "Who struck the cathedral?" in shown
        assert "delete" not in shown
        assert box.value == "Who?"

    def test_a_question_is_asked_again_or_in_other_words_in_its_place(self, on: Any) -> None:
        list(on.load(None))
        first = list(on.question("Who blocked the Lachin road?", None, {}))[-1][1]
        second = list(on.question("Who struck the cathedral in Shusha?", first, {}))[-1][1]
        again = list(on.retry(second, {}, _event(of="1")))[-1][1]
        assert [e["answer"]["question"] for e in again["exchanges"]] == ["Who blocked the Lachin road?"]
        edited = list(on.edited(second, {}, _event(of="2", question="Who denied laying mines?")))[-1][1]
        assert [e["answer"]["question"] for e in edited["exchanges"]] == [
            "Who blocked the Lachin road?",
            "Who denied laying mines?",
        ]

    @pytest.mark.parametrize("of", ["", "0", "7", "x", "-1"])
    def test_an_exchange_that_there_is_not_does_no_harm(self, on: Any, of: str) -> None:
        list(on.load(None))
        document = list(on.question("Who blocked the Lachin road?", None, {}))[-1][1]
        assert list(on.retry(document, {}, _event(of=of)))
        assert len(on.picture(document, _event(of=of, picture="tolls"))) == 3

    @pytest.mark.parametrize(
        "document", [7, "x", [1], {"exchanges": [{}]}, {"id": "../x"}, {"exchanges": [{"answer": 5}]}]
    )
    def test_what_is_no_conversation_is_called_so(self, on: Any, document: Any) -> None:
        assert "cannot be read" in on.opened(document, None)[0]
        assert "cannot be read" in list(on.question("Who?", document, {}))[-1][0]
        assert "cannot be read" in on.stop(document)[0]

    @pytest.mark.parametrize(
        ("start", "end"), [("", ""), ("5", "2"), ("-1", "4"), ("0", "999999"), ("٣", "9"), ("x", "y"), ("1e3", "2e3")]
    )
    def test_offsets_that_are_none_open_the_article_without_a_quote(
        self, assistant: Assistant, on: Any, start: str, end: str
    ) -> None:
        (added,) = assistant.base.add([_article("A text of one's own.", "T")])
        opened, _, _ = on.mark(_event(article=added.article_id, start=start, end=end, others="9-1 x 0-4"))
        assert "A text of one's own." in _Seen(opened).text
        assert '<mark id="quote"' not in opened

    def test_an_article_that_was_removed_is_called_so(self, assistant: Assistant, on: Any) -> None:
        list(on.load(None))
        shown, _, _ = list(on.question("Who blocked the Lachin road?", None, {}))[-1]
        mark = _mark(shown)
        assistant.base.remove(mark["article"])
        assert "has been removed" in on.mark(_event(**mark))[0]

    def test_a_question_that_fails_stays_in_the_box_with_the_reason_beside_it(
        self, assistant: Assistant, on: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from kb import KnowledgeBaseError

        def broken(_: Any) -> Any:
            raise KnowledgeBaseError("the disk is <b>full</b>")

        monkeypatch.setattr(assistant, "stream", broken)
        shown, _, box = list(on.question("Who?", None, {}))[-1]
        assert "the disk is &lt;b&gt;full&lt;/b&gt;" in shown
        assert box.value == "Who?"

    def test_a_question_that_is_too_long_is_refused_in_words(self, on: Any) -> None:
        shown, _, box = list(on.question("x" * 2001, None, {}))[-1]
        assert "the question has 2,001 characters, and 2,000 are the most" in shown
        assert box.value == "x" * 2001

    def test_one_too_many_is_told_so(self, on: Any) -> None:
        asking = [on.question("Who?", None, {}) for _ in range(4)]
        with ExitStack() as inside:
            for _ in range(2):
                inside.enter_context(on._gate.entered())
            waiting = [threading.Thread(target=lambda a=a: list(a)) for a in asking[:2]]
            for thread in waiting:
                thread.start()
            while on._gate.here < 4:
                threading.Event().wait(0.01)
            shown, _, box = list(asking[2])[-1]
        for thread in waiting:
            thread.join()
        assert "2 questions are being answered and 2 wait already; ask again in a moment" in shown
        assert box.value == "Who?"
        assert "wait already" not in list(asking[3])[-1][0]

    def test_what_was_said_before_a_stop_stays(self, on: Any) -> None:
        list(on.load(None))
        answering = on.question("Who blocked the Lachin road?", None, {})
        next(answering)
        _, document, _ = next(answering)
        answering.close()
        assert document["exchanges"][0]["answer"]["statements"]
        assert "Stopped before the answer was whole." in on.stop(document)[0]

    def test_pictures_are_drawn_of_what_is_dated(self, assistant: Assistant, on: Any) -> None:
        early = _article("Officials in Redland said 20 people were killed in Bluetown.", "Bluetown explosion toll")
        late = _article("Officials in Redland said 68 people were killed in Bluetown.", "Bluetown explosion toll rises")
        assistant.base.add([early, replace(late, published="2023-09-27")])
        document = list(on.question("How many people were killed in Bluetown?", None, {}))[-1][1]
        head, plot, below = on.picture(document, _event(of="1", picture="tolls"))
        assert "Tolls over time" in head
        assert plot.value is not None
        assert _Seen(below).text.index("19 September 2023") < _Seen(below).text.index("27 September 2023")
        head, plot, below = on.picture(document, _event(of="1", picture="timeline"))
        assert plot.value is not None
        assert _mark(below)["article"] == early.id


class TestGate:
    def test_who_came_first_is_let_in_first(self) -> None:
        gate, order = Gate(1, 9), []

        def enter(number: int) -> None:
            with gate.entered():
                order.append(number)

        threads = [threading.Thread(target=enter, args=(number,)) for number in range(5)]
        with gate.entered():
            for place, thread in enumerate(threads):
                thread.start()
                while gate.here < place + 2:
                    threading.Event().wait(0.001)
        enter(5)  # comes when the first has left
        for thread in threads:
            thread.join()
        assert order == [0, 1, 2, 3, 4, 5]
        assert gate.here == 0

    def test_who_has_waited_too_long_is_told_and_takes_nobodys_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        gate = Gate(1, 1)
        with gate.entered():
            monkeypatch.setattr("assistant.page.access._LONGEST_WAIT", 0.01)
            with pytest.raises(TooBusy), gate.entered():
                pytest.fail("two are in")
            assert gate.here == 1
        with gate.entered():
            assert gate.here == 1
        assert gate.here == 0


class TestPictures:
    def test_a_hostile_name_is_data_of_a_chart_and_nothing_else(self) -> None:
        chart = json.loads(tolls_chart([Toll("2023", HOSTILE, HOSTILE, 1, 2, 1)]).to_json())
        assert chart["usermeta"]["embedOptions"] == {"actions": False, "renderer": "svg"}
        assert '"url"' not in json.dumps(chart)  # no data is fetched, no mark is a link or an image
        assert f"{HOSTILE}: {HOSTILE}" in [row["speaker"] for row in _rows(chart)]

    def test_a_month_is_drawn_on_its_first_day_and_a_day_nowhere_else(self) -> None:
        chart = tolls_chart([Toll("2023-09", "A", "killed", 1, 1, 1), Toll("2023-09-19", "A", "killed", 2, 3, 2)])
        days = re.findall(r'"day": "([^"]+)"', chart.to_json())
        assert set(days) == {"2023-09-01T00:00:00", "2023-09-19T00:00:00"}

    def test_no_day_is_invented_on_the_axis(self) -> None:
        text = tolls_chart([Toll("2023-09", "A", "killed", 1, 1, 1), Toll("2024", "A", "killed", 2, 3, 2)]).to_json()
        assert "September 2023" in text
        assert "1 September" not in text
        assert "January" not in text

    def test_small_outlets_are_drawn_together(self) -> None:
        months: dict[tuple[str | None, str | None], int] = {(f"Outlet {n:02}", "2023-09"): 30 - n for n in range(12)}
        months[(None, None)] = 5
        text = collection_chart(months).to_json()
        assert "other outlets" in text
        assert "Outlet 00" in text
        assert "Outlet 11" not in text


def _rows(chart: dict[str, Any]) -> list[dict[str, Any]]:
    """The data of a chart, wherever Altair puts it."""
    apart = [row for rows in chart.get("datasets", {}).values() for row in rows]
    return apart or [row for part in (chart, *chart.get("layer", ())) for row in part.get("data", {}).get("values", ())]


def _article(text: str, title: str, **known: Any) -> Article:
    return Article(text=text, title=title, source=title, outlet="Gazette", published="2023-09-19", **known)


def _mark(shown: str) -> dict[str, str]:
    """What a click on the first mark would send."""
    found = next(a for tag, a in _Seen(shown).elements if tag == "a" and a.get("data-do") == "mark")
    return {name.removeprefix("data-"): value or "" for name, value in found.items() if name.startswith("data-")}


def _event(**told: str) -> Any:
    import gradio as gr

    return gr.EventData(None, told)
