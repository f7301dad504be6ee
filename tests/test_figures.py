from __future__ import annotations

import pytest

from assistant.claims import Context, claims_in
from assistant.figures import fates_named, figures_in


@pytest.mark.parametrize(
    ("sentence", "figure"),
    [
        ("Baku said six of its citizens had been killed.", ("killed", 6, 6, "citizens", "Baku")),
        ("At least 13 people were wounded, the ministry said.", ("wounded", 13, 13, "people", "the ministry")),
        ("Officials reported 20 to 30 soldiers dead.", ("killed", 20, 30, "soldiers", "Officials")),
        ("The army counted 2,317 dead.", ("killed", 2317, 2317, None, "The army")),
        ("Twenty-one people were killed, Baku said.", ("killed", 21, 21, "people", "Baku")),
        ("At least two hundred people died there.", ("killed", 200, 200, "people", None)),
        ("Some 1.5 million people were displaced.", ("displaced", 1_500_000, 1_500_000, "people", None)),
        ("A blast killed twelve children.", ("killed", 12, 12, "children", None)),
    ],
)
def test_figures_keep_who_counts(sentence: str, figure: tuple[object, ...]) -> None:
    (found,) = figures_in(sentence, claims_in(sentence), 1)
    assert (found.what, found.low, found.high, found.unit, found.speaker) == figure


@pytest.mark.parametrize(
    "sentence", ["The two figures are counts by two sides of their own dead.", "In 2020 the war was left behind."]
)
def test_what_counts_nobody_is_no_figure(sentence: str) -> None:
    assert figures_in(sentence, (), 1) == []


def test_a_figure_belongs_to_the_one_who_gives_it_not_to_the_one_who_denies() -> None:
    sentence = "Armenia denied the strike, in which Azerbaijan says 21 people were killed."
    (found,) = figures_in(sentence, claims_in(sentence), 1)
    assert found.speaker == "Azerbaijan"


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Dozens of people were killed in Homs.", ("killed", 12, "Dozens", "Homs", "ACLED")),
        ("The raid killed a dozen soldiers near Homs.", ("killed", 12, "a dozen", "Homs", None)),
        ("Between 20 and 30 people were wounded in Homs.", ("wounded", 20, "Between 20 and 30", "Homs", None)),
        ("The toll in Homs rose to 45.", ("killed", 45, "45", "Homs", None)),
        ("Rebels took 14 soldiers prisoner in Homs.", ("captured", 14, "14", "Homs", None)),
        ("Over 9,000 people fled Homs, in the district of Hama.", ("displaced", 9000, "Over 9,000", "Hama", None)),
        ("The blast took the lives of twenty-one miners in Syrian Homs.", ("killed", 21, "twenty-one", "Homs", None)),
    ],
)  # fmt: skip
def test_figures_are_kept_as_written_with_place_and_reading(sentence: str, told: tuple[object, ...]) -> None:
    (found,) = figures_in(sentence, (), 1)
    assert (found.what, found.low, found.written, found.where, found.convention) == told
    assert found.written in sentence


def test_several_figures_of_a_sentence_and_the_parts_of_one() -> None:
    sentence = "The monitor said 12 civilians, including six children, were killed and 30 others wounded."
    found = figures_in(sentence, claims_in(sentence), 1)
    assert [(f.what, f.low, f.unit, f.is_part) for f in found] == [
        ("killed", 12, "civilians", False),
        ("killed", 6, "children", True),
        ("wounded", 30, None, False),
    ]


@pytest.mark.parametrize(
    ("sentence", "whose"),
    [
        ("Baku said 20 of its soldiers were killed.", "Azerbaijan"),
        ("Baku said 20 Armenian soldiers were killed.", "Armenia"),
        ("Baku said 20 people on the Armenian side were killed.", "Armenia"),
        ("Baku put the Armenian dead at 20.", "Armenia"),
        ("Baku said 20 people were killed.", None),
    ],
)
def test_whose_dead_are_counted(sentence: str, whose: str | None) -> None:
    (found,) = figures_in(sentence, claims_in(sentence), 1)
    assert (found.side, found.whose) == ("Azerbaijan", whose)


def test_a_figure_is_as_of_the_day_that_the_words_give() -> None:
    for sentence, as_of in (
        ("The ministry put its dead at 20 as of 14 November.", "2020-11-14"),
        ("The ministry said on Friday that 20 people were killed.", "2020-11-20"),
        ("The ministry said 20 people were killed on Friday.", None),
    ):
        (found,) = figures_in(sentence, claims_in(sentence, Context(published="2020-11-21")), 1, "2020-11-21")
        assert found.as_of == as_of


def test_of_what_a_bare_count_is_the_sentence_before_tells() -> None:
    sentence = "It later put the number at 2,906."
    (found,) = figures_in(sentence, claims_in(sentence), 1, before="The ministry counted its dead.")
    assert (found.what, found.low) == ("killed", 2906)
    assert figures_in(sentence, claims_in(sentence), 1) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Yerevan denied that 13 people were killed.",
        "The army fired 20 rockets and killed nobody.",
        "In 2017, 30 attacks were reported.",
        "Some 40 percent of people were displaced.",
    ],
)
def test_what_is_denied_or_no_people_is_no_figure(sentence: str) -> None:
    assert figures_in(sentence, claims_in(sentence), 1) == []


@pytest.mark.parametrize(
    ("sentence", "whose"),
    [
        ("Rocket fire by Jordanian rebels killed at least 14 people in Darpol.", None),  # who killed, not whose dead
        ("Syria said that six more people lost their lives near Darpol.", None),
        ("The ministry put the Jordanian dead at 20.", "Jordan"),
        ("Jordan said that 20 of its soldiers were killed.", "Jordan"),
    ],
)
def test_whose_dead_are_counted_is_not_who_killed_or_who_speaks(sentence: str, whose: str | None) -> None:
    assert [figure.whose for figure in figures_in(sentence, claims_in(sentence), 1)] == [whose]


@pytest.mark.parametrize(
    ("sentence", "counted"),
    [
        (
            "At least 18 civilians including five children and two women were killed in Minsk, the army said.",
            [("At least 18", "civilians", False), ("five", "children", True), ("two", "women", True)],
        ),
        ("Shelling killed two people and injured another three.", [("two", "people", False), ("three", None, False)]),
        ("The raid brought to 49 the number killed in two days.", [("49", None, False)]),
    ],
)
def test_parts_go_on_and_what_is_counted_may_stand_behind(
    sentence: str, counted: list[tuple[str, str | None, bool]]
) -> None:
    assert [(f.written, f.unit, f.is_part) for f in figures_in(sentence, (), 1)] == counted


@pytest.mark.parametrize(
    ("sentence", "where"),
    [
        ("Syria denied striking Homs, where officials say 20 people died on Sunday.", "Homs"),
        ("Officials in Hama said 20 people died on Sunday.", None),
        ("20 people died on Sunday; in Aleppo 5 were hurt.", None),
        ("20 people died in Homs; in Aleppo 5 were hurt.", "Homs"),
        ("In western Minsk shelling killed two people.", "Minsk"),
        ("In Minsk officials said that 20 people were killed.", None),
        ("30 people were killed by raids on the group's bastion of Brest in northern Belarus.", "Brest"),
        ("300 people have been killed in the bombardment of opposition-held Brest.", "Brest"),
        ("19 people were killed on Tuesday, hours after an attack left dozens dead in Brest.", None),
        ("19 people were killed after a raid hit the village of Brest.", "Brest"),
        ("The attack in Homs that killed 20 people came after a raid in Idlib.", "Homs"),
        ("The strike killed 20 people, and another three died in Aleppo.", None),
        ("Shelling killed 20 people and wounded 30 in Homs.", "Homs"),
    ],
)
def test_where_the_counted_fell(sentence: str, where: str | None) -> None:
    assert figures_in(sentence, (), 1)[0].where == where


@pytest.mark.parametrize(
    ("sentence", "counted"),
    [
        ("The strike killed 20 people, and another three died in Homs.", [("20", None), ("three", "Homs")]),
        ("At least 40 people died in Homs and nine in Hama.", [("At least 40", "Homs"), ("nine", "Hama")]),
        ("Her three children as well as another child were killed in Homs.", [("three", "Homs")]),
        ("In May 20 people died in Homs.", [("20", "Homs")]),
        ("The raid on May 7 killed two people in Homs.", [("two", "Homs")]),
        ("24 October 2016 Six people were killed in Homs.", [("Six", "Homs")]),
        ("Those who in 2014 fled came back to Homs.", []),
        ("Two bombers killed at least three people in Homs.", [("at least three", "Homs")]),
    ],
)
def test_every_event_of_a_sentence_is_counted_at_its_place_and_no_day(
    sentence: str, counted: list[tuple[str, str | None]]
) -> None:
    assert [(f.written, f.where) for f in figures_in(sentence, (), 1)] == counted


@pytest.mark.parametrize(
    ("text", "fates"),
    [
        ("How many people were wounded in Homs?", {"wounded"}),
        ("What was the death toll?", {"killed"}),
        ("How many casualties were there?", {"killed", "wounded"}),
        ("How many were taken hostage?", {"abducted", "captured", "detained"}),
        ("How many shells were fired?", set()),
    ],
)
def test_what_befell_people_is_known_by_the_words_for_it(text: str, fates: set[str]) -> None:
    assert fates_named(text) == fates


def test_no_place_of_riots_is_among_the_wounded() -> None:
    sentence = (
        "Medics said 43 people were killed and hundreds more were wounded in riots taking place at 12 sites there."
    )
    assert [(f.what, f.low) for f in figures_in(sentence, (), 1)] == [("killed", 43), ("wounded", 100)]


@pytest.mark.parametrize(
    ("sentence", "low", "where"),
    [  # texts that lost their line breaks
        ("21 Jul 2016 Dozens of civilians have reportedly been killed by air strikes in Manbij.", 12, "Manbij"),
        ("58 Killed in Suspected Attack in Idlib Dozens of people fled.", 58, "Idlib"),
    ],
)
def test_a_dateline_and_the_headline_before_a_sentence_are_neither_counted_nor_named(
    sentence: str, low: int, where: str
) -> None:
    figure = figures_in(sentence, (), 1)[0]
    assert (figure.what, figure.low, figure.where) == ("killed", low, where)
