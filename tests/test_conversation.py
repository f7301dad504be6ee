from __future__ import annotations

import pytest

from assistant.answer import Answer, Claim, Statement
from assistant.citations import Quote, cite
from assistant.conversation import Conversation
from kb import Span
from tests.conftest import article


def _after(question: str, text: str = "Baku blamed Armenian groups.", side: str = "Azerbaijan") -> Conversation:
    source = article(text)
    citation = cite(1, Quote(source, Span(0, len(text))))
    statement = Statement("…", (citation,), claims=(Claim("Baku", side, "blamed", "accuses"),))
    return Conversation().with_answer(Answer(question, "answered", statements=(statement,), citations=(citation,)))


def test_the_first_question_stands_alone() -> None:
    assert Conversation().understood("And what about it?") == "And what about it?"


@pytest.mark.parametrize("question", ["Who struck Ganja in October?", "Who broke the truce?"])
def test_a_question_with_names_of_its_own_stands_alone(question: str) -> None:
    assert _after("Who laid the mines?").understood(question) == question


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("And when?", "When? (laid mines Karabakh)"),
        ("How many people did they kill?", "How many people did they kill? (laid mines Karabakh)"),
        ("And in Barda?", "In Barda? (laid mines Karabakh)"),
    ],
)
def test_a_follow_up_takes_its_topic_from_the_question_before(question: str, understood: str) -> None:
    assert _after("Who laid the mines in Karabakh?").understood(question) == understood


def test_the_other_side_is_the_one_the_answer_names_beside_the_one_asked() -> None:
    conversation = _after("What did Azerbaijan say about the mines?")
    assert conversation.understood("And what did the other side say?") == "What did Armenia say? (mines)"


def test_a_follow_up_to_a_follow_up_keeps_the_topic() -> None:
    first = _after("Who laid the mines in Karabakh?")
    asked = first.understood("And when?")
    second = first.with_answer(Answer("And when?", "answered", understood_as=asked))
    assert "mines" in second.understood("And why?")


def test_a_conversation_never_changes() -> None:
    before = _after("Who laid the mines?")
    before.with_answer(Answer("q", "abstained"))
    assert len(before.exchanges) == 1
