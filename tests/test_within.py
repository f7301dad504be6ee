"""What a question is asked within: origin, language, place and side decide in the indexes which articles are found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant import Assistant
from assistant.actors import names_of
from assistant.command import app
from assistant.questions import Within
from kb import Filters
from tests.conftest import article

STORIES = (
    article("The bridge at Shushi was closed on Friday, Yerevan said.", source="a", origin="Wire One", language="en"),
    article("The bridge in Shusha was closed, Baku said.", source="b", outlet="Gazette", language="en-GB"),
    article("The bridge at Goris was closed, the mayor said.", source="c", outlet="Gazette", origin="Wire One"),
    article("The bridge was closed, a driver said.", source="d", outlet="Courier", language="fr"),
)
QUESTION = "Was the bridge closed?"


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "kb", create=True, embedding_model="hash", confidence=0.0) as opened:
        opened.base.add(STORIES)
        yield opened


@pytest.mark.parametrize(
    ("within", "sources"),
    [
        (Within(), "abcd"),
        (Within(origin="wire one"), "ac"),
        (Within(origin="gazette"), "b"),
        (Within(language="en"), "ab"),
        (Within(place="Shusha"), "b"),
        (Within(place="Shusha | Shushi"), "ab"),
        (Within(place="Shusha|"), "b"),
        (Within(place="|"), "abcd"),
        (Within(place="Armenia"), "a"),
        (Within(place="Shusha|Shushi", origin="Wire One"), "a"),
        (Within(outlet="Gazette", language="en"), "b"),
        (Within(place='x" OR bridge'), ""),
    ],
)
def test_only_what_fits_is_found(assistant: Assistant, within: Within, sources: str) -> None:
    found = {hit.article.source for hit in assistant.base.search(QUESTION, 10, within.filters, copies=True)}
    assert found == set(sources)
    cited = {citation.article_id for citation in assistant.ask(QUESTION, filters=within.filters).citations}
    assert cited <= {story.id for story in STORIES if story.source in sources}
    assert bool(cited) == bool(sources)


def test_a_name_stands_for_all_that_its_side_goes_by() -> None:
    assert {"Baku", "Azerbaijan"} <= {name.title() for name in names_of("baku")}
    assert names_of("The Blue Militia") == ("The Blue Militia",)


def test_who_asks_for_one_side_gets_passages_of_articles_that_name_it_only(assistant: Assistant) -> None:
    crowd = [article(f"The bridge was closed, driver {n} said.", source=f"x{n}") for n in range(60)]
    assistant.base.add(crowd)
    answer = assistant.ask(QUESTION, side="azerbaijan", k=3)
    assert [citation.article_id for citation in answer.citations] == [STORIES[1].id]
    kept = assistant.ask(QUESTION, side="Azerbaijan", filters=Filters(outlet="Courier"))
    assert kept.status == "abstained"


def test_the_command_line_asks_within_the_same_bounds(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCORDINGTO_EMBEDDING_MODEL", "hash")
    monkeypatch.setenv("ACCORDINGTO_CONFIDENCE", "0")
    bounds = [
        "--place",
        "Shusha|Shushi",
        "--language",
        "en",
        "--origin",
        "Wire One",
        "--kb",
        str(assistant.base.folder),
    ]
    asked = CliRunner().invoke(app, ["ask", QUESTION, "--json", *bounds])
    assert [c["article_id"] for c in json.loads(asked.stdout)["citations"]] == [STORIES[0].id]
    questions, out = tmp_path / "q.csv", tmp_path / "a.jsonl"
    questions.write_text(f"question,place\n{QUESTION},Goris\n{QUESTION},\n", "utf-8")
    CliRunner().invoke(app, ["batch", str(questions), "-o", str(out), *bounds[2:]])
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["filters"] for line in lines] == [
        {"place": "Goris", "language": "en", "origin": "Wire One"},
        {"language": "en", "origin": "Wire One"},
    ]
    assert [[c["article_id"] for c in line["citations"]] for line in lines] == [[], [STORIES[0].id]]
