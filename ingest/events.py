"""From a row of an event table to a short text that can be cited. Pure.

Two tables are known, by their columns: UCDP GED and ACLED. The text says what the row's cells say, in sentences; no
cell is interpreted beyond its column. What has no value is left out. The day of an event is not a day of publication,
which neither table gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ingest import dates
from ingest.pages import Found

__all__ = ["EventTable", "is_tags", "table_of"]

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EventTable:
    """A kind of table whose rows are events."""

    name: str
    columns: frozenset[str]
    """By which it is recognised; none of them is missing."""
    read: Callable[[Row], dict[str, Found] | str]
    """A row's article by our names, or the reason why there is none."""


def table_of(header: Sequence[str]) -> EventTable | None:
    """The kind of event table that has these columns. None if it is none."""
    names = {name.strip().lower() for name in header}
    return next((table for table in _TABLES if table.columns <= names), None)


def is_tags(row: Iterable[str]) -> bool:
    """Whether it is the row below the header in which the Humanitarian Exchange Language puts its tags."""
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and all(re.fullmatch(r"#[a-z]\w*(?:\s*\+\s*\w+)*", cell) for cell in filled)


_VIOLENCE = {"1": "state-based conflict", "2": "non-state conflict", "3": "one-sided violence"}  # UCDP's own names


def _ucdp(row: Row) -> dict[str, Found] | str:
    when = _when(row["date_start"], row["date_end"])
    sides = _between(row["side_a"], row["side_b"])
    if not (when and sides):
        return "no sides or no date in the row"
    kind = _VIOLENCE.get(row["type_of_violence"], "violence")
    what = f"{kind} by {row['side_a']} against {row['side_b']}" if kind.startswith("one") else f"{kind} {sides}"
    spot, described = row.get("where_coordinates", ""), row.get("where_description", "")
    place = _places(spot or described, row.get("adm_2"), row.get("adm_1"), row.get("country"))
    reports = _reports(row)
    sentences = [
        f"UCDP recorded {what}{f' in {place}' if place else ''} {when}{_numbered(row['id'])}.",
        _estimate(row, f"{f'in {spot} ' if spot else ''}{when}"),
        _by_side(row),
        f"The place is described as: {described}." if spot and described not in ("", spot) else "",
        f"Sources: {reports}." if reports else "",
        f"Named there as the source: {row['source_original']}." if row.get("source_original") else "",
    ]
    days = _span(row["date_start"], row["date_end"])
    title = f"{_rivals(row['side_a'], row['side_b'])}, {spot or row.get('country', '')}, {days}".replace(", , ", ", ")
    offices = {office.strip() for office in row.get("source_office", "").split(";") if office.strip()}
    found = _article("UCDP GED", title, sentences, row["id"])
    if len(offices) == 1:
        found["origin"] = Found(offices.pop(), 'column "source_office"')
    return found


def _estimate(row: Row, there: str) -> str:
    """The toll, in a sentence that can be quoted by itself."""
    best, low, high = (row[name] for name in ("best", "low", "high"))
    if not best:
        return ""
    bounds = f", low estimate {low}, high estimate {high}" if low and high else ""
    people = "person was" if best == "1" else "people were"
    return f"UCDP estimates that {best} {people} killed {there} (best estimate {best}{bounds})."


def _by_side(row: Row) -> str:
    counts = [
        f"{row[column]} {of}"
        for column, of in (
            ("deaths_a", f"of {row['side_a']}"),
            ("deaths_b", f"of {row['side_b']}"),
            ("deaths_civilians", "civilian" if row.get("deaths_civilians") == "1" else "civilians"),
            ("deaths_unknown", "of unknown affiliation"),
        )
        if row.get(column, "") not in ("", "0")
    ]
    return f"Counted among the dead: {', '.join(counts)}." if counts else ""


def _reports(row: Row) -> str:
    """Who reported it, when and under which headline. The cell holds such triples, each in quotes."""
    cell = row.get("source_article", "")
    triples = re.findall(r'"([^",]+),(\d{4}-\d{2}-\d{2}),(.*?)"(?:;|$)', cell)
    if triples and len(triples) == len(re.split(r'"\s*;\s*"', cell)):
        return "; ".join(dict.fromkeys(f"{who.strip()}, {_day(day)}, “{what.strip()}”" for who, day, what in triples))
    headline = row.get("source_headline", "")
    return f"{row.get('source_office') or cell}{f' (“{headline}”)' if headline else ''}".strip()


def _acled(row: Row) -> dict[str, Found] | str:
    when = _when(row["event_date"], row["event_date"])
    actors = _between(
        _with_allies(row["actor1"], row.get("assoc_actor_1", "")),
        _with_allies(row.get("actor2", ""), row.get("assoc_actor_2", "")),
    )
    if not (when and actors):
        return "no actor or no date in the row"
    sub = row.get("sub_event_type", "")
    kind = row["event_type"] + (f" ({sub})" if sub and sub != row["event_type"] else "")
    place = _places(row["location"], *(row.get(name) for name in ("admin3", "admin2", "admin1", "country")))
    killed = row.get("fatalities", "")
    sentences = [
        f"ACLED recorded {kind} {actors}{f' in {place}' if place else ''} {when}{_numbered(row['event_id_cnty'])}.",
        row.get("notes", ""),
        f"Reported fatalities: {killed}." if killed else "",
        f"Sources: {row['source']}." if row.get("source") else "",
    ]
    rivals = _rivals(row["actor1"], row.get("actor2", ""))
    days = _span(row["event_date"], row["event_date"])
    title = f"{row['event_type']}: {rivals}, {row['location']}, {days}".replace(", , ", ", ")
    return _article("ACLED", title, sentences, row["event_id_cnty"])


def _article(table: str, title: str, sentences: Iterable[str], number: str) -> dict[str, Found]:
    how = f"the table's columns ({table})"
    found = {
        "text": Found(" ".join(filter(None, sentences)), how),
        "title": Found(title, how),
        "outlet": Found(table.split()[0], how),
        "language": Found("en", how),
    }
    if number:
        found["id"] = Found(number, how)
    return found


def _with_allies(actor: str, allies: str) -> str:
    return f"{actor} (with {allies})" if actor and allies else actor


def _numbered(number: str) -> str:
    """The event's number, for two events may be alike in all else, and are two articles all the same."""
    return f" (event {number})" if number else ""


def _rivals(one: str, other: str) -> str:
    return " – ".join(filter(None, (one, other)))


def _between(one: str, other: str) -> str:
    if one and other:
        return f"between {one} and {other}"
    return f"involving {one or other}" if one or other else ""


def _places(*names: str | None) -> str:
    """The names from the smallest to the largest, each said once."""
    told: list[str] = []
    for name in names:
        if name and not any(name.lower() in place.lower() for place in told):
            told.append(name)
    return ", ".join(told)


def _when(start: str, end: str) -> str:
    first, last = _day(start), _day(end)
    if not first or not last or first == last:
        return f"on {first or last}" if first or last else ""
    return f"between {first} and {last}"


def _span(start: str, end: str) -> str:
    first, last = dates.read(start) or start, dates.read(end) or end
    return first if first == last or not last else f"{first} to {last}"


def _day(written: str) -> str:
    """The day in words, or as it is written if it can be read in two ways."""
    iso = dates.read(written)
    if iso is None or len(iso) < 10:
        return written
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


_TABLES = (
    EventTable(
        "UCDP GED",
        frozenset("id type_of_violence side_a side_b date_start date_end best low high".split()),
        _ucdp,
    ),
    EventTable("ACLED", frozenset("event_id_cnty event_date event_type actor1 location".split()), _acled),
)
