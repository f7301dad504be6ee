"""Who says what: the claims in a sentence in its context, by rule. Pure; the words it knows are in lexicon.toml.

`attribution` finds where somebody speaks; here it becomes a claim: pronouns and short forms ("the ministry", "Smith")
stand for a speaker named before, the speaker gets its side, and what is said tells whether it denies or accuses.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.actors import side_of, side_of_speaker, sides_named
from assistant.answer import Claim, Stance
from assistant.attribution import (
    PRONOUNS,
    WORD,
    Attribution,
    attributions,
    base_forms,
    lexicon,
    needing_verbs,
    quoted,
    verbs,
)
from assistant.stances import MODALS, may_deny, stance_of, up_to_next_cue
from kb import Article, Boilerplate, Span
from kb.days import Day, resolved
from kb.passages import split

__all__ = [
    "AskedOf",
    "Context",
    "Denial",
    "Said",
    "Speech",
    "asked_of",
    "claims_in",
    "denials_in",
    "hedges_in",
    "said_in",
    "side_of",
    "sides_named",
    "speaking_names",
    "spoken",
    "takes_it_on",
]

_REMEMBERED = 12  # speakers whom "the ministry" or a family name may stand for
_SUBORDINATE = frozenset(
    "that when as after before because which who whom although though if since where than until".split()
)


@dataclass(frozen=True, slots=True)
class Context:
    """What an article leaves for its next sentence: who spoke last, who has spoken, and when it was published."""

    speaker: str | None = None
    named: tuple[str, ...] = ()
    """The speakers so far by their fullest names, the last one last."""
    published: str | None = None
    """ISO date of the article, for "said on Tuesday"."""


@dataclass(frozen=True, slots=True)
class _Utterance:
    """A claim with where it stands, and whether it is of a main clause: "…, where Azerbaijan says" is not."""

    claim: Claim
    told: Attribution
    is_main: bool


def claims_in(sentence: str, context: Context = Context()) -> tuple[Claim, ...]:
    """The claims of a sentence, in order. Empty where the outlet speaks in its own voice."""
    return tuple(dict.fromkeys(utterance.claim for utterance in _utterances(sentence, context)))


def spoken(sentence: str, context: Context) -> Context:
    """The context after this sentence: who spoke in its main clauses; nobody if it was more than one."""
    utterances = _utterances(sentence, context)
    named = [u.claim.speaker for u in utterances if u.claim.speaker and u.claim.speaker not in context.named]
    kept = (*context.named, *dict.fromkeys(named))[-_REMEMBERED:]
    speakers = {u.claim.speaker for u in utterances if u.is_main}
    last = context.speaker if not speakers else speakers.pop() if len(speakers) == 1 else None
    return replace(context, speaker=last, named=kept)


@functools.lru_cache(maxsize=20_000)  # the same sentences are found again and again
def _utterances(sentence: str, context: Context) -> tuple[_Utterance, ...]:
    told = [one for one in attributions(sentence) if not one.is_quoted]
    if not told:
        return ()
    found: list[_Utterance] = []
    days = resolved(sentence, context.published)
    for one in told:
        if one.does == "asserts" and (one.negated or _is_not_yet_said(sentence, one)):
            continue  # who "has not said" has not
        last = found[-1].claim.speaker if found else None
        named = _named(sentence, one, last, context)
        is_main = _is_main(sentence, one)
        found += [_Utterance(_claim(sentence, one, speaker, days), one, is_main) for speaker in named]
    return tuple(found)


def _claim(sentence: str, one: Attribution, speaker: str | None, days: Sequence[Day]) -> Claim:
    side = side_of_speaker(speaker) if speaker else None
    marks = [span.of(sentence) for span in quoted(sentence) if any(span.overlaps(part) for part in one.content)]
    return Claim(
        speaker,
        side,
        one.verb.of(sentence).lower(),
        stance_of(sentence, one, side),
        hedges=hedges_in(sentence),
        quotations=tuple(marks),
        as_of=_said_on(sentence, one, days),
    )


def _is_not_yet_said(sentence: str, one: Attribution) -> bool:
    """ "would say", "could add": nobody has said it."""
    return bool(MODALS & set(one.cue.of(sentence).lower().split()))


def _named(sentence: str, one: Attribution, last: str | None, context: Context) -> list[str | None]:
    """Those who speak, by the fullest name the article has for them: two sides if two are named together; nobody for a
    pronoun that is left open."""
    place = one.stands_for or one.speaker
    if place is None:
        return [None]
    name = re.split(r",\s+(?:who|which|whose)\b", place.of(sentence))[0]
    name = re.sub(r"(?<=\w)['’]s\Z|(?<=s)['’]\Z", "", name)  # "Baku's denial" is Baku's
    if name.lower().startswith("this ") and side_of(name) is None:
        return []  # "this report": the outlet speaks of itself
    if name.lower() == "we" and not one.is_quoted:
        return []  # "as we reported": so does it
    if WORD.findall(name.lower())[:1] and WORD.findall(name.lower())[0] in PRONOUNS:
        known = last or _before_what(sentence[: place.start]) or context.speaker
        return [None] if known is None or known.split()[0].lower() in PRONOUNS else [known]
    both = name.split(" and ")
    if len(both) == 2 and None not in (side_of_speaker(both[0]), side_of_speaker(both[1])):
        return [*both]
    return [_fuller(name, context.named)]


def _before_what(before: str) -> str | None:
    """Of "Azerbaijan began what it calls …": the last side that is named before, for whose words they are."""
    words = WORD.findall(before)
    if not words or words[-1].lower() != "what":
        return None
    return next((word for word in reversed(words) if word[0].isupper() and side_of(word) is not None), None)


def _fuller(name: str, named: Sequence[str]) -> str:
    """The name by which the article named the same speaker before: "the ministry" after "Azerbaijan's defence
    ministry", "Smith" after "John Smith, the envoy"."""
    words = WORD.findall(name)
    if words and words[0].lower() in {"the", "mr", "mrs", "ms", "dr", "gen", "general", "president"}:
        words = words[1:]
    if not 0 < len(words) < 3 or side_of(name) is not None:
        return name
    is_name = all(word[0].isupper() for word in words)
    if not is_name and (len(words) > 1 or not name.lower().startswith("the ") or words[0].endswith("s")):
        return name
    for full in reversed(named):
        known = WORD.findall(full.split(",")[0] if is_name else full)
        of = next((n for n, word in enumerate(known) if word.lower() in {"of", "in", "for"}), len(known))
        heads = known if is_name else known[max(of - 1, 0) : of]
        if len(known) > len(words) and all(word in heads for word in words):
            return full
    return name


def _is_main(sentence: str, one: Attribution) -> bool:
    """Whether the speaker is not brought in by "where", "which", "as" and the like."""
    if one.stands_for is not None:
        return False
    start = one.speaker.start if one.speaker else one.cue.start
    before = WORD.findall(sentence[:start].lower())
    return not before or before[-1] not in _SUBORDINATE


def _said_on(sentence: str, one: Attribution, days: Sequence[Day]) -> str | None:
    """The day right beside the cue or its speaker ("said on Tuesday", "On 14 November the ministry said"), and that
    after "as of"."""
    for day in days:
        if re.search(r"\bas of\s+(?:the\s+)?\Z", sentence[: day.start]):
            return day.iso
    beside = [one.cue]
    if one.speaker is not None and (one.speaker.start > one.cue.start or not one.content):
        beside.append(one.speaker)  # "said the minister on Tuesday"
    for day in days:
        # "On Tuesday Baku said", not "It exploded on Tuesday, and Baku said"
        opens = one.speaker is not None and day.end <= one.speaker.start and _OPENS.fullmatch(sentence[: day.start])
        edges = [*beside, *([one.speaker] if opens and one.speaker else [])]
        if any(_TO_A_DAY.fullmatch(_between(sentence, day, edge)) for edge in edges):
            return day.iso
    return None


_OPENS = re.compile(
    r"\W*(?:(?:on|in|late|early|since|by|earlier|later|then|also|but|and|\w+ (?:days|weeks|months) (?:earlier|later))"
    r"\W+)*",
    re.IGNORECASE,
)
_TO_A_DAY = re.compile(
    r"\W*(?:(?:late|early|on|in|and|the|in an? (?:\w+ )?(?:statement|report|interview|post|briefing)"
    r"|reporters|journalists)\W+)*",
    re.IGNORECASE,
)


def _between(sentence: str, day: Day, edge: Span) -> str:
    return sentence[edge.end : day.start] if edge.end <= day.start else sentence[day.end : edge.start]


def hedges_in(text: str) -> tuple[str, ...]:
    """The words that hold a claim back, as written."""
    found = [m for m in _hedges().finditer(text) if m["number"] is None or _NUMBER_NEXT.match(text, m.end())]
    return tuple(dict.fromkeys(match.group() for match in found))


_NUMBER_NEXT = re.compile(
    r"\s+(?:\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|dozens?|scores|a hundred|hundreds?|a thousand|thousands?|half|a third|a quarter)"
)


@functools.cache
def _hedges() -> re.Pattern[str]:
    listed = lexicon()["hedges"]
    numbers = listed["before_numbers"].split()
    words = sorted((w for w in listed["words"] if w not in numbers), key=len, reverse=True)
    return re.compile(rf"\b(?:(?P<number>{'|'.join(numbers)})|{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)


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
            cue, speaker = utterance.told.verb, utterance.told.speaker
            after = sentence[cue.end :].strip()
            lead = sentence[: min(cue.start, speaker.start if speaker else cue.start)].strip()
            denied = after if len(after.split()) > 2 else lead
            found.append(Denial(utterance.claim, denied, before))
        before = utterance.claim
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """A claim with what is said, in the sentence's words."""

    claim: Claim
    text: str


def said_in(sentence: str, context: Context = Context()) -> list[Said]:
    """The claims of a sentence, each with what it says up to the next claim."""
    found = []
    for utterance in _utterances(sentence, context):
        parts = (up_to_next_cue(sentence, part, utterance.told) for part in utterance.told.content)
        found.append(Said(utterance.claim, " ".join(parts)))
    return found


class Speech:
    """What is said in the articles at hand. Each is read once, from its start, so that pronouns find their speaker."""

    def __init__(self) -> None:
        self._contexts: dict[str, Mapping[int, Context]] = {}

    def claims(self, article: Article, span: Span) -> tuple[Claim, ...]:
        """The claims of one of the article's sentences."""
        return claims_in(span.of(article.text), self._context(article, span))

    def said(self, article: Article, span: Span) -> list[Said]:
        """The claims of one of the article's sentences, with what each says."""
        return said_in(span.of(article.text), self._context(article, span))

    def denials(self, article: Article, span: Span) -> list[Denial]:
        """The denials in one of the article's sentences."""
        text = span.of(article.text)
        return denials_in(text, self._context(article, span)) if may_deny().search(text) else []

    def _context(self, article: Article, span: Span) -> Context:
        """What a sentence has before it. Where nobody speaks in it that is not asked for, and the article not read."""
        if not attributions(span.of(article.text)):
            return Context()
        if article.id not in self._contexts:
            self._contexts[article.id] = _all_contexts(
                article.text, article.title, article.boilerplate, article.published
            )
        return self._contexts[article.id].get(span.start, Context())


@functools.lru_cache(maxsize=2_000)  # the same articles are found again and again
def _all_contexts(
    text: str, title: str, boilerplate: tuple[Boilerplate, ...], published: str | None
) -> Mapping[int, Context]:
    return dict(_contexts(Article(text, title, "", published=published, boilerplate=boilerplate)))


def _contexts(article: Article) -> Iterator[tuple[int, Context]]:
    """What each sentence of an article, by its start, has before it."""
    context = Context(published=article.published)
    for passage in split(article):
        for span in passage.sentences:
            yield span.start, context
            context = spoken(span.of(article.text), context)


@functools.cache
def speaking_names() -> re.Pattern[str]:
    """Matches a capitalised name right before a verb of saying, denying or accusing."""
    return re.compile(rf"\b[A-Z][\w’'-]*(?=\s+(?:{'|'.join(_saying())})\b)")


@dataclass(frozen=True, slots=True)
class AskedOf:
    """Whose words a question asks for, and of what kind. None means any."""

    speaker: str | None = None
    stance: Stance | None = None
    accused: str | None = None
    """The side of whom the question says that somebody accuses it, if it is a known one."""

    def __bool__(self) -> bool:
        return self.speaker is not None or self.stance is not None

    @property
    def side(self) -> str | None:
        """The side whose words are asked for, if it is a known one."""
        return side_of(self.speaker) if self.speaker is not None else None

    def fits(self, claim: Claim) -> bool:
        """Whether the claim is of the kind asked for, by the one asked about."""
        if self.stance is not None and claim.stance != self.stance:
            return False
        if self.accused is not None and claim.side == self.accused:
            return False
        if self.speaker is None:
            return True
        if self.side is not None:
            return claim.side == self.side
        return self.speaker.casefold() in (claim.speaker or "").casefold()


def asked_of(question: str) -> AskedOf:
    """Whose words a question asks for: "What did Armenia say …?" and "Has Armenia said …?" ask for Armenia's, "Who
    denied …?" for a denial."""
    if match := _asking_somebody().search(question):
        speaker = re.sub(r"^(?:the|people in|officials? (?:in|of)|anyone in)\s+", "", match["who"] or match["one"])
        return AskedOf(speaker, _kind(match["base"] or match["past"]))
    if match := _asking_who().search(question):
        kind = _kind(match["verb"])
        return AskedOf(None, kind, side_of(match["whom"]) if match["whom"] and kind == "accuses" else None)
    return AskedOf()


def _kind(verb: str) -> Stance | None:
    stance = verbs()[verb]
    return None if stance == "asserts" else stance


@functools.cache
def _asking_somebody() -> re.Pattern[str]:
    """Matches "did Armenia say", "has Armenia denied"; not "did the war that Armenia announced begin"."""
    base = "|".join(verb for verb in _saying() if verb in base_forms())
    past = "|".join(verb for verb in _saying() if verb not in base_forms())
    return re.compile(
        rf"\b(?:(?i:did|does|do)\s+(?P<who>[^?,;]{{2,60}}?)\s+(?P<base>{base})"
        rf"|(?i:has|have)\s+(?!been\b|\w+ed\b)(?P<one>[^?,;]{{2,60}}?)\s+(?P<past>{past}))\b"
    )


@functools.cache
def _asking_who() -> re.Pattern[str]:
    """Matches "who denied", "who has blamed Armenia"."""
    whom = r"(?:\s+(?P<whom>[^?,;]{2,40}?)(?=\s+(?:of|for|over|in|on)\b|\s*\?))?"
    return re.compile(rf"\b[Ww]ho\s+(?:has\s+|have\s+)?(?P<verb>{'|'.join(_saying())})\b{whom}")


@functools.cache
def _saying() -> tuple[str, ...]:
    """The verbs that tell of speech whatever follows."""
    return tuple(verb for verb in verbs() if verb not in needing_verbs())


def takes_it_on(said: str) -> bool:
    """Whether what is said is a deed of the speaker's own: "it had aimed at an airfield"."""
    found = _OWN_DEED.search(said)
    return found is not None and (found["deed"] is None or found["deed"].lower() in lexicon()["accuses"]["deeds"])


_OWN_DEED = re.compile(
    r"\b(?:it|its\s+(?:own\s+)?(?:forces|fighters|troops|army|men)|they|their\s+(?:forces|fighters|men)|we|our\s+\w+)\s+"
    r"(?:had\s+|have\s+|has\s+)?(?P<deed>\w+)|\bresponsibility for\b",
    re.IGNORECASE,
)
