"""Ranking: what the words of a question are, how rankings are fused, how copies are collapsed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.article import Hit, Passage, Span
from kb.search import content_words, fuse, without_copies
from tests.conftest import article

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


def hit(text: str, outlet: str, score: float) -> Hit:
    known = article(text, outlet=outlet)
    return Hit(Passage(known.id, 0, len(text), text, (Span(0, len(text)),)), known, score)


def test_copies_are_kept_beside_the_first_with_the_same_words() -> None:
    wire, other = "The bridge was hit, officials said.", "Nobody was hurt."
    hits = [hit(wire, "A", 3), hit(other, "B", 2.5), hit(wire.upper().replace(",", " –"), "C", 2), hit(wire, "D", 1)]
    first, second = without_copies(hits)
    assert (first.article.outlet, first.score) == ("A", 3)
    assert [copy.article.outlet for copy in first.copies] == ["C", "D"]
    assert second == hits[1]


def test_passages_that_differ_in_one_word_are_no_copies() -> None:
    hits = [hit("Six people died.", "A", 2), hit("Seven people died.", "B", 1)]
    assert without_copies(hits) == hits
    assert without_copies([]) == []
