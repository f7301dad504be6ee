"""How the figures of an answer stand to each other: superseded, of different scope, or disputed. Pure.

Only figures that a reader could take for counts of one thing are related: the same fate (killed, wounded, …), other
numbers, and nothing that sets one of them apart altogether.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from assistant.answer import Citation, Figure, Relation
from kb.article import day_range
from kb.days import resolved
from kb.words import stems

__all__ = ["relations"]

_CLASSES = {
    "children": frozenset("children child girls boys babies infants minors".split()),
    "women": frozenset("women woman".split()),
    "fighters": frozenset(
        """soldiers soldier servicemen servicemembers troops military army fighters fighter militants rebels gunmen
        policemen police officers forces insurgents jihadists combatants conscripts guards pilots""".split()
    ),
    "civilians": frozenset("civilians civilian villagers journalists workers students".split()),
}


def relations(figures: Sequence[Figure], citations: Sequence[Citation]) -> tuple[Relation, ...]:
    """The relations between the figures, by their places, each pair once."""
    cited = {citation.id: citation for citation in citations}
    found = list(_related(figures, cited))
    outdated = {relation.figure for relation in found if relation.kind == "superseded"}
    # Of a toll that rises step by step, each figure is superseded by the last one.
    return tuple(r for r in found if r.kind != "superseded" or r.other not in outdated)


def _related(figures: Sequence[Figure], cited: Mapping[int, Citation]) -> Iterator[Relation]:
    for one, other in combinations(range(len(figures)), 2):
        a, b = figures[one], figures[other]
        if a.what != b.what or (a.low, a.high) == (b.low, b.high) or not _of_one_thing(a, b, cited):
            continue
        differs = _differs(a, b, cited)
        if differs is not None:
            yield Relation("different_scope", one, other, differs)
        elif not _alike(a, b, cited) or _may_count_others(a, b) or _are_far_apart(a, b, cited):
            continue  # the same place, but perhaps another event, or others' dead
        elif _same_speaker(a, b):
            later = _later(a, b, cited)
            if later is not None:
                earlier, newer = (one, other) if later is b else (other, one)
                yield Relation("superseded", earlier, newer)
        elif not _agree(a, b) and not _tells_both(a, b, cited):
            yield Relation("disputed", one, other)


def _of_one_thing(a: Figure, b: Figure, cited: Mapping[int, Citation]) -> bool:
    """Whether the words give reason to take both for counts of one thing: a part of it, a place, a day, whose dead they
    are, or much the same words."""
    if a.is_part or b.is_part:
        return a.citation == b.citation  # a part is told beside its whole
    if a.citation == b.citation or (a.where and b.where) or (a.whose and b.whose):
        return True
    return bool(_events(a, cited) & _events(b, cited)) or _alike(a, b, cited)


def _alike(a: Figure, b: Figure, cited: Mapping[int, Citation]) -> bool:
    """Whether two sentences tell of one event, as far as their words show: those of one side's dead, or words in common
    beside places, days, and what all tolls have."""
    if a.citation == b.citation or (a.whose and a.whose == b.whose):
        return True
    articles = {cited[f.citation].article_id for f in (a, b) if f.citation in cited}
    if len(articles) == 1 and _same_speaker(a, b) and not (a.where or b.where):
        return True  # an article that goes back to its own figure
    own, others = (stems(cited[f.citation].quote) if f.citation in cited else frozenset() for f in (a, b))
    named = stems(" ".join(filter(None, (a.where, b.where, a.speaker, b.speaker, a.unit, b.unit))))
    return len((own & others) - named - _UNTELLING) >= _SHARED


_SHARED = 2  # stems
_UNTELLING = stems(
    """killed wounded injured dead people said official officials reported least more number according died ministry
    civilians monday tuesday wednesday thursday friday saturday sunday town city province area region near least
    news agency ago"""
)


def _differs(a: Figure, b: Figure, cited: Mapping[int, Citation]) -> str | None:
    """What sets the scopes of two figures apart, where the words tell."""
    if a.is_part or b.is_part:
        return "part"
    if a.whose and b.whose and a.whose != b.whose:
        return "side"
    classes = {_class(a), _class(b)}
    if len(classes) == 2 and ((a.unit and b.unit) or not classes.isdisjoint({"children", "women"})):
        return "unit"  # "27 children killed" contests no "58 killed", which may be anybody
    if a.where and b.where and not _one_place(a.where, b.where):
        return "place"
    if _counts_on(a, cited) != _counts_on(b, cited):
        return "period"
    own, others = _events(a, cited), _events(b, cited)
    return "period" if own and others and own.isdisjoint(others) else None


def _are_far_apart(a: Figure, b: Figure, cited: Mapping[int, Citation]) -> bool:
    """Whether the times that the sentences or their headlines name, or else those at which they were published, are
    months apart: two wars at one place have tolls in the same words."""
    first, second = _times(a, cited), _times(b, cited)
    gaps = [max(begin - until, since - end) for begin, end in first for since, until in second]
    return bool(gaps) and min(gaps) > _MONTHS


_MONTHS = 90 * 86400  # seconds


def _times(figure: Figure, cited: Mapping[int, Citation]) -> list[tuple[float, float]]:
    citation = cited.get(figure.citation)
    if citation is None:
        return []
    texts = (citation.quote, citation.title)
    named = {day.iso for text in texts for day in resolved(text, citation.published)} | {figure.as_of}
    times = [time for time in named if time is not None] or [citation.published or ""]
    return [day_range(time) for time in times if time]


def _counts_on(figure: Figure, cited: Mapping[int, Citation]) -> bool:
    """Whether a figure is of all that happened from some time on: "hundreds killed since talks broke off" are not the
    dead of one event."""
    quote = cited[figure.citation].quote if figure.citation in cited else ""
    at = quote.find(figure.written)
    return bool(figure.written) and at >= 0 and _SINCE.match(quote, at + len(figure.written)) is not None


_SINCE = re.compile(r"[^.;:\d]*?\bsince\s+\w")


def _tells_both(a: Figure, b: Figure, cited: Mapping[int, Citation]) -> bool:
    """Whether one article tells both and one of them in its own voice: it does not contradict itself, but counts the
    dead of two events."""
    articles = {cited[f.citation].article_id for f in (a, b) if f.citation in cited}
    return len(articles) == 1 and None in (a.speaker, b.speaker)


def _may_count_others(a: Figure, b: Figure) -> bool:
    """Whether the words tell of one figure alone whose dead it counts, and two sides count: each may count its own."""
    return bool(a.whose) != bool(b.whose) and a.side != b.side


def _class(figure: Figure) -> str | None:
    """Who is counted: fighters, children, women, civilians, or anybody."""
    words = set((figure.unit or "").lower().split())
    return next((name for name, known in _CLASSES.items() if words & known), None)


def _agree(a: Figure, b: Figure) -> bool:
    """Whether two figures can both be true and are near each other: "more than 50" and 58, "dozens" and 40."""
    low, high = sorted((a, b), key=lambda figure: figure.low)
    if low.convention:
        return high.low < _VAGUE_RANGE * low.low
    is_open = re.match(r"at\s+least|more\s+than|over|no\s+(?:fewer|less)\s+than", low.written, re.IGNORECASE)
    return bool(is_open) and high.low <= _OPEN_RANGE * low.low


_VAGUE_RANGE, _OPEN_RANGE = 10, 2


def _one_place(a: str, b: str) -> bool:
    mine, theirs = set(re.findall(r"\w{3,}", a.lower())), set(re.findall(r"\w{3,}", b.lower()))
    return bool(mine & theirs)


def _events(figure: Figure, cited: Mapping[int, Citation]) -> set[str]:
    """The days that the sentence names, but for the one on which it was said."""
    citation = cited.get(figure.citation)
    if citation is None:
        return set()
    named = [day for day in resolved(citation.quote, citation.published) if day.precision == "day"]
    # A date with its year right at the start is the line under a headline, not the day of what happened.
    days = {
        day.iso for day in named if not (day.written[-4:].isdigit() and _LINE.fullmatch(citation.quote[: day.start]))
    }
    return {day for day in days if day is not None and day != figure.as_of}


_LINE = re.compile(r"\W*(?:(?:posted|published|updated|date of publication)\W+(?:on\W+)?)?", re.IGNORECASE)


def _same_speaker(a: Figure, b: Figure) -> bool:
    """Whether both give the figure by the same name; "the local officials" are local officials."""
    return _plain(a.speaker) == _plain(b.speaker) and a.speaker is not None


def _plain(speaker: str | None) -> str:
    return re.sub(r"^(?:the|a|an)\s+", "", (speaker or "").casefold().split(",")[0])


def _later(a: Figure, b: Figure, cited: Mapping[int, Citation]) -> Figure | None:
    """Which of two was given later: by its own day, else by the day of publication. None if that is not known."""
    days = [f.as_of or (cited[f.citation].published if f.citation in cited else None) for f in (a, b)]
    if days[0] is None or days[1] is None:
        return None
    (from_a, to_a), (from_b, to_b) = day_range(days[0]), day_range(days[1])
    return b if from_b > to_a else a if from_a > to_b else None
