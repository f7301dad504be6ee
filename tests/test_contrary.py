"""Other accounts that are no denials. The sentences are made up for these tests."""

from __future__ import annotations

import pytest

from assistant.citations import Quote
from assistant.claims import Speech, claims_in
from assistant.contrary import answers_itself, contraries
from assistant.writers import Selected
from kb import Filters, KnowledgeBase
from tests.conftest import article


@pytest.mark.parametrize(
    "sentence",
    [
        "The two governments accused each other of breaking the truce.",
        "The truce broke down, each side blaming the other.",
        "Jordan and Syria each said that the other had opened fire.",
        "Jordan blamed Syria for the raid, and Syria blamed Jordan.",
    ],
)
def test_mutual_blame_answers_itself(sentence: str) -> None:
    assert answers_itself(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Jordan accused Syria of breaking the truce.",
        "Jordan and Egypt accused Syria of breaking the truce.",
        "Jordan accused Syria the other day of breaking the truce.",
        "Jordan accused Syria, and Egypt accused Lebanon.",
    ],
)
def test_one_sided_blame_does_not(sentence: str) -> None:
    assert not answers_itself(sentence)


PAIRED = (
    ("Jordan said on Monday that it had captured Darpol.", "Syria said that fighting for Darpol was going on."),
    ("Jordan accused Syria of shelling Darpol.", "Syria accused Jordan of shelling Darpol and its market."),
    ("Jordan accused Syria of firing on Darpol.", "Lebanon said its forces had fired on positions in Darpol."),
    ("Jordan said that homes were hit in Darpol.", "Syria said the strike on Darpol hit a weapons depot."),
    ("Jordan said Syria had violated the truce at Darpol.", "Syria said it observed the truce at Darpol."),
)
UNPAIRED = (
    # another place
    ("Jordan said on Monday that it had captured Darpol.", "Syria said that fighting for Kesten was going on."),
    # another day
    ("Jordan said it captured Darpol on 4 May 2020.", "Syria said fighting for Darpol was going on on 2 May 2020."),
    # the same side
    ("Jordan said on Monday that it had captured Darpol.", "Jordan said that fighting for Darpol was going on."),
    # nobody of a known side
    ("Jordan said on Monday that it had captured Darpol.", "A shepherd said that fighting for Darpol was going on."),
    # nothing opposed
    ("Jordan said on Monday that it had captured Darpol.", "Syria said that the harvest in Darpol was captured late."),
    # not told as so
    ("Jordan said on Monday that it had captured Darpol.", "Syria said that fighting for Darpol was not going on."),
    # no place and no day in common
    ("Jordan said that homes were hit.", "Syria said that a weapons depot was hit."),
)


def _found(base: KnowledgeBase, one: str, other: str) -> list[str]:
    first = article(one, "The day", "one", published="2020-05-04", outlet="Sample Post")
    base.add([first, article(other, "The day", "two", published="2020-05-05", outlet="Sample Courier")])
    passage = next(hit.passage for hit in base.search(one, 2) if hit.article.id == first.id)
    claimed = Selected((Quote(first, passage.sentences[0]),), claims_in(one), 1.0)
    found = contraries(base, claimed, Speech(), Filters())
    assert all(selected.contrary for selected in found)
    return [selected.text for selected in found]


@pytest.mark.parametrize(("one", "other"), PAIRED)
def test_an_account_that_cannot_stand_beside_the_claim_is_found(base: KnowledgeBase, one: str, other: str) -> None:
    assert _found(base, one, other) == [other]


@pytest.mark.parametrize(("one", "other"), UNPAIRED)
def test_no_pair_is_better_than_a_false_one(base: KnowledgeBase, one: str, other: str) -> None:
    assert _found(base, one, other) == []
