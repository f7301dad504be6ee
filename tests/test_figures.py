from __future__ import annotations

import pytest

from assistant.claims import claims_in
from assistant.figures import figures_in


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
