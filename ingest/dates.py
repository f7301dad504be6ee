"""Dates as people write them, read only where they can be read in one way. Nothing is ever guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from kb.days import MONTH, month_number

__all__ = ["WrittenDate", "leading", "read"]

_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?\s+"
_FULL = re.compile(
    rf"""(?P<weekday>{_WEEKDAY})?(?:
        (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+(?P<month>{MONTH}),?[\s-]+(?P<year>\d{{4}})
      | (?P<us_month>{MONTH})\s+(?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<us_year>\d{{4}})
      | (?P<iso_year>\d{{4}})(?P<iso_sep>[-/.])(?P<iso_month>\d{{1,2}})(?P=iso_sep)(?P<iso_day>\d{{1,2}})
      | (?P<one>\d{{1,2}})(?P<sep>[-/.])(?P<two>\d{{1,2}})(?P=sep)(?P<num_year>\d{{4}})
    )(?![\d/-])""",
    re.IGNORECASE | re.VERBOSE,
)
_TIME = re.compile(
    r"""(?:T|,?\s+(?:at\s+|[-–|]\s*)?)
        \d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?
        (?:\s?[ap]\.?m\b\.?)?
        (?:\s?(?:Z\b|[+-]\d{2}:?(?:\d{2})?|\(?(?:GMT|UTC|BST|CES?T|EE?S?T|[ECMP][SD]?T|IST|MSK)\)?))?
        (?:\s\([A-Z]{2,5}\))?""",
    re.IGNORECASE | re.VERBOSE,
)
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T\d{4,6}Z?)?")
_MONTH_ONLY = re.compile(
    rf"(?P<name>{MONTH}),?\s+(?P<year>\d{{4}})|(?P<iso>\d{{4}})-(?P<number>\d{{2}})", re.IGNORECASE
)
_EARLIEST_YEAR = 1500  # printed news is not older; "0001" in a date field means that nobody filled it in
_LONGEST = 100  # characters: no way of writing a date is longer


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A full date that a text opens with, and how far it reaches, with the time of day if one follows."""

    iso: str
    end: int
    has_weekday: bool


def leading(text: str) -> WrittenDate | None:
    """The full date that `text` opens with. None if there is none, or it is ambiguous, impossible or in the future."""
    head = text[:_LONGEST]
    match = _FULL.match(head)
    if match is None:
        return None
    iso = _valid(*_parts(match))
    if iso is None:
        return None
    time = _TIME.match(head, match.end())
    return WrittenDate(iso, time.end() if time else match.end(), bool(match["weekday"]))


def read(written: str) -> str | None:
    """The date that `written` names and nothing else, as an ISO date no more precise than it was given.

    None for "2/3/2017", which is March to one reader and February to another, and for days still to come.
    """
    written = " ".join(written[: _LONGEST + 1].split())
    if re.fullmatch(r"\d{4}", written):
        return _valid(int(written))
    if match := _COMPACT.fullmatch(written):
        return _valid(*(int(part) for part in match.groups()))
    if match := _MONTH_ONLY.fullmatch(written):
        if match["name"]:
            return _valid(int(match["year"]), month_number(match["name"]))
        return _valid(int(match["iso"]), int(match["number"]))
    found = leading(written)
    return found.iso if found and found.end == len(written) else None


def _parts(match: re.Match[str]) -> tuple[int, int, int]:
    """Year, month and day; an ambiguous order gives day 0, which no calendar has."""
    if match["month"]:
        return int(match["year"]), month_number(match["month"]), int(match["day"])
    if match["us_month"]:
        return int(match["us_year"]), month_number(match["us_month"]), int(match["us_day"])
    if match["iso_year"]:
        return int(match["iso_year"]), int(match["iso_month"]), int(match["iso_day"])
    one, two = int(match["one"]), int(match["two"])
    if one > 12 or one == two:
        return int(match["num_year"]), two, one
    return int(match["num_year"]), one, two if two > 12 else 0


def _valid(year: int, month: int | None = None, day: int | None = None) -> str | None:
    try:
        first = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)  # it may be tomorrow already east of here
    if year < _EARLIEST_YEAR or first > tomorrow:
        return None
    return first.isoformat()[: 4 if month is None else 7 if day is None else 10]
