"""Which sentences go into an answer. The texts are made up for these tests."""

from __future__ import annotations

import pytest

from assistant import Assistant
from assistant.reader import Evidence
from assistant.selection import select
from assistant.settings import Settings
from kb import KnowledgeBase
from tests.conftest import article

TEXT = "Jordan closed the bridge at Darpol on Monday. Jordan said that traders at Darpol had asked for the bridge."


def _chosen(base: KnowledgeBase, question: str, text: str = TEXT) -> list[str]:
    """What is chosen when the sentences of the text score the better, the earlier they come."""
    base.add([article(text, "Bridge", "bridge", published="2020-05-04")])
    hit = base.search("Darpol", 1)[0]
    scored = enumerate(hit.passage.sentences)
    evidence = [Evidence(hit, span, 0.9 - 0.1 * place) for place, span in scored]
    return [selected.text for selected in select(base, question, evidence, 0.5, 3).chosen]


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("Who closed the bridge at Darpol?", 0),  # nobody's words are asked for: what nobody is named for answers too
        ("What did Jordan say of the bridge at Darpol?", 1),
    ],
)
def test_only_who_asks_for_words_is_kept_to_sentences_in_which_somebody_speaks(
    base: KnowledgeBase, question: str, place: int
) -> None:
    assert _chosen(base, question)[0] == TEXT.split(". ")[place].removesuffix(".") + "."


COUNTS = (
    "On Monday 20 people were killed in Darpol.",
    "Those killed in Darpol on 4 May 2020 are told of in another report.",
    "Nobody was killed in the market of Darpol, the army said.",
    "In Darpol 70 people were wounded.",
)


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("How many people were killed in Darpol?", [0, 2]),  # who counts, and who says that there were none
        ("How many people were wounded in Darpol?", [3]),
        ("How many people were abducted in Darpol?", []),
    ],
)
def test_who_asks_how_many_is_answered_by_counts_of_what_is_asked_for(
    base: KnowledgeBase, question: str, places: list[int]
) -> None:
    assert _chosen(base, question, " ".join(COUNTS)) == [COUNTS[place] for place in places]


def test_who_asks_how_many_towns_were_captured_is_not_told_of_people_alone(base: KnowledgeBase) -> None:
    text = "The army seized 12 towns near Darpol."
    assert _chosen(base, "How many towns were captured near Darpol?", text) == [text]


QUESTION = "What did Jordan say about the bridge at Darpol?"
SILENT = "At Darpol the bridge, which Jordan built, is closed: the bridge at Darpol is the bridge of Jordan."
SAID = "Jordan said on Friday that rain had closed the bridge near the town of Darpol."
PRONOUN = "On Friday Jordan said so. It said that the bridge at Darpol was closed."


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (SILENT, SAID),  # in the passage found first the side says nothing
        (PRONOUN, PRONOUN.split(". ")[1]),  # it does, though not by name
    ],
)
def test_what_a_side_said_is_looked_for_in_further_passages(base: KnowledgeBase, first: str, found: str) -> None:
    base.add([article(first, "Bridge at Darpol", "first"), article(SAID, "Rain", "said")])
    assert base.search(QUESTION, 1)[0].article.source == "first"
    answer = Assistant(base, Settings(passages=1)).ask(QUESTION)
    assert found in [citation.quote for citation in answer.citations]


ASKED = "Who denied closing the bridge at Darpol?"
ALIKE = "Closing the bridge at Darpol was wise, traders at Darpol said, for the bridge at Darpol was in ruins."
DENIED = "Jordan denied on Friday that it had closed the bridge near the town of Darpol."


def test_who_denied_is_looked_for_in_further_passages_and_is_nobody_if_none_denies(base: KnowledgeBase) -> None:
    base.add([article(ALIKE, ASKED, "first")])
    assistant = Assistant(base, Settings(passages=1))
    assert assistant.ask(ASKED).status == "abstained"
    base.add([article(DENIED, "Rain", "denied")])
    assert base.search(ASKED, 1)[0].article.source == "first"
    assert [citation.quote for citation in assistant.ask(ASKED).citations] == [DENIED]
