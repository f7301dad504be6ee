"""Whether a denial is found for an accusation that is told in brief. The texts are made up for these tests."""

from __future__ import annotations

import pytest

from assistant.citations import Quote
from assistant.claims import Speech
from assistant.denials import denials
from assistant.writers import Selected
from kb import Filters, KnowledgeBase
from tests.conftest import article

FULL = "Jordan accused Syria of having poisoned four wells. A spokesman gave no proof."
DENIAL = "Syria denied that its army had poisoned any wells."


def _denials(base: KnowledgeBase, brief: str, published: str, full: str = FULL, denial: str = DENIAL) -> list[str]:
    told = article(brief, "Later", "brief", published=published, outlet="Sample Post")
    base.add(
        [
            told,
            article(full, "Full", "full", published="2020-05-04", outlet="Sample Courier"),
            article(denial, "Denial", "denial", published="2020-05-05", outlet="Placeholder Times"),
        ]
    )
    passage = next(hit.passage for hit in base.search(brief, 3) if hit.article.id == told.id)
    quote, speech = Quote(told, passage.sentences[-1]), Speech()
    found = denials(base, Selected((quote,), speech.claims(told, quote.span), 1.0), speech, Filters())
    return [denial.text for denial in found]


@pytest.mark.parametrize(
    "brief",
    [
        "Jordan said two of its farmers had drunk from the four wells, and it blamed Syria.",
        "Jordan said that it accused Syria of having poisoned four wells. It blamed Syria for the wells.",
    ],
)
def test_the_denial_of_the_accusation_told_in_full_answers_it_told_in_brief(base: KnowledgeBase, brief: str) -> None:
    assert _denials(base, brief, "2020-05-06") == [DENIAL]


@pytest.mark.parametrize(("brief", "is_same"), [("13 dead in Irbid", True), ("14 dead in Irbid", False)])
def test_an_accusation_of_weeks_before_is_known_by_its_count_and_place(
    base: KnowledgeBase, brief: str, is_same: bool
) -> None:
    full = "Jordan said 13 people were killed when a missile hit Irbid, and accused Syria."
    denial = "Syria denied firing the missile at Irbid."
    found = _denials(base, f"Jordan reported {brief} and accused Syria.", "2020-06-20", full, denial)
    assert found == ([denial] if is_same else [])


@pytest.mark.parametrize(
    ("brief", "published"),
    [
        ("Jordan said the army had burnt two schools, and it blamed Syria.", "2020-05-06"),  # of something else
        ("Jordan said two of its farmers had drunk from the four wells, and it blamed Iraq.", "2020-05-06"),
        ("Jordan said two of its farmers had drunk from the four wells, and it blamed Syria.", "2021-08-06"),
    ],
)
def test_another_accusation_is_not_answered_by_it(base: KnowledgeBase, brief: str, published: str) -> None:
    assert _denials(base, brief, published) == []


def _answering(base: KnowledgeBase, claim: str, other: str, published: str = "2020-05-05") -> list[str]:
    told = article(claim, "Claim", "claim", published="2020-05-04", outlet="Sample Post")
    base.add([told, article(other, "Other", "other", published=published, outlet="Placeholder Times")])
    passage = next(hit.passage for hit in base.search(claim, 3) if hit.article.id == told.id)
    quote, speech = Quote(told, passage.sentences[0]), Speech()
    found = denials(base, Selected((quote,), speech.claims(told, quote.span), 1.0), speech, Filters())
    return [denial.text for denial in found]


ACCUSED = "Jordan accused Syria of having poisoned four wells."


@pytest.mark.parametrize(
    "other",
    [
        "Syria denied poisoning the wells.",
        "Syria denied having poisoned wells in Jordan.",
        "Syria denied poisoning wells, blaming herdsmen of the border hills.",
        "Assad denied poisoning the wells.",
        "Syria denied that it had poisoned the wells and warned Jordan.",
        "Syria rejected the claim that it had poisoned four wells.",
        "Syria said that the accusation of having poisoned wells was false.",
    ],
)
def test_who_denies_what_is_claimed_answers_it(base: KnowledgeBase, other: str) -> None:
    assert _answering(base, ACCUSED, other) == [other]


@pytest.mark.parametrize(
    "other",
    [
        "Syria rejected a plan to clean the four poisoned wells.",  # which denies nothing
        "Syria dismissed calls for an inquiry into the poisoned wells.",
        "Syria denied that its army had closed schools and roads near the poisoned wells.",  # something else
        "Iraq denied poisoning the wells.",  # nobody accused it
    ],
)
def test_what_denies_something_else_answers_nothing(base: KnowledgeBase, other: str) -> None:
    assert _answering(base, ACCUSED, other) == []


@pytest.mark.parametrize("published", ["2020-01-05", "2021-03-05"])
def test_a_denial_of_what_is_claimed_answers_for_a_year(base: KnowledgeBase, published: str) -> None:
    other = "Syria denied having poisoned any of the four wells."
    assert _answering(base, "Jordan accused Syria of having poisoned four wells.", other, published) == [other]


@pytest.mark.parametrize(("published", "answers"), [("2020-07-01", True), ("2021-05-05", False), ("2020-03-01", False)])
def test_a_denial_of_another_season_answers_another_claim(base: KnowledgeBase, published: str, answers: bool) -> None:
    other = "Syria denied poisoning the wells."
    assert _answering(base, ACCUSED, other, published) == ([other] if answers else [])


@pytest.mark.parametrize(("day", "answers"), [("2 May", True), ("Sunday", True), ("20 April", False)])
def test_a_denial_of_another_days_deed_answers_another_claim(base: KnowledgeBase, day: str, answers: bool) -> None:
    claimed = "Jordan said on Tuesday that Syria had shelled the wells of Darpol on Saturday."
    other = f"Syria denied shelling the wells of Darpol on {day}."
    assert _answering(base, claimed, other, "2020-05-06") == ([other] if answers else [])


def test_no_sentence_is_its_own_denial(base: KnowledgeBase) -> None:
    claim = "Jordan accused Syria of having poisoned four wells, which Syria denied."
    assert _answering(base, claim, "Syria sent engineers to the wells.") == []


@pytest.mark.parametrize(
    "other",
    [
        "Syria denied breaking the truce.",
        "Syria denied that it had broken the truce.",
        "Syria rejected the claim that it had broken the truce.",
        "Syria said that the accusation of having broken the truce was false.",
        "Syria denied any breach of the armistice.",  # the same in other words
    ],
)
def test_who_denies_breaking_a_truce_rejects_no_truce(base: KnowledgeBase, other: str) -> None:
    assert _answering(base, "Jordan accused Syria of having broken the truce.", other) == [other]
