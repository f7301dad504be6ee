"""Pictures of what has dates and numbers, as charts that Gradio shows natively (Vega-Lite). Pure.

Vega draws texts as texts: whatever a speaker or an outlet is called, it cannot become markup. Colours are the page's
own variables, so that a chart follows light and dark like all else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.answer import Answer, Statement
from assistant.page.words import say
from assistant.rendering import dated

__all__ = ["Event", "Toll", "collection_chart", "events_of", "timeline_chart", "tolls_chart", "tolls_of"]

_OUTLETS = 7  # that have a colour of their own
_NAMED = 6  # days that are each named on the axis
_ROW = 44  # pixels of one side's line
_COLOURS = [f"var(--at-chart-{number})" for number in range(1, 9)]
_TEXT = "var(--at-quiet)"
_LINE = "var(--at-line)"


@dataclass(frozen=True, slots=True)
class Event:
    """A statement on its day."""

    day: str
    """ISO, as precise as it is known."""
    side: str | None
    statement: Statement


@dataclass(frozen=True, slots=True)
class Toll:
    """A figure on its day."""

    day: str
    speaker: str | None
    what: str
    low: int
    high: int
    citation: int


def events_of(answer: Answer) -> list[Event]:
    """The dated statements in the order of their days. One in which two sides speak is there for each."""
    found = []
    for statement in answer.statements:
        day = min((c.published for c in statement.citations if c.published), default=None)
        sides: Sequence[str | None] = list(dict.fromkeys(c.side for c in statement.claims if c.side)) or [None]
        found += [Event(day, side, statement) for side in sides if day]
    return sorted(found, key=lambda event: event.day)


def tolls_of(answer: Answer) -> list[Toll]:
    """The dated figures in the order of their days: as of when, else when they were published."""
    published = {citation.id: citation.published for citation in answer.citations}
    found = (
        Toll(day, f.speaker, f.what, f.low, f.high, f.citation)
        for f in answer.figures
        if (day := f.as_of or published.get(f.citation))
    )
    return sorted(found, key=lambda toll: toll.day)


def timeline_chart(events: Sequence[Event]) -> Any:
    """Each statement on its day, on the line of the side that speaks."""
    import altair as alt

    rows = [
        {
            "day": _whole(event.day),
            "named": dated(event.day),
            "side": event.side or say("pictures.no_side"),
            "mark": "".join(f"[{citation.id}]" for citation in event.statement.citations),
            "said": event.statement.text[:200],
        }
        for event in events
    ]
    sides = list(dict.fromkeys(row["side"] for row in rows))
    base = alt.Chart(_data(rows)).encode(
        x=_dates(alt, rows),
        y=alt.Y("side:N", title=None, sort=sides, axis=alt.Axis(labelLimit=150)),
        color=alt.Color("side:N", scale=_colours(alt, sides), legend=None),
        tooltip=[alt.Tooltip("named:N", title=say("pictures.day")), alt.Tooltip("side:N", title=say("pictures.side"))],
    )
    drawn = base.mark_point(filled=True, size=110, opacity=1) + base.mark_text(dy=-14, fontSize=12).encode(
        text="mark:N", color=alt.value(_TEXT)
    )
    return _finished(drawn, say("pictures.timeline"), _ROW * len(sides) + 20)


def tolls_chart(tolls: Sequence[Toll]) -> Any:
    """Each speaker's figures over time, a range as a line from low to high."""
    import altair as alt

    rows = [
        {
            "day": _whole(toll.day),
            "named": dated(toll.day),
            "speaker": f"{_opened(toll.speaker or say('figures.nobody'))}: {toll.what}",
            "low": toll.low,
            "high": toll.high,
        }
        for toll in tolls
    ]
    speakers = list(dict.fromkeys(str(row["speaker"]) for row in rows))
    base = alt.Chart(_data(rows)).encode(
        x=_dates(alt, rows),
        color=alt.Color(
            "speaker:N",
            scale=_colours(alt, speakers),
            legend=alt.Legend(title=None, orient="bottom", columns=1, labelLimit=420, symbolType="circle"),
        ),
        tooltip=[
            alt.Tooltip("named:N", title=say("pictures.day")),
            alt.Tooltip("speaker:N", title=say("pictures.speaker")),
            alt.Tooltip("low:Q", title=say("pictures.low"), format=","),
            alt.Tooltip("high:Q", title=say("pictures.high"), format=","),
        ],
    )
    number = alt.Y("high:Q", title=None, axis=alt.Axis(format=",d", tickCount=5, tickMinStep=1))
    drawn = (
        base.mark_line(strokeWidth=1.5, opacity=0.6).encode(y=number)
        + base.mark_rule(strokeWidth=3).encode(y=number, y2="low:Q")
        + base.mark_point(filled=True, size=90, opacity=1).encode(y=number)
        + base.mark_text(dy=-14, fontSize=12).encode(y=number, text=alt.Text("high:Q", format=","))
    )
    return _finished(drawn, say("pictures.tolls"), 220)


def collection_chart(months: Mapping[tuple[str | None, str | None], int]) -> Any:
    """How many articles each outlet published in each month; small outlets together."""
    import altair as alt

    totals: dict[str, int] = {}
    for (outlet, _), number in months.items():
        totals[outlet or say("library.unknown")] = totals.get(outlet or say("library.unknown"), 0) + number
    first = sorted(totals, key=lambda outlet: -totals[outlet])[:_OUTLETS]
    others = say("pictures.others")
    counts: dict[tuple[str, str], int] = {}
    for (outlet, month), number in months.items():
        if month:
            name = outlet or say("library.unknown")
            key = (name if name in first else others, month)
            counts[key] = counts.get(key, 0) + number
    rows = [{"outlet": outlet, "month": _whole(month), "articles": n} for (outlet, month), n in sorted(counts.items())]
    outlets = [
        *(o for o in first if any(row["outlet"] == o for row in rows)),
        *([others] if len(totals) > len(first) else []),
    ]
    drawn = (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            x=alt.X("yearmonth(month):T", title=None, axis=alt.Axis(tickCount=5, labelOverlap="greedy", grid=False)),
            y=alt.Y("sum(articles):Q", title=None, axis=alt.Axis(tickCount=4, tickMinStep=1, format=",d")),
            color=alt.Color(
                "outlet:N",
                sort=outlets,
                scale=_colours(alt, outlets),
                legend=alt.Legend(title=None, orient="bottom", columns=2, labelLimit=130, symbolType="square"),
            ),
            tooltip=[
                alt.Tooltip("outlet:N", title=say("pictures.outlet")),
                alt.Tooltip("yearmonth(month):T", title=say("pictures.month")),
                alt.Tooltip("sum(articles):Q", title=say("pictures.articles"), format=","),
            ],
        )
    )
    return _finished(drawn, say("pictures.collection"), 140)


def _whole(day: str) -> str:
    """The first day of what is only known by its month or year: a chart needs one. Without a time it would be midnight
    in Greenwich, which is the day before in half of the world."""
    return (f"{day}-01-01" if len(day) == 4 else f"{day}-01")[:10] + "T00:00:00"


def _opened(speaker: str) -> str:
    """As a sentence opens: one speaker is written in both ways."""
    return speaker[:1].upper() + speaker[1:]


def _data(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]  # of Altair's own making


def _dates(alt: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    """A time axis with room at its ends. Few days are each named, as precisely as they are known; many by what fits."""
    names = {row["day"][:10]: row["named"] for row in rows}
    named: dict[str, Any] = {}
    if len(names) <= _NAMED:
        parts = ([int(part) for part in day.split("-")] for day in sorted(names))
        named["values"] = [alt.DateTime(year=year, month=month, date=date) for year, month, date in parts]
        named["labelExpr"] = f"{json.dumps(names)}[timeFormat(datum.value, '%Y-%m-%d')]"
    axis = alt.Axis(format="%b %Y", labelOverlap="greedy", grid=True, **named)
    return alt.X("day:T", title=None, axis=axis, scale=alt.Scale(padding=30))


def _colours(alt: Any, names: Sequence[str]) -> Any:
    return alt.Scale(domain=list(names), range=[_COLOURS[n % len(_COLOURS)] for n in range(len(names))])


def _finished(chart: Any, title: str, height: int) -> Any:
    """The chart in the page's type and colours, as SVG and without a menu: that would offer to send it elsewhere."""
    words = {"labelColor": _TEXT, "titleColor": _TEXT, "labelFontSize": 12}
    return (
        chart.properties(
            width="container",
            height=height,
            description=say("pictures.chart", title=title),
            usermeta={"embedOptions": {"actions": False, "renderer": "svg"}},
            background="transparent",
            autosize={"type": "fit", "contains": "padding"},
        )
        .configure(font="system-ui, sans-serif")
        .configure_axis(**words, gridColor=_LINE, domainColor=_LINE, tickColor=_LINE)
        .configure_legend(**words)
        .configure_view(stroke=None)
    )
