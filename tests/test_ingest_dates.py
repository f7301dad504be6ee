"""Dates: read where they can be read in one way, as precise as they were written, and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import dates


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2023-09-19", "2023-09-19"),
        ("2023-09", "2023-09"),
        ("2023", "2023"),
        ("2023/09/19", "2023-09-19"),
        ("20230919", "2023-09-19"),
        ("2023-09-19T23:30:00-05:00", "2023-09-19"),
        ("2023-09-19 10:00:00.123 UTC", "2023-09-19"),
        ("Tue, 19 Sep 2023 10:00:00 GMT", "2023-09-19"),
        ("September 19, 2023", "2023-09-19"),
        ("Sept. 19, 2023 10:00 AM ET", "2023-09-19"),
        ("Tuesday, 19th of September 2023", "2023-09-19"),
        ("September 2023", "2023-09"),
        ("2/13/2017", "2017-02-13"),
        ("13/2/2017", "2017-02-13"),
        ("3.3.2017", "2017-03-03"),
    ],
)
def test_what_can_be_read_in_one_way_is_read(written: str, iso: str) -> None:
    assert dates.read(written) == iso


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2/3/2017",
        "30 February 2020",
        "2023-13-45",
        "0001-01-01",
        "yesterday",
        "19 September",
        "5 2023",
        "1505865600",
        "2023-09-19 or later",
        "9" * 5000,
    ],
)
def test_what_cannot_stays_unknown(written: str) -> None:
    assert dates.read(written) is None


def test_days_to_come_are_refused_but_for_the_one_that_has_begun_in_the_east() -> None:
    today = datetime.now(UTC).date()
    assert dates.read((today + timedelta(days=1)).isoformat())
    assert dates.read((today + timedelta(days=2)).isoformat()) is None
    assert dates.read(str(today.year + 1)) is None


@given(st.dates(max_value=datetime.now(UTC).date()).filter(lambda day: day.year >= 1500))
def test_every_day_is_read_however_it_is_written(day: object) -> None:
    assert (
        f"{day:%Y-%m-%d}"
        == dates.read(f"{day:%Y-%m-%d}")
        == dates.read(f"{day:%d %B %Y}")
        == dates.read(f"{day:%a %b %d %Y}")
    )


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = dates.leading(text)
    assert found is None or 0 < found.end <= len(text)
    dates.read(text)
