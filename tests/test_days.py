"""Days in running text: resolved against the day of publication where that leaves one reading, else kept as written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.days import precision, resolved

TUESDAY = "2023-09-19"


def found(text: str, published: str | None = TUESDAY) -> list[tuple[str, str | None]]:
    return [(day.written, day.iso) for day in resolved(text, published)]


@pytest.mark.parametrize(
    ("text", "written", "iso"),
    [
        ("Six people died, Azerbaijan said on Tuesday.", "Tuesday", "2023-09-19"),
        ("Shells fell on Monday night.", "Monday", "2023-09-18"),
        ("The talks held Thursday failed.", "Thursday", "2023-09-14"),
        ("Talks will resume on Friday.", "Friday", "2023-09-22"),
        ("On Friday, the council will vote.", "Friday", "2023-09-22"),
        ("The ministry said it will answer on Tuesday.", "Tuesday", "2023-09-19"),
        ("The ministry said on Monday it will answer.", "Monday", "2023-09-18"),
        ("The truck was stopped last Friday.", "last Friday", "2023-09-15"),
        ("They meet next Monday.", "next Monday", "2023-09-25"),
        ("The toll rose on Monday, Sept. 18.", "Monday, Sept. 18", "2023-09-18"),
        ("Fire was heard yesterday.", "yesterday", "2023-09-18"),
        ("Two days ago the road was open.", "Two days ago", "2023-09-17"),
        ("The road was closed last month.", "last month", "2023-08"),
        ("The war ended earlier this year.", "this year", "2023"),
        ("Fighting began in April.", "April", "2023-04"),
        ("He was shot on 12 July.", "12 July", "2023-07-12"),
        ("The vote is scheduled for Dec. 5.", "Dec. 5", "2023-12-05"),
    ],
)
def test_what_is_said_of_a_day_is_resolved_against_the_day_of_publication(text: str, written: str, iso: str) -> None:
    assert found(text) == [(written, iso)]


def test_the_year_is_the_likely_one_and_a_weekday_settles_it() -> None:
    assert found("He was shot on Dec. 28.", "2020-01-03") == [("Dec. 28", "2019-12-28")]
    assert found("He fell on Saturday, Dec. 28.", "2020-11-27") == [("Saturday, Dec. 28", "2019-12-28")]
    assert found("Fighting began in November.", "2020-01-03") == [("November", "2019-11")]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("They agreed to meet on Friday.", "Friday"),  # past or coming
        ("By Friday the road was open.", "Friday"),
        ("The mission would leave on Friday.", "Friday"),
        ("Troops came on Wednesday.", "Wednesday"),  # the day after publication: the date is a day off, or it is old
        ("The truck was stopped last Monday.", "last Monday"),  # yesterday or a week before
        ("They meet next Friday.", "next Friday"),
        ("It began on Friday, 19 September.", "Friday, 19 September"),  # it was none in the years around
        ("Sales grew on 3/2/2017.", "3/2/2017"),
        ("Shelling went on last week.", "last week"),
        ("It was published on 31 February.", "31 February"),
        ("Fighting began last April.", "last April"),
        ("Houses burnt on 30 October.", "30 October"),  # eleven months past, or still to come
    ],
)
def test_what_has_two_readings_stays_as_written(text: str, written: str) -> None:
    assert found(text) == [(written, None)]


@pytest.mark.parametrize(
    ("text", "written", "iso"),
    [
        ("Shusha fell on 8 November 2020.", "8 November 2020", "2020-11-08"),
        ("On Sunday, Nov. 8, 2020, it fell.", "Sunday, Nov. 8, 2020", "2020-11-08"),
        ("On Monday, Nov. 8, 2020, it fell.", "Monday, Nov. 8, 2020", None),
        ("(2020-11-08) It fell.", "2020-11-08", "2020-11-08"),
        ("It fell on 28.9.2020.", "28.9.2020", "2020-09-28"),
        ("The war of September 2020 is over.", "September 2020", "2020-09"),
        ("They fought in 1994 for the last time.", "1994", "1994"),
        ("It fell on Tuesday.", "Tuesday", None),
        ("It fell on 8 November.", "8 November", None),
        ("It fell last year.", "last year", None),
    ],
)
def test_without_a_day_of_publication_only_full_dates_are_resolved(text: str, written: str, iso: str | None) -> None:
    assert found(text, None) == [(written, iso)]


def test_a_range_has_one_year() -> None:
    assert found("from 27 September to 10 November 2020", None) == [
        ("27 September", "2020-09-27"),
        ("10 November 2020", "2020-11-10"),
    ]
    assert found("from December 1 to January 3, 2021", None)[0] == ("December 1", "2020-12-01")


@pytest.mark.parametrize(
    ("published", "text", "iso"),
    [
        ("2023-09", "It fell on Tuesday.", None),
        ("2023-09", "It fell last month.", "2023-08"),
        ("2023-01", "It fell last month.", "2022-12"),
        ("2023", "It fell last month.", None),
        ("2023", "It fell last year.", "2022"),
        ("2023-09", "It fell in June.", "2023-06"),
        ("2023", "It fell in June.", None),
    ],
)
def test_a_coarse_date_of_publication_resolves_only_what_is_as_coarse(
    published: str, text: str, iso: str | None
) -> None:
    assert [day.iso for day in resolved(text, published)] == [iso]


@pytest.mark.parametrize(
    "text",
    [
        "Every Friday they march, and may march on.",
        "Bloody Sunday was in the Sunday Times.",
        "They meet on a Tuesday, or on Tuesdays.",
        "USA TODAY reported it, and CBS This Morning too.",
        "Resolution 2254, 2,000 people, the F-16, 2020-21 and 1.10.25 are no days.",
        "He may go; she may not. The mar of it, the dec of it.",
    ],
)
def test_what_names_no_day_is_none(text: str) -> None:
    assert found(text) == []


def test_precision_is_told_by_how_it_is_written() -> None:
    assert [precision(iso) for iso in ("2023-09-19", "2023-09", "2023", None)] == ["day", "month", "year", "unknown"]


def test_a_publication_date_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a date"):
        resolved("on Tuesday", "Tuesday")


_WORDS = st.sampled_from(
    "on last next Tuesday Friday, May march 19 Sept. 2020 in will said by to yesterday 31 since . 2020-11-08 \n".split(
        " "
    )
)


@given(st.lists(_WORDS, max_size=30).map(" ".join), st.sampled_from([None, "2020", "2020-02", "2020-02-29"]))
def test_days_are_slices_in_order_and_real(text: str, published: str | None) -> None:
    days = resolved(text, published)
    assert all(text[day.start : day.end] == day.written for day in days)
    assert all(left.end <= right.start for left, right in pairwise(days))
    assert all(precision(day.iso) == day.precision for day in days)
