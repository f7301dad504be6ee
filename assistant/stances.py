"""Whether what somebody says denies, accuses or asserts, by rule. Pure; the words it knows are in lexicon.toml.

A verb of denying or accusing tells it. Behind a verb of saying, what is said does: that something alleged is false,
that the speaker's own side did not do something, or that another side did. "Not" alone denies nothing: who says that
a war is not over, or that one should not go there, answers no accusation.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.actors import side_of, sides_named
from assistant.answer import Stance
from assistant.attribution import WORD, Attribution, attributions, counting_verbs, lexicon, quoted, verbs
from kb import Span

__all__ = ["MODALS", "may_deny", "stance_of", "up_to_next_cue"]

_MARK = re.compile(r"[,;:!?()—–]|\s-\s|(?<!\b[A-Z])\.(?!\w)")  # not "U.S."
_BE = frozenset("is are was were be been being am".split())
_AUXILIARIES = _BE | frozenset("do does did have has had".split())
MODALS = frozenset("would will could can cannot may might must should shall".split())
"""With these a verb tells of what is to come, or to be done."""
_NOT = frozenset(("not", "never"))
_NO = frozenset(("no", "none", "nobody", "nothing", "neither"))
_PERSONS = frozenset("it they he she".split())
_THEIRS = frozenset("its their his her".split())
_SPEAKERS = frozenset(("i", "we"))
_OURS = frozenset("my our mine ours".split())
_JOINING = frozenset("that which who whom whose because when while where if unless until and but or as than".split())
_OPENING = frozenset("that and but or nor then there".split())
_AS_WELL = frozenset("only just merely including counting".split())  # "not only drones": those too
_CONDITIONS = frozenset("if unless until because so lest".split())  # "if it did not stop", "so they are not hit"
_GUILT = frozenset("behind responsible guilty part involved there present".split())
_FROM = frozenset("by from through with".split())
_PREPOSITIONS = _FROM | frozenset("at for in of on to under".split())
_IT_WAS = re.compile(r"(?:it|this|that|these|those|they) (?:was|were)")
_SUBJECT = 7  # words: a subject is no longer
_REACH = 4  # words behind "not" in which it is told that it is no denial, or who it was not


def stance_of(sentence: str, one: Attribution, side: str | None) -> Stance:
    """What the words do: a verb of saying denies if what is said is that something alleged is not so."""
    if one.does != "asserts":
        return "asserts" if one.negated or _EITHER_WAY.search(sentence, 0, one.verb.start) else one.does
    if one.verb.of(sentence).lower() in counting_verbs():
        return "asserts"  # "counts its own dead and nobody else's"
    parts = [Span(part.start, part.start + len(up_to_next_cue(sentence, part, one))) for part in one.content]
    said = " ".join(part.of(sentence) for part in parts)
    words = [word.lower() for word in WORD.findall(said.replace("’", "'"))]
    denies = may_deny().search(said) is not None and (
        _calling_false().search(said) is not None
        or any(_disowns(clause, side) for part in parts for clause in _clauses(sentence, part))
    )
    if denies:
        return "denies"
    return "accuses" if _charges(said, words, side) else "asserts"


def up_to_next_cue(sentence: str, part: Span, one: Attribution) -> str:
    """What is said, up to the next denial or accusation, which is a claim of its own."""
    others = (o.cue.start for o in attributions(sentence) if o.does != "asserts" and o.cue.start > one.cue.start)
    return sentence[part.start : min((at for at in others if part.start < at < part.end), default=part.end)]


@functools.cache
def may_deny() -> re.Pattern[str]:
    """Matches what a sentence must hold to deny: a cue that does, a verdict on what is alleged, or a negation."""
    denies = lexicon()["denies"]
    cues = [verb for verb, stance in verbs().items() if stance == "denies"]
    verdicts = {*denies["verdicts"], *denies["verdicts_on_it"], *denies["verdicts_on_allegations"]}
    words = {*cues, *denies["nouns"], *verdicts, *_NOT, *_NO}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\b|n['’]t\b", re.IGNORECASE)


_EITHER_WAY = re.compile(r"\b(?:not|neither|never)\s+\w+\s+n?or\s+\Z")  # "has neither confirmed nor denied"


@functools.cache
def _calling_false() -> re.Pattern[str]:
    """Matches a verdict: "the report was wrong", "it is not true", "a baseless accusation", "[called] it a lie"; but
    not "it was the wrong decision"."""
    denies = lexicon()["denies"]
    false, it_is, they_are, allegations = (
        "|".join(map(re.escape, denies[listed]))
        for listed in ("verdicts", "verdicts_on_it", "verdicts_on_allegations", "allegations")
    )
    be, how = r"(?:\s+(?:is|are|was|were|be|been|being)|['’]s)", r"(?:\s+(?:\w+ly|all|just|both|an?|\w+\s+and))"
    return re.compile(
        rf"{be}{how}{{0,3}}\s+(?:{false})\b|\b(?:{allegations})\b[^.;!?]{{0,80}}?\s(?:{false}|{it_is}|{they_are})\b"
        rf"|\b(?:{false})\s+(?:{allegations})\b"
        rf"|\b(?:it|this|that|they|these){be}{how}{{0,3}}\s+(?:{false}|{it_is})\b"
        rf"|\A\W*(?:it|this|that|them|these){how}{{0,2}}\s+(?:{false}|{it_is})\b",
        re.IGNORECASE,
    )


# -- denying one's own deed


@dataclass(frozen=True, slots=True)
class _Word:
    lower: str
    written: str
    is_quoted: bool
    """In the speaker's very words, where "we" is the speaker and "they" somebody else."""


def _clauses(sentence: str, part: Span) -> Iterator[list[_Word]]:
    """The words between two marks, "didn't" and "we're" as two each."""
    within = quoted(sentence)
    at = part.start
    for mark in [*_MARK.finditer(sentence, part.start, part.end), None]:
        clause: list[_Word] = []
        for match in WORD.finditer(sentence, at, mark.start() if mark else part.end):
            is_quoted = any(span.start <= match.start() < span.end for span in within)
            clause += [_Word(piece.lower(), piece, is_quoted) for piece in _pieces(match.group().replace("’", "'"))]
        yield clause
        at = mark.end() if mark else part.end


def _pieces(word: str) -> list[str]:
    if word.lower().endswith("n't"):
        whole = {"can't": "can", "won't": "will", "shan't": "shall"}.get(word.lower(), word[:-3])
        return [whole, "not"]
    if found := re.fullmatch(r"(\w+)'(re|ve|m)", word):
        return [found[1], {"re": "are", "ve": "have", "m": "am"}[found[2]]]
    return [word]


def _disowns(clause: Sequence[_Word], side: str | None) -> bool:
    """Whether the speaker says of its own that it did not: "it had flown no drones", "no soldier of ours was there"."""
    lows = [word.lower for word in clause]
    for place, word in enumerate(lows):
        if word not in _NOT | _NO or not _CONDITIONS.isdisjoint(lows[:place]):
            continue
        after = lows[place + 1 : place + 1 + _REACH]
        if not _AS_WELL.isdisjoint(after[:1]) or not _undenying().isdisjoint(after):
            continue
        if word in _NOT and (_did_not(clause, place, side) or _by_others(clause, place, side)):
            return True
        if word in _NO and (_did_nothing(clause, place, side) or _none_of_own(clause, place, side)):
            return True
    return False


def _did_not(clause: Sequence[_Word], place: int, side: str | None) -> bool:
    """ "its army did not fire", "we have never fired", "it never fired"; but not "it will not", "it is not clear"."""
    before = clause[place - 1].lower if place else ""
    following = next((w.lower for w in clause[place + 1 :] if not w.lower.endswith("ly")), "")
    if not following or before in MODALS:
        return False
    if before in _BE and not (following.endswith(("ing", "ed")) or following in _GUILT):
        return False
    end = place - 1 if before in _AUXILIARIES else place if clause[place].lower == "never" else 0
    return _ends_own_subject(clause, end, side)


def _did_nothing(clause: Sequence[_Word], place: int, side: str | None) -> bool:
    """ "it had flown no drones", "we shot nobody"; but not "it was no secret", "he was in no hurry"."""
    for end in range(place - 1, max(place - 4, 0), -1):
        between = [word.lower for word in clause[end:place]]
        if not MODALS.isdisjoint(between) or between[-1] in _BE | _PREPOSITIONS | _undenying():
            return False
        if _ends_own_subject(clause, end, side):
            return True
    return False


def _none_of_own(clause: Sequence[_Word], place: int, side: str | None) -> bool:
    """ "none of its jets", "nothing had come from its land", "there were no Russian troops", "no man of ours"; but not
    "no doubt about our army"."""
    before = [word.lower for word in clause[max(0, place - 3) : place]]
    if not MODALS.isdisjoint(before):
        return False
    if before and not (before[-1] in _OPENING or (before[-1] in _BE and "there" in before)):
        return False
    reach = clause[place + 1 : place + 1 + _SUBJECT]
    named = next((n for n, word in enumerate(reach) if _is_own(word, side) or _is_theirs(word)), None)
    if named is None or not MODALS.isdisjoint(word.lower for word in reach[:named]):
        return False
    return clause[place].lower != "no" or named < 2 or reach[named - 1].lower == "of"


def _by_others(clause: Sequence[_Word], place: int, side: str | None) -> bool:
    """ "was not fired by its forces", "it was not our missile"; but not "it is not our policy"."""
    before, reach = clause[place - 1].lower if place else "", clause[place + 1 : place + 2 + _REACH]
    if before in MODALS:
        return False
    if (
        reach
        and _is_theirs(reach[0])
        and _IT_WAS.fullmatch(" ".join(word.lower for word in clause[max(0, place - 2) : place]))
    ):
        return True
    return any(a.lower in _FROM and (_is_theirs(b) or _is_own(b, side)) for a, b in pairwise(reach))


def _ends_own_subject(clause: Sequence[_Word], end: int, side: str | None) -> bool:
    """Whether a subject that is the speaker, or the speaker's, ends right before `end`."""
    for start in range(end - 1, max(end - 1 - _SUBJECT, -1), -1):
        word = clause[start]
        if word.lower in _JOINING | _AUXILIARIES | MODALS | _NOT:
            return False
        if word.lower in (_SPEAKERS if word.is_quoted else _SPEAKERS | _PERSONS):
            return all(w.lower.endswith("ly") or w.lower == "also" for w in clause[start + 1 : end])
        if (_is_theirs(word) and end - start > 1) or _is_own(word, side):
            return True
    return False


def _is_theirs(word: _Word) -> bool:
    return word.lower in (_OURS if word.is_quoted else _OURS | _THEIRS)


def _is_own(word: _Word, side: str | None) -> bool:
    return side is not None and word.written[:1].isupper() and side_of(word.written) == side


@functools.cache
def _undenying() -> frozenset[str]:
    """What, behind "not" or "no", denies no deed: "does not believe", "had no choice", "has not yet confirmed"."""
    return frozenset(lexicon()["denies"]["undenying"].split())


# -- accusing another


_BLAMED = re.compile(  # not "it was behind the raid": who takes it on accuses nobody
    r"(?<!\bit was )(?<!\bthey were )(?<!\bwe were )(?<!\bwe are )\b(?:responsible for|to blame|guilty of)\b"
    r"|(?<!\bit )was behind\b|(?<!\bthey )(?<!\bwe )were behind\b"
)


def _charges(said: str, words: Sequence[str], side: str | None) -> bool:
    """Whether another side is named as the doer of a deed, or as responsible for one."""
    if side is None:
        return False
    if _BLAMED.search(said) and sides_named(said) - {side}:
        return True
    for place, word in enumerate(words):
        if word in lexicon()["accuses"]["deeds"]:
            passive = place and words[place - 1] in _BE
            by = "by" in words[place + 1 : place + 3]
            doer = words[place + 1 : place + 8] if passive and by else words[:place]
            another = [*doer[:3]] in (["that", "the", "other"], ["the", "other", "had"], ["the", "other"])
            if (not passive or by) and (another or sides_named(" ".join(doer).title()) - {side}):
                return True
    return False
