"""Where a sentence tells that somebody says something: the cue, who says it, and what. By rule, pure, English.

A cue is a verb of saying, denying or accusing, "according to", or a noun of these that somebody has ("Armenia's claim
that …"). The speaker is the noun phrase before the verb with its apposition, or the one after it where the order is
inverted; a participle ("…, accusing …") and a verb joined by "and" have the speaker of the one before them. The words
known are in lexicon.toml.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from assistant.answer import Stance
from kb import Span

__all__ = [
    "PRONOUNS",
    "Attribution",
    "Token",
    "attributions",
    "counting_verbs",
    "lexicon",
    "needing_verbs",
    "quoted",
    "tokens_of",
    "verbs",
]


@dataclass(frozen=True, slots=True)
class Attribution:
    """One telling of speech in a sentence, in offsets of the sentence."""

    cue: Span
    """The verb or noun with its auxiliaries: "has not said", "according to"."""
    verb: Span
    """The word itself."""
    does: Stance
    """What the cue alone does; whether the words deny or accuse is for `claims` to say."""
    speaker: Span | None
    """The noun phrase with its apposition, or "who". None if nobody is named."""
    stands_for: Span | None
    """Of "who" or "which": the phrase that it stands for."""
    content: tuple[Span, ...]
    """What is said, in one or two pieces: before the cue, after it, or around it."""
    is_quoted: bool
    """Whether all of it stands inside direct speech: then the speaker of the quotation tells it, not the outlet."""
    negated: bool
    """Whether the cue is denied: "has not said"."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int
    depth: int
    """How the token stands to direct speech: 0 outside, else the number of the quotation."""

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper() or _PREFIXED.match(self.text) is not None


_PREFIXED = re.compile(r"[a-z]{2,3}-[A-Z]")  # al-Abadi
PRONOUNS = frozenset("it he she they we i you".split())
_ABBREVIATED = (
    "Mr|Mrs|Ms|Dr|Sen|Sens|Rep|Reps|Gov|Gen|Lt|Col|Maj|Capt|Cmdr|Adm|Sgt|Brig|Prof|Rev|Hon|Jr|Sr|St|No|Inc|Co|Corp|Ltd"
)
_TOKEN = re.compile(
    rf"(?:{_ABBREVIATED})\.|(?:[^\W_]\.)+(?=\W|$)|[^\W_]+(?:[.'’&/-][^\W_]+)*(?:(?<=\.[^\W_])\.)?|--|''|``|[^\w\s]"
)
_OPENING, _CLOSING = "“«„", "”»"
_DASHES = frozenset("-- — –".split())
_BOUNDS = frozenset(
    """that but while when as after before because which who whom although though if since where than whether or so
    until unless whereas how why what once even""".split()
)
_BE = frozenset("is are was were be been being am 's 're 'm isn't wasn't aren't weren't".split())
_HAVE = frozenset("has have had having hasn't haven't hadn't 've 'd".split())
_MODAL = frozenset("would will could may might must can should shall do does did won't wouldn't can't couldn't".split())
_DO_NOT = frozenset("didn't doesn't don't".split())
_NEGATIONS = frozenset("not never no n't".split()) | _DO_NOT | {"hasn't", "haven't", "hadn't", "won't", "wouldn't"}
_SKIPPED = (  # between a subject and its verb
    frozenset(
        """also each both again later earlier then since now still already soon once together likewise meanwhile however
        reportedly yet twice first himself herself itself themselves long further even just ever never not
        instead too often all rather has have had having""".split()
    )
    | _MODAL
    | _DO_NOT
    | _HAVE
)
_RAISING = frozenset(  # "went on to say", "appeared to blame": who speaks stands before them
    "continue continues continued on appear appears appeared seem seems seemed began begin begins started".split()
) | {"to", "went"}
_DAYS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday today yesterday week month year day night morning
    evening afternoon january february march april may june july august september october november december weekend
    tonight overnight""".split()
)
_BEFORE_DAYS = frozenset("on in late early last this the same over next".split())
_DETERMINERS = frozenset(
    "the a an its his her their our my your this these those one some several many most another".split()
)
_NO_ADVERBS = frozenset("family assembly rally supply reply ally anomaly tally multiply apply".split())
_RELATIVE = frozenset("who which whom".split())
_SET_BESIDE = frozenset("a an the who whose head director chief".split())  # open an apposition
_ARTICLES = frozenset("the a an its his her their our my your".split())
_INSIDE = frozenset(
    "of in for from at with by to on against near behind between across through about into over around along".split()
)
_LEADS = frozenset(
    """in on at for by from with during amid despite following under over since after before as to like unlike while
    when if although though because until among according of about speaking asked""".split()
)
_ADDRESSED = frozenset("tell tells told telling urge urges urged asks ask asked".split())  # what follows is who listens
_NOMINAL = (  # what stands before a noun, not before a verb
    _ARTICLES | frozenset("no any this that these those to of in for from by with on so-called such 's under".split())
)
_AFTER_VERB = (  # what may follow a verb, not an adjective: "blamed the rebels", not "armed rebels"
    _DETERMINERS | _INSIDE | _DAYS | _BOUNDS
) | frozenset("and not up out off him them it about himself itself themselves herself".split())
_NO_OPENERS = _LEADS | _DAYS | frozenset("and ' ’ - &".split())
_CAPITAL_CUES = frozenset("according citing quoting speaking".split())
_QUOTING = frozenset("said says wrote writes asked added".split())  # may open a sentence: "Said the source"
_LONGEST_SUBJECT = 12  # words; what opens a clause and is longer has a verb in it that is not known
_LONGEST = 60  # words that a speaker with apposition may have


def attributions(sentence: str) -> list[Attribution]:
    """All attributions of a sentence, in the order of their cues."""
    tokens = tokens_of(sentence)
    found: list[_Found] = []
    for at in range(len(tokens)):
        does = _cue(tokens, at)
        if does is not None and (one := _attribution(tokens, at, does, found)) is not None:
            found.append(one)
    return [_placed(tokens, one, found[n + 1] if n + 1 < len(found) else None) for n, one in enumerate(found)]


@dataclass(frozen=True, slots=True)
class _Found:
    """An attribution in places of tokens, half-open."""

    at: int
    cue: tuple[int, int]
    does: Stance
    speaker: tuple[int, int] | None
    inverted: bool
    is_noun: bool


def tokens_of(sentence: str) -> list[Token]:
    """Words and marks of a sentence, each with the quotation it stands in."""
    within = quoted(sentence)
    return [
        Token(
            m.group(),
            m.start(),
            m.end(),
            next((n for n, s in enumerate(within, 1) if s.start < m.start() < s.end - 1), 0),
        )
        for m in _TOKEN.finditer(sentence)
    ]


def quoted(sentence: str) -> list[Span]:
    """Where direct speech stands, marks included. What a mark closes that nothing opened was opened before the
    sentence; what nothing closes goes on after it."""
    found: list[Span] = []
    opened: int | None = None
    for match in re.finditer(r"[“”«»„\"]|''|``|(?<!\w)‘(?=\w)|(?<=[\w,.?!])’(?!\w)", sentence):
        mark, start, end = match.group(), match.start(), match.end()
        if mark in "‘’":
            continue  # too often an apostrophe
        opens = (
            mark in _OPENING
            or mark == "``"
            or (mark not in _CLOSING and opened is None and _could_open(sentence, start, end))
        )
        if opens:
            opened = start if opened is None else opened
        else:
            found.append(Span(opened if opened is not None else (0 if not found else start), end))
            opened = None
    if opened is not None:
        found.append(Span(opened, len(sentence)))
    return found


def _could_open(sentence: str, start: int, end: int) -> bool:
    """Whether a straight mark stands where a quotation can begin: before a word, after none."""
    before, after = sentence[start - 1 : start], sentence[end : end + 1]
    return bool(after) and not after.isspace() and not before.isalnum() and before not in (",", ".", "?", "!")


# -- cues


def _cue(tokens: Sequence[Token], at: int) -> Stance | None:
    """What the word at this place does, if it tells of speech: asserts, denies or accuses."""
    token = tokens[at]
    word = token.lower
    if token.is_capital and not _may_be_capital(tokens, at):
        return None
    if word == "according":
        return "asserts" if at + 1 < len(tokens) and tokens[at + 1].lower == "to" else None
    if (noun := _nouns().get(word)) and _is_had(tokens, at):
        return noun
    if word.startswith("claim") and any(t.lower in {"lives", "life"} for t in tokens[at + 1 : at + 6]):
        return None  # "the blast claimed 20 lives"
    if word in {"said", "reported", "alleged"} and _is_of_others(tokens, at):
        return None
    does = verbs().get(word)
    if (needed := needing_verbs().get(word)) is not None:
        return "asserts" if _has_beside(tokens, at, needed) and not _is_noun_here(tokens, at) else None
    if does is None and _tells_that(tokens, at):
        return "asserts"
    if does is None and word in counting_verbs() and any(t.text[0].isdigit() for t in tokens[at + 1 : at + 13]):
        does = "asserts"
    return None if does is None or _is_noun_here(tokens, at) else does


def _is_of_others(tokens: Sequence[Token], at: int) -> bool:
    """ "medicines said to be poison": nobody who says so is named."""
    return [t.lower for t in tokens[at + 1 : at + 3]] in (["to", "be"], ["to", "have"])


def _may_be_capital(tokens: Sequence[Token], at: int) -> bool:
    """Whether a capital at this place makes no name: at the start, after a mark, or in a headline."""
    if not at or not tokens[at - 1].is_word:
        opens = tokens[at].lower in _CAPITAL_CUES or tokens[at].lower.endswith("ing") or bool(at)
        return opens or (tokens[at].lower in _QUOTING and _right(tokens, at + 1) is not None)
    words = [t for t in tokens if t.is_word and len(t.text) > 3]
    return len(words) > 3 and sum(t.is_capital for t in words) > 0.8 * len(words)


def _tells_that(tokens: Sequence[Token], at: int) -> bool:
    """Whether any verb in the past has a clause with "that" behind it: "ruled that the road …", not "that day"."""
    if not (tokens[at].lower.endswith("ed") or tokens[at].lower in _irregular()) or at + 2 >= len(tokens):
        return False
    then = tokens[at + 2]
    opens = (
        then.is_capital or then.lower in PRONOUNS | _DETERMINERS or then.lower.endswith("s") or then.text[0].isdigit()
    )
    return tokens[at + 1].lower == "that" and opens and then.lower not in _DAYS


def _has_beside(tokens: Sequence[Token], at: int, needed: frozenset[str]) -> bool:
    """Whether one of the words stands right after; or, for a quotation mark, whether direct speech is next to it."""
    after = tokens[at + 1 : at + 3]
    if '"' in needed:
        near = [*tokens[max(0, at - 1) : at], *after]
        around = [*tokens[max(0, at - 6) : at], *tokens[at + 1 : at + 4]]
        return any(t.text in {'"', "“", "”", "``", "''", ":"} for t in near) or any(t.depth for t in around)
    if "a" in needed and after and after[0].is_capital:
        return True
    return any(t.lower in needed for t in after[:1]) or (
        len(after) > 1 and _is_adverb(after[0]) and after[1].lower in needed
    )


def _is_had(tokens: Sequence[Token], at: int) -> bool:
    """Whether a noun of saying is somebody's: "Armenia's claim that", "a statement by the ministry"."""
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    if after in {"by", "from"} and at + 2 < len(tokens):
        return tokens[at + 2].is_capital or (tokens[at + 2].lower in _ARTICLES and after == "by")
    return after in {"that", "of"} and _owner(tokens, at) is not None


def _owner(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Whose the noun is: the phrase with 's before it, an adjective passed over, or his, her, their."""
    for place in range(at - 1, max(at - 4, -1), -1):
        word = tokens[place].lower
        if word.endswith(("'s", "’s", "s'", "s’")) or word in {"his", "her", "their", "its"}:
            start = _left(tokens, place + 1)
            return (start, place + 1) if start <= place else None
        if not tokens[place].is_word or tokens[place].is_capital:
            return None
    return None


def _is_noun_here(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word that can be a verb is a noun or a passive participle: "the report", "was accused of"."""
    word = tokens[at].lower
    if word in _also_nouns() and not _acts(tokens, at):
        return True
    place = at
    while place and (_is_adverb(tokens[place - 1]) or tokens[place - 1].lower in {"also", "not", "never"}):
        place -= 1
    before = tokens[place - 1].lower if place else ""
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    past = word.endswith("ed") or word in {"said", "told", "written"}
    if before in _BE and not word.endswith("ing"):
        return after not in {"by"} and not (place > 1 and tokens[place - 1].text in {"’s", "'s"})
    if before in {"been", "being"} and not word.endswith("ing"):
        return True
    if word in _naming() and _only_names(tokens, at):
        return True
    if past and after == "by" and not _is_means(tokens, at + 2):
        return False
    if before == "to" and place > 1 and tokens[place - 2].lower in _RAISING:
        return False
    if before in {"by", "while", "when"} and word.endswith("ing"):
        return False  # "he began by saying"
    if before == "that" and past and place > 1 and _is_relative(tokens, place - 1):
        return False  # "a post that said he fled"
    if before in _NOMINAL:
        return True
    return before.endswith(("'s", "’s", "s'", "s’")) and not past


def _is_means(tokens: Sequence[Token], at: int) -> bool:
    """ "by phone", "by e-mail": not by somebody."""
    if at >= len(tokens) or tokens[at].is_capital or tokens[at].lower in _DETERMINERS or tokens[at].lower.endswith("s"):
        return False
    return at + 1 == len(tokens) or not tokens[at + 1].is_word or tokens[at + 1].lower in _BOUNDS | _LEADS


def _only_names(tokens: Sequence[Token], at: int) -> bool:
    """ "a group called Hamas", "the visa, called EB-5, allows"."""
    if not at or at + 1 >= len(tokens) or not (tokens[at + 1].is_capital or not tokens[at + 1].is_word):
        return False
    ends = next((n for n in range(at + 1, len(tokens)) if not tokens[n].is_capital), len(tokens) - 1)
    apart = tokens[at - 1].text == "," and tokens[ends].text == ","
    return apart or tokens[_left(tokens, at)].lower in {"a", "an"}


def _acts(tokens: Sequence[Token], at: int) -> bool:
    """Whether a form that is a noun as well stands like a verb: with a pronoun or plural before it, or with what is
    said, called or demanded right after it."""
    before = tokens[_passed_over(tokens, at) - 1] if _passed_over(tokens, at) else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if before is None:
        return False
    if before.lower in PRONOUNS | {"who", "which"} or tokens[at - 1].lower in _MODAL | _DO_NOT | {"to", "not"}:
        return tokens[at - 1].lower != "to"
    if not tokens[at].lower.endswith("s") and not (before.lower.endswith("s") or before.lower in _plurals()):
        subject = tokens[_left(tokens, at) : at]
        if not any(token.lower == "and" for token in subject):
            return False
    if after is None or after.text == ".":
        return before.is_capital and tokens[at].lower.endswith("s")  # "…, the Gazette reports."
    opens = after is not None and (
        after.lower in needing_verbs().get(tokens[at].lower, ())
        or after.lower
        in {"them", "him", "us", "it", "that", "the", "a", "an", "its", "their", "his", "her", "for", "on"}
        or after.is_capital
    )
    return opens or (after is not None and after.text in {'"', "“", ":", "``", "''"})


# -- speakers


def _attribution(tokens: Sequence[Token], at: int, does: Stance, earlier: Sequence[_Found]) -> _Found | None:
    word = tokens[at].lower
    if word == "according":
        speaker = _right(tokens, at + 2)
        if speaker and not any(t.is_word for t in tokens[:at]):
            speaker = _leaving(tokens, speaker)
        return _Found(at, (at, at + 2), does, speaker, True, False) if speaker else None
    if word in _nouns() and _is_had(tokens, at):
        owner = _owner(tokens, at)
        speaker = owner or _right(tokens, at + 2)
        return _Found(at, (at, at + 1), does, speaker, owner is None, True) if speaker else None
    if at and at + 1 < len(tokens) and tokens[at + 1].lower == "by" and not _is_means(tokens, at + 2):
        speaker = _right(tokens, at + 2)
        opens = at - (tokens[at - 1].lower in _BE)
        return _Found(at, (opens, at + 1), does, speaker, True, False) if speaker else None
    found = _active(tokens, at, earlier)
    if found is None:
        return None
    speaker, inverted = found
    start = at
    while start and (tokens[start - 1].lower in _SKIPPED | _BE | _RAISING or _is_adverb(tokens[start - 1])):
        if speaker and speaker[0] <= start - 1 < speaker[1]:
            break
        start -= 1
    return _Found(at, (start, at + 1), does, speaker, inverted, False)


def _active(tokens: Sequence[Token], at: int, earlier: Sequence[_Found]) -> tuple[tuple[int, int], bool] | None:
    """The speaker of an active verb, and whether it stands after it. None if nobody is named."""
    last = next((f.speaker for f in reversed(earlier) if f.speaker and tokens[f.at].depth == tokens[at].depth), None)
    before = tokens[at - 1].lower if at else ""
    is_participle = tokens[at].lower.endswith("ing") and before not in _BE and not _is_progressive(tokens, at)
    if is_participle:
        if tokens[at].lower in needing_verbs() and before not in {",", "and", "by", "while"}:
            return None  # "polls showing"
        if not any(t.is_word for t in tokens[:at]):
            return _announced(tokens, at)
        if before == "as":
            spoken = _quoted_as(tokens, at - 1)
            return (spoken, False) if spoken else None  # none: "as appealing as"
        if before in _nouns():  # "released a statement saying"
            last = _doing(tokens, at) or last
        elif before not in {",", "and", "by", "while"}:
            beside = _left(tokens, at)
            if beside < at and _names_somebody(tokens[beside:at]):
                return (beside, at), False
        own = _last_speaking(tokens, at, last) or _doing(tokens, at) or _opening(tokens, at)
        return (own, False) if own else None
    subject = _subject(tokens, at)
    if subject is not None and tokens[subject[0]].text[0].isdigit() and tokens[at].lower in {"said", "says"}:
        after = _right(tokens, at + 1)
        if after is not None and _ends(tokens, after[1]):
            return after, True  # "… wounded 60 people said the monitor": nothing is left that could be said
    if subject is None and (not at or _follows_quote(tokens, at)) and tokens[at].lower not in _ADDRESSED:
        after = _right(tokens, at + 1)
        if after is not None and _can_follow(tokens, after):
            return after, True
    if subject is None and _is_joined(tokens, at):
        subject = last or _doing(tokens, at) or _opening(tokens, at)
    return (subject, False) if subject else None


def _can_follow(tokens: Sequence[Token], speaker: tuple[int, int]) -> bool:
    """Whether a phrase behind the verb can be who speaks, not what is told: "…, said officials.", not "…, announced
    plans to withdraw"."""
    first = tokens[speaker[0]]
    named = any(token.is_capital for token in tokens[slice(*speaker)])
    if named or first.lower in _DETERMINERS | PRONOUNS or first.text[0].isdigit():
        return True
    after = tokens[speaker[1]] if speaker[1] < len(tokens) else None
    return after is None or not after.is_word or after.lower in _DAYS | _BEFORE_DAYS


def _leaving(tokens: Sequence[Token], speaker: tuple[int, int]) -> tuple[int, int]:
    """The speaker of an "According to" that opens the sentence, cut so that something is left that is said."""
    start, end = speaker
    while _ends(tokens, end):
        comma = next((n for n in range(end - 1, start, -1) if tokens[n].text == ","), None)
        if comma is None:
            break
        end = comma
    return start, end


def _quoted_as(tokens: Sequence[Token], place: int) -> tuple[int, int] | None:
    """Who is quoted "as saying": "the agency quoted the minister as saying", "he was quoted as saying"."""
    verb = next((n for n in range(place - 1, max(place - 16, -1), -1) if tokens[n].lower in _CITING), None)
    if verb is None:
        return None
    if verb and tokens[verb - 1].lower in _BE:
        return _subject(tokens, verb - 1)
    return _right(tokens, verb + 1) if verb + 1 < place else None


_CITING = frozenset("quote quotes quoted quoting cite cites cited citing".split())


def _last_speaking(tokens: Sequence[Token], at: int, last: tuple[int, int] | None) -> tuple[int, int] | None:
    """The one who spoke last, for a participle. "An official who said so, saying": not who is told apart by it."""
    if last is None or tokens[last[0]].lower not in _RELATIVE or tokens[at - 1].text != ",":
        return last
    return last if last[0] and tokens[last[0] - 1].text == "," else None


def _doing(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The subject of the nearest verb before: "who took to the streets and called", "she grew tired, saying"."""
    place, closed = at - 1, False  # closed: a comma between, which ends a clause with "which"
    while place > 0 and tokens[place].depth == tokens[at].depth and tokens[place].text not in {";", ":", *_DASHES}:
        closed = closed or tokens[place].text == ","
        if _is_finite(tokens, place):
            subject = _subject(tokens, place)
            if subject is None or not closed or tokens[subject[0]].lower not in _RELATIVE:
                return subject
            place = subject[0]
        place -= 1
    return None


def _is_finite(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word is a verb with a subject of its own: no infinitive, and no participle without an auxiliary."""
    token = tokens[at]
    if token.lower.endswith("ing") or tokens[at - 1].lower == "to":
        return False
    return _is_verb(tokens, at)


def _ends(tokens: Sequence[Token], at: int) -> bool:
    """Whether nothing but marks is left from here."""
    return not any(token.is_word for token in tokens[at:])


def _announced(tokens: Sequence[Token], at: int) -> tuple[tuple[int, int], bool] | None:
    """Of a participle that opens the sentence ("Citing the report, Baku said"): the subject after its comma."""
    comma = next((n for n in range(at, len(tokens) - 1) if tokens[n].text == ","), None)
    if comma is not None and tokens[comma + 1].text in _CLOSING + '"':
        comma += 1
    speaker = _right(tokens, comma + 1) if comma is not None else None
    return (speaker, False) if speaker else None


def _is_progressive(tokens: Sequence[Token], at: int) -> bool:
    """ "is also calling"."""
    place = _passed_over(tokens, at)
    return any(t.lower in _BE for t in tokens[max(place - 1, 0) : at])


def _subject(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The noun phrase that ends before the verb at `at`, days and adverbs between them passed over."""
    end = _passed_over(tokens, at)
    if end and tokens[end - 1].text in {",", *_DASHES}:
        return _with_insertion(tokens, end - 1)
    if end and tokens[end - 1].lower in {"and", "or", "but"}:
        return None
    if end and tokens[end - 1].lower == "that" and end > 1 and _is_relative(tokens, end - 1):
        return end - 1, end
    if end and tokens[end - 1].lower in _RELATIVE:
        of = end > 2 and tokens[end - 2].lower == "of"  # "many of whom"
        return (end - 3 if of else end - 1), end
    start = _whole(tokens, _listed(tokens, _left(tokens, end), end), end)
    if 0 < start < end and tokens[start - 1].lower == "whose":
        return start - 1, end
    return (start, end) if start < end and _names_somebody(tokens[start:end]) else None


def _whole(tokens: Sequence[Token], start: int, end: int) -> int:
    """Where the subject begins whose end the phrase from `start` is: "judges hearing the case", "people who fled the
    town"; and where the one who speaks begins behind a place or time without a comma: "In Moscow President X"."""
    if not end or _ends(tokens, end + 1):
        return start  # "the town was hit residents said": nothing is left that could be said
    opens = _stretch(tokens, start)
    if tokens[opens].lower in _PLACING and opens + 1 >= start:
        return _after_place(tokens, start, end)
    leads = tokens[start - 1].lower if start else ""
    governed = leads in _INSIDE | {"as"} or leads.endswith("ing") or (start and _is_verb(tokens, start - 1))
    if opens >= start or not governed or tokens[start].lower in PRONOUNS or _skip_lead(tokens, opens, start) != opens or not _names_somebody(tokens[opens:end]):
        return start
    held = tokens[opens:start]
    relative = next((n for n in range(opens + 1, start) if tokens[n].lower in {"who", "that", "which"}), None)
    if relative is None and start == end:
        return start
    if relative is not None:
        clause = [n for n in range(relative + 1, start) if _is_verb(tokens, n)]
        told = any(tokens[n].lower in verbs() and not _has_no_clause(tokens, n) for n in clause)
        named = _names_somebody(tokens[opens:relative]) and not _has_verb(tokens, opens, relative)
        return opens if clause and named and not told else start
    if any(t.lower in _BE | _HAVE | _MODAL for t in held) or not any(
        t.lower.endswith("ing") or t.lower in _INSIDE for t in held
    ):
        return start
    acting = [n for n in range(opens, start) if _is_verb(tokens, n)]
    if any(tokens[n].lower in verbs() or not _is_reduced(tokens, n) for n in acting):
        return start
    return opens


def _has_no_clause(tokens: Sequence[Token], at: int) -> bool:
    """ "who asked not to be named", "who told of it": nothing with a verb of its own is said."""
    return at + 1 < len(tokens) and tokens[at + 1].lower in {"to", "not", "of", "about", "for", "by", "on", "against"}


def _stretch(tokens: Sequence[Token], start: int) -> int:
    """Where the words without a mark or a conjunction between begin that end with this one."""
    place = start
    while place and tokens[place - 1].depth == tokens[start].depth:
        before = tokens[place - 1]
        if not before.is_word and before.text not in "-'’&":
            break
        if before.lower in _BOUNDS - {"who", "which", "that", "as"} or before.lower in {"and", "or"} | PRONOUNS:
            break
        place -= 1
    return place


def _is_reduced(tokens: Sequence[Token], at: int) -> bool:
    """Whether a past form stands like "led by the army", not like "led the army"."""
    return at + 1 < len(tokens) and (tokens[at + 1].lower in _INSIDE or tokens[at].lower.endswith("ing"))


def _after_place(tokens: Sequence[Token], start: int, end: int) -> int:
    """In "a Bloomberg interview Trump", "Moscow Russian Foreign Minister X": where the name of the speaker begins."""
    for place in range(end - 1, start, -1):
        token, before = tokens[place], tokens[place - 1]
        if not token.is_capital:
            return start
        if _is_common(before) and before.lower not in _INSIDE:
            return place
        if before.is_capital and _opens_name(token):
            while place - 1 > start and _opens_name(tokens[place - 1]):
                place -= 1
            return place
    return start


def _opens_name(token: Token) -> bool:
    """ "Russian", "Minister"."""
    return token.lower in _titles() or token.lower.endswith(("ian", "ish", "ese"))


_PLACING = frozenset("in at on during".split())


def _listed(tokens: Sequence[Token], start: int, end: int) -> int:
    """Where a list of speakers begins that ends here: "The family, protesters and civic leaders"."""
    while start > 1 and tokens[start - 1].text == "," and any(t.lower == "and" for t in tokens[start:end]):
        before = _left(tokens, start - 1)
        whole = not before or tokens[before - 1].text == ","
        member = tokens[before : start - 1]
        if not member or not whole or not _names_somebody(member) or member[0].lower.endswith("ing"):
            break
        start = before
    return start


def _antecedent(tokens: Sequence[Token], speaker: tuple[int, int]) -> tuple[int, int] | None:
    """Of "officials, who said": the phrase before the relative pronoun."""
    if tokens[speaker[1] - 1].lower not in _RELATIVE | {"that"} and tokens[speaker[0]].lower != "whose":
        return None
    end = speaker[0]
    while end and not tokens[end - 1].is_word:
        end -= 1
    start = _left(tokens, end)
    # "pointed at the regime, which denied": only the last of it denies
    start = max([start, *(n + 1 for n in range(start, end) if tokens[n].lower in _LOOSE)])
    return (start, end) if start < end and _names_somebody(tokens[start:end]) else None


_LOOSE = frozenset("at on to against with from by near into".split())


def _passed_over(tokens: Sequence[Token], at: int) -> int:
    """Where the subject ends: before adverbs, auxiliaries and "on Tuesday"."""
    end = at
    while end > 0 and tokens[end - 1].depth == tokens[at].depth:
        word = tokens[end - 1].lower
        if word in _SKIPPED or word in _BE or _is_adverb(tokens[end - 1]):
            end -= 1
        elif word == "to" and end > 1 and tokens[end - 2].lower in _RAISING:
            end -= 2
        elif (word == "on" and end > 1 and tokens[end - 2].lower in {"went", "goes", "gone"}) or (
            word in {"went", "goes"} and end < at
        ):
            end -= 1
        elif word in _DAYS or (word.isdigit() and end > 1 and tokens[end - 2].lower in _DAYS):
            end -= 1
            while end > 0 and tokens[end - 1].lower in _BEFORE_DAYS | _DAYS:
                end -= 1
        else:
            break
    return end


def _is_adverb(token: Token) -> bool:
    return (
        token.lower.endswith("ly") and len(token.text) > 4 and not token.is_capital and token.lower not in _NO_ADVERBS
    )


def _with_insertion(tokens: Sequence[Token], close: int) -> tuple[int, int] | None:
    """The subject that ends with an insertion: "Smith, the minister, said", "Smith -- a writer -- said"."""
    mark, depth = tokens[close].text, tokens[close].depth
    opened = next((n for n in range(close - 1, 0, -1) if tokens[n].text == mark and tokens[n].depth == depth), None)
    begin = _clause_start(tokens, opened if mark in _DASHES and opened else close)
    opens = [n for n in range(begin, close) if tokens[n].text == mark and tokens[n].depth == depth]
    edges = [begin, *(n + 1 for n in opens)]
    for start, comma in zip(edges, opens, strict=False):
        head = _skip_lead(tokens, start, comma)
        if head is None:
            continue
        phrase = tokens[head:comma]
        if phrase and _names_somebody(phrase) and not _has_verb(tokens, head, comma) and close - head <= _LONGEST:
            aside = (n for n in opens if n >= comma and _is_aside(tokens, n + 1))
            return head, next(aside, close)
    return None


def _is_aside(tokens: Sequence[Token], at: int) -> bool:
    """Whether what follows a comma tells when or how, not who: "speaking in Berlin", "in an interview"."""
    word = tokens[at].lower
    return not tokens[at].is_capital and (word.endswith("ing") or (word in _LEADS and word != "of"))


def _clause_start(tokens: Sequence[Token], end: int) -> int:
    """Where the clause that ends at `end` begins: after a quotation, a semicolon or colon, "that", "but" and so on."""
    depth = tokens[end].depth
    for place in range(end - 1, -1, -1):
        token = tokens[place]
        if token.depth != depth or token.text in {";", ":", '"', "”", "“", "''", "``"}:
            return place + 1
        if token.lower in {"but", "because", "while", "although", "though", "whereas"}:
            return place + 1
        if token.lower == "that" and not _is_relative(tokens, place):
            return place + 1
        if token.lower == "and" and place and tokens[place - 1].text == "," and _has_verb(tokens, 0, place):
            return place + 1
    return 0


def _is_relative(tokens: Sequence[Token], at: int) -> bool:
    """Whether "that" stands for the noun before it as the subject of its clause: "the agency that oversees the work"."""
    if not at or at + 2 >= len(tokens) or not tokens[at - 1].is_word or tokens[at - 1].lower in _DAYS:
        return False
    verb, then = tokens[at + 1], tokens[at + 2]
    if _is_verb(tokens, at - 1) or (tokens[at - 1].lower in _nouns() and verb.lower not in verbs()):
        return False
    if not verb.is_word or verb.is_capital or verb.text[0].isdigit() or verb.lower in PRONOUNS | _DETERMINERS:
        return False
    acts = verb.lower in verbs() or _is_verb(tokens, at + 1)
    return acts or then.lower in _DETERMINERS | _INSIDE or then.is_capital


def _skip_lead(tokens: Sequence[Token], start: int, end: int) -> int | None:
    """Where a phrase proper begins; None where it is an adverbial ("On Tuesday")."""
    dash = next((n for n in range(start, min(end, start + 10)) if tokens[n].text in {*_DASHES, "-"}), None)
    if dash is not None and tokens[start].text.isupper() and len(tokens[start].text) > 3:
        start = dash + 1  # "WASHINGTON -- President Obama"
    while start < end and (tokens[start].text in {",", "and", "And", "But", "but"} or not tokens[start].is_word):
        start += 1
    if start + 1 < end and tokens[start].lower in _BEFORE_DAYS and tokens[start + 1].lower in _DAYS:
        start = next((n for n in range(start + 1, end) if tokens[n].lower not in _DAYS), end)
    if start == end or tokens[start].lower in _LEADS | _DAYS | _BOUNDS or tokens[start].lower in verbs():
        return None
    return start


def _left(tokens: Sequence[Token], end: int) -> int:
    """Where the noun phrase begins that ends before `end`."""
    start = end
    depth = tokens[end - 1].depth if end else 0
    while start > 0:
        token = tokens[start - 1]
        if token.text == ")" and (opened := _opened(tokens, start - 1)) is not None:
            start = opened
            continue
        if token.lower == "that" and start > 1 and tokens[start - 2].lower in _INSIDE:
            start -= 2  # "officials from that country"
            continue
        if token.depth != depth or not _in_phrase(tokens, start - 1):
            break
        if start < end and tokens[start].lower != "by" and _is_verb(tokens, start - 1):
            break
        if start < end and tokens[start].is_capital and tokens[start].lower.endswith("'s") and _is_common(token):
            break  # "on the other side Azerbaijan's ministry gave"
        if token.lower in PRONOUNS:
            return start - 1 if start == end else start
        if token.lower in _DETERMINERS:
            start -= 1
            if not (
                start and tokens[start - 1].lower in _INSIDE | {"and"} and start > 1 and _can_head(tokens, start - 2)
            ):
                break
            continue
        start -= 1
    while start < end and (tokens[start].lower in _NO_OPENERS or _is_of_a_date(tokens, start)):
        start += 1
    if start + 2 < end and tokens[start].lower in _BEFORE_DAYS and tokens[start + 1].lower in _DAYS:
        start += 2  # "Last week Baku said"
    return start


def _is_of_a_date(tokens: Sequence[Token], at: int) -> bool:
    """ "On 14 September 2020 Baku said": the figures of a date before the one who speaks."""
    beside = (*tokens[max(0, at - 1) : at], *tokens[at + 1 : at + 2])
    return tokens[at].text.isdigit() and any(token.lower in _DAYS for token in beside)


def _is_common(token: Token) -> bool:
    """Whether a word is a common noun or the like, after which a name opens a phrase of its own."""
    return token.is_word and not token.is_capital and token.lower not in _DETERMINERS | _INSIDE | {"and", "or"}


def _can_head(tokens: Sequence[Token], at: int) -> bool:
    """Whether a preposition after this word belongs to a noun phrase: "officials in", not "met in"."""
    token = tokens[at]
    if tokens[at + 1].lower == "by" and at and tokens[at - 1].is_word and not _is_verb(tokens, at - 1):
        return True  # "an analysis released by the ministry"
    return token.is_word and not _is_verb(tokens, at) and token.lower not in _BOUNDS | _LEADS | _BE


def _opened(tokens: Sequence[Token], close: int) -> int | None:
    return next((n for n in range(close - 1, max(close - 10, -1), -1) if tokens[n].text == "("), None)


def _in_phrase(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    word = token.lower
    if not token.is_word:
        return token.text in "'’-&"
    if word in {"and", "or"}:
        # "Armenia and Azerbaijan said" is one phrase, "… and Azerbaijan said" after a clause is not.
        return 0 < at < len(tokens) - 1 and _joins_nouns(tokens, at)
    if word in _BOUNDS or word in _BE or word in _HAVE or word in _MODAL:
        return False
    return token.is_capital or word not in verbs() or _is_noun_here(tokens, at)


def _joins_nouns(tokens: Sequence[Token], at: int) -> bool:
    """Whether "and" stands between two nouns: no verb comes before it in its part of the sentence."""
    before, after = tokens[at - 1], tokens[at + 1]
    if before.text == ")" and (opened := _opened(tokens, at - 1)):
        before = tokens[opened - 1]
    if not before.is_word or not after.is_word or after.lower in PRONOUNS | _BOUNDS or before.lower in PRONOUNS:
        return False
    start = at
    while start and tokens[start - 1].is_word and tokens[start - 1].depth == tokens[at].depth:
        start -= 1
        if tokens[start].lower in _BOUNDS:
            start += 1
            break
    if _has_verb(tokens, start, at) or tokens[start].lower in PRONOUNS:
        return False
    return (
        (before.is_capital and (after.is_capital or after.lower in _DETERMINERS))
        or not after.is_capital
        or start + 1 < at
    )


def _is_verb(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word is, by its looks and its neighbours, a finite verb or a past participle that acts."""
    token = tokens[at]
    word = token.lower
    if word in _BE | _HAVE | _MODAL or (word in verbs() and not token.is_capital and not _is_noun_here(tokens, at)):
        return True
    if token.is_capital or not token.is_word or not at or tokens[at - 1].lower in _ARTICLES:
        return False
    if word in _irregular():
        return True
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is None or not word.endswith("ed"):
        return after is None and word.endswith("ed")
    acts = not after.is_word or after.is_capital or after.lower in _AFTER_VERB
    return acts or _is_adverb(after) or after.text[0].isdigit()


def _has_verb(tokens: Sequence[Token], start: int, end: int) -> bool:
    return any(_is_verb(tokens, n) for n in range(start, end))


def _names_somebody(phrase: Sequence[Token]) -> bool:
    """Whether a phrase can speak: a pronoun, a name, or a noun with its article; not a loose rest of a clause."""
    words = [token for token in phrase if token.is_word]
    if not words or len(words) > _LONGEST:
        return False
    if len(words) == 1:
        word = words[0]
        if word.lower in PRONOUNS | {
            "who",
            "others",
            "some",
            "many",
            "one",
            "those",
            "everyone",
            "nobody",
            "each",
            "which",
        }:
            return True
        if word.lower in _SKIPPED | _BOUNDS | _LEADS:
            return False
        return word.is_capital or word.lower.endswith("s") or word.lower in _plurals()
    if words[0].lower in _DETERMINERS or words[0].is_capital:
        return any(word.lower not in _DETERMINERS | _INSIDE for word in words)
    joint = next((n for n, word in enumerate(words) if n and word.lower == "and"), None)
    if joint is not None and joint + 1 < len(words) and words[joint + 1].lower in _DETERMINERS:
        return _names_somebody(words[:joint]) and _names_somebody(words[joint + 1 :])  # "officials and the army"
    head = next((n for n, word in enumerate(words) if n and word.lower in _INSIDE), len(words))
    return any(w.lower.endswith("s") or w.lower in _plurals() for w in words[head - 1 : head]) or any(
        word.is_capital for word in words
    )


def _opening(tokens: Sequence[Token], stop: int) -> tuple[int, int] | None:
    """The noun phrase that opens the clause: the subject of its main verb."""
    depth = tokens[stop].depth
    start = next((n for n in range(stop) if tokens[n].depth == depth), stop)
    segments = [start, *(n + 1 for n in range(start, stop) if tokens[n].text == "," and tokens[n].depth == depth)]
    for begin in segments:
        head = _skip_lead(tokens, begin, stop)
        if head is None:
            continue
        end = head + 1 if tokens[head].lower in PRONOUNS else head
        while end < stop and tokens[end].depth == depth and _in_phrase(tokens, end) and not _is_verb(tokens, end):
            if tokens[head].lower in PRONOUNS:
                break
            end += 1
        while end > head and (_is_adverb(tokens[end - 1]) or tokens[end - 1].lower in _SKIPPED | _DAYS):
            end -= 1
        if end > head and _names_somebody(tokens[head:end]):
            holds_verb = end - head > _LONGEST_SUBJECT
            return (head, _with_apposition(tokens, end)) if end < stop and not holds_verb else None
    return None


def _right(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The noun phrase that begins at `at`: "said Foreign Minister X on Monday" gives the minister."""
    end = at
    if at >= len(tokens) or tokens[at].lower in _DAYS | _LEADS:
        return None
    depth = tokens[at].depth
    while end < len(tokens) and tokens[end].depth == depth:
        if tokens[end].text == "(":
            close = next((n for n in range(end, min(end + 10, len(tokens))) if tokens[n].text == ")"), None)
            if close is None:
                break
            end = close + 1
            continue
        if tokens[end].lower in PRONOUNS:
            end += end == at
            break
        joins = tokens[end].lower == "and" and end > at and tokens[end - 1].is_capital and end + 1 < len(tokens)
        if joins and (tokens[end + 1].is_capital or tokens[end + 1].lower in _ARTICLES):
            end += 1
            continue
        if end > at and _is_set_apart(tokens, end):
            end += 1
            continue
        if not _in_phrase(tokens, end) or _ends_inverted(tokens, end, at):
            break
        end += 1
    while end > at and (tokens[end - 1].lower in _INSIDE or tokens[end - 1].lower == "and" or _is_adverb(tokens[end - 1])):
        end -= 1
    if end == at or not _names_somebody(tokens[at:end]):
        return None
    return at, _with_apposition(tokens, end)


def _is_set_apart(tokens: Sequence[Token], at: int) -> bool:
    """ "a poll released by the ministry": a participle that tells which."""
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    return tokens[at].lower.endswith("ed") and not tokens[at].is_capital and after in {"by", "in", "on", "for", "from"}


def _with_apposition(tokens: Sequence[Token], end: int) -> int:
    """Where the phrase ends with what is set beside it: ", the chief of police", ", who leads the group"."""
    for _ in range(3):
        close = _apposition(tokens, end)
        if close is None:
            break
        end = close
    return end


def _apposition(tokens: Sequence[Token], end: int) -> int | None:
    if end + 1 >= len(tokens) or tokens[end].text != "," or tokens[end + 1].depth != tokens[end].depth:
        return None
    depth, first = tokens[end].depth, tokens[end + 1]
    if first.lower not in _SET_BESIDE and not first.text.isdigit() and not _is_office(tokens, end + 1):
        return None
    close, relative = end + 1, first.lower in _RELATIVE | {"whose"}
    while (
        close < len(tokens)
        and tokens[close].depth == depth
        and tokens[close].text not in {",", ";", ".", ":", *_DASHES}
    ):
        relative = relative or tokens[close].lower in _RELATIVE | {"that"}
        if not relative and _is_verb(tokens, close) and not tokens[close].lower.endswith("ed"):
            return None
        close += 1
    return close


def _is_office(tokens: Sequence[Token], at: int) -> bool:
    """Whether a lower-case word begins an office: "political science professor at", "head of"."""
    token = tokens[at]
    if not token.is_word or token.is_capital:
        return False
    return (
        any(t.lower in {"of", "at", "for", "with", "to"} for t in tokens[at + 1 : at + 6])
        and not _is_verb(tokens, at)
        and tokens[at].lower not in _LEADS | _BOUNDS | PRONOUNS | {"and", "or"}
        and not tokens[at].lower.endswith(("ing", "ly", "ed"))
    )


def _ends_inverted(tokens: Sequence[Token], end: int, at: int) -> bool:
    word = tokens[end].lower
    follows = tokens[end + 1].lower if end + 1 < len(tokens) else ""
    if word == "to" and follows and tokens[end + 1].is_capital and not tokens[end - 1].is_capital:
        return False  # "said the ambassador to Syria"
    if word in _DAYS and end > at:
        return True
    if word in {"on", "in", "late", "last", "this", "at", "during"} and end > at:
        return follows in _DAYS | {"a", "an", "the", "his", "her"} or follows.isdigit()
    return end > at and (
        word in {"to", "with", "during", "about", "when", "after"} or _is_verb(tokens, end) or word in {"here", "there"}
    )


def _follows_quote(tokens: Sequence[Token], at: int) -> bool:
    return at > 0 and tokens[at - 1].text in {",", '"', "”", "’", "'", "''", "—", "–", "-", "--", "?", "!", "»"}


def _is_joined(tokens: Sequence[Token], at: int) -> bool:
    end = _passed_over(tokens, at)
    return end > 0 and tokens[end - 1].lower in {"and", "but", ",", "or", "while", "then"}


# -- what is said


def _placed(tokens: Sequence[Token], found: _Found, after: _Found | None) -> Attribution:
    cue = Span(tokens[found.cue[0]].start, tokens[found.cue[1] - 1].end)
    verb = Span(tokens[found.at].start, tokens[found.at].end)
    speaker = Span(tokens[found.speaker[0]].start, tokens[found.speaker[1] - 1].end) if found.speaker else None
    negated = any(t.lower in _NEGATIONS for t in tokens[found.cue[0] : found.at])
    before = _antecedent(tokens, found.speaker) if found.speaker else None
    stands_for = Span(tokens[before[0]].start, tokens[before[1] - 1].end) if before else None
    return Attribution(
        cue,
        verb,
        found.does,
        speaker,
        stands_for,
        tuple(_content(tokens, found, after)),
        bool(tokens[found.at].depth),
        negated,
    )


def _content(tokens: Sequence[Token], found: _Found, following: _Found | None) -> Iterator[Span]:
    """What stands after the cue and its speaker, and, where that is little or the order is inverted, before them."""
    own = [found.cue, *([found.speaker] if found.speaker else [])]
    near = [span for span in own if abs(span[0] - found.at) < _LONGEST]
    first, last = min(s for s, _ in near), max(e for _, e in near)
    if found.speaker and found.speaker[1] <= found.cue[0]:
        last = found.cue[1]
        first = found.speaker[0] if _follows_directly(tokens, found) else found.cue[0]
    stop = len(tokens)
    if following is not None and tokens[following.at].depth == tokens[found.at].depth:
        stop = following.cue[0]
        if following.speaker and found.at < following.speaker[0] < stop:
            stop = following.speaker[0]
    depth = tokens[found.at].depth
    after = _trimmed(tokens, last, stop)
    before = _trimmed(tokens, 0, first)
    if depth:
        after = _trimmed(tokens, last, next((n for n in range(last, len(tokens)) if tokens[n].depth != depth), stop))
        before = (0, 0)
    words_after = sum(tokens[n].is_word for n in range(*after))
    comes_after = words_after > 2 and not (tokens[last - 1].end and last < len(tokens) and tokens[last].text == ".")
    is_before = (
        first > 1
        and tokens[first - 1].text in {",", '"', "”", "''", "?", "!", "—", "--"}
        and (found.inverted or tokens[first - 2].depth or not comes_after)
    )
    if is_before and before[1] > before[0]:
        yield Span(tokens[before[0]].start, tokens[before[1] - 1].end)
        if not any(tokens[n].depth for n in range(*after)):
            return
    elif is_before and not comes_after:
        return
    if after[1] > after[0]:
        yield Span(tokens[after[0]].start, tokens[after[1] - 1].end)


def _follows_directly(tokens: Sequence[Token], found: _Found) -> bool:
    """Whether the speaker stands right before the cue, with nothing said between."""
    assert found.speaker is not None
    return not any(t.depth for t in tokens[found.speaker[1] : found.cue[0]]) and found.cue[0] - found.speaker[1] < 12


def _trimmed(tokens: Sequence[Token], start: int, stop: int) -> tuple[int, int]:
    while start < stop and (not tokens[start].is_word and tokens[start].text not in {'"', "“", "``", "''"}):
        start += 1
    while stop > start and tokens[stop - 1].text in {",", ".", ";", ":", "-", "—", "–"} | {"and", "but"}:
        stop -= 1
    return start, stop


# -- the words known


@functools.cache
def lexicon() -> Mapping[str, Any]:
    """lexicon.toml as it is."""
    return tomllib.loads(resources.files("assistant").joinpath("lexicon.toml").read_text("utf-8"))


@functools.cache
def verbs() -> Mapping[str, Stance]:
    """Every form of every verb of saying, denying and accusing, with what it does."""
    stances: tuple[Stance, ...] = ("asserts", "denies", "accuses")
    return {form: stance for stance in stances for forms in lexicon()[stance]["verbs"] for form in forms.split()}


@functools.cache
def _nouns() -> Mapping[str, Stance]:
    stances: tuple[Stance, ...] = ("asserts", "denies", "accuses")
    return {noun: stance for stance in stances for noun in lexicon()[stance].get("nouns", ())}


@functools.cache
def counting_verbs() -> frozenset[str]:
    """Verbs that give a figure: "put the dead at 3,825"."""
    return frozenset(form for forms in lexicon()["counts"]["verbs"] for form in forms.split())


@functools.cache
def needing_verbs() -> Mapping[str, frozenset[str]]:
    """Verbs that tell of speech only with certain words next to them, with these words."""
    listed = lexicon()["needs"].items()
    return {form: frozenset(words.split()) for words, forms in listed for form in forms.split()}


@functools.cache
def _irregular() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["irregular_pasts"].split())


@functools.cache
def _also_nouns() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["also_nouns"].split())


@functools.cache
def _naming() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["naming"].split())


@functools.cache
def _titles() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["titles"].split())


@functools.cache
def _plurals() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["plurals"].split())
