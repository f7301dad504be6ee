"""The main job on real input: one article as a reader pastes it, asked about with the real model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.answer import Answer
from ingest import ingest


@pytest.fixture(scope="module")
def assistant(shared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(tmp_path_factory.mktemp("seed") / "kb", create=True) as opened:
        (outcome,) = ingest(opened.base, [shared("seeds")])
        assert outcome.status == "added"
        yield opened


def _quotes(answer: Answer) -> str:
    return " ".join(citation.quote for statement in answer.statements for citation in statement.citations)


def test_the_dead_and_the_blame_are_quoted_with_who_says_so(assistant: Assistant) -> None:
    answer = assistant.ask("How many people were killed by land mines, and whom does Azerbaijan blame?")
    first = answer.statements[0]
    assert "six of its citizens had been killed" in first.citations[0].quote
    assert "blamed" in first.citations[0].quote
    assert {(claim.speaker, claim.stance) for claim in first.claims} == {
        ("Azerbaijan", "asserts"),
        ("Azerbaijan", "accuses"),
    }
    assert [(f.low, f.unit, f.speaker) for f in answer.figures][:1] == [(6, "citizens", "Azerbaijan")]


def test_the_denial_stands_beside_the_accusation(assistant: Assistant) -> None:
    answer = assistant.ask("How many people were killed by land mines, and whom does Azerbaijan blame?")
    (dispute,) = answer.disputes
    denial = next(c for c in answer.citations if c.id == dispute.denied_by[0])
    assert dispute.statement == 0
    assert denial.quote.startswith("Armenia said on Monday that accusations")


def test_what_armenia_said_is_its_denial_of_monday(assistant: Assistant) -> None:
    answer = assistant.ask("What did Armenia say about the mines?")
    assert answer.statements[0].citations[0].quote.startswith("Armenia said on Monday that accusations")
    assert answer.statements[0].claims[0].stance == "denies"


def test_what_the_allegation_was_called(assistant: Assistant) -> None:
    answer = assistant.ask("What did people in Karabakh call the jamming allegation?")
    assert '"an absolute lie"' in _quotes(answer)


@pytest.mark.parametrize("question", ["Who won the 1998 World Cup?", "How many people were killed in Yerevan?"])
def test_what_the_article_does_not_say_is_not_answered(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert (answer.status, answer.statements) == ("abstained", ())
    assert answer.citations, "the nearest passages are shown"


def test_every_quote_is_the_stored_texts_own_and_none_is_boilerplate(assistant: Assistant) -> None:
    questions = ("Who is accused?", "What happened in Karabakh?", "Where were the mines?", "Who flew to Baku?")
    for answer in map(assistant.ask, questions):
        for citation in answer.citations:
            stored = assistant.base.get(citation.article_id)
            assert stored.text[citation.start : citation.end] == citation.quote
            assert not any(m.start < citation.end and citation.start < m.end for m in stored.boilerplate)


def test_no_passage_holds_a_credit_a_caption_or_a_promotion(assistant: Assistant) -> None:
    found = assistant.base.search(
        "photo credit Reuters caption flag Geneva newsletter subscribe land mine Afghanistan", 50
    )
    text = " ".join(hit.passage.text for hit in found)
    assert text
    for furniture in ("credit:", "Newsletter", "security guard", "FLICKR", "latest news"):
        assert furniture not in text
