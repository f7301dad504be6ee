"""What a question says about where to look, beyond its words: phrases in quotation marks, and dates. Pure, by rule."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kb.article import day_range
from kb.words import content_words

__all__ = ["Period", "Query"]

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(_MONTHS)
_QUOTED = re.compile(r'"([^"]{3,100})"|“([^”]{3,100})”|«([^»]{3,100})»')
# One date in any of the ways people write it. A month without a year is none: it could be of any year.
_DATE = re.compile(
    rf"\b(?:(?P<iso>(?:19|20)\d\d-\d\d(?:-\d\d)?)"
    rf"|(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? )?(?P<month>{_MONTH})(?: (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)?,?"
    rf"(?: of)? (?P<year>(?:19|20)\d\d)"
    rf"|(?P<only>(?<![\d.,-])(?:19|20)\d\d(?![\d-]|[.,]\d)))\b",
    re.IGNORECASE,
)
# "since the ceasefire of 10 November 2020": what lies between is what happened then.
_SINCE = re.compile(r"\b(?:since|after|from|following|starting)\b[^,;.?]{0,40}$", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till|before|by|up to|through|prior to)\b[^,;.?]{0,40}$", re.IGNORECASE)
_PLAIN = re.compile(r"\b(?:in|on|of|during|for|throughout|dated|early|late|mid)[\s-]+(?:the\s+)?$", re.IGNORECASE)
_BETWEEN = re.compile(r"^\s*(?:and|to|until|till|through|[-–—])\s*$", re.IGNORECASE)
_EVER = (-(10**11), 10**11)  # seconds; farther away than any article


@dataclass(frozen=True, slots=True)
class Period:
    """From a first to a last second, Unix time, UTC; both count."""

    first: int
    last: int

    def gap(self, first: int, last: int) -> int:
        """How many seconds lie between this period and another; 0 if they share any."""
        return max(0, self.first - last, first - self.last)


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the search understands it."""

    words: tuple[str, ...]
    """Words that tell something, lower case, each once."""
    phrases: tuple[str, ...] = ()
    """What stands in quotation marks, if it is more than one word."""
    period: Period | None = None
    """The time that it is about, where it names an absolute date; then articles of that time are preferred, and no
    others left out: of a month is also written later."""

    @classmethod
    def parse(cls, text: str) -> Query:
        quoted = ("".join(match.groups(default="")) for match in _QUOTED.finditer(text))
        phrases = tuple(dict.fromkeys(" ".join(p.split()) for p in quoted if len(content_words(p)) > 1))
        return cls(tuple(content_words(text)), phrases, _period(text))


def _period(text: str) -> Period | None:
    """From the first date to the last if they are bound by "to" or "and"; else what stands before the only date says
    whether it is a beginning, an end or both. A bare year needs such a word, for 2000 may be a number."""
    dates = [(match, found) for match in _DATE.finditer(text) if (found := _range(match)) is not None]
    if len(dates) == 2 and _BETWEEN.match(text[dates[0][0].end() : dates[1][0].start()]):
        (first, _), (_, last) = sorted((dates[0][1], dates[1][1]))
        return Period(first, last)
    if len(dates) != 1:
        return None
    ((match, (first, last)),) = dates
    before = text[: match.start()]
    if _SINCE.search(before):
        return Period(first, _EVER[1])
    if _UNTIL.search(before):
        return Period(_EVER[0], last)
    return Period(first, last) if _PLAIN.search(before) or not match["only"] else None


def _range(match: re.Match[str]) -> tuple[int, int] | None:
    if match["iso"] or match["only"]:
        written = match["iso"] or match["only"]
    else:
        day = match["day"] or match["day2"]
        written = f"{match['year']}-{_MONTHS.index(match['month'].lower()) + 1:02}" + (f"-{int(day):02}" if day else "")
    try:
        return day_range(written)
    except ValueError:
        return None
