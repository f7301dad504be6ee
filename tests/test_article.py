from __future__ import annotations

from dataclasses import replace

import pytest

from kb.article import Article, Boilerplate, Span, article_id, day_range
from tests.conftest import article


def test_a_span_refuses_what_is_no_slice() -> None:
    for start, end in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match=f"not {start} and {end}"):
            Span(start, end)


def test_spans_overlap_only_if_they_share_a_character() -> None:
    assert Span(0, 3).overlaps(Span(2, 5))
    assert not Span(0, 3).overlaps(Span(3, 5))


def test_three_outlets_with_one_text_are_three_articles() -> None:
    ids = {article("Same words.", outlet=outlet).id for outlet in ("A", "B", None)}
    assert len(ids) == 3


def test_what_is_found_out_later_keeps_the_id() -> None:
    early = article("Words.", outlet="A")
    late = replace(early, published="2023-09-19", origin="Sample Wire", author="X", title="Other", source="elsewhere")
    assert late.id == early.id
    assert late.fingerprint != early.fingerprint


def test_the_url_tells_where_it_was_published_before_the_outlet_does() -> None:
    known = article("Words.", outlet="A", url="https://a.example/1")
    assert known.id == article_id("Words.", "https://a.example/1") != article("Words.", outlet="A").id


@pytest.mark.parametrize(
    ("text", "title", "start"),
    [
        ("Title\n\nBody.", "Title", 5),
        ("\n Title\nBody.", "Title", 7),
        ("Titles differ.\nBody.", "Title", 0),
        ("Body only.", "Title", 0),
        ("Title", "Title", 5),
        ("Body.", "", 0),
    ],
)
def test_the_story_begins_after_the_headline(text: str, title: str, start: int) -> None:
    assert article(text, title).body_start == start


@pytest.mark.parametrize(
    ("published", "days"), [("2023-09-19", 1), ("2023-09", 30), ("2024-02", 29), ("2023-12", 31), ("2023", 365)]
)
def test_a_date_covers_what_it_names(published: str, days: int) -> None:
    first, last = day_range(published)
    assert last - first + 1 == days * 86400


@pytest.mark.parametrize("wrong", ["", "19.9.2023", "2023-13", "2023-02-30", "2023-9-1", "0000", "9999", "yesterday"])
def test_what_is_no_date_is_refused_with_its_value(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        day_range(wrong)


def test_the_fingerprint_sees_every_field_that_ingest_can_change() -> None:
    plain = Article(text="Words.", title="T", source="s")
    changes: dict[str, object] = {
        "text": "Other.",
        "title": "U",
        "outlet": "O",
        "origin": "W",
        "author": "A",
        "published": "2020",
        "url": "u",
        "language": "en",
        "boilerplate": (Boilerplate(0, 1, "why"),),
        "provenance": {"title": "how"},
    }
    prints = {replace(plain, **{name: value}).fingerprint for name, value in changes.items()}  # type: ignore[arg-type]
    assert len(prints | {plain.fingerprint}) == len(changes) + 1
