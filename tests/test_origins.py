"""Which articles are one origin: told by the agency they name, or by long sentences that they share."""

from __future__ import annotations

import random
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from kb.article import Article
from kb.origins import group
from tests.conftest import article

LONG = [
    f"The {animal} that stood beside the long bridge over the river was counted twice by the officials on duty there."
    for animal in ("heron", "pelican", "stork", "crane", "egret", "ibis")
]


def told(*places: int, outlet: str, origin: str | None = None, more: str = "") -> Article:
    return article("\n\n".join([*(LONG[place] for place in places), more]), outlet=outlet, origin=origin, source=outlet)


def groups(*articles: Article) -> set[frozenset[int]]:
    return {frozenset(found) for found in group(articles)}


def test_one_agency_is_one_origin_however_it_is_spelt() -> None:
    assert groups(
        told(0, 1, outlet="A", origin="Sample Wire"),
        told(2, 3, outlet="B", origin="SAMPLE WIRE"),
        told(4, 5, outlet="C", origin="Other Wire"),
    ) == {frozenset({0, 1}), frozenset({2})}


def test_two_agencies_are_two_origins_even_with_the_same_words() -> None:
    one, other = told(0, 1, outlet="A", origin="Wire"), told(0, 1, outlet="B", origin="Other Wire")
    assert groups(one, other) == {frozenset({0}), frozenset({1})}


def test_two_shared_long_sentences_are_one_origin() -> None:
    one = told(0, 1, 2, outlet="A", more="Its own words.")
    other = told(1, 2, 3, outlet="B", origin="Wire")
    assert groups(one, other) == {frozenset({0, 1})}


def test_one_shared_long_sentence_among_many_is_not_enough() -> None:
    assert groups(told(0, 1, 2, outlet="A"), told(2, 3, 4, outlet="B")) == {frozenset({0}), frozenset({1})}


def test_the_only_long_sentence_of_an_article_is_enough() -> None:
    assert groups(told(2, outlet="A"), told(0, 1, 2, outlet="B")) == {frozenset({0, 1})}


def test_short_sentences_are_shared_by_chance() -> None:
    short = "The ministry did not respond. Nobody was hurt. The road is closed."
    one, other = article(short, outlet="A"), article(short, outlet="B")
    assert groups(one, other) == {frozenset({0}), frozenset({1})}


def test_other_marks_and_spaces_are_the_same_words() -> None:
    one = article(f"{LONG[0]} {LONG[1]}", outlet="A")
    other = article(f"{LONG[0].upper()}\n\n“{LONG[1].replace(' ', '  ')}”", outlet="B")
    assert groups(one, other) == {frozenset({0, 1})}


def test_an_article_is_one_origin_with_itself() -> None:
    assert groups(article("Short."), article("Short.")) == {frozenset({0, 1})}


def test_what_links_two_groups_joins_them() -> None:
    articles = [told(0, 1, outlet="A"), told(2, 3, outlet="B"), told(0, 1, 2, 3, outlet="C")]
    for order in permutations(articles):
        assert groups(*order) == {frozenset({0, 1, 2})}


def test_nothing_is_in_no_group() -> None:
    assert group([]) == []


_TOLD = st.builds(
    lambda places, outlet, origin: told(*places, outlet=outlet, origin=origin),
    st.lists(st.integers(0, 5), max_size=4),
    st.sampled_from("ABCD"),
    st.sampled_from([None, "Wire", "Other"]),
)


@given(st.lists(_TOLD, max_size=6), st.randoms(use_true_random=False))
def test_every_place_is_in_one_group_and_the_order_does_not_matter(
    articles: list[Article], chance: random.Random
) -> None:
    found = group(articles)
    assert sorted(place for some in found for place in some) == list(range(len(articles)))
    order = list(range(len(articles)))
    chance.shuffle(order)
    shuffled = group([articles[place] for place in order])
    assert {frozenset(order[place] for place in some) for some in shuffled} == {frozenset(some) for some in found}
