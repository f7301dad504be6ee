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
    Case("Ankara has not confirmed or denied the raid.", (("Ankara", "Turkey", "denied", "asserts"),)),
    Case("Ankara said it would go on if its neighbour did not stop.", (("Ankara", "Turkey", "said", "asserts"),)),
    Case("Baku said there will be no talks with its neighbour.", (("Baku", "Azerbaijan", "said", "asserts"),)),
    Case("Kyiv said it had not ruled out a missile.", (("Kyiv", "Ukraine", "said", "asserts"),)),
    Case("Yet Baku denied it.", (("Baku", "Azerbaijan", "denied", "denies"),)),
    Case(
        "Obama and Putin said it was over.",
        (("Obama", "United States", "said", "asserts"), ("Putin", "Russia", "said", "asserts")),
    ),
    Case("Mr Assad denied it.", (("Mr Assad", "Syria", "denied", "denies"),)),
    Case("Ankara said it was behind the raid on Syria.", (("Ankara", "Turkey", "said", "asserts"),)),
    Case("Ankara said Syria was behind the raid.", (("Ankara", "Turkey", "said", "accuses"),)),
    Case("As we said on Friday, Baku had left.", ()),  # the outlet of itself
    Case(
        "Washington blamed Iran for the raids, allegations Tehran denied.",
        (("Washington", "United States", "blamed", "accuses"), ("Tehran", "Iran", "denied", "denies")),
    ),
    Case("Kyiv said its toll was 20, not counting the missing.", (("Kyiv", "Ukraine", "said", "asserts"),)),
    Case("Ankara said it had flown not only drones.", (("Ankara", "Turkey", "said", "asserts"),)),
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
        (("Armenia", "Armenia", "said", "accuses"), ("Azerbaijan", "Azerbaijan", "said", "accuses")),
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
    ("before", "sentence", "speaker"),
    [
        ("Georgia's defence ministry said it had begun.", "Two died, the ministry said.", "Georgia's defence ministry"),
        ("Ali Khan, the envoy, said it was over.", "Khan said nobody was hurt.", "Ali Khan, the envoy"),
        ("Ali Khan, the envoy, said it was over.", "The court said nobody was hurt.", "The court"),
        ("Officials said it was over.", "The officials said nobody was hurt.", "The officials"),
    ],
)
def test_short_forms_stand_for_the_fuller_name_given_before(before: str, sentence: str, speaker: str) -> None:
    (claim,) = claims_in(sentence, spoken(before, Context()))
    assert claim.speaker == speaker


def test_a_short_form_gets_the_side_of_the_one_it_stands_for() -> None:
    (claim,) = claims_in("Two died, the ministry said.", spoken("Georgia's defence ministry said so.", Context()))
    assert claim.side == "Georgia"


def test_unnamed_sources_stay_as_they_are_written() -> None:
    for sentence in ("Officials said it was over.", "It was over, witnesses said."):
        (claim,) = claims_in(sentence)
        assert (claim.speaker or "").lower() in ("officials", "witnesses")
        assert claim.side is None


@pytest.mark.parametrize(
    ("sentence", "hedges"),
    [
        ("Baku said at least 13 had reportedly died.", ("at least", "reportedly")),
        ("Baku said some 13 had died.", ("some",)),
        ("Baku said some of them had died, about which it was silent.", ()),
        ("The toll, which could not be verified, was 13, Baku said.", ("could not be verified",)),
    ],
)
def test_hedges_are_kept_as_written(sentence: str, hedges: tuple[str, ...]) -> None:
    assert claims_in(sentence)[0].hedges == hedges


def test_quotations_are_kept_with_their_marks() -> None:
    (claim,) = claims_in('Tehran called it “a lie” and "nonsense".')
    assert claim.quotations == ("“a lie”", '"nonsense"')


@pytest.mark.parametrize(
    ("sentence", "as_of"),
    [
        ("Baku said on Tuesday that six had died.", "2023-09-19"),
        ("On 14 September Baku said that six had died.", "2023-09-14"),
        ("Six had died, Baku said in a statement on Monday.", "2023-09-18"),
        ("A depot blew up on Monday, and Baku said six had died.", None),
        ("Baku said six had died.", None),
    ],
)
def test_the_day_of_a_claim_is_the_one_on_which_it_was_said(sentence: str, as_of: str | None) -> None:
    (claim,) = claims_in(sentence, Context(published="2023-09-20"))
    assert claim.as_of == as_of


@pytest.mark.parametrize(
    "sentence",
    ["Baku would say no more than that.", "This brief reports the order.", "The ministry had not yet said who fired."],
)
def test_what_nobody_has_said_is_no_claim(sentence: str) -> None:
    assert claims_in(sentence) == ()


def test_a_pronoun_in_a_what_clause_is_the_side_named_before_it() -> None:
    context = spoken("Yerevan said it was calm.", Context())
    (claim,) = claims_in('Azerbaijan began what it calls "measures".', context)
    assert (claim.speaker, claim.side) == ("Azerbaijan", "Azerbaijan")


def test_what_is_not_known_is_not_denied() -> None:
    (claim,) = claims_in("Baku said it had not yet confirmed who was killed.")
    assert claim.stance == "asserts"


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
        ("Did Armenia deny it?", "Armenia", "denies"),
        ("Has the ministry said so?", "ministry", None),
        ("When did the fighting that Baku announced begin?", None, None),
        ("What has happened since Turkey said so?", None, None),
    ],
)
def test_whose_words_a_question_asks_for(question: str, speaker: str | None, stance: Stance | None) -> None:
    asked = asked_of(question)
    assert (asked.speaker, asked.stance) == (speaker, stance)


def test_a_question_after_one_speaker_fits_only_that_side() -> None:
    asked = asked_of("What did Armenia say?")
    assert asked.fits(Claim("Yerevan", "Armenia", "said", "asserts"))
    assert not asked.fits(Claim("Baku", "Azerbaijan", "said", "asserts"))


def test_who_accuses_a_side_is_another() -> None:
    asked = asked_of("Who blamed Armenia for the fire in Azerbaijan?")
    assert asked.fits(Claim("Baku", "Azerbaijan", "blamed", "accuses"))
    assert asked.fits(Claim("a driver", None, "blamed", "accuses"))
    assert not asked.fits(Claim("Yerevan", "Armenia", "blamed", "accuses"))


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
