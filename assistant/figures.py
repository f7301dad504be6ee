"""Counted quantities in a sentence: how many of what, where, who counts them, as of when. By rule, pure, English.

The number is kept as it is written, with the lowest and highest count that it stands for. Words that give no number
("dozens") are read as ACLED reads them, which is the lowest that they can mean, and the figure says so.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.actors import side_of
from assistant.answer import Claim, Figure
from assistant.attribution import Attribution, attributions, counting_verbs, lexicon
from kb import Span
from kb.days import MONTH_NAME, resolved

__all__ = ["counts_things", "fates_named", "figures_in", "holds_a_number"]

_LEXICON = lexicon()["figures"]


def _either(words: Iterable[str]) -> str:
    """A pattern of words, the longest first; a space in one stands for any."""
    return "|".join(re.sub(r"\s+", r"\\s+", word) for word in sorted(words, key=lambda w: -len(w)))


_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_VAGUE: Mapping[str, int] = _LEXICON["vague"]
_SCALE = _either(_SCALES)
_IN_WORDS = rf"(?:{_either(_VALUES)})(?:[ -](?:{_either(_VALUES)}))?"
_EXACT = (
    rf"\d{{1,3}}(?:,\d{{3}})+(?:\s+(?:{_SCALE})\b)?|\d+(?:\.\d+)?(?:\s+(?:{_SCALE})\b)*"  # 2,317; 1.5 million
    rf"|(?:{_IN_WORDS}|an?|half\s+a)(?:\s+(?:{_SCALE})\b)+(?:\s+and\s+{_IN_WORDS})?"  # two hundred and fifty; a dozen
    rf"|{_IN_WORDS}"
)
_NUMBER = re.compile(
    rf"(?<![\w.,$€£/-])(?:(?P<hedge>{_either(_LEXICON['bounds'])})\s+)?"
    rf"(?:(?P<between>between\s+)?(?P<low>{_EXACT})(?:(?:\s+(?:to|or|and)\s+|\s*[-–—]\s*)(?P<high>{_EXACT}))?"
    rf"|(?P<vague>{_either(_VAGUE)})(?:\s+of)?)(?![\w%]|[.,]\d|-\w|\s+(?:percent|per\s+cent)\b)",
    re.IGNORECASE,
)
_OF_WORD = {word: what for what, words in _LEXICON["what"].items() for word in words.split()}
_ACTIVE = _either(_LEXICON["acts"].split())
_STATE = _either(_LEXICON["states"].split())
_WENT = _either(_LEXICON["went"])
_NO_PEOPLE = frozenset(_LEXICON["no_people"].split())
_NO_UNIT = rf"(?:{_either(_LEXICON['no_unit'].split())})\b"
_PLURAL = rf"(?:(?!{_NO_UNIT})[a-z][\w’'-]*s|{_either(_LEXICON['people'].split())})(?![\w’'-])"
_UNIT = rf"(?:(?!{_NO_UNIT})[A-Za-z][\w’'-]*\s+){{0,4}}?{_PLURAL}"
_OF_OWN = r"(?:of\s+(?:its|their|his|her|the|those|these)\s+(?:own\s+)?|of\s+)?"
_MORE = r"(?:more\s+|other\s+|others\s*)?"
_COUNTED = rf"\s+{_MORE}{_OF_OWN}"
_OTHERS = r"\s+(?:of\s+them\s+)?(?:more\s+|others?\s+)?"
_BE = rf"(?:(?:{_either(_LEXICON['auxiliaries'].split())})\s+)"
_AFTER_STATE = rf"(?!at\s+(?:least|most)\b)(?:{_either(_LEXICON['after_states'].split())})\b"
_THEN = rf"(?=\s*(?:$|[.,;:)!?”\"’]|{_AFTER_STATE}))"  # not "20 dead cows"
_INSERTED = r"(?:,?\s+(?:including|among\s+them)\s+[^.;:()]{1,60}?)?"
_NO_GAP = rf"(?:{_ACTIVE}|died|perished|fled|dozens|scores|hundreds|others|another\s+(?:{_IN_WORDS})\b|\d)"
_GAP = rf"{_INSERTED}(?:,?\s+(?!{_NO_GAP})[^\s.;:(),]+){{0,9}}?,?"
_AFTER = tuple(  # what stands behind the number, the first that fits
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "20 soldiers dead", "20 dead"
        rf"{_COUNTED}(?:(?P<unit>{_UNIT})\s*,?\s+)?(?P<word>{_STATE}){_THEN}",
        # "20 soldiers of the army were killed"
        rf"{_COUNTED}(?P<unit>{_UNIT}){_GAP}\s+{_BE}{{1,3}}(?:\w+ly\s+)?(?P<word>{_ACTIVE}|{_STATE}|taken\s+prisoner)\b",
        # "20 people died"
        rf"{_COUNTED}(?P<unit>{_UNIT}){_GAP}\s+(?P<word>{_WENT})\b",
        # "20 were hurt"
        rf"{_OTHERS}{_BE}{{1,3}}(?P<word>{_ACTIVE}|{_STATE})\b",
        # "three died"
        rf"{_OTHERS}(?P<word>{_WENT})\b",
        # "took 20 soldiers prisoner"
        rf"{_COUNTED}(?P<unit>{_UNIT})\s+(?P<word>prisoner|hostage)\b",
        # "20 dead servicemen"
        rf"\s+(?P<word>dead|wounded|injured|missing|displaced|captured)\s+(?P<unit>{_UNIT})",
        r"\s+(?P<word>lives|deaths|fatalities|bodies|wounds|injuries|prisoners|hostages|refugees)\b",
        # "brought to 20 the number killed"
        rf"\s+the\s+(?:total\s+)?number\s+(?:of\s+)?(?:people\s+)?(?P<word>{_STATE})\b",
    )
)
_BEFORE = re.compile(  # what stands before it: "killing 20", "claimed the lives of 20", "the toll rose to 20"
    rf"(?:\b(?P<active>{_ACTIVE})\s+(?:off\s+|another\s+|a\s+further\s+)?"
    r"|\b(?P<of>lives|deaths|killing|deportation|displacement|bodies|toll)\s+of\s+"
    # "the dead at 20", "the number of people wounded to 20"; not "43 were killed in riots at 12 places"
    r"|(?:\b(?=(?:toll|dead|deaths|fatalities|injuries)\b)|\b(?:the|of|number|number\s+of\s+\w+)\s+)"
    rf"(?P<toll>toll|{_STATE})\b(?:\s+(?!at\b|to\b|reached\b)[^\s.;:“”\"]+){{0,14}}?"
    r"\s+(?:at|to|reached|stood\s+at|stands\s+at)\s+)\Z",
    re.IGNORECASE,
)
_COUNT_OF_BEFORE = re.compile(  # "put the number at 20": of what, the sentence before tells
    r"\b(?:count|tally|total|number|figure)\b(?:\s+(?!of\b)[^\s.;:“”\"]+){0,4}?\s+(?:at|to|is|was|reached)\s+\Z",
    re.IGNORECASE,
)
_UNIT_NEXT = re.compile(rf"{_COUNTED}(?P<unit>{_UNIT})", re.IGNORECASE)
_PART = re.compile(r"(?:\b(?:including|among\s+(?:them|whom)|of\s+(?:whom|them))\W+)\Z", re.IGNORECASE)
_THE_DEAD = r"(?:them|whom|those\s+\w+|the\s+(?:dead|victims|wounded|killed))"
_PART_AFTER = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\s+of\s+{_THE_DEAD}\s+(?:(?:were|are|was|being)\s+)?(?P<unit>{_UNIT})",
        rf"\s+(?P<unit>{_UNIT})\s+among\s+{_THE_DEAD}(?=\s*(?:[,.;)]|$|and\b))",
    )
)
_NAME = r"(?:al-|el-)?[A-Z][\w’'-]*(?:[ -](?:al-|el-)?[A-Z][\w’'-]*)*"
_KIND = rf"(?:{_either(_LEXICON['kinds_of_place'].split())})"
_PLACE = re.compile(  # "in the northern province of Homs", "Barda, where"
    rf"(?P<where>{_NAME})(?=,\s+where\b)"
    rf"|\b(?:[a-z]+-held|{_KIND}\s+of)\s+(?P<held>{_NAME})(?![\w’'])"  # "hit the village of Hayan"
    rf"|\b(?i:{_either(_LEXICON['before_places'].split())})\s+(?:the\s+)?(?:[a-z-]+\s+){{0,3}}?"
    rf"(?:(?:{_NAME}\s+)?{_KIND}\s+of\s+)?(?P<name>{_NAME})(?!\s+(?:{_either(_LEXICON['no_place_after'].split())})\b)(?![\w’'])"
)
_DEMONYM = ("an", "ian", "ish", "ese", "i")
_NO_PLACE = re.compile(rf"\A\w+-led\b|\b(?:{_either(_LEXICON['no_places'].split())})\b")


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
    counts = list(_counted(sentence, before))
    for place, counted in enumerate(counts):
        claim = _counting(counted.number.start(), told)
        if claim is None or claim.stance != "denies":
            # "20 were killed, and three died in Homs" counts two events; "20 were killed and three wounded in Homs" one
            others = (o.number.start() for o in counts[place + 1 :] if _is_another(sentence, counted, o))
            where = _where(sentence, counted, next(others, len(sentence)))
            found.append(_figure(sentence, counted, claim, citation, published, where))
    return found


_HELD = frozenset({"captured", "abducted", "detained"})  # which of them it was, those who tell it do not agree on


def fates_named(text: str) -> frozenset[str]:
    """What is told to have befallen people, as `Figure.what` has it: of "were wounded" wounded, of "casualties" killed
    and wounded, of "taken hostage" whatever is said of those who are held."""
    named = {_OF_WORD[word] for word in re.findall(r"\w+", text.lower()) if word in _OF_WORD}
    named |= {"killed", "wounded"} if re.search(r"\bcasualt(?:y|ies)\b", text, re.IGNORECASE) else set()
    return frozenset(named | _HELD if named & _HELD else named)


def counts_things(unit: str) -> bool:
    """Whether what is counted is no people: "towns" are captured too, and "homes" left."""
    return not _NO_PEOPLE.isdisjoint(unit.lower().split())


def holds_a_number(sentence: str) -> bool:
    """Whether a sentence gives any number that is no day or year."""
    return any(not _is_a_date(sentence, number, None) for number in _NUMBER.finditer(sentence))


def _is_another(sentence: str, one: _Counted, later: _Counted) -> bool:
    """Whether a later count of a sentence is of another event: of the same fate, another number, in a clause of its
    own."""
    return (
        one.what == later.what
        and not later.is_part
        and _bounds(one.number) != _bounds(later.number)
        and _NEXT_CLAUSE.search(sentence, one.around.end, later.number.start()) is not None
    )


_NEXT_CLAUSE = re.compile(r"[,.]|\b(?:but|while|whereas)\b")


def _bounds(number: re.Match[str]) -> tuple[int, int]:
    """The lowest and the highest count that a number stands for."""
    low = _VAGUE[" ".join(number["vague"].lower().split())] if number["vague"] else _value(number["low"])
    high = _value(number["high"]) if number["high"] else low
    return min(low, high), max(low, high)


def _figure(
    sentence: str, counted: _Counted, claim: Claim | None, citation: int, published: str | None, where: str | None
) -> Figure:
    number = counted.number
    low, high = _bounds(number)
    unit = counted.unit
    around = counted.around.of(sentence)
    lead = sentence[max(0, counted.around.start - 30) : counted.around.start]
    own = _THEIR_OWN.search(f"{lead}{around}")
    return Figure(
        what=counted.what,
        low=low,
        high=high,
        unit=unit,
        speaker=claim.speaker if claim else None,
        as_of=_as_of(sentence, published, claim),
        citation=citation,
        written=number.group().strip().removesuffix(" of"),
        side=claim.side if claim else None,
        whose=_whose(sentence, counted) or (claim.side if claim and own else None),
        where=where,
        is_part=counted.is_part,
        convention="ACLED" if number["vague"] else None,
    )


_THEIR_OWN = re.compile(r"\b(?:its|their)\b(?!\s+(?:lives|life|wounds|injuries|deaths?)\b)")


def _counted(sentence: str, before: str) -> Iterator[_Counted]:
    """The numbers that count people to whom something happened. A part ("including six children") is counted as the
    whole before it is."""
    whole: _Counted | None = None
    last: _Counted | None = None
    for number in _NUMBER.finditer(sentence):
        goes_on = last is not None and last.is_part and _JOINED.fullmatch(sentence, last.around.end, number.start())
        counted = _part(sentence, number, whole, goes_on=bool(goes_on))
        counted = counted or _behind(sentence, number) or _ahead(sentence, number, before)
        counted = counted or _left_out(sentence, number, whole)
        if counted is not None:
            whole, last = (whole if counted.is_part else counted), counted
            yield counted


_OF_WHAT = frozenset("members staff employees personnel".split())
_OF = re.compile(
    r"\s+(?P<of>of\s+(?:the\s+)?(?:\w+\s+)?(?:military|army|police|forces|guard|militia|group|media|family|crew))\b"
)


_JOINED = re.compile(r"\s*(?:,|,?\s+and)\s+")


def _part(sentence: str, number: re.Match[str], whole: _Counted | None, *, goes_on: bool) -> _Counted | None:
    """ "including six children", "four of them civilians"; it goes on with "and two women"."""
    if whole is None:
        return None
    found = next((m for pattern in _PART_AFTER if (m := pattern.match(sentence, number.end()))), None)
    if found is None and (goes_on or _PART.search(sentence, 0, number.start())):
        found = _UNIT_NEXT.match(sentence, number.end())
    if found is None:
        return None
    return _Counted(number, whole.what, _tidy(found["unit"]), Span(number.start(), found.end()), is_part=True)


def _behind(sentence: str, number: re.Match[str]) -> _Counted | None:
    """What is counted, told behind the number."""
    found = next((m for pattern in _AFTER if (m := pattern.match(sentence, number.end()))), None)
    if found is None or _is_a_date(sentence, number, found.groupdict().get("unit")):
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
    if _is_a_date(sentence, number, unit and unit["unit"]):
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


_ALSO = re.compile(r"[^.;:()\d]{0,60}?(?:,|,?\s+and)\s+(?:another\s+|a\s+further\s+)?")
_THERE = re.compile(
    r"(?:\s+(?:more|others?))?\s+(?:in|at|near|on)\s+(?:the\s+)?(?:[a-z-]+\s+){0,2}[A-Z](?![a-z]+\s+\d)"
)


def _left_out(sentence: str, number: re.Match[str], whole: _Counted | None) -> _Counted | None:
    """ "20 people died in Homs and nine in Hama": what befell the nine is said of the others."""
    if whole is None or _is_a_date(sentence, number, None) or not _THERE.match(sentence, number.end()):
        return None
    if not _ALSO.fullmatch(sentence, whole.around.end, number.start()):
        return None
    return _Counted(number, whole.what, whole.unit, Span(number.start(), number.end()))


_MONTH_BEHIND = re.compile(rf"\s+{MONTH_NAME}")
_MONTH_AHEAD = re.compile(rf"\b{MONTH_NAME}\s+\Z")


def _is_a_date(sentence: str, number: re.Match[str], unit: str | None) -> bool:
    """Whether the number is a year or the day of a month. "In May 20 people died" counts them; with "24 October 2016
    Six people died" begin texts that lost their line breaks."""
    ahead = _MONTH_AHEAD.search(sentence, 0, number.start()) is not None
    if re.fullmatch(r"(?:19|20)\d\d", number.group()):
        return ahead or unit is None
    return unit is None and (
        (ahead and re.fullmatch(r"\d\d?", number.group()) is not None)
        or _MONTH_BEHIND.match(sentence, number.end()) is not None
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
    # "the Armenian dead at 20"; of "Armenian fire killed 20" the side before is who killed
    is_behind = counted.around.start < counted.number.start() and _STATED.match(sentence, counted.around.start)
    lead = " ".join(sentence[: counted.around.start].split()[-2:]) if is_behind else ""
    nouns = (side["of"] if side else None, counted.unit, lead)
    return next((found for words in nouns if words and (found := side_of(words))), None)


_STATED = re.compile(rf"(?!(?:{_ACTIVE})\b)(?:toll|{_STATE})\b", re.IGNORECASE)


def _where(sentence: str, counted: _Counted, until: int) -> str | None:
    """The place of what the count is told of in a clause of its own ("the raid on Homs, which killed 20"), else the one
    named next behind it and before the next count of the kind, at `until`; else the last before it; all within the
    semicolons around it. Those who speak are no place."""
    told = attributions(sentence)
    speaking = [one.speaker for one in told if one.speaker is not None]
    places = [
        (match, place)
        for match in _PLACE.finditer(sentence)
        if (place := _place(match)) is not None
        and not _NO_PLACE.search(place)
        and not any(span.start <= match.end() - 1 < span.end for span in speaking)
    ]
    at = counted.number.start()
    first, last = sentence.rfind(";", 0, at), sentence.find(";", at)
    places = [(m, place) for m, place in places if first < m.start() < (until if last < 0 else min(last, until))]
    for match, place in places:
        if _RELATIVE.fullmatch(sentence, match.end(), max(match.end(), at)):
            return place
    behind = [place for m, place in places if m.start() > at and not _is_elsewhere(sentence[at : m.start()])]
    # "In Minsk officials said 20 people died": there they spoke; not so in "Homs, where officials say 20 people died"
    ahead = [
        place
        for m, place in places
        if m.start() < at and (m["where"] or not any(m.start() < o.cue.start < at for o in told))
    ]
    return behind[0] if behind else ahead[-1] if ahead else None


_RELATIVE = re.compile(rf",?\s+(?:that|which)\s+(?:\w+\s+)?(?:{_ACTIVE}|left)\s+(?:\w+\s+)?")


def _is_elsewhere(between: str) -> bool:
    """Whether what stands before a place goes over to another event with its own toll: "killed on Tuesday, hours after
    an attack left dozens dead in Homs"."""
    after = re.search(r"\b(?:after|before|while|whereas)\b", between)
    return after is not None and any(between[m.start() :] for m in _NUMBER.finditer(between, after.end()))


def _place(match: re.Match[str]) -> str | None:
    """The name of the place, without a nationality before it: "Syrian Idlib" is Idlib, and "Syrian" alone is none; and
    without the number that begins what follows, in texts that lost their line breaks ("in Idlib Dozens of people")."""
    words = str(match["where"] or match["held"] or match["name"]).removesuffix("'s").removesuffix("’s").split()
    words = list(itertools.takewhile(lambda word: word.lower() not in _VAGUE and word.lower() not in _VALUES, words))
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
