"""Days as reports speak of them ("on Tuesday", "Sept. 19", "last month"), resolved where they can be read in one way.

What is relative is resolved only against a known day of publication, and the words are kept beside it. Where they
leave two readings they stay as written: a date is never guessed. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from kb.article import day_range

__all__ = ["MONTH", "MONTH_NAME", "Day", "Precision", "month_number", "precision", "resolved"]

Precision = Literal["day", "month", "year", "unknown"]

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
"""Matches a month's name, also shortened, where case does not count."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def month_number(name: str) -> int:
    """1 for "January", "Jan." or "jan"."""
    return _MONTHS.index(name[:3].lower()) + 1


def precision(iso: str | None) -> Precision:
    """How precise an ISO date is, as it is written: "2023-09" is known to the month."""
    names: dict[int, Precision] = {4: "year", 7: "month", 10: "day"}
    return names[len(iso)] if iso else "unknown"


@dataclass(frozen=True, slots=True)
class Day:
    """A day, month or year that a text speaks of: `text[start:end] == written`."""

    start: int
    end: int
    written: str
    iso: str | None
    """As precise as the words are; None if they cannot be resolved, or can in two ways."""

    @property
    def precision(self) -> Precision:
        return precision(self.iso)


def resolved(text: str, published: str | None) -> list[Day]:
    """Every day, month and year that `text` names, in order, without overlaps. `published` is the ISO date of the
    article, as precise as it is known; without it only what is written in full is resolved.

    Raises:
        ValueError: `published` is no ISO date.
    """
    if published is not None:
        day_range(published)
    return [
        Day(match.start(), match.end(), match[0], _resolve(match, published))
        for match in _EXPRESSION.finditer(text)
        if not _is_a_name(match) and not _recurs(match)
    ]


_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MONTH_NAME = (
    r"(?:Jan(?:uary|\b\.?)|Feb(?:ruary|\b\.?)|Mar(?:ch|\b\.?)|Apr(?:il|\b\.?)|May|June?|July?|Aug(?:ust|\b\.?)"
    r"|Sept?(?:ember|\b\.?)|Oct(?:ober|\b\.?)|Nov(?:ember|\b\.?)|Dec(?:ember|\b\.?))(?!\w)"
)
"""The same where capitals count: "may" and "march" are verbs."""
_WEEKDAY_NAME = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_ORDINAL = r"(?:st|nd|rd|th)?"
_YEAR = r"(?:1[5-9]|20)\d{2}"
_CLAUSE = 400  # characters to either side in which a verb is looked for
_EXPRESSION = re.compile(
    rf"""(?<![\w/-])(?:
      (?:(?P<weekday>{_WEEKDAY_NAME}),?\s+)?(?:
          (?P<day>\d{{1,2}}){_ORDINAL}(?:\s+of)?\s+(?P<month>{MONTH_NAME})(?:,?\s+(?P<year>{_YEAR}))?
        | (?P<us_month>{MONTH_NAME})\s+(?P<us_day>\d{{1,2}}){_ORDINAL}(?!\d)(?:,?\s+(?P<us_year>{_YEAR}))?
      )
    | (?P<iso_year>{_YEAR})-(?P<iso_month>\d{{2}})-(?P<iso_day>\d{{2}})
    | (?P<num_one>\d{{1,2}})(?P<sep>[./])(?P<num_two>\d{{1,2}})(?P=sep)(?P<num_year>{_YEAR})
    | (?P<month_year>{MONTH_NAME}),?\s+(?:of\s+)?(?P<of_year>{_YEAR})
    | (?:(?P<which_month>last|this|next)\s+|(?<=\bin\s)|(?<=\bsince\s)|(?<=\bof\s)|(?<=\bby\s)|(?<=\bfrom\s)
        |(?<=\buntil\s)|(?<=\bduring\s)|(?<=\bearly\s)|(?<=\blate\s)|(?<=\bmid-)|(?<=\bin\searly\s)|(?<=\bin\slate\s)
      )(?P<bare_month>{MONTH_NAME})(?!\s+\d)
    | (?:(?P<which_day>last|this|next)\s+)?(?P<bare_weekday>{_WEEKDAY_NAME})(?!s)
    | (?P<today>today|tonight|this\s+(?:morning|afternoon|evening))
    | (?P<before>the\s+day\s+before\s+yesterday)
    | (?P<yesterday>yesterday|last\s+night)
    | (?P<after>the\s+day\s+after\s+tomorrow)
    | (?P<tomorrow>tomorrow)
    | (?P<ago>\d{{1,2}}|{"|".join(_NUMBER_WORDS)})\s+days?\s+ago
    | (?P<which>last|this|next)\s+(?P<span>month|year|week(?:end)?)
    | (?:(?<=\bin\s)|(?<=\bsince\s)|(?<=\bof\s)|(?<=\bfrom\s)|(?<=\buntil\s)|(?<=\bduring\s)|(?<=\bbefore\s)
        |(?<=\bafter\s)|(?<=\bearly\s)|(?<=\blate\s)|(?<=\bmid-))(?P<bare_year>(?:19|20)\d{{2}})
    )(?!\w|[-/]\d|[.,]\d|-year)""",
    re.VERBOSE | re.IGNORECASE,
)
_THROUGH = re.compile(  # "from 27 September to 10 November 2020": the year of the end is the year of the start
    rf"""\s*(?:to|and|until|till|through|[–—-])\s*(?:{_WEEKDAY_NAME},?\s+)?(?:
        \d{{1,2}}{_ORDINAL}\s+(?P<month>{MONTH_NAME}),?\s+(?P<year>{_YEAR})
      | (?P<us_month>{MONTH_NAME})\s+\d{{1,2}}{_ORDINAL},?\s+(?P<us_year>{_YEAR}))\b""",
    re.VERBOSE,
)
_NAMED = re.compile(r"\b(?:Bloody|Black|Palm|Easter|Good|Super|Cyber|Ash|Holy|Maundy|Shrove|White)\s+\Z")
_NAMES = re.compile(r"\s+(?:Times|Telegraph|Mail|Express|Herald|Mirror|Night|Agreement|Prayers?\b)")
_MID_SENTENCE = re.compile(r"[\w,)]\s+\Z")
_RECURRING = re.compile(
    r"\b(?:every|each|any|most|many|some|one|another|a|per|between|weekly)(?:\s+other)?\s+\Z", re.IGNORECASE
)


def _is_a_name(match: re.Match[str]) -> bool:
    """Whether the words name something else: a holy day, a newspaper, or a month's name that is a verb."""
    name = match["bare_weekday"] or match["bare_month"] or match["month"] or match["us_month"] or match["month_year"]
    if name and not name[0].isupper():
        return True
    if not match["bare_weekday"]:
        word = match["today"] or match["yesterday"] or match["tomorrow"]
        # "USA TODAY", "CBS This Morning"
        return bool(
            word
            and word[0].isupper()
            and _MID_SENTENCE.search(match.string[max(0, match.start() - 20) : match.start()])
        )
    before, after = match.string[max(0, match.start() - 20) : match.start()], match.string[match.end() :]
    return bool(_NAMED.search(before) or _NAMES.match(after[:20]))


def _recurs(match: re.Match[str]) -> bool:
    """ "every Friday" is no day."""
    return bool(match["bare_weekday"] and _RECURRING.search(match.string[max(0, match.start() - 20) : match.start()]))


def _resolve(match: re.Match[str], published: str | None) -> str | None:
    if match["iso_year"]:
        return _iso(int(match["iso_year"]), int(match["iso_month"]), int(match["iso_day"]))
    if match["num_year"]:
        one, two = int(match["num_one"]), int(match["num_two"])
        # "3/2/2017" is March to one reader and February to another.
        month, day = (one, two) if two > 12 else (two, one)
        return _iso(int(match["num_year"]), month, day) if max(one, two) > 12 or one == two else None
    if match["month_year"]:
        return _iso(int(match["of_year"]), month_number(match["month_year"]))
    if match["bare_year"]:
        return match["bare_year"]
    if name := match["month"] or match["us_month"]:
        day = int(match["day"] or match["us_day"])
        return _day_of_month(match, month_number(name), day, match["year"] or match["us_year"], published)
    if published is None:
        return None
    if match["bare_month"]:
        return _month_alone(match, published)
    if match["span"]:
        return _span(match, published)
    return _relative(match, date.fromisoformat(published)) if precision(published) == "day" else None


def _iso(year: int, month: int, day: int | None = None) -> str | None:
    try:
        found = date(year, month, day or 1).isoformat()
    except ValueError:
        return None
    return found if day else found[:7]


def _day_of_month(match: re.Match[str], month: int, day: int, year: str | None, published: str | None) -> str | None:
    weekday = _WEEKDAYS.index(match["weekday"].lower()) if match["weekday"] else None
    if not year and (through := _THROUGH.match(match.string, match.end())):
        last = month_number(through["month"] or through["us_month"])
        year = str(int(through["year"] or through["us_year"]) - (month > last))
    if year:
        found = _iso(int(year), month, day)
        # A weekday that does not fit says that one of the two is wrong.
        return found if found and weekday in (None, date.fromisoformat(found).weekday()) else None
    if published is None or precision(published) == "year":
        return None
    said = date.fromisoformat(published if precision(published) == "day" else f"{published}-15")
    possible = [date.fromisoformat(i) for y in (-1, 0, 1) if (i := _iso(said.year + y, month, day))]
    if weekday is not None:
        possible = [when for when in possible if when.weekday() == weekday]
        return possible[0].isoformat() if len(possible) == 1 else None
    found_date = _likely(possible, said, _looks_ahead(match))
    return found_date.isoformat() if found_date else None


def _likely(possible: list[date], said: date, ahead: bool | None) -> date | None:
    """The day that is meant when no year is given: the one that two of three rules give, which are the latest that is
    past, the one of the same year, and the nearest. It lies ahead only where the words do."""
    past = [when for when in possible if when <= said]
    coming = [when for when in possible if when > said]
    if ahead:
        return min(coming, default=None)
    votes = [
        max(past, default=None),
        next((when for when in possible if when.year == said.year), None),
        min(possible, key=lambda when: abs(when - said), default=None),
    ]
    found = next((vote for vote in votes if vote is not None and votes.count(vote) > 1), None)
    return found if found and (found <= said) else None


def _month_alone(match: re.Match[str], published: str) -> str | None:
    if precision(published) == "year":
        return None
    month, which = month_number(match["bare_month"]), (match["which_month"] or "").lower()
    said = date.fromisoformat(f"{published[:7]}-01")
    possible = [date(said.year + y, month, 1) for y in (-1, 0, 1)]
    if which == "this":
        return possible[1].isoformat()[:7]
    if which == "last" and possible[1] < said:
        return None  # some mean this year's by it, and some the one before
    ahead = True if which == "next" else False if which == "last" else _looks_ahead(match)
    found = _likely(possible, said, ahead)
    return found.isoformat()[:7] if found else None


def _span(match: re.Match[str], published: str) -> str | None:
    step = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
    span = match["span"].lower()
    year, known = int(published[:4]), precision(published)
    if span == "year":
        return f"{year + step:04}"
    if span == "month" and known != "year":
        months = year * 12 + int(published[5:7]) - 1 + step
        return f"{months // 12:04}-{months % 12 + 1:02}"
    return None  # a week has no name


def _relative(match: re.Match[str], said: date) -> str | None:
    if match["bare_weekday"]:
        found = _weekday(match, said)
        return found.isoformat() if found else None
    steps = {"today": 0, "yesterday": -1, "tomorrow": 1, "before": -2, "after": 2}
    step = next((steps[name] for name in steps if match[name]), None)
    if step is None:
        number = match["ago"].lower()
        step = -(_NUMBER_WORDS.index(number) + 1 if number in _NUMBER_WORDS else int(number))
    return (said + timedelta(days=step)).isoformat()


def _weekday(match: re.Match[str], said: date) -> date | None:
    """The latest such day up to that of publication, or the first after it where the words look ahead."""
    back = (said.weekday() - _WEEKDAYS.index(match["bare_weekday"].lower())) % 7
    latest, coming = said - timedelta(days=back), said + timedelta(days=(7 - back) % 7)
    which = (match["which_day"] or "").lower()
    if which in ("last", "next"):
        # To some the nearest one, to some the one of the week before or after: known where these are the same.
        found = latest if which == "last" else coming
        return found if abs(_week(found) - _week(said)) == 7 else None
    ahead = _looks_ahead(match)
    # Of the day before last week's end reports say "last Friday"; without that, the date is a day early or late.
    if ahead is None or (not ahead and back == 6):
        return None
    return coming if ahead else latest


def _week(day: date) -> int:
    """The number of the Monday before, or of this one."""
    return day.toordinal() - day.weekday()


_CLAUSE_ENDS = re.compile(r"[!?;\n]|\.(?=[\"'”’)]*\s+[\"'“‘(]*[A-Z])")
_TOUCHES = re.compile(
    r"\b(?:by|until|till|before|through|starting|beginning|effective|ahead\s+of)\s+(?:(?:on|early|late)\s+)?\Z",
    re.IGNORECASE,
)
_RULING: tuple[tuple[bool | None, re.Pattern[str]], ...] = (
    (
        True,
        re.compile(
            r"\b(?:(?:will|shall|won['’]t)(?:\s+(?:not|also|now|again))?\s+[a-z]+|upcoming|going\s+to|plan(?:s|ned|ning)?\s+(?:to|for)|scheduled|slated|due"
            r"|set\s+(?:to|for)|expected|expects?|intends?|hopes?\s+to|(?:is|are)\s+to\s+[a-z]+)\b|['’]ll\s+[a-z]+",
            re.IGNORECASE,
        ),
    ),
    (
        None,
        re.compile(
            r"\b(?:(?:would|could|may|might|should|must)\s+[a-z]+"
            r"|to\s+(?!the\b|an?\b|his\b|her\b|their\b|its\b|this\b|that\b|at\b|about\b|[a-z]+s\b)[a-z]+"
            r"|begins?|opens?|starts?|meets?|votes?|resumes?|visits?|travels?|faces?|ends?|expires?|goes|arrives?)\b"
        ),
    ),
    (
        False,
        re.compile(
            r"\b(?:said|told|was|were|had|did|has|have|[a-z]{2,}ed|saw|came|went|began|took|fell|hit|shot|met|left|spoke"
            r"|gave|got|held|made|struck|broke|rose|led|fled|sent|wrote|found|lost|won|brought|built|flew|drove|kept|put"
            r"|set|cut|laid|swore|hung|ran|sank|stood|threw|paid|sought|bore|blew|caught|chose|fought|knew|read|sat|sold"
            r"|thought|tore|withdrew|overran|became)\b"
        ),
    ),
)


def _looks_ahead(match: re.Match[str]) -> bool | None:
    """Whether the clause speaks of what is still to come; None if it may or may not.

    The verb that stands nearest before the expression rules it; for one that opens its clause, the first after it.
    """
    text, start, end = match.string, match.start(), match.end()
    first = max(0, start - _CLAUSE)
    first = max((m.end() for m in _CLAUSE_ENDS.finditer(text, first, start)), default=first)
    stop = _CLAUSE_ENDS.search(text, end, end + _CLAUSE)
    if _TOUCHES.search(text, first, start):
        return None
    before = [(m.end(), kind) for kind, verb in _RULING for m in verb.finditer(text, first, start)]
    if before:
        return max(before, key=lambda found: found[0])[1]
    after = [
        (m.start(), kind)
        for kind, verb in _RULING
        for m in verb.finditer(text, end, stop.start() if stop else end + _CLAUSE)
    ]
    return min(after, key=lambda found: found[0])[1] if after else False
