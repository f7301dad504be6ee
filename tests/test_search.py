"""Ranking: what the words of a question are, what they weigh, who is heard first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.article import Hit, Passage, Span, day_range
from kb.query import Period, Query
from kb.search import Weighing, closeness, varied
from kb.words import _PLAIN, _WORD, content_words, stem, stems
from tests.conftest import article


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


def hit(text: str, outlet: str, score: float) -> Hit:
    known = article(text, outlet=outlet)
    return Hit(Passage(known.id, 0, len(text), text, (Span(0, len(text)),)), known, score)


def _weight(weighing: Weighing, text: str, published: str | None = None) -> float:
    found = hit(text, "A", 0)
    known = article(text, published=published)
    return weighing.of(Passage(known.id, 0, len(text), text, found.passage.sentences), known)


def test_a_passage_weighs_by_the_rarity_of_the_words_it_holds() -> None:
    weighing = Weighing({"mines": 3, "killed": 90, "absent": 0}, 100)
    weights = [_weight(weighing, text) for text in ("Mining killed six.", "A mine.", "Six were killed.", "None.")]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == pytest.approx(0.8), "words that no article holds do not count"
    assert weights[-1] == 0 < weights[-2]
    assert _weight(Weighing({}, 0), "Mines.") == 0


def test_words_in_one_sentence_weigh_more_than_words_apart() -> None:
    known = article("Mines were laid. Six died.")
    together, apart = (Span(0, 26),), (Span(0, 16), Span(17, 26))
    weighing = Weighing({"mines": 3, "died": 5}, 100)
    one, two = (weighing.of(Passage(known.id, 0, 26, known.text, spans), known) for spans in (together, apart))
    assert one > two


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What happened in October 2020?", "2020-10", "2020-10"),
        ("Who was killed on 19 September 2023?", "2023-09-19", "2023-09-19"),
        ("Who was killed on September 19th, 2023?", "2023-09-19", "2023-09-19"),
        ("What was agreed between 9 November 2020 and 1 December 2020?", "2020-11-09", "2020-12-01"),
        ("Attacks from 2019 to 2021", "2019", "2021"),
        ("What did Armenia say in 2022?", "2022", "2022"),
        ("What happened 2023-09-19?", "2023-09-19", "2023-09-19"),
    ],
)
def test_a_question_with_an_absolute_date_is_about_that_time(question: str, first: str, last: str) -> None:
    assert Query.parse(question).period == Period(day_range(first)[0], day_range(last)[1])


def test_since_and_until_leave_one_end_open() -> None:
    since, until = Query.parse("since the ceasefire of 10 November 2020").period, Query.parse("before May 2021").period
    assert since is not None
    assert until is not None
    assert since.gap(*day_range("2024")) == 0 < since.gap(*day_range("2019"))
    assert until.gap(*day_range("1990")) == 0 < until.gap(*day_range("2022"))


@pytest.mark.parametrize(
    "question",
    [
        "since the ceasefire",
        "in October",
        "2000 peacekeepers",
        "on 31 February 2020",
        "in 2020 or in 2021, or 2022",
        "",
    ],
)
def test_a_time_that_is_not_absolute_is_none(question: str) -> None:
    assert Query.parse(question).period is None


def test_what_is_quoted_is_a_phrase_if_it_is_more_than_a_word() -> None:
    assert Query.parse('Who called it "an absolute  lie" and “nonsense”?').phrases == ("an absolute lie",)


@given(st.text())
def test_any_question_can_be_parsed(text: str) -> None:
    assert Query.parse(text).words == tuple(content_words(text))


def test_closeness_in_time_fades_and_is_none_for_the_undated() -> None:
    october = Period(*day_range("2020-10"))
    within, soon, late = (closeness(day, october) for day in ("2020-10-17", "2020-11-05", "2022"))
    assert within == 1 > soon > late > 0
    assert closeness(None, october) == closeness("2020-10-17", None) == 0


def test_of_near_ties_the_voice_not_heard_yet_comes_first() -> None:
    hits = [hit("One.", "A", 1.0), hit("Two.", "A", 0.995), hit("Three.", "B", 0.99), hit("Four.", "B", 0.5)]
    assert [h.article.outlet for h in varied(hits, 3)] == ["A", "B", "A"]
    assert varied(hits, 1) == hits[:1]
    sides = {"One.": ["X"], "Two.": ["Y"], "Three.": ["X"], "Four.": []}
    assert [h.passage.text for h in varied(hits, 2, lambda h: sides[h.passage.text])] == ["One.", "Two."]


def test_a_clearly_better_hit_is_not_passed_over_for_variety() -> None:
    hits = [hit("One.", "A", 1.0), hit("Two.", "A", 0.9), hit("Three.", "B", 0.7)]
    assert varied(hits, 3) == hits


@given(st.text(st.characters(max_codepoint=127)))
def test_words_of_plain_letters_are_split_as_all_others(text: str) -> None:
    assert _PLAIN.findall(text.lower()) == _WORD.findall(text.lower())


@given(st.text())
def test_the_stems_of_a_text_are_those_of_its_content_words(text: str) -> None:
    assert stems(text) == frozenset(map(stem, content_words(text)))


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("xy"), st.integers(0, 6)), max_size=12),
    st.integers(0, 9),
)
def test_varied_takes_at_each_step_what_is_worth_most(drawn: list[tuple[str, str, int]], k: int) -> None:
    hits = [hit(f"{said} {n}", outlet, score / 100) for n, (outlet, said, score) in enumerate(drawn)]
    hits.sort(key=lambda h: -h.score)
    left, wanted, heard = list(hits), list[Hit](), list[str]()

    def worth(h: Hit) -> float:
        own = {h.article.outlet, h.passage.text[0]}
        return h.score - 0.02 * sum(heard.count(name or "") for name in own) / len(own)

    while left and len(wanted) < k:
        best = max(left, key=worth)
        left.remove(best)
        wanted.append(best)
        heard += {best.article.outlet or "", best.passage.text[0]}
    assert varied(hits, k, lambda h: {h.passage.text[0]}) == wanted
