from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.article import Article, Boilerplate, Passage, Span
from kb.passages import sentences, split
from tests.conftest import article

# Letters with combining marks, emoji of several code points, right-to-left text, every kind of line end and space.
_PIECES = st.sampled_from(
    [
        *("Mr. Smith said. ", "“He left. She stayed.” ", "R-N.H., ", "U.S. ", "1,960 ", "a" * 900),
        *("é́", "👩‍👩‍👧", "مرحبا بالعالم. ", "שלום. ", "。"),
        *("\r\n", "\r", "\n", "\n\n", "\u2028", "\x85", "\t", " ", "\u200f", "\ufeff"),
        *("...", "?!", '"', "‘"),
    ]
)
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=20)), max_size=60).map("".join)
_STORABLE = _TEXTS.filter(lambda text: text.isascii() or _encodes(text))


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _marked(text: str, cuts: list[int]) -> tuple[Boilerplate, ...]:
    at = sorted({cut % (len(text) + 1) for cut in cuts})
    return tuple(Boilerplate(start, end, "test") for start, end in zip(at[::2], at[1::2], strict=False))


@given(_STORABLE, st.lists(st.integers(0, 10_000), max_size=6))
@settings(max_examples=400)
def test_passages_and_sentences_are_slices_that_miss_nothing(text: str, cuts: list[int]) -> None:
    source = Article(text=text, title="", source="s", boilerplate=_marked(text, cuts))
    passages = split(source)
    spans = [sentence for passage in passages for sentence in passage.sentences]
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert passage.sentences[0].start == passage.start
        assert passage.sentences[-1].end == passage.end
    for sentence in spans:
        assert sentence.of(text) == sentence.of(text).strip() != ""
        assert not any(sentence.overlaps(mark.span) for mark in source.boilerplate)
    assert all(left.end <= right.start for left, right in itertools.pairwise(spans))
    covered = set().union(*(range(s.start, s.end) for s in spans), *(range(m.start, m.end) for m in source.boilerplate))
    assert all(text[place].isspace() for place in set(range(len(text))) - covered)


def test_a_megabyte_on_one_line_is_cut_in_bounded_pieces_and_time() -> None:
    for text in ("a" * 1_000_000, "word " * 200_000, "Mr. X. " * 140_000):
        begun = time.perf_counter()
        passages = split(article(text))
        assert time.perf_counter() - begun < 20  # seconds now 0.5; a quadratic cut takes hours
        assert max(len(passage.text) for passage in passages) <= 2000
        assert "".join("".join(p.text.split()) for p in passages) == "".join(text.split())


@pytest.mark.parametrize("text", ["", " ", "\n\n", "A title"])
def test_nothing_but_white_space_or_headline_gives_no_passage(text: str) -> None:
    assert split(article(text)) == []


def _said(text: str) -> list[str]:
    return [sentence.of(text) for sentence in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The U.S. Senate met at 5 p.m. on Tuesday. It left.",
            ["The U.S. Senate met at 5 p.m. on Tuesday.", "It left."],
        ),
        ("Sen. A. Smith, R-N.H., said so. Gen. B agreed.", ["Sen. A. Smith, R-N.H., said so.", "Gen. B agreed."]),
        ("He said: “We left. They stayed.” Then he went.", ["He said: “We left. They stayed.”", "Then he went."]),
        ("A heading\n\nA sentence.", ["A heading", "A sentence."]),
        ("One.\r\nTwo.\rThree.", ["One.", "Two.", "Three."]),
        ("No full stop at the end", ["No full stop at the end"]),
    ],
)
def test_sentences_of_the_news(text: str, expected: list[str]) -> None:
    assert _said(text) == expected


def test_lines_broken_at_a_fixed_width_are_one_sentence() -> None:
    first = "The ministry said on Tuesday that the road would be opened again as\nsoon as the mines had been cleared."
    assert _said(f"{first} It left.") == [first, "It left."]


def test_a_passage_never_crosses_boilerplate() -> None:
    text = "Before it.\nPhoto: nobody\nAfter it."
    found = split(article(text, boilerplate=(Boilerplate(11, 24, "photo credit"),)))
    assert [passage.text for passage in found] == ["Before it.", "After it."]


def test_the_headline_is_in_no_passage() -> None:
    found: list[Passage] = split(article("A title\n\nThe story.", "A title"))
    assert [(p.start, p.text) for p in found] == [(9, "The story.")]
    assert found[0].sentences == (Span(9, 19),)
