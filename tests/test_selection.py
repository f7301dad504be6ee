"""Which sentences go into an answer. The texts are made up for these tests."""

from __future__ import annotations

import pytest

from assistant.reader import Evidence
from assistant.selection import select
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
