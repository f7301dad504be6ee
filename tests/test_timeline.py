from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.errors import UnusableQuestion
from assistant.rendering import timeline_text
from assistant.timeline import timeline
from kb import KnowledgeBase
from tests.conftest import article


@pytest.fixture
def told(base: KnowledgeBase) -> KnowledgeBase:
    base.add(
        [
            article(
                "The bridge was shut on Monday. Baku said on Wednesday that the bridge had been hit on 3 October.",
                source="1", outlet="Courier", published="2020-10-07",
            ),
            article("The bridge was opened.", source="2", outlet="Gazette", published="2020-11"),
            article("The bridge was opened.", source="3", outlet="Post", published="2020-11"),
            article("The bridge was hit on 3 October 2020, somebody wrote.", source="4"),
        ]
    )  # fmt: skip
    return base


def test_sentences_stand_in_order_on_the_day_that_they_are_about(told: KnowledgeBase) -> None:
    found = timeline(told, "bridge")
    assert [(e.day, e.basis, e.written) for e in found.entries] == [
        ("2020-10-03", "text", "3 October"),
        ("2020-10-05", "text", "Monday"),
        ("2020-11", "published", None),
    ]


def test_an_undated_text_is_never_placed_even_where_it_names_a_day(told: KnowledgeBase) -> None:
    found = timeline(told, "bridge")
    assert [(e.day, e.basis, e.text) for e in found.undated] == [
        (None, "unknown", "The bridge was hit on 3 October 2020, somebody wrote.")
    ]


def test_the_same_words_in_two_outlets_are_one_entry_with_both(told: KnowledgeBase) -> None:
    last = timeline(told, "bridge").entries[-1]
    assert {citation.outlet for citation in last.citations} == {"Gazette", "Post"}


def test_only_the_days_asked_for(told: KnowledgeBase) -> None:
    assert [e.day for e in timeline(told, since="2020-10-04", until="2020-10-31").entries] == ["2020-10-05"]
    assert [e.day for e in timeline(told, since="2020-11-30").entries] == ["2020-11"]
    assert [e.day for e in timeline(told, until="2020-10-03").entries] == ["2020-10-03"]


def test_what_is_left_out_is_counted(told: KnowledgeBase) -> None:
    found = timeline(told, "bridge", limit=1)
    assert (len(found.entries), found.left_out) == (1, 2)
    assert "2 more" in timeline_text(found)


def test_every_entry_is_a_slice_of_its_article(told: KnowledgeBase) -> None:
    found = timeline(told, "bridge")
    for entry in (*found.entries, *found.undated):
        for citation in entry.citations:
            assert told.get(citation.article_id).text[citation.start : citation.end] == entry.text


def test_the_document_and_the_text(told: KnowledgeBase) -> None:
    found = timeline(told, "bridge")
    document = found.to_json()
    assert document["entries"][0]["precision"] == "day"
    numbers = {c["id"] for c in document["citations"]}
    assert {n for e in (*document["entries"], *document["undated"]) for n in e["citations"]} == numbers
    shown = timeline_text(found)
    assert shown.index("3 October 2020") < shown.index("5 October 2020") < shown.index("not placed")
    assert "(day of publication)" in shown
    assert timeline_text(timeline(told, "submarine")) == "The articles do not say.\n"


@pytest.fixture(scope="module")
def assistant(sample_base: Path) -> Iterator[Assistant]:
    with Assistant.open(sample_base) as opened:
        yield opened


def test_the_samples_in_order(assistant: Assistant) -> None:
    found = assistant.timeline("Lachin road")
    days = [entry.day for entry in found.entries]
    assert days == sorted(days, key=str)
    assert {"2022-12-12", "2023-02-22"} <= set(days)
    placed = {citation.article_id for entry in found.entries for citation in entry.citations}
    undated = {article.id for article in assistant.base.articles() if article.published is None}
    assert undated
    assert placed.isdisjoint(undated)
    assert {c.article_id for e in found.undated for c in e.citations} <= undated


@pytest.mark.parametrize("given", [{}, {"question": "  "}, {"since": "yesterday"}, {"since": "2024", "until": "2023"}])
def test_a_timeline_of_nothing_is_refused(assistant: Assistant, given: dict[str, str]) -> None:
    with pytest.raises(UnusableQuestion, match=r"needs a question|not a date|change the two over"):
        assistant.timeline(**given)  # type: ignore[arg-type]
