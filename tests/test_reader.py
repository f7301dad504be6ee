"""Which sentences can answer: words akin to the question's, the side it asks about, and reasons where it asks why."""

from __future__ import annotations

import pytest

from assistant.reader import FeatureReader, Question, features, is_evidence
from kb import KnowledgeBase
from kb.article import Hit, Passage, Span
from tests.conftest import article


def hit(text: str) -> Hit:
    known = article(text, title="")
    return Hit(Passage(known.id, 0, len(text), text, (Span(0, len(text)),)), known, 0)


def values(base: KnowledgeBase, question: str, sentence: str) -> dict[str, float]:
    found = hit(sentence)
    return features(Question.parse(question, base), found, found.passage.sentences[0], 0.0)


@pytest.mark.parametrize(
    ("question", "akin", "other"),
    [
        ("How many sailors were lost?", "Nine sailors were killed.", "Nine sailors were paid."),
        ("How many troops died?", "Nine servicemen were killed.", "Nine teachers were paid."),
        ("When did the war start?", "Fighting began in May.", "Rehearsals went on in May."),
        ("Who bombed the port?", "The port was shelled by the navy.", "The port was painted by the navy."),
    ],
)
def test_a_word_that_means_nearly_the_same_counts_nearly_as_much(
    base: KnowledgeBase, question: str, akin: str, other: str
) -> None:
    assert values(base, question, question)["words"] > values(base, question, akin)["words"]
    assert values(base, question, akin)["words"] > values(base, question, other)["words"]


@pytest.mark.parametrize(
    ("sentence", "of_others"),
    [
        ("Nine Chadian soldiers were killed.", 1),
        ("Nine soldiers of Mali were killed, Chad said.", 0),
        ("Nine soldiers were killed.", 0),
    ],
)
def test_a_toll_of_another_side_is_marked(base: KnowledgeBase, sentence: str, of_others: float) -> None:
    assert values(base, "How many soldiers of Mali were killed?", sentence)["of_others"] == of_others


@pytest.mark.parametrize(
    ("question", "sentence", "contrary"),
    [
        ("Which side lost the port?", "Mali won the port.", 1),
        ("Which side lost the port?", "Mali won the port, and its enemy lost it.", 0),
        ("Which parties are legal?", "Two parties are illegal.", 1),
        ("Which roads are closed?", "The roads in the north are open.", 1),
        ("Which roads are closed?", "The roads in the north are wet.", 0),
    ],
)
def test_a_sentence_that_holds_the_opposite_of_what_is_asked_is_marked(
    base: KnowledgeBase, question: str, sentence: str, contrary: float
) -> None:
    assert values(base, question, sentence)["opposite"] == contrary


@pytest.mark.parametrize(
    ("question", "sentence", "unnegated"),
    [
        ("Who did not sign?", "Mali signed on Monday.", 1),
        ("Who did not sign?", "Mali refused to sign.", 0),
        ("Who didn't sign?", "Mali never signed.", 0),
        ("What does Resolution No. 822 say?", "It speaks of a withdrawal.", 0),
        ("Who signed?", "Mali signed on Monday.", 0),
    ],
)
def test_what_is_not_so_is_not_answered_by_what_is(
    base: KnowledgeBase, question: str, sentence: str, unnegated: float
) -> None:
    assert values(base, question, sentence)["unnegated"] == unnegated


@pytest.mark.parametrize(
    ("question", "sentence", "can"),
    [
        ("When did the army shell Saint-Rely?", "The army shelled Saint-Rély in May.", True),
        ("Who pays the 10000 guards?", "Mali pays the 10,000 guards.", True),
        ("Who pays the 10,000 guards?", "Mali pays the 10000 guards.", True),
        ("Who pays the 10,000 guards?", "Mali pays the 110,000 guards.", False),
    ],
)
def test_names_and_numbers_are_the_same_however_they_are_spelled(
    base: KnowledgeBase, question: str, sentence: str, can: bool
) -> None:
    found = hit(sentence)
    assert is_evidence(Question.parse(question, base), found, found.passage.sentences[0]) is can


@pytest.mark.parametrize(
    ("question", "sentence", "can"),
    [
        ("Why did the ferry sink?", "The ferry sank because its hull was torn.", True),
        ("Why did the ferry sink?", "The ferry sank on Friday, according to the mayor.", False),
        ("What caused the fire?", "A short circuit led to the fire.", True),
        ("How many ferries sank?", "Ferries sank on the river.", False),
        ("How many ferries sank?", "Two ferries sank on the river.", True),
    ],
)
def test_a_sentence_without_what_is_asked_for_is_no_evidence(
    base: KnowledgeBase, question: str, sentence: str, can: bool
) -> None:
    found = hit(sentence)
    assert is_evidence(Question.parse(question, base), found, found.passage.sentences[0]) is can


@pytest.mark.parametrize(
    ("before", "after", "can"),
    [
        ("Nine sailors were killed.", "The storm of 2020 was another matter.", False),
        ("The storm of 2020 was long.", "Nine sailors were killed.", True),
    ],
)
def test_a_year_is_told_before_what_happened_in_it(base: KnowledgeBase, before: str, after: str, can: bool) -> None:
    known = article(f"{before} {after}", title="")
    spans = (Span(0, len(before)), Span(len(before) + 1, len(known.text)))
    found = Hit(Passage(known.id, 0, len(known.text), known.text, spans), known, 0)
    asked = Question.parse("How many sailors were killed in 2020?", base)
    sailors = spans[0] if before.startswith("Nine") else spans[1]
    assert is_evidence(asked, found, sailors) is can


def test_of_two_tolls_the_one_of_the_side_asked_about_comes_first(base: KnowledgeBase) -> None:
    base.add(
        [
            article("Chad's army said that 61 soldiers of Chad had been killed at the lake.", source="a"),
            article("Mali's army said that 44 of its servicemen had been killed at the lake.", source="b"),
        ]
    )
    question = "How many soldiers did Mali lose at the lake?"
    best = FeatureReader(base).read(question, base.search(question, 10))[0]
    assert "44" in best.text
