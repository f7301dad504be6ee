from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.claims import Context, claims_in
from assistant.verification import Source, doubts, readable

MINES = (
    "Azerbaijan said on Tuesday that six of its nationals had been killed by road mines on two country roads in the "
    'Fizuli district and blamed "unlawful Armenian squads" for burying the hidden mines.'
)
FALSE = "Armenia said on Monday that allegations that its own soldiers had buried mines beyond the border were false."
ANOTHER = "A further blast had killed two drivers, also on that road, it said."
LIE = (
    'Armenians in Karabakh called the charge "a shameless invention" crafted to hide what they called "the hunger '
    'caused by the unlawful closure" of Karabakh by Baku.'
)
TOLL = "Karabakh officials say at least 200 people on their side were killed in September, ten of them civilians."
DENIED = "Baku said six had died, while Yerevan denied that its forces had laid the mines."


def source(text: str, context: Context = Context()) -> Source:
    return Source(text, claims_in(text, context), ("Sample Wire",), ("2023-09-19",), "A title")


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("Azerbaijan said six of its nationals had been killed by road mines.", MINES),
        ("On Tuesday, Azerbaijan said six of its nationals had been killed by road mines.", MINES),
        ("Six of its nationals had been killed by road mines on two country roads, Azerbaijan said.", MINES),
        ("According to Azerbaijan, six of its nationals had been killed by road mines.", MINES),
        ("Sample Wire reported that Azerbaijan said six of its nationals had been killed by road mines.", MINES),
        ('Azerbaijan blamed "unlawful Armenian squads" for burying the mines.', MINES),
        ('"Unlawful Armenian squads" were blamed by Azerbaijan for burying the mines.', MINES),
        (FALSE.replace(" on Monday", ""), FALSE),
        ("Two drivers had been killed by a further blast, Azerbaijan said.", ANOTHER),
        ("Azerbaijan said a further blast had killed two drivers.", ANOTHER),
        ('Armenians in Karabakh called the charge "a shameless invention".', LIE),
        ("Karabakh officials say at least 200 people were killed in September.", TOLL),
        (f"According to Sample Wire (19 September 2023): “{TOLL}”", TOLL),
        (f"According to Sample Wire (19 September 2023, citing Azerbaijan): “{ANOTHER}”", ANOTHER),
        ("Yerevan denied that its forces had laid the mines.", DENIED),
        ("Yerevan called the report a story.", "Yerevan called the report a story made up to hide its losses."),
        ("Yerevan called it a story made up.", "Yerevan called it a story made up to hide its losses."),
        ("Yerevan said the tunnel was found.", "Yerevan said the tunnel was found, built to hide arms."),
        ("Yerevan said the tunnel was old.", "On Monday Yerevan said on arrival that the tunnel was old."),
        ('Baku rejected it as "a story".', 'Baku rejected it as "a story made up to hide it", and said it had proof.'),
        ("Rebels killed 6 soldiers in the town.", "Rebels killed six soldiers in the town on Monday."),
        ("Six soldiers were killed by rebels.", "Rebels killed six soldiers in the town on Monday."),
    ],
)  # fmt: skip
def test_what_the_source_says_holds(sentence: str, text: str) -> None:
    assert doubts(sentence, source(text, Context("Azerbaijan"))) == ()


@pytest.mark.parametrize(
    ("sentence", "text", "kind"),
    [
        ("Azerbaijan said seven of its nationals had been killed by road mines.", MINES, "number"),
        ("Azerbaijan said six of its nationals had been killed by road mines in the Lachin district.", MINES, "name"),
        ("Azerbaijan said on Friday that six of its nationals had been killed by road mines.", MINES, "date"),
        ("Azerbaijan said six of its nationals had not been killed by road mines.", MINES, "negation"),
        ("Azerbaijan said six of its nationals may have been killed by road mines.", MINES, "hedge"),
        ("Armenia said six of its nationals had been killed by road mines.", MINES, "words"),
        ("Six of its nationals had been killed by road mines.", MINES, "order"),
        ("Azerbaijan said six of its nationals had been killed by road mines on Tuesday.", MINES, "order"),
        ("Unlawful Armenian squads buried the hidden mines.", MINES, "order"),
        ("Other Wire reported that Azerbaijan said six of its nationals had been killed.", MINES, "words"),
        ("Armenia said its own soldiers had buried mines beyond the border.", FALSE, "hedge"),
        ("A further blast had killed two drivers.", ANOTHER, "speaker"),
        ("Armenia said a further blast had killed two drivers.", ANOTHER, "words"),
        ('Armenians in Karabakh called the charge "an invention".', LIE, "quotation"),
        ("The hunger was caused by the unlawful closure of Karabakh by Baku.", LIE, "order"),
        ("Karabakh officials say 200 people on their side were killed in September.", TOLL, "hedge"),
        ("Karabakh officials say at least 200 civilians were killed.", TOLL, "order"),
        ("Karabakh officials said: “At least 200 people on their side were killed in September.”", TOLL, "quotation"),
        (
            f"Karabakh officials say: “{TOLL.removeprefix('Karabakh officials say ').capitalize()}”",
            TOLL,
            "quotation",
        ),
        (f"According to Sample Wire (20 September 2023): “{TOLL}”", TOLL, "quotation"),
        (f"According to Other Wire (19 September 2023): “{TOLL}”", TOLL, "quotation"),
        ("According to Sample Wire: “At least 200 people were killed in September.”", TOLL, "quotation"),
        ("Baku said its forces had laid the mines.", DENIED, "order"),
        ("Yerevan said its forces had laid the mines.", DENIED, "order"),
        ("Soldiers killed six rebels in the town.", "Rebels killed six soldiers in the town on Monday.", "order"),
        ("Iran was attacked on Monday.", "Iran attacked Israel on Monday.", "order"),
        ("Israel attacked Syria.", "Rebels in Iran and Israel attacked Syria.", "order"),
        ("Israel killed six.", "Israel said Iran attacked Syria and killed six.", "order"),
        ("Rebels killed the soldier in the town.", "Rebels killed the soldiers in the town.", "words"),
        ("The base was hit.", "The base was hit, though the claim could not be independently verified.", "negation"),
        ("Israel will respond.", "If Iran attacks, Israel will respond.", "hedge"),
        ("", "Rebels killed the soldiers in the town.", "words"),
    ],
)
def test_what_the_source_does_not_say_is_refused(sentence: str, text: str, kind: str) -> None:
    assert kind in {doubt.kind for doubt in doubts(sentence, source(text, Context("Azerbaijan")))}


@pytest.mark.parametrize("text", [MINES, FALSE, ANOTHER, LIE, TOLL, DENIED])
def test_the_very_words_hold(text: str) -> None:
    assert doubts(text, source(text)) == ()


def test_words_within_a_quotation_do_not_become_the_outlets() -> None:
    text = "We will fight to the end."
    inside = Source(text, (), is_quotation=True)
    assert doubts("We will fight.", inside)
    assert doubts("We will fight.", Source(text)) == ()


def test_a_speaker_who_is_known_from_before_may_be_named() -> None:
    assert doubts("Baku said a further blast had killed two drivers.", source(ANOTHER, Context("Baku"))) == ()
    assert doubts("Baku said a further blast had killed two drivers.", source(ANOTHER))


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u2066", "\u00ad", "\ufeff"])
def test_hidden_characters_change_nothing(hidden: str) -> None:
    assert readable(f"6{hidden}0") == "60"
    assert doubts(f"Rebels killed 6{hidden}0 soldiers.", source("Rebels killed 60 soldiers.")) == ()
    assert doubts(f"Rebels killed 6{hidden}0 soldiers.", source("Rebels killed 6 soldiers."))


@pytest.mark.parametrize("six", ["６", "𝟔"])
def test_a_digit_is_a_digit_in_any_dress(six: str) -> None:
    assert doubts(f"Rebels killed {six} soldiers.", source("Rebels killed 6 soldiers.")) == ()
    assert doubts(f"Rebels killed {six} soldiers.", source("Rebels killed 9 soldiers."))


def test_a_letter_of_another_script_is_another_letter() -> None:
    assert doubts("Вaku said six had died.", source("Baku said six had died."))  # a Cyrillic В


@given(st.text(max_size=300), st.text(max_size=300))
def test_nothing_makes_the_check_fail(sentence: str, text: str) -> None:
    assert isinstance(doubts(sentence, Source(text)), tuple)


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_number_holds_only_if_it_is_the_sources(said: int, there: int) -> None:
    found = doubts(
        f"Rebels killed {said:,} soldiers in the town.", Source(f"Rebels killed {there} soldiers in the town.")
    )
    assert (found == ()) == (said == there)


def test_endless_sentences_are_compared_in_bounded_time() -> None:
    words = "rebels and soldiers said the " * 400
    assert doubts(f"{words}left.", Source(f"{words} came."))
