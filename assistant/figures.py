"""Counted quantities in a sentence: how many of what, where, who counts them, as of when. By rule, pure, English.

The number is kept as it is written, with the lowest and highest count that it stands for. Words that give no number
("dozens") are read as ACLED reads them, which is the lowest that they can mean, and the figure says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.actors import side_of
from assistant.answer import Claim, Figure
from assistant.attribution import Attribution, attributions, counting_verbs
from kb import Span
from kb.days import resolved

__all__ = ["figures_in"]

_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_NUMBER_WORD = "|".join(sorted(_VALUES, key=len, reverse=True))
_SCALE = "|".join(_SCALES)
# ACLED's reading of words that give no number, from its codebook; a score is twenty.
_VAGUE = {
    "several": 3, "a few": 3, "a handful": 3, "tens": 10, "dozens": 12, "scores": 20, "hundreds": 100, "thousands": 1000,
    "tens of thousands": 10_000, "hundreds of thousands": 100_000, "millions": 1_000_000,
}  # fmt: skip
_VAGUE_WORD = "|".join(sorted(_VAGUE, key=len, reverse=True))
_EXACT = (
    rf"\d{{1,3}}(?:,\d{{3}})+(?:\s+(?:{_SCALE})\b)?|\d+(?:\.\d+)?(?:\s+(?:{_SCALE})\b)*"
    rf"|(?:(?:{_NUMBER_WORD})(?:[ -](?:{_NUMBER_WORD}))?|an?|half\s+a)(?:\s+(?:{_SCALE})\b)+(?:\s+and\s+(?:{_NUMBER_WORD})(?:[ -](?:{_NUMBER_WORD}))?)?"
    rf"|(?:{_NUMBER_WORD})(?:[ -](?:{_NUMBER_WORD}))?"
)
_HEDGE = (
    r"at\s+least|at\s+most|no\s+(?:fewer|less)\s+than|(?:more|fewer|less)\s+than|over|as\s+many\s+as|up\s+to|about|around|some"
    r"|an\s+estimated|approximately|roughly|nearly|almost|close\s+to"
)
_NUMBER = re.compile(
    rf"(?<![\w.,$€£/-])(?:(?P<hedge>{_HEDGE})\s+)?(?:(?P<between>between\s+)?(?P<low>{_EXACT})"
    rf"(?:(?:\s+(?:to|or|and)\s+|\s*[-–—]\s*)(?P<high>{_EXACT}))?|(?P<vague>{_VAGUE_WORD})(?:\s+of)?)(?![\w%]|[.,]\d|-\w|\s+(?:percent|per\s+cent)\b)",
    re.IGNORECASE,
)
_WHAT = {  # what is counted, by the words that tell it
    "killed": "killed killing kills dead died die dying deaths death fatalities perished slain slaughtered massacred executed "
    "massacred beheaded murdered lives bodies toll",
    "wounded": "wounded wounding wounds injured injuring injures hurt injuries maimed",
    "displaced": "displaced displacing fled flee fleeing uprooted evacuated evacuating refugees homes",
    "captured": "captured capturing prisoner prisoners",
    "abducted": "abducted abducting kidnapped kidnapping hostage hostages",
    "detained": "detained detaining arrested arresting",
    "missing": "missing unaccounted disappeared",
}
_OF_WORD = {word: what for what, words in _WHAT.items() for word in words.split()}
_ACTIVE = "killed|killing|kills|wounded|wounding|injured|injuring|injures|displaced|displacing|captured|capturing|uprooted|" \
    "abducted|abducting|kidnapped|kidnapping|detained|detaining|arrested|arresting|executed|murdered|massacred|beheaded|evacuated|evacuating"  # fmt: skip
_STATE = "dead|killed|wounded|injured|missing|displaced|captured|hurt|slain|deaths|fatalities|injuries|abducted|kidnapped|detained|arrested"
_NO_PEOPLE = frozenset(
    """day days hour hours minute minutes week weeks month months year years time times mile miles kilometre kilometres kilometer
    kilometers km metre metres meters rocket rockets missile missiles shell shells bomb bombs strike strikes airstrikes attack attacks
    raid raids explosion explosions blast blasts house houses home homes building buildings vehicle vehicles car cars tank tanks truck
    trucks town towns village villages city cities district districts province provinces country countries state states percent drone
    drones aircraft jets planes ships boats incidents clashes sorties occasions places figures counts sides reports others' points
    dollars euros pounds tonnes tons schools hospitals mosques churches shops weapons rifles trips""".split()
)
_PEOPLE = "people|servicemen|children|women|men|staff|police|personnel|troops|crew|infantry|dead|civilian|soldier|person|child|woman|man"
_NO_UNIT = r"(?:and|are|at|by|for|from|had|has|have|in|is|of|on|or|that|to|was|were|which|who|when|as|while|after|with|died|perished|fled)\b"
_UNIT = rf"(?:(?!{_NO_UNIT})[A-Za-z][\w’'-]*\s+){{0,4}}?(?:(?!{_NO_UNIT})[a-z][\w’'-]*s|{_PEOPLE})(?![\w’'-])"
_OF_OWN = r"(?:of\s+(?:its|their|his|her|the|those|these)\s+(?:own\s+)?|of\s+)?"
_MORE = r"(?:more\s+|other\s+|others\s*)?"
_BE = (
    r"(?:(?:was|were|is|are|been|being|be|got|get|have|had|has|reported|reportedly|confirmed|feared|presumed|left|found|also|believed|"
    r"either)\s+)"
)
_THEN = (  # what may follow "20 dead": not "20 dead cows"
    r"(?=\s*(?:$|[.,;:)!?”\"’]|(?:in|by|when|after|on|and|or|during|at|as|since|near|from|if|while|over|there|so|across|that|this|last|"
    r"because|with|including|inside|outside|before|through|under|along|today|yesterday)\b))"
)
_GAP = rf"(?:,?\s+(?:including|among\s+them)\s+[^.;:()]{{1,60}}?)?(?:,?\s+(?!{_ACTIVE}|died|perished|fled|dozens|scores|hundreds|others|\d)[^\s.;:(),]+){{0,9}}?,?"
_COUNTED = rf"\s+{_MORE}{_OF_OWN}"
_AFTER = tuple(  # what stands behind the number, the first that fits
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_COUNTED}(?:(?P<unit>{_UNIT})\s*,?\s+)?(?P<word>{_STATE}){_THEN}",  # "20 soldiers dead", "20 dead"
        rf"{_COUNTED}(?P<unit>{_UNIT}){_GAP}\s+{_BE}{{1,3}}(?:\w+ly\s+)?"  # "20 soldiers of the army were killed"
        rf"(?P<word>{_ACTIVE}|hurt|dead|slain|missing|taken\s+(?:prisoner|hostage))\b",
        rf"{_COUNTED}(?P<unit>{_UNIT}){_GAP}\s+"  # "20 people died"
        r"(?P<word>died|perished|fled|disappeared|dying|fleeing|lost\s+their\s+lives|left\s+their\s+homes)\b",
        rf"\s+(?:of\s+them\s+)?(?:more\s+|others?\s+)?{_BE}{{1,3}}(?P<word>{_ACTIVE}|hurt|dead|slain|missing)\b",  # "20 were hurt"
        rf"{_COUNTED}(?P<unit>{_UNIT})\s+(?P<word>prisoner|hostage)\b",  # "took 20 soldiers prisoner"
        rf"\s+(?P<word>dead|wounded|injured|missing|displaced|captured)\s+(?P<unit>{_UNIT})",  # "20 dead servicemen"
        r"\s+(?P<word>lives|deaths|fatalities|bodies|wounds|injuries|prisoners|hostages|refugees)\b",
    )
)
_BEFORE = re.compile(  # what stands before it
    rf"(?:\b(?P<active>{_ACTIVE})\s+(?:off\s+)?"  # "killing 20"
    r"|\b(?P<of>lives|deaths|killing|deportation|displacement|bodies|toll)\s+of\s+"  # "claimed the lives of 20"
    r"|\b(?P<toll>toll|dead|deaths|killed|wounded|injured|fatalities|injuries|missing|displaced|captured)\b"
    r"(?:\s+(?!at\b|to\b|reached\b)[^\s.;:“”\"]+){0,14}?\s+(?:at|to|reached|stood\s+at|stands\s+at)\s+)\Z",  # "the toll rose to 20"
    re.IGNORECASE,
)
_COUNT_OF_BEFORE = re.compile(  # "put the number at 20": of what, the sentence before tells
    r"\b(?:count|tally|total|number|figure)\b(?:\s+(?!of\b)[^\s.;:“”\"]+){0,4}?\s+(?:at|to|is|was|reached)\s+\Z",
    re.IGNORECASE,
)
_UNIT_NEXT = re.compile(rf"\s+{_MORE}{_OF_OWN}(?P<unit>{_UNIT})", re.IGNORECASE)
_PART = re.compile(r"(?:\b(?:including|among\s+(?:them|whom)|of\s+(?:whom|them))\W+)\Z", re.IGNORECASE)
_PART_AFTER = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\s+of\s+(?:them|whom|those\s+\w+|the\s+(?:dead|victims|wounded|killed))\s+"
        rf"(?:(?:were|are|was|being)\s+)?(?P<unit>{_UNIT})",
        rf"\s+(?P<unit>{_UNIT})\s+among\s+(?:them|the\s+(?:dead|victims))(?=\s*(?:[,.;)]|$|and\b))",
    )
)
_NAME = r"[A-Z][\w’'-]*(?:[ -](?:al-|el-)?[A-Z][\w’'-]*)*"
_PLACE = re.compile(
    rf"(?P<where>{_NAME})(?=,\s+where\b)|\b(?:in|near|at|outside|on|over|around|inside|hit|for)\s+(?:the\s+)?(?:[a-z-]+(?:ern)?\s+){{0,3}}?(?:(?:{_NAME}\s+)?(?:city|town|village|district|province"
    rf"|region|suburb|capital|area|neighbou?rhood|governorate|area)\s+of\s+)?(?P<name>(?:al-|el-)?{_NAME})(?!\s+(?:side|forces|army|troops|government|officials|ministry)\b)(?![\w’'])"
)
_DEMONYM = ("an", "ian", "ish", "ese", "i")
_NO_PLACE = re.compile(
    r"\A(?:\w+-led\b|Air|Operation)|\b(?:[Aa]ir)?[Ss]trikes?\b|\b(?:Coalition|Attacks?|Raids?|Ministry|Army|Observatory|University)\b|\A(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)


@dataclass(frozen=True, slots=True)
class _Counted:
    """One number with what is counted, in offsets of the sentence."""

    number: re.Match[str]
    what: str
    unit: str | None
    around: Span
    """From the number to the word that tells what is counted, in either order."""
    is_part: bool = False


def figures_in(
    sentence: str, claims: Sequence[Claim], citation: int, published: str | None = None, before: str = ""
) -> list[Figure]:
    """The counted dead, wounded, displaced and captured of a sentence, with the one who counts them.

    `published` is the ISO date of the article, for "as of Tuesday"; `before` the sentence before, for "put the number
    at 20". What a claim denies is counted by nobody, and left out.
    """
    told = _told(sentence, claims)
    found = []
    for counted in _counted(sentence, before):
        claim = _counting(counted.number.start(), told)
        if claim is None or claim.stance != "denies":
            found.append(_figure(sentence, counted, claim, citation, published))
    return found


def _figure(sentence: str, counted: _Counted, claim: Claim | None, citation: int, published: str | None) -> Figure:
    number = counted.number
    values = [_VAGUE[" ".join(number["vague"].lower().split())]] if number["vague"] else [_value(number["low"])]
    values += [_value(number["high"])] if number["high"] else []
    unit = counted.unit
    around = counted.around.of(sentence)
    own = re.search(
        r"\b(?:its|their)\b", f"{sentence[max(0, counted.around.start - 30) : counted.around.start]}{around}"
    )
    return Figure(
        what=counted.what,
        low=min(values),
        high=max(values),
        unit=unit,
        speaker=claim.speaker if claim else None,
        as_of=_as_of(sentence, published, claim),
        citation=citation,
        written=number.group().strip().removesuffix(" of"),
        side=claim.side if claim else None,
        whose=_whose(sentence, counted) or (claim.side if claim and own else None),
        where=_where(sentence, counted),
        is_part=counted.is_part,
        convention="ACLED" if number["vague"] else None,
    )


def _counted(sentence: str, before: str) -> Iterator[_Counted]:
    """The numbers that count people to whom something happened. A part ("including six children") is counted as the
    whole before it is."""
    whole: _Counted | None = None
    for number in _NUMBER.finditer(sentence):
        counted = _part(sentence, number, whole) or _behind(sentence, number) or _ahead(sentence, number, before)
        if counted is not None:
            whole = whole if counted.is_part else counted
            yield counted


_OF_WHAT = frozenset("members staff employees personnel".split())
_OF = re.compile(
    r"\s+(?P<of>of\s+(?:the\s+)?(?:\w+\s+)?(?:military|army|police|forces|guard|militia|group|media|family|crew))\b"
)


def _part(sentence: str, number: re.Match[str], whole: _Counted | None) -> _Counted | None:
    """ "including six children", "four of them civilians"."""
    if whole is None:
        return None
    found = next((m for pattern in _PART_AFTER if (m := pattern.match(sentence, number.end()))), None)
    if found is None and _PART.search(sentence, 0, number.start()):
        found = _UNIT_NEXT.match(sentence, number.end())
    if found is None:
        return None
    return _Counted(number, whole.what, _tidy(found["unit"]), Span(number.start(), found.end()), is_part=True)


def _behind(sentence: str, number: re.Match[str]) -> _Counted | None:
    """What is counted, told behind the number."""
    found = next((m for pattern in _AFTER if (m := pattern.match(sentence, number.end()))), None)
    if found is None:
        return None
    unit = _tidy(found.groupdict().get("unit"))
    if unit and (unit.split()[-1].lower() in _NO_PEOPLE or unit.lower() in _OF_WORD):
        return None
    word = found["word"].lower().split()[-1]
    if unit in _OF_WHAT and (more := _OF.match(sentence, found.end("unit"))):
        unit = f"{unit} {more['of']}"  # "members of the military"
    return _Counted(number, _OF_WORD[word], unit, Span(number.start(), found.end()))


def _ahead(sentence: str, number: re.Match[str], before: str) -> _Counted | None:
    """What is counted, told before the number, or in the sentence before."""
    unit = _UNIT_NEXT.match(sentence, number.end())
    if unit is None and (_is_a_date(sentence, number) or re.fullmatch(r"(?:19|20)\d\d", number.group())):
        return None
    counted = _tidy(unit["unit"]) if unit else None
    if counted and (counted.split()[-1].lower() in _NO_PEOPLE or number["between"]):
        return None
    lead = sentence[max(0, number.start() - 200) : number.start()]
    end = unit.end() if unit else number.end()
    if (found := _BEFORE.search(lead)) is not None:
        word = (found["active"] or found["of"] or found["toll"]).lower()
        start = number.start() - len(lead) + found.start()
        return _Counted(number, _OF_WORD[word], counted, Span(start, end)) if word in _OF_WORD else None
    if _COUNT_OF_BEFORE.search(lead) is not None:
        told = next((_OF_WORD[w] for w in re.findall(r"\w+", before.lower()) if w in _OF_WORD), None)
        return _Counted(number, told, counted, Span(number.start(), end)) if told else None
    return None


def _is_a_date(sentence: str, number: re.Match[str]) -> bool:
    return bool(
        re.match(
            r"\s+(?:January|February|March|April|May|June|July|August|September|October|November|December)",
            sentence[number.end() :],
        )
    )


def _tidy(unit: str | None) -> str | None:
    """The unit without what only leads to it; None if a name stands where no nationality can: the text is broken."""
    if unit is None:
        return None
    words = re.sub(r"^(?:more|other|of|the|its|their|own)\s+", "", unit.strip()).split()
    broken = any(word[0].isupper() and side_of(word) is None for word in words)
    return None if broken else " ".join(words) or None


def _whose(sentence: str, counted: _Counted) -> str | None:
    """The side of those who are counted: "200 people on the Armenian side", "Turkish soldiers", "the Armenian dead"."""
    side = re.match(r"[^.;]{0,40}?\bon\s+(?P<of>[\w\s’']{3,30}?)\s+side\b", sentence[counted.number.end() :])
    is_behind = counted.around.start < counted.number.start()  # "the Armenian dead at 20"
    lead = " ".join(sentence[: counted.around.start].split()[-2:]) if is_behind else ""
    nouns = (side["of"] if side else None, counted.unit, lead)
    return next((found for words in nouns if words and (found := side_of(words))), None)


def _where(sentence: str, counted: _Counted) -> str | None:
    """The place that is named next behind what is counted, else the last before it. Those who speak are no place."""
    speaking = [one.speaker for one in attributions(sentence) if one.speaker is not None]
    places = [
        (match.start(), place)
        for match in _PLACE.finditer(sentence)
        if (place := _place(match)) is not None
        and not _NO_PLACE.search(place)
        and not any(span.start <= match.end() - 1 < span.end for span in speaking)
    ]
    behind = [place for start, place in places if start >= counted.number.end() - 1]
    return behind[0] if behind else places[-1][1] if places else None


def _place(match: re.Match[str]) -> str | None:
    """The name of the place, without a nationality before it: "Syrian Idlib" is Idlib, and "Syrian" alone is none."""
    words = str(match["where"] or match["name"]).removesuffix("'s").removesuffix("’s").split()
    while words and _is_nationality(words[0]):
        words = words[1:]
    return " ".join(words) or None


def _is_nationality(word: str) -> bool:
    """ "Syrian"; and "Syrias" for "Syria's", as texts have it that lost their apostrophes."""
    side = side_of(word)
    return (side is not None and side != word and word.endswith(_DEMONYM)) or side_of(word.removesuffix("s")) == word[
        :-1
    ]


def _as_of(sentence: str, published: str | None, claim: Claim | None) -> str | None:
    """The day after "as of"; of a figure that was "put" or "given on" a day, that day; else the day of the claim."""
    days = [day for day in resolved(sentence, published) if day.precision == "day"]
    for day in days:
        if re.search(r"\bas of\s+(?:the\s+)?\Z", sentence[: day.start]):
            return day.iso
    if claim is None:
        return None
    given = len(days) == 1 and claim.verb in counting_verbs() and sentence[: days[0].start].endswith("on ")
    return claim.as_of or (days[0].iso if given else None)


def _told(sentence: str, claims: Sequence[Claim]) -> list[tuple[Attribution, Claim]]:
    """The claims with where they stand in the sentence."""
    found: list[tuple[Attribution, Claim]] = []
    left = list(claims)
    for one in attributions(sentence):
        match = next((claim for claim in left if claim.verb == one.verb.of(sentence).lower()), None)
        if match is not None and not one.is_quoted:
            left.remove(match)
            found.append((one, match))
    return found


def _counting(at: int, told: Sequence[tuple[Attribution, Claim]]) -> Claim | None:
    """Who gives the figure: the last whose words hold it, else the last to speak before it, else the first after it."""
    holding = [claim for one, claim in told if any(span.start <= at < span.end for span in one.content)]
    before = [claim for one, claim in told if one.cue.start < at]
    return holding[-1] if holding else before[-1] if before else told[0][1] if told else None


def _value(number: str) -> int:
    """A number in digits, in words, or with a scale: "2,317", "twenty-one", "two hundred", "1.5 million", "a dozen"."""
    total, value = 0.0, 0.0
    for part in re.split(r"[\s-]+", number.lower()):
        if part in _SCALES:
            value = (value or 1) * _SCALES[part]
            if part != "hundred" or value >= 1000:
                total, value = total + value, 0.0
        elif part == "half":
            value = 0.5
        elif part not in {"a", "an", "and"}:
            value += _VALUES[part] if part in _VALUES else float(part.replace(",", ""))
        elif part != "and" and not value:
            value = 1.0
    return round(total + value)
