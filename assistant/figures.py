"""Counted quantities in a sentence: how many of what, and who counts them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer import Claim, Figure

__all__ = ["figures_in"]

_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_NUMBER_WORD = "|".join(sorted(_VALUES, key=len, reverse=True))
_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"
    rf"|(?:{_NUMBER_WORD})(?:[ -](?:{_NUMBER_WORD}))?)(?:\s+(?:{'|'.join(_SCALES)}))*"
)
_NOT_UNIT = r"(?:and|are|at|by|for|from|had|has|have|in|is|of|on|or|that|to|was|were|which|who)\b"
_PEOPLE = rf"(?!{_NOT_UNIT})[a-z'’-]+s|people|servicemen|children|women|men|staff|police|personnel|dead"
_FIGURE = re.compile(
    # "six of its citizens had been killed"
    rf"\b(?P<low>{_NUMBER})(?:\s*(?:to|-|–|or)\s*(?P<high>{_NUMBER}))?\s+(?:of\s+(?:its|their|the)\s+)?"
    rf"(?P<unit>(?:(?!{_NOT_UNIT})[a-z'’-]+\s+){{0,3}}?(?:{_PEOPLE}))"
    rf"(?:\s+(?!(?:are|is|by|and|{_NUMBER})\b)[^\s.;:]+){{0,9}}?\s+"
    r"(?P<what>killed|died|wounded|injured|displaced|captured|fled)\b"
    # "killing at least six citizens"
    r"|\b(?P<what2>killed|killing|wounded|wounding|injured|injuring|displaced|captured)\s+"
    r"(?:(?:at least|about|some)\s+)?"
    rf"(?P<low2>{_NUMBER})\s+(?P<unit2>(?:[a-z'’-]+\s+){{0,2}}?(?:{_PEOPLE}))\b"
    # "20 to 30 soldiers dead"
    rf"|\b(?P<low4>{_NUMBER})(?:\s*(?:to|-|–|or)\s*(?P<high4>{_NUMBER}))?\s+(?P<unit4>{_PEOPLE})\s+"
    r"(?P<what4>dead|missing)\b"
    # "20 dead"
    rf"|\b(?P<low3>{_NUMBER})\s+(?P<what3>dead|killed|wounded|injured|deaths)\b",
    re.IGNORECASE,
)
_WHAT = dict.fromkeys(("dead", "died", "dying", "killing", "deaths"), "killed") | {
    "wounding": "wounded",
    "injuring": "injured",
}


def figures_in(sentence: str, claims: Sequence[Claim], citation: int) -> list[Figure]:
    """The counted dead, wounded, displaced and captured of a sentence, with the one who counts them."""
    cues = [(sentence.lower().find(claim.verb), claim) for claim in claims]
    found = []
    for match in _FIGURE.finditer(sentence):
        part = {key.rstrip("234"): value for key, value in match.groupdict().items() if value}
        low = _value(part["low"])
        high = _value(part["high"]) if "high" in part else low
        what = part["what"].lower()
        unit = part.get("unit")
        found.append(
            Figure(
                what=_WHAT.get(what, what),
                low=min(low, high),
                high=max(low, high),
                unit=None if unit in (None, "dead") else unit.strip(),
                speaker=_counting(match.start(), cues),
                as_of=None,
                citation=citation,
            )
        )
    return found


def _counting(figure: int, cues: Sequence[tuple[int, Claim]]) -> str | None:
    """Who gives the figure: the last to speak before it, else the first after it ("…, the ministry said")."""
    before = [claim.speaker for at, claim in cues if at < figure]
    return before[-1] if before else cues[0][1].speaker if cues else None


def _value(number: str) -> int:
    """A number in digits, in words, or with a scale: "2,317", "twenty-one", "two hundred", "1.5 million"."""
    total, value = 1.0, 0.0
    for part in re.split(r"[\s-]+", number.lower()):
        if part in _SCALES:
            total *= _SCALES[part]
        else:
            value += _VALUES[part] if part in _VALUES else float(part.replace(",", ""))
    return round(value * total)
