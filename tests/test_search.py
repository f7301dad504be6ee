"""Ranking: what the words of a question are, how rankings are fused."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search import content_words, fuse

_RANKINGS = st.lists(st.lists(st.integers(1, 30), unique=True, max_size=20), max_size=5)


def test_the_content_words_are_lower_case_once_and_in_order() -> None:
    question = "Who denied laying the mines, and did Baku's ministry deny laying mines?"
    assert content_words(question) == ["denied", "laying", "mines", "baku", "ministry", "deny"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("", []),
        ("What is it?", []),
        ("🙂 ¿?! — …", []),
        ('"AND" OR (NEAR* ^x:y)', ["near", "x", "y"]),
        ("anti-terrorist measures of 19.9.2023", ["anti-terrorist", "measures", "19.9.2023"]),
        ("the U.S. and the O’Brien’s", ["u.s", "o’brien"]),
        ("snake_case_word", ["snake", "case", "word"]),
        ("Ստեփանակերտ Москва é", ["ստեփանակերտ", "москва", "é"]),
        ("mines\x00near", ["mines", "near"]),
    ],
)
def test_the_content_words_of_odd_questions(question: str, words: list[str]) -> None:
    assert content_words(question) == words


@given(st.text())
def test_any_text_has_content_words_without_quotes_or_spaces(text: str) -> None:
    for word in content_words(text):
        assert word
        assert not set(word) & set('"() \n\t*^:')


def test_ranks_count_and_not_how_many_rankings_there_are() -> None:
    assert fuse([[7, 8], [8, 9]]) == pytest.approx({8: 1 / 62 + 1 / 61, 7: 1 / 61, 9: 1 / 62})
    assert fuse([]) == fuse([[], []]) == {}


@given(_RANKINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_rankings_does_not_matter(rankings: list[list[int]], chance: random.Random) -> None:
    shuffled = list(rankings)
    chance.shuffle(shuffled)
    assert fuse(shuffled) == pytest.approx(fuse(rankings))
    assert set(fuse(rankings)) == {passage for ranking in rankings for passage in ranking}


@given(_RANKINGS.filter(lambda rankings: any(rankings)))
def test_the_best_of_every_ranking_wins(rankings: list[list[int]]) -> None:
    winner = 99
    assert next(iter(fuse([[winner, *ranking] for ranking in rankings]))) == winner


@given(st.permutations(range(6)), st.integers(1, 3))
def test_equal_sums_are_in_the_order_of_the_numbers(numbers: list[int], times: int) -> None:
    assert list(fuse([[number] for number in numbers] * times)) == sorted(numbers)


@given(_RANKINGS)
def test_scores_fall(rankings: list[list[int]]) -> None:
    ordered = list(fuse(rankings).items())
    assert ordered == sorted(ordered, key=lambda item: (-item[1], item[0]))
