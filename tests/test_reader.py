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
    ("sentence", "sides"),
    [
        ("Nine Chadian soldiers were killed.", -1),
        ("Nine soldiers of Mali were killed, Chad said.", 1),
        ("Nine soldiers were killed.", 0),
    ],
)
def test_whose_it_is_tells_for_or_against_a_sentence(base: KnowledgeBase, sentence: str, sides: float) -> None:
    assert values(base, "How many soldiers of Mali were killed?", sentence)["sides"] == sides


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
