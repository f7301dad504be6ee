"""Who says what: the claims in a sentence, by rule. Pure; the words it knows are in lexicon.toml and actors.toml.

A claim is found by its cue, a verb of saying, denying or accusing (or "according to"). Its speaker is the noun phrase
before the cue, or after it where the order is inverted; a pronoun stands for the last speaker named; a verb that is
joined by "and" or is a participle ("…, accusing …") has the speaker of the one before it.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from assistant.answer import Claim, Stance
from kb import Article, Boilerplate, Span
from kb.passages import split

__all__ = [
    "AskedOf",
    "Context",
    "Denial",
    "Speech",
    "asked_of",
    "claims_in",
    "denials_in",
    "side_of",
    "sides_named",
    "speaking_names",
    "spoken",
]

_TOKEN = re.compile(r"[^\W_]+(?:[.'’&-][^\W_]+)*\.?(?<![^\W_]{4}\.)|[^\w\s]")
_WORD = re.compile(r"[^\W_]")
_PRONOUNS = frozenset("it he she they we i".split())
_BOUNDS = frozenset(
    """that and but while when as after before because which who whom although though if since where than whether or so
    until unless whereas""".split()
)
_SKIPPED = frozenset(  # between a subject and its verb
    """also each both did does do not has have had again later earlier repeatedly then since now still already
    publicly officially immediately strongly flatly all reportedly previously separately meanwhile however would will
    could may might must never
    himself herself itself themselves long further subsequently sharply firmly categorically swiftly""".split()
)
_DAYS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday today yesterday week month year day night morning
    evening afternoon january february march april may june july august september october november december
    tonight overnight""".split()
)
_ADDRESSED = frozenset("tell tells told telling urge urges urged asks ask asked".split())  # what follows is who listens
_BE = frozenset("is are was were be been being am".split())
_NEGATIONS = frozenset("not no never none nobody nothing neither nor without n't".split())
_PARTICLES = frozenset("of in on at from for by to with near the a an 's".split())
_DETERMINERS = frozenset("the a an its his her their our this that these those".split())
_LEADS = frozenset("in on at for by from with during amid despite following under over".split())


@dataclass(frozen=True, slots=True)
class Context:
    """What earlier sentences of an article leave for the next one: who spoke last."""

    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower()


@dataclass(frozen=True, slots=True)
class _Utterance:
    """A claim with where its cue stands, and whether it is of a main clause: "…, where Azerbaijan says" is not."""

    claim: Claim
    at: int
    is_main: bool


def claims_in(sentence: str, context: Context = Context()) -> tuple[Claim, ...]:
    """The claims of a sentence, in order. Empty where the outlet speaks in its own voice."""
    return tuple(dict.fromkeys(utterance.claim for utterance in _utterances(sentence, context)))


def spoken(sentence: str, context: Context) -> Context:
    """The context after this sentence: who spoke in its main clauses; nobody if it was more than one."""
    speakers = {u.claim.speaker for u in _utterances(sentence, context) if u.is_main}
    if not speakers:
        return context
    return Context(speakers.pop()) if len(speakers) == 1 else Context()


def _utterances(sentence: str, context: Context) -> list[_Utterance]:
    tokens = [_Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(sentence)]
    quoted = _quoted(sentence)
    found: list[_Utterance] = []
    for at, token in enumerate(tokens):
        cue = _cue(tokens, at)
        if cue is None or any(start < token.start < end for start, end in quoted):
            continue
        if cue == "asserts" and _is_negated(tokens, at):
            continue  # who "has not said" has not
        speaker = _speaker(sentence, tokens, at, context, found[-1].claim.speaker if found else None)
        if speaker is None:
            continue
        for named in _each(speaker):
            side = side_of(named) if named else None
            claim = Claim(named, side, token.lower, _stance(tokens, at, cue, side))
            found.append(_Utterance(claim, token.start, _is_main(sentence, token.start, named or speaker)))
    return found


def _each(speaker: str) -> list[str | None]:
    """Those who speak: two sides if two are named together; nobody for a pronoun that is left open."""
    if speaker.split()[0].lower() in _PRONOUNS:
        return [None]
    both = speaker.split(" and ")
    return [*both] if len(both) == 2 and None not in (side_of(both[0]), side_of(both[1])) else [speaker]


def _is_main(sentence: str, cue: int, speaker: str) -> bool:
    """Whether the speaker is not brought in by "where", "which", "as" and the like."""
    start = sentence.rfind(speaker, 0, cue)
    before = sentence[: max(start, 0)].split()
    return not before or before[-1].strip('"“,').lower() not in _BOUNDS - {"and", "but", "or", "so", "while", "whereas"}


@dataclass(frozen=True, slots=True)
class Denial:
    """A claim that denies, with what it denies in the sentence's words, and the claim before it in that sentence."""

    claim: Claim
    denied: str
    answers: Claim | None


def denials_in(sentence: str, context: Context = Context()) -> list[Denial]:
    """The denials of a sentence. What is denied stands after the cue, or before it: "…, the ministry said."."""
    found = []
    before: Claim | None = None
    for utterance in _utterances(sentence, context):
        if utterance.claim.stance == "denies":
            after = sentence[utterance.at + len(utterance.claim.verb) :].strip()
            lead = sentence[: utterance.at].strip().removesuffix(utterance.claim.speaker or "").strip()
            denied = after if len(after.split()) > 2 else lead
            found.append(Denial(utterance.claim, denied, before))
        before = utterance.claim
    return found


class Speech:
    """What is said in the articles at hand. Each is read once, from its start, so that pronouns find their speaker."""

    def __init__(self) -> None:
        self._contexts: dict[str, Mapping[int, Context]] = {}

    def claims(self, article: Article, span: Span) -> tuple[Claim, ...]:
        """The claims of one of the article's sentences."""
        return claims_in(span.of(article.text), self._context(article, span))

    def denials(self, article: Article, span: Span) -> list[Denial]:
        """The denials in one of the article's sentences."""
        return denials_in(span.of(article.text), self._context(article, span))

    def _context(self, article: Article, span: Span) -> Context:
        if article.id not in self._contexts:
            self._contexts[article.id] = _all_contexts(article.text, article.title, article.boilerplate)
        return self._contexts[article.id].get(span.start, Context())


@functools.lru_cache(maxsize=2_000)  # the same articles are found again and again
def _all_contexts(text: str, title: str, boilerplate: tuple[Boilerplate, ...]) -> Mapping[int, Context]:
    return dict(_contexts(Article(text, title, "", boilerplate=boilerplate)))


def _contexts(article: Article) -> Iterator[tuple[int, Context]]:
    """What each sentence of an article, by its start, has before it."""
    context = Context()
    for passage in split(article):
        for span in passage.sentences:
            yield span.start, context
            context = spoken(span.of(article.text), context)


def side_of(name: str) -> str | None:
    """The side that a name belongs to: the first that it holds of the actor list ("the U.S. embassy in Baghdad" is
    the United States'), the longest if several begin there. None if it holds none."""
    match = _actors().search(name)
    return _sides()[match.group().casefold()] if match else None


def sides_named(text: str) -> set[str]:
    """All sides that a text names."""
    return {_sides()[match.group().casefold()] for match in _actors().finditer(text)}


@functools.cache
def speaking_names() -> re.Pattern[str]:
    """Matches a capitalised name right before a verb of saying, denying or accusing."""
    return re.compile(rf"\b[A-Z][\w’'-]*(?=\s+(?:{'|'.join(_verbs())})\b)")


@dataclass(frozen=True, slots=True)
class AskedOf:
    """Whose words a question asks for, and of what kind. None means any."""

    speaker: str | None = None
    stance: Stance | None = None

    def __bool__(self) -> bool:
        return self.speaker is not None or self.stance is not None

    def fits(self, claim: Claim) -> bool:
        """Whether the claim is of the kind asked for, by the one asked about."""
        if self.stance is not None and claim.stance != self.stance:
            return False
        if self.speaker is None:
            return True
        side = side_of(self.speaker)
        if side is not None:
            return claim.side == side
        return self.speaker.casefold() in (claim.speaker or "").casefold()


def asked_of(question: str) -> AskedOf:
    """Whose words a question asks for: "What did Armenia say …?" asks for Armenia's, "Who denied …?" for a denial."""
    verbs = "|".join(_verbs())
    match = re.search(rf"\b(?:did|does|do|has|have)\s+(?P<who>[^?,;]{{2,60}}?)\s+(?P<verb>{verbs})\b", question)
    who = match["who"] if match else None
    if match is None:
        match = re.search(rf"\b[Ww]ho\s+(?:has\s+|have\s+)?(?P<verb>{verbs})\b", question)
    if match is None:
        return AskedOf()
    stance = _verbs()[match["verb"]]
    speaker = re.sub(r"^(?:the|people in|officials? (?:in|of)|anyone in)\s+", "", who) if who else None
    return AskedOf(speaker, None if stance == "asserts" else stance)


# -- cues


def _cue(tokens: Sequence[_Token], at: int) -> Stance | None:
    """What the word at this place does, if it tells of speech: asserts, denies or accuses."""
    word = tokens[at].lower
    if word == "according" and at + 1 < len(tokens) and tokens[at + 1].lower == "to":
        return "asserts"
    stance = _verbs().get(word)
    if stance is None and word in _counting_verbs() and any(t.text[0].isdigit() for t in tokens[at + 1 : at + 13]):
        stance = "asserts"
    return None if stance is None or (at and _is_noun_here(tokens, at)) else stance


def _is_noun_here(tokens: Sequence[_Token], at: int) -> bool:
    """Whether a word that can be a verb is a noun or a passive participle: "the report", "was accused of"."""
    before = tokens[at - 1].lower
    if before in _BE and not tokens[at].lower.endswith("ing"):
        return True
    if tokens[at].lower.endswith("ed") and at + 1 < len(tokens) and tokens[at + 1].lower == "by":
        return True
    nominal = {
        "the",
        "a",
        "an",
        "its",
        "his",
        "her",
        "their",
        "no",
        "any",
        "this",
        "to",
        "of",
        "in",
        "for",
        "so-called",
        "'s",
    }
    return before in nominal or (
        before.endswith(("'s", "’s")) and not tokens[at].lower.endswith(("ed", "said", "told"))
    )


# -- speakers


def _speaker(sentence: str, tokens: Sequence[_Token], at: int, context: Context, last: str | None) -> str | None:
    """Who says it, as the text names them; for a pronoun the last speaker, or the pronoun itself if it is not known
    who that was; None if nobody is named."""
    if tokens[at].lower == "according":
        return _phrase_after(sentence, tokens, at + 2)
    if tokens[at].lower.endswith("ing"):
        return last or _opening(sentence, tokens, at)
    before = _subject(sentence, tokens, at)
    if before is None and _follows_quote(tokens, at) and tokens[at].lower not in _ADDRESSED:
        before = _phrase_after(sentence, tokens, at + 1)
    if before is None and last is not None and _is_joined(tokens, at):
        return last
    if before is not None and before.split()[0].lower() in _PRONOUNS:
        return last or context.speaker or before
    return before


def _subject(sentence: str, tokens: Sequence[_Token], at: int) -> str | None:
    """The noun phrase that ends before the verb at `at`, days and adverbs between them passed over."""
    end = _passed_over(tokens, at)
    start = end
    while start > 0 and _in_phrase(tokens, start - 1):
        start -= 1
    start = _without_lead(tokens, start, end)
    if start >= end:
        return None
    phrase = sentence[tokens[start].start : tokens[end - 1].end]
    return phrase if _names_somebody(tokens[start:end]) else None


def _passed_over(tokens: Sequence[_Token], at: int) -> int:
    """Where the subject ends: before adverbs, auxiliaries and "on Tuesday"."""
    end = at
    while end > 0:
        word = tokens[end - 1].lower
        if word in _SKIPPED or (word.endswith("ly") and len(word) > 4):
            end -= 1
        elif word in _DAYS or (word.isdigit() and end > 1 and tokens[end - 2].lower in _DAYS):
            end -= 1
            while (
                end > 0
                and tokens[end - 1].lower in {"on", "in", "late", "early", "last", "this", "the", "same"} | _DAYS
            ):
                end -= 1
        elif word == "," and _closes_insertion(tokens, end - 1) is not None:
            end = _closes_insertion(tokens, end - 1) or 0
        else:
            break
    return end


def _closes_insertion(tokens: Sequence[_Token], comma: int) -> int | None:
    """Where an insertion between two commas begins ("Smith, the minister, said"), if the comma closes one."""
    for place in range(comma - 1, max(comma - 16, 0), -1):
        if tokens[place].text == ",":
            start = place
            while start > 0 and _in_phrase(tokens, start - 1):
                start -= 1
            return place if _names_somebody(tokens[start:place]) else None
        if tokens[place].text in '"“”;:.':
            return None
    return None


def _in_phrase(tokens: Sequence[_Token], at: int) -> bool:
    token = tokens[at]
    if not _WORD.match(token.text):
        return token.text in "'’-&"
    if token.lower == "and" and 0 < at < len(tokens) - 1:
        # "Armenia and Azerbaijan said" is one phrase, "… and Azerbaijan said" after a clause is not.
        return tokens[at - 1].text[0].isupper() and tokens[at + 1].text[0].isupper()
    return token.lower not in _BOUNDS and token.lower not in _verbs() and token.lower not in _BE


def _without_lead(tokens: Sequence[_Token], start: int, end: int) -> int:
    """The start of the phrase proper: a leading adverbial without a comma ("On Tuesday") is left out."""
    while start < end and (tokens[start].lower in _LEADS | _DAYS or tokens[start].text in "'’-"):
        start += 1
    return start


def _names_somebody(phrase: Sequence[_Token]) -> bool:
    """Whether a phrase can speak: a pronoun, a name, or a noun with its article; not a loose rest of a clause."""
    words = [token for token in phrase if _WORD.match(token.text)]
    if not words or len(words) > 14:
        return False
    if len(words) == 1 and words[0].lower in _PRONOUNS:
        return True
    if words[0].lower in _DETERMINERS or words[0].text[0].isupper():
        return any(word.lower not in _DETERMINERS | _PARTICLES for word in words)
    return words[-1].text.endswith("s") or any(word.text[0].isupper() for word in words)


def _opening(sentence: str, tokens: Sequence[_Token], stop: int) -> str | None:
    """The noun phrase that opens the sentence: the subject of its main clause."""
    end = 0
    while end < stop and _in_phrase(tokens, end) and not tokens[end].lower.endswith("ed"):
        end += 1
    if not end or not _names_somebody(tokens[:end]):
        return None
    return sentence[tokens[0].start : tokens[end - 1].end]


def _phrase_after(sentence: str, tokens: Sequence[_Token], at: int) -> str | None:
    """The noun phrase that begins at `at`: "said Foreign Minister X on Monday" gives the minister."""
    end = at
    while end < len(tokens) and _in_phrase(tokens, end) and not _ends_inverted(tokens, end, at):
        end += 1
    if end == at or not _names_somebody(tokens[at:end]):
        return None
    return sentence[tokens[at].start : tokens[end - 1].end]


def _ends_inverted(tokens: Sequence[_Token], end: int, at: int) -> bool:
    word = tokens[end].lower
    follows = tokens[end + 1].lower if end + 1 < len(tokens) else ""
    return (
        word in _DAYS
        or (word in {"on", "in", "late", "last", "this"} and end > at and (follows in _DAYS or follows in {"a", "an"}))
        or (word in {"to", "with", "during"} and end > at)
    )


def _follows_quote(tokens: Sequence[_Token], at: int) -> bool:
    return at > 0 and tokens[at - 1].text in {",", '"', "”", "’", "'", "—", "–", "-", "?", "!"}


def _is_joined(tokens: Sequence[_Token], at: int) -> bool:
    end = _passed_over(tokens, at)
    return end > 0 and tokens[end - 1].lower in {"and", "but", ",", "or", "while", "then"}


# -- stances


def _stance(tokens: Sequence[_Token], at: int, cue: Stance, side: str | None) -> Stance:
    """What the words do: a verb of saying denies if what is said is that something alleged is not so."""
    if cue != "asserts":
        return "asserts" if _is_negated(tokens, at) else cue
    after = tokens[at + 1 :] if not _ends_clause(tokens, at) else tokens[:at]
    clause = _up_to_next_cue(after)
    words = [token.lower for token in clause]
    said = " ".join(words)
    lexicon = _lexicon()
    if any(re.search(rf"\b{re.escape(v)}\b", said) for v in lexicon["denies"]["verdicts"]) and any(
        word in lexicon["denies"]["allegations"] for word in words
    ):
        return "denies"
    if _disowns(words, side):
        return "denies"
    return "accuses" if _charges(clause, words, side) else "asserts"


def _ends_clause(tokens: Sequence[_Token], at: int) -> bool:
    """Whether the saying comes after what is said: "…, the ministry said." """
    rest = [token for token in tokens[at + 1 :] if _WORD.match(token.text)]
    return len(rest) < 3 or _follows_quote(tokens, at)


def _up_to_next_cue(after: Sequence[_Token]) -> Sequence[_Token]:
    """Up to the next denial or accusation, which is a claim of its own."""
    ends = (place for place in range(1, len(after)) if _cue(after, place) in ("denies", "accuses"))
    return after[: next(ends, len(after))]


def _is_negated(tokens: Sequence[_Token], at: int) -> bool:
    return any(token.lower in _NEGATIONS for token in tokens[max(0, at - 2) : at])


def _disowns(words: Sequence[str], side: str | None) -> bool:
    """Whether the speaker says of its own that it did not: "it had flown no drones", "its forces had never …"."""
    own = {"it", "its", "they", "their", "he", "his", "she", "her", "we", "our", "i", "my"}
    clause = words[:14]
    names_own = any(word in own or (side is not None and side_of(word) == side) for word in clause)
    return names_own and any(
        (word in _NEGATIONS or word.endswith("n't"))
        and clause[place - 1 : place] not in (["would"], ["will"], ["could"])
        for place, word in enumerate(clause)
    )


def _charges(clause: Sequence[_Token], words: Sequence[str], side: str | None) -> bool:
    """Whether another side is named as the doer of a deed, or as responsible for one."""
    if side is None:
        return False
    text = " ".join(token.text for token in clause)
    if re.search(r"\b(responsible for|to blame|guilty of|was behind|were behind)\b", text) and sides_named(text) - {
        side
    }:
        return True
    for place, word in enumerate(words):
        if word in _lexicon()["accuses"]["deeds"]:
            passive = place and words[place - 1] in _BE | {"been"}
            doer = words[place + 1 : place + 8] if passive and "by" in words[place + 1 : place + 3] else words[:place]
            if (not passive or "by" in words[place + 1 : place + 3]) and sides_named(" ".join(doer).title()) - {side}:
                return True
    return False


def _quoted(sentence: str) -> list[tuple[int, int]]:
    """Where direct speech stands; verbs inside it are the speaker's, not the outlet's."""
    return [match.span() for match in re.finditer(r"“[^”]*”|\"[^\"]*\"", sentence)]


# -- the words known


@functools.cache
def _lexicon() -> Mapping[str, Any]:
    return tomllib.loads(resources.files("assistant").joinpath("lexicon.toml").read_text("utf-8"))


@functools.cache
def _verbs() -> Mapping[str, Stance]:
    stances: tuple[Stance, ...] = ("asserts", "denies", "accuses")
    return {form: stance for stance in stances for forms in _lexicon()[stance]["verbs"] for form in forms.split()}


@functools.cache
def _counting_verbs() -> frozenset[str]:
    """Verbs that give a figure: "put the dead at 3,825"."""
    return frozenset(form for forms in _lexicon()["counts"]["verbs"] for form in forms.split())


@functools.cache
def _sides() -> Mapping[str, str]:
    listed = tomllib.loads(resources.files("assistant").joinpath("actors.toml").read_text("utf-8"))["sides"]
    return {name.casefold(): side for side, names in listed.items() for name in (side, *names)}


@functools.cache
def _actors() -> re.Pattern[str]:
    listed = tomllib.loads(resources.files("assistant").joinpath("actors.toml").read_text("utf-8"))["sides"]
    names = sorted({name for side, names in listed.items() for name in (side, *names)}, key=len, reverse=True)
    # Short names are words of other meaning in lower case ("us", "is"), so case counts for them.
    parts = [re.escape(name) if len(name) < 4 else f"(?i:{re.escape(name)})" for name in names]
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + r")(?!\w)")
