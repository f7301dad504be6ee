"""Who says what. The sentences are made up for these tests."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from assistant.answer import Claim, Stance
from assistant.claims import Context, asked_of, claims_in, denials_in, side_of, sides_named, spoken


@dataclass(frozen=True, slots=True)
class Case:
    sentence: str
    claims: tuple[tuple[str | None, str | None, str, Stance], ...]


CASES = (
    Case("Baku said on Friday that two soldiers had died.", (("Baku", "Azerbaijan", "said", "asserts"),)),
    Case(
        "Syria's army said it had lost a jet and blamed Turkey for it.",
        (("Syria's army", "Syria", "said", "asserts"), ("Syria's army", "Syria", "blamed", "accuses")),
    ),
    Case("Two soldiers had died, the ministry said.", (("the ministry", None, "said", "asserts"),)),
    Case(
        "“We shot nobody,” said General Petro Koval on Monday.",
        (("General Petro Koval", None, "said", "denies"),),
    ),
    Case("Russia denied firing the rocket.", (("Russia", "Russia", "denied", "denies"),)),
    Case("Ankara said it had flown no drones.", (("Ankara", "Turkey", "said", "denies"),)),
    Case(
        "Iran's foreign ministry called the allegation baseless.",
        (("Iran's foreign ministry", "Iran", "called", "denies"),),
    ),
    Case(
        "Kabul said that reports of a raid by its police were false.",
        (("Kabul", "Afghanistan", "said", "denies"),),
    ),
    Case(
        "Officials in Kyiv said Russia had shelled a market.",
        (("Officials in Kyiv", "Ukraine", "said", "accuses"),),
    ),
    Case(
        "The town was calm, Damascus said, accusing the rebels of lying.",
        (("Damascus", "Syria", "said", "asserts"), ("Damascus", "Syria", "accusing", "accuses")),
    ),
    Case(
        "According to the Red Cross, nine people were hurt.",
        (("the Red Cross", "Red Cross", "according", "asserts"),),
    ),
    Case(
        "The envoy, Ali Khan, told reporters that talks had failed.",
        (("The envoy, Ali Khan", None, "told", "asserts"),),
    ),
    Case("On Tuesday Baku had said that it was over.", (("Baku", "Azerbaijan", "said", "asserts"),)),
    Case(
        "Armenia and Azerbaijan each said the other had begun.",
        (("Armenia", "Armenia", "said", "asserts"), ("Azerbaijan", "Azerbaijan", "said", "asserts")),
    ),
    Case("Kyiv said Moscow was to blame.", (("Kyiv", "Ukraine", "said", "accuses"),)),
    Case("Kyiv's ministry has put its dead at 3,825.", (("Kyiv's ministry", "Ukraine", "put", "asserts"),)),
    Case("Kyiv put an end to it.", ()),
    Case("Yerevan said nothing had been fired from its land.", (("Yerevan", "Armenia", "said", "denies"),)),
    Case("Yerevan said its army would not leave.", (("Yerevan", "Armenia", "said", "asserts"),)),
    Case("Yerevan has not said whether the road is open.", ()),
    Case("The report was long, and the road was closed.", ()),
    Case("He was accused of treason in the said year.", ()),
    Case("It lies in the north, far from the front.", ()),
    Case("The minister did not deny that a bridge was hit.", (("The minister", None, "deny", "asserts"),)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence[:40])
def test_who_says_what(case: Case) -> None:
    found = claims_in(case.sentence)
    assert tuple((c.speaker, c.side, c.verb, c.stance) for c in found) == case.claims


def test_words_inside_a_quotation_are_the_speakers_own() -> None:
    (claim,) = claims_in("Tehran said: “They said they denied it and accused us.”")
    assert claim.speaker == "Tehran"


def test_a_pronoun_stands_for_the_last_speaker() -> None:
    context = spoken("Yerevan said the road was open.", Context())
    (claim,) = claims_in("Its trucks were safe, it said.", context)
    assert (claim.speaker, claim.side) == ("Yerevan", "Armenia")


def test_a_pronoun_never_stands_for_the_speaker_of_a_subordinate_clause() -> None:
    context = spoken("Armenia denied attacking Barda, where Azerbaijan says a house was hit.", Context())
    (claim,) = claims_in("It has likewise denied firing the rocket.", context)
    assert claim.speaker == "Armenia"


def test_a_pronoun_after_two_speakers_is_left_open() -> None:
    context = spoken("Israel said it had fired, and Lebanon said nobody had.", Context())
    (claim,) = claims_in("It said the matter was closed.", context)
    assert (claim.speaker, claim.side) == (None, None)


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("Azerbaijan's defence ministry", "Azerbaijan"),
        ("a Kremlin spokesman", "Russia"),
        ("Ethnic Armenians in Karabakh", "Karabakh Armenians"),
        ("the U.S. embassy in Baghdad", "United States"),
        ("US officials", "United States"),
        ("he told us", None),
        ("Jordanian officials", "Jordan"),
        ("Michael Bordeaux", None),
    ],
)
def test_the_side_is_that_of_the_first_name(name: str, side: str | None) -> None:
    assert side_of(name) == side


def test_all_sides_of_a_sentence_are_found() -> None:
    assert sides_named("Talks between Moscow and Kyiv, said Turkish officials") == {"Russia", "Ukraine", "Turkey"}


@pytest.mark.parametrize(
    ("question", "speaker", "stance"),
    [
        ("What did Armenia say about the mines?", "Armenia", None),
        ("Who denied the attack?", None, "denies"),
        ("Whom does Azerbaijan blame?", "Azerbaijan", "accuses"),
        ("What did people in Karabakh call it?", "Karabakh", None),
        ("How many people were killed?", None, None),
    ],
)
def test_whose_words_a_question_asks_for(question: str, speaker: str | None, stance: Stance | None) -> None:
    asked = asked_of(question)
    assert (asked.speaker, asked.stance) == (speaker, stance)


def test_a_question_after_one_speaker_fits_only_that_side() -> None:
    asked = asked_of("What did Armenia say?")
    assert asked.fits(Claim("Yerevan", "Armenia", "said", "asserts"))
    assert not asked.fits(Claim("Baku", "Azerbaijan", "said", "asserts"))


@pytest.mark.parametrize(
    ("sentence", "denied", "answers"),
    [
        ("Armenia denied that its forces were there.", "that its forces were there.", None),
        ("Its forces did not fire, Yerevan said.", "Its forces did not fire,", None),
        ("Baku accused Yerevan of firing, and Yerevan denied it.", None, "Baku"),
    ],
)
def test_what_is_denied_and_whose_claim_it_was(sentence: str, denied: str | None, answers: str | None) -> None:
    (denial,) = denials_in(sentence)
    assert denied is None or denial.denied == denied
    assert (denial.answers.speaker if denial.answers else None) == answers
