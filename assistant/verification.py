"""Whether a sentence says what the words it cites say. Pure and without a model: equal words, equal verdict.

A sentence holds if it can be led back to its source by the few changes that keep what is said: whole parts left out,
a part moved to the front, passive for active, the saying put before or after what is said, a pronoun named, the outlet
named as the one who reports. After these are undone, every word must be found in the source in its order. Everything
else is refused, so that a lie needs not be foreseen to be caught: another number, name, place or day, a negation more
or less, a hedge or a speaker dropped, parts of two sources put together.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.answer import Claim
from assistant.claims import claims_in
from assistant.rendering import dated

__all__ = ["Doubt", "Kind", "Source", "doubts", "readable"]

Kind = Literal["quotation", "number", "date", "name", "negation", "hedge", "speaker", "words", "order"]

_HIDDEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?"
    r"|[^\W\d_](?:\.[^\W\d_](?![^\W_]))+\.?"  # U.S.
    r"|(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Sgt|Maj|Rep|Sen|Gov|St|No|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\."
    r"|[^\W_]+(?:-[^\W_]+)*(?=n['’]t\b)|n['’]t\b"
    r"|[^\W_]+(?:-[^\W_]+)*|['’]s\b|\.\.\.|--|[^\w\s]"
)
_NUMBERS = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()
    )
} | {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_ORDINALS = {w: n for n, w in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)}
_MONTHS = "january february march april may june july august september october november december".split()
_SHORT_MONTHS = {month[:3]: month for month in _MONTHS} | {"sept": "september"}
_DAYS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday today yesterday tomorrow tonight overnight week month
    year decade century weekend morning afternoon evening night noon midnight""".split()
) | {*_MONTHS}
_BE = frozenset("is are was were be been being am".split())
_FREE = frozenset("the a an that have has had having do does did".split())
_PAUSES = frozenset([",", ";", ":", "(", ")", "—", "-", '"', ".", "!", "?", "'", "[", "]", "..."])
_BREAKS = frozenset([",", ";", ":", "(", ")", "—", "..."])
_NEGATIONS = frozenset(
    """not no never none nobody nothing neither nor without hardly barely scarcely cannot nowhere except excluding
    unless rather instead unlike than fail refuse unable stop prevent""".split()
)
_MODALS = frozenset("will would may might could can should must shall ought".split())
_HEDGES = frozenset(
    """reportedly allegedly apparently purportedly supposedly seemingly presumably possibly probably perhaps likely
    unlikely maybe about around some nearly almost roughly approximately least most more less fewer over under up many
    estimate estimated alleged suspected presumed purported supposed apparent possible probable potential unconfirmed
    unverified independently verify believe think appear seem suggest consider expect if whether or only just mostly
    partly largely former ex deputy vice acting assistant would-be so-called self-declared self-styled self-proclaimed
    fake false attempted planned proposed failed possibly thought claimed expected likely intended""".split()
)
_MAY_COUNT = frozenset("over under up some more most many about around".split())  # hedges only before a number
_PREPOSITIONS = frozenset(
    """of in on at by from with for near during against under over amid among between within into onto through
    throughout across since until inside outside around along behind beyond toward towards via despite following
    alongside per as including like upon beside besides off past after before about to""".split()
)
_SUBORDINATORS = frozenset(
    """after before when while because although though since until where whereas once even so as if unless which who
    whose whom that""".split()
)
_WHEN = frozenset("last this next earlier later recently then now also meanwhile however still".split())
_BEFORE_DAYS = frozenset("on in late early last this next".split())
_JOINS = frozenset("and but or nor yet so".split())
_PRONOUNS = frozenset("it he she they we i".split())
_NEUTRAL = frozenset("say state tell".split())
_SAYINGS = frozenset("say tell claim allege accuse blame deny insist assert".split())
_WEAKENED = frozenset(  # sayings of which "said" is a fair report
    """say state tell according add note announce report explain declare write reiterate remark tweet stress repeat
    argue insist maintain claim confirm""".split()
)
_PAST = frozenset(
    """said told began broke brought built bought came chose cut did drew drove fell fought found flew fled gave went
    grew had held hit hurt kept knew laid led left lost made meant met paid put ran rose saw sent set shot shut sold
    spoke spent stood struck swore swept took taught thought threw won wrote became beat bled dug fed felt forgot
    froze hid hung lay lent let rode sank sang sat slept split spread stole stuck sought burst cost sued died says
    has is are was were will would may might could can should must""".split()
)
_PARTICIPLES = frozenset(  # of irregular verbs: "a story made up to hide it", "a tunnel built by hand"
    """made built cut hit hurt kept laid led left lost paid set shot sent sold held found caught brought bought taught
    given taken written seen known driven drawn hidden stolen sworn thrown shown fought put run begun broken chosen
    spoken torn worn grown flown hung dug fed meant spent won struck""".split()
)
_OPENERS = _PREPOSITIONS | _SUBORDINATORS | _JOINS
_LONGEST = 250  # tokens; what is longer holds only if it is the source's very words


@dataclass(frozen=True, slots=True)
class Source:
    """The words that a sentence cites, with what is known around them."""

    text: str
    claims: tuple[Claim, ...] = ()
    """Who speaks in them; pronouns resolved from the sentences before."""
    outlets: tuple[str, ...] = ()
    """All outlets that carry them, by the names by which an answer calls them."""
    published: tuple[str, ...] = ()
    """The days on which these published them, ISO."""
    title: str = ""
    is_quotation: bool = False
    """Whether the words stand inside a quotation that began before them."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason why a sentence is not what its source says."""

    kind: Kind
    about: str
    """The words in question."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    key: str
    quoted: bool = False
    named: bool = False
    """Written with a capital where the sentence does not demand one."""

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def is_number(self) -> bool:
        return self.key.startswith("#")

    @property
    def is_pause(self) -> bool:
        return self.text in _PAUSES

    @property
    def is_free(self) -> bool:
        return self.is_pause or self.lower in _FREE


_Tokens = tuple[_Token, ...]


def readable(text: str) -> str:
    """A text without characters that hide or turn around others, and with one form for each letter and digit."""
    return unicodedata.normalize("NFKC", _HIDDEN.sub("", text))


def doubts(sentence: str, source: Source) -> tuple[Doubt, ...]:
    """Why the sentence cannot be led back to its source; empty if it can."""
    sentence, text = readable(sentence), readable(source.text)
    said, is_quote = _unframed(sentence, source)
    if " ".join(said.split()) == " ".join(text.split()):
        return ()
    own, theirs = _tokens(said), _tokens(text, inside=source.is_quotation)
    misquoted = tuple(_misquoted(said, theirs))
    if not misquoted and _plain(said) == _plain(text) and _keeps_marks(said, text):
        return ()
    if is_quote and f" {' '.join(_plain(said))} " not in f" {' '.join(_plain(text))} ":
        return (Doubt("quotation", said),)
    if misquoted:
        return misquoted
    if max(len(own), len(theirs)) > _LONGEST:
        return (Doubt("words", "too long to be compared"),)
    return tuple(_foreign(own, [*theirs, *_speakers(source.claims)])) or _compared(own, theirs, said, source)


def _compared(own: _Tokens, theirs: _Tokens, said: str, source: Source) -> tuple[Doubt, ...]:
    """The doubts about a sentence whose words are all the source's."""
    sources = [*_told_otherwise(theirs, source.claims), *_sayings_alone(theirs, source.claims)]
    found: tuple[Doubt, ...] = ()
    for mine in _told_otherwise(own, claims_in(said)):
        for other in sources:
            for left, right in _fronted(mine, other):
                doubt = _led_back(left, right)
                if doubt is None:
                    return ()
                found = found or (doubt,)
    return tuple(_lost(own, theirs)) or found


# -- words


def _tokens(text: str, *, inside: bool = False) -> _Tokens:
    """The words and marks of a text. `inside`: it begins within a quotation."""
    found: list[_Token] = []
    quoted = inside
    opens = True
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in '"“”„«»':
            quoted = word in "“„«" if word != '"' else not quoted
            found.append(_Token('"', '"', quoted=True))
            continue
        mark = {"–": "—", "--": "—", "‘": "'", "’": "'", "…": "..."}.get(word, word)
        found.append(_Token(mark, _key(mark), quoted, named=word[0].isupper() and not opens))
        opens = word in ".!?:"
    return tuple(found)


@functools.lru_cache(maxsize=50_000)
def _key(word: str) -> str:
    """What two forms of one word have in common: the number, the month, or the base form."""
    low = word.lower().removesuffix(".") if len(word) > 1 else word.lower()
    if low in ("n't", "n’t", "not"):
        return "not"
    if low in ("'s", "’s"):
        return "'s"
    if low in _BE:
        return "be"
    if low[0].isdigit():
        return f"#{_digits(low)}"
    if low in _NUMBERS or low in _ORDINALS:
        return f"#{_NUMBERS.get(low, _ORDINALS.get(low))}" if low in _NUMBERS else f"#{_ORDINALS[low]}."
    tens, _, unit = low.partition("-")
    if tens in _NUMBERS and unit in _NUMBERS:
        return f"#{_NUMBERS[tens] + _NUMBERS[unit]}"
    if low in _SHORT_MONTHS and word[0].isupper():
        return _SHORT_MONTHS[low]
    if low == "ca":
        return "can"
    if low == "wo":
        return "will"
    return _base(low)


def _digits(number: str) -> str:
    plain = re.sub(r",(?=\d{3})", "", number)
    ordinal = plain.endswith(("st", "nd", "rd", "th"))
    plain = plain.rstrip("stndrh")
    value = str(int(plain)) if plain.isdigit() else plain
    return f"{value}." if ordinal else value


@functools.lru_cache(maxsize=50_000)
def _base(word: str) -> str:
    import simplemma

    return simplemma.lemmatize(word, lang="en").lower()


def _same(mine: _Token, other: _Token) -> bool:
    """Whether two tokens are one word. One soldier is not many: nouns must agree in number; verbs may differ."""
    if mine.lower == other.lower:
        return True
    if mine.key != other.key:
        return False
    if mine.is_number or mine.key in ("be", "not", "'s") or mine.key in _DAYS:
        return True
    short, long = sorted((mine.lower, other.lower), key=len)
    return not (long.endswith("s") and not short.endswith(("ed", "ing")))


def _is_day(token: _Token) -> bool:
    """Whether a word names a day, a month or the like; "may" and "march" only with a capital."""
    return token.key in _DAYS and (token.key not in ("may", "march") or token.text[0].isupper())


def _is_verb(token: _Token) -> bool:
    """Whether a word looks like a verb that carries a clause."""
    low = token.lower
    return not token.named and (low in _PAST or low in _BE or (low.endswith("ed") and len(low) > 4))


def _plain(text: str) -> list[str]:
    return [token.lower for token in _tokens(text) if not token.is_pause]


# -- the outlet as the one who reports


_QUOTES = re.compile(
    r"[Aa]ccording to (?P<who>.+?)(?: \((?P<when>[^()“”]*?)(?:, citing (?P<citing>[^()“”]+))?\))?: “(?P<words>.*)”",
    re.DOTALL,
)
_REPORT = r"report|reported|reports|said|says|wrote|writes"


def _unframed(sentence: str, source: Source) -> tuple[str, bool]:
    """The sentence without "According to OUTLET (date): “…”" and the like, if that is true of its source; and whether
    what is left is quoted."""
    quotes = _QUOTES.fullmatch(sentence)
    if quotes:
        return (quotes["words"], True) if _is_true_of(quotes, source) else (sentence, False)
    for outlet in map(re.escape, source.outlets):
        for frame in (
            rf"[Aa]ccording to (?:the )?{outlet},? (.+)",
            rf"(?:[Tt]he )?{outlet} (?:{_REPORT})(?: that)?,? (.+)",
            rf"(.+?),? according to (?:the )?{outlet}\.?",
            rf"(.+?), (?:the )?{outlet} (?:{_REPORT})\.?",
        ):
            match = re.fullmatch(frame, sentence, re.DOTALL)
            if match:
                return match[1], False
    return sentence, False


def _is_true_of(quotes: re.Match[str], source: Source) -> bool:
    """Whether the words are quoted from where the sentence says, of the day it says, citing who speaks in them."""
    who = quotes["who"]
    for outlet in sorted(source.outlets, key=len, reverse=True):
        who = who.replace(outlet, "")
    who = who.replace(f"the article “{source.title}”", "") if source.title else who
    when = quotes["when"] or ""
    for day in (*map(dated, source.published), "undated"):
        when = when.replace(day, "")
    citing = quotes["citing"]
    speakers = {readable(claim.speaker) for claim in source.claims if claim.speaker}
    of_outlets = not re.sub(r"\band\b|[\s,]", "", who)
    of_days = not re.sub(r"\bto\b|\s", "", when)
    return of_outlets and of_days and (citing is None or citing in speakers)


# -- quotations


def _marked(text: str) -> list[str]:
    return [a or b for a, b in re.findall(r"“([^“”]+)”|\"([^\"]+)\"", text)]


def _misquoted(sentence: str, source: _Tokens) -> Iterator[Doubt]:
    """Words in quotation marks that are not one run of words that stand in quotation marks in the source, too."""
    said = [token.lower if token.quoted else "" for token in source if not token.is_pause]
    for quoted in _marked(sentence):
        words = _plain(quoted)
        if not any(said[n : n + len(words)] == words for n in range(len(said))):
            yield Doubt("quotation", quoted)


def _keeps_marks(sentence: str, text: str) -> bool:
    """Whether words that the source has in quotation marks are not passed off as its own."""
    return sum(t.quoted for t in _tokens(sentence) if not t.is_pause) >= sum(
        t.quoted for t in _tokens(text) if not t.is_pause
    ) or not _marked(text)


# -- what the sentence has and the source has not


def _speakers(claims: Sequence[Claim]) -> Iterator[_Token]:
    """The names of those who speak in the source, which it may give as pronouns."""
    for claim in claims:
        yield from _tokens(f"- {claim.speaker or ''}")


def _foreign(own: _Tokens, there: Sequence[_Token]) -> Iterator[Doubt]:
    """Words that the source has not."""
    for place, token in enumerate(own):
        if token.is_free or any(_same(token, other) for other in there):
            continue
        if token.key == "be" or (token.lower == "by" and any(t.key == "be" for t in own[:place])):
            continue  # a passive, which is looked at when it is undone
        if (
            token.key in _NEUTRAL
            or token.lower == "according"
            or (token.lower == "to" and own[place - 1].lower == "according")
        ):
            continue
        yield Doubt(_kind(token), token.text)


def _kind(token: _Token) -> Kind:
    if _is_day(token):
        return "date"
    if token.is_number:
        return "date" if re.fullmatch(r"#(?:19|20)\d\d", token.key) else "number"
    if token.key in _NEGATIONS or token.lower in _NEGATIONS:
        return "negation"
    if _qualifies(token):
        return "hedge"
    return "name" if token.named else "words"


def _lost(own: _Tokens, theirs: _Tokens) -> Iterator[Doubt]:
    """What stands in the source to qualify it, and is left out."""
    for at, token in enumerate(theirs):
        if token.lower in _MAY_COUNT and not _counts(theirs, at):
            continue  # "made up"
        if _qualifies(token) and not any(_same(t, token) for t in own):
            yield Doubt(_kind(token), token.text)


# -- tellings of one sentence


def _told_otherwise(tokens: _Tokens, claims: Sequence[Claim]) -> Iterator[_Tokens]:
    """The sentence itself, and as it reads with its saying in front, its speaker named, its passive undone."""
    tellings = [tokens]
    tellings += [named for telling in tellings for named in _named(telling, claims)]
    tellings += [moved for telling in tellings for moved in _saying_first(telling, claims)]
    tellings += [active for telling in tellings for active in _actives(telling)]
    yield from dict.fromkeys(tellings)


def _named(tokens: _Tokens, claims: Sequence[Claim]) -> Iterator[_Tokens]:
    """With the speaker's name for the pronoun before or after the cue."""
    for claim in claims:
        for at, token in enumerate(tokens):
            if token.lower == claim.verb and claim.speaker:
                for place in (at - 1, at + 1):
                    if 0 <= place < len(tokens) and tokens[place].lower in _PRONOUNS:
                        yield tokens[:place] + _tokens(f"- {claim.speaker}")[1:] + tokens[place + 1 :]


_SAID = _Token("said", "say")


def _saying_first(tokens: _Tokens, claims: Sequence[Claim]) -> Iterator[_Tokens]:
    """With "X said" before what is said, where it stands after it or in it, and as "said" for "according to"."""
    speakers = {claim.verb: [t.lower for t in _tokens(claim.speaker or "")] for claim in claims}
    for at, token in enumerate(tokens):
        if token.lower not in speakers and not _is_cue(tokens, at):
            continue
        for start, end in dict.fromkeys(_sayings(tokens, at, speakers.get(token.lower, []))):
            saying = _speaker_first(tokens[start:end], at - start)
            before, after = tokens[:start], tokens[end:]
            while before and before[-1].text in (",", "—"):
                before = before[:-1]
            while after and after[0].text in (",", "—", ":"):
                after = after[1:]
            yield (*saying, *before, *after)
            if token.key in _WEAKENED:
                plain = tuple(_SAID if t is token else t for t in saying)
                yield (*plain, *before, *after)


def _sayings_alone(tokens: _Tokens, claims: Sequence[Claim]) -> Iterator[_Tokens]:
    """Of "X said …, accusing …" and "X said … and blamed …" what X accuses and blames, with X in front."""
    for claim in claims[1:]:
        if claim.speaker and claim.speaker == claims[0].speaker:
            for at, token in enumerate(tokens):
                if token.lower == claim.verb:
                    alone = (*_tokens(f"- {claim.speaker}")[1:], *tokens[at:])
                    yield alone
                    yield from _actives(alone)


def _sayings(tokens: _Tokens, at: int, name: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the words "X said" may begin and end around a cue, with what stands between them."""
    low = [token.lower for token in tokens]
    stop = next((n for n in range(at, len(tokens)) if tokens[n].text in _BREAKS or tokens[n].text == "."), len(tokens))
    if low[at] == "according":
        yield at, stop
        if name and _after(low, name, at + 1):
            yield at, _after(low, name, at + 1)
        return
    if at and low[at - 1] in _PRONOUNS:
        yield at - 1, at + 1
    for place in range(at - len(name), max(at - len(name) - 12, -1), -1):
        if name and low[place : place + len(name)] == list(name):
            yield _with_determiner(low, place), at + 1
            break
    after = _after(low, name, at) if name else 0
    if after:
        yield at, after
    comma = next(
        (n for n in range(at - 1, max(at - 14, -1), -1) if tokens[n].text in _BREAKS or tokens[n].text == '"'), -1
    )
    if stop - at <= 4 and comma >= 0:
        yield comma + 1, stop  # "…, officials in Paris said on Monday."


def _with_determiner(low: Sequence[str], place: int) -> int:
    return place - 1 if place and low[place - 1] in ("the", "a", "an") else place


def _after(low: Sequence[str], name: Sequence[str], at: int) -> int:
    """Where a name that stands right after the cue ends; 0 if it does not."""
    for place in range(at + 1, min(at + 4, len(low) - len(name) + 1)):
        if low[place : place + len(name)] == list(name):
            return place + len(name)
    return 0


def _speaker_first(saying: _Tokens, at: int) -> _Tokens:
    """ "said X" and "according to X" as "X said"."""
    cue = saying[at]
    if cue.lower == "according":
        return (*saying[at + 2 :], _SAID)
    return (*saying[at + 1 :], cue) if at == 0 else saying


def _actives(tokens: _Tokens) -> Iterator[_Tokens]:
    """ "A was killed by B" as "B killed A"."""
    low = [token.lower for token in tokens]
    for by in (place for place, word in enumerate(low) if word == "by" and place > 1):
        verb = by - 1
        be = next((p for p in range(verb - 1, max(verb - 4, 0), -1) if tokens[p].key == "be"), None)
        if be is None or not (low[verb].endswith(("ed", "n", "t")) or low[verb] in _PAST):
            continue
        last = be
        while last and low[last - 1] in ("have", "has", "had", "be", "been"):
            last -= 1
        start = _clause_start(tokens, last)
        for end in _phrase_ends(tokens, by + 1):
            between = tokens[be + 1 : verb]
            yield (
                *tokens[:start],
                *tokens[by + 1 : end],
                *between,
                tokens[verb],
                *tokens[start:last],
                *tokens[end:],
            )


def _clause_start(tokens: _Tokens, at: int) -> int:
    """Where the clause begins whose subject ends at `at`."""
    place = at
    while place and not (
        tokens[place - 1].text in _BREAKS
        or tokens[place - 1].lower in ("that", "but", "while", "because", "when", "after", "before", "as")
        or _is_saying(tokens[place - 1])
    ):
        place -= 1
    return place


def _is_saying(token: _Token) -> bool:
    return token.lower in ("said", "says", "say")


def _phrase_ends(tokens: _Tokens, start: int) -> list[int]:
    """Where the noun phrase that begins at `start` may end: before each mark, preposition or joining word."""
    ends = []
    for place in range(start + 1, min(start + 14, len(tokens)) + 1):
        if place == len(tokens) or tokens[place].is_pause or _opens_adverbial(tokens[place]):
            ends.append(place)
        if place == len(tokens) or tokens[place].text in _BREAKS:
            break
    return ends


def _fronted(mine: _Tokens, other: _Tokens) -> Iterator[tuple[_Tokens, _Tokens]]:
    """Both as they are, and each with the part in front with which the other begins."""
    yield mine, other
    for lead in _leads(mine):
        moved = _with_front(other, lead)
        if moved is not None:
            yield mine, moved
    for lead in _leads(other):
        moved = _with_front(mine, lead)
        if moved is not None:
            yield moved, other


def _leads(tokens: _Tokens) -> Iterator[_Tokens]:
    """The adverbial with which a sentence begins: up to a comma."""
    if tokens and _opens_adverbial(tokens[0]):
        for place, token in enumerate(tokens):
            if token.text == ",":
                yield tokens[:place]


def _opens_adverbial(token: _Token) -> bool:
    low = token.lower
    return low in _OPENERS or _is_day(token) or low in _WHEN or low.endswith("ly")


def _with_front(tokens: _Tokens, lead: _Tokens) -> _Tokens | None:
    """The sentence with this part of it moved to the front; None if it has it not, or in another clause."""
    words = [token for token in lead if not token.is_free]
    content = [(place, token) for place, token in enumerate(tokens) if not token.is_free]
    for at in range(1, len(content) - len(words) + 1):
        if not all(_same(content[at + n][1], word) for n, word in enumerate(words)):
            continue
        start, end = content[at][0], content[at + len(words) - 1][0] + 1
        is_clause = any(_is_verb(token) for token in words)
        if is_clause and end < len(tokens) and not tokens[end].is_pause:
            continue
        if not is_clause and any(_divides(tokens, place, start) for place in range(start)):
            continue
        if _is_cue(tokens, start - 1) and end < len(tokens) and tokens[end].lower not in ("that", ",", "."):
            continue  # "said on Tuesday rebels attacked": nobody knows what was on Tuesday
        rest = tokens[:start] + tokens[end:]
        return (*tokens[start:end], _COMMA, *rest)
    return None


_COMMA = _Token(",", ",")


def _divides(tokens: _Tokens, place: int, start: int) -> bool:
    """Whether a clause ends here, so that what stands at `start` belongs to another."""
    token = tokens[place]
    if token.text in (";", ":", "—", '"'):
        return True
    if token.lower in ("but", "while", "who", "which", "when", "where", "because", "although", "whereas", "if", "that"):
        return True
    return (token.lower in ("and", "as") or _is_cue(tokens, place)) and any(
        _is_verb(t) for t in tokens[place + 1 : start]
    )


# -- leading one back to the other


def _led_back(mine: _Tokens, other: _Tokens) -> Doubt | None:
    """None if every word of `mine` is found in `other` in its order, and what is left out may be; else the doubt."""
    words = [token for token in mine if not token.is_free]
    if not words:
        return Doubt("words", " ".join(token.text for token in mine))
    reach = _ways(words, other)
    if isinstance(reach, Doubt):
        return reach
    doubt: Doubt | None = None
    for last, kept in reach.items():
        if not _may_skip(other, last, len(other)):
            doubt = doubt or Doubt("order", words[-1].text)
            continue
        missing = _unspoken(mine, other, kept)
        if missing is None:
            return None
        doubt = missing
    return doubt


def _ways(words: Sequence[_Token], other: _Tokens) -> dict[int, frozenset[int]] | Doubt:
    """Where in `other` the last of the words can be found after all those before it, each with the places of all; or
    the word that cannot be reached."""
    reach: dict[int, frozenset[int]] = {-1: frozenset()}
    for word in words:
        reached: dict[int, frozenset[int]] = {}
        for place, token in enumerate(other):
            if not _same(word, token):
                continue
            for last, kept in reach.items():
                if last < place and place not in reached and _may_skip(other, last, place):
                    reached[place] = kept | {place}
        if not reached:
            return Doubt("order", word.text)
        reach = reached
    return reach


def _may_skip(tokens: _Tokens, last: int, place: int) -> bool:
    """Whether what stands between two words that are kept may be left out."""
    first = last + 1
    gap = [n for n in range(first, place) if not tokens[n].is_free]
    if not gap:
        return True
    if not _may_lose(tokens, gap, last, place):
        return False
    if place == len(tokens):
        return _is_tail(tokens, last, gap)
    if last < 0:
        return _is_head(tokens, place, gap) or _are_modifiers(tokens, last, place, gap)
    return (
        _is_insertion(tokens, last, place) or _is_phrase(tokens, gap, place) or _are_modifiers(tokens, last, place, gap)
    )


def _qualifies(token: _Token) -> bool:
    """Whether a word takes something back: a negation, a hedge, a condition."""
    if _is_day(token):
        return False  # the month of May
    return token.key in _NEGATIONS or token.lower in _NEGATIONS | _MODALS | _HEDGES


def _counts(tokens: _Tokens, at: int) -> bool:
    """Whether a word such as "about" stands before a number."""
    return any(t.is_number or t.lower in ("half", "dozen", "dozens", "hundreds") for t in tokens[at + 1 : at + 4])


def _may_lose(tokens: _Tokens, gap: Sequence[int], last: int, place: int) -> bool:
    """Whether nothing in the gap qualifies what is kept: a negation, a hedge, a condition."""
    inside = set(gap)
    for at in gap:
        low, key = tokens[at].lower, tokens[at].key
        if low in ("if", "unless", "independently") or key == "verify":
            return False
        if not _qualifies(tokens[at]) or (low in _MAY_COUNT and not _counts(tokens, at)):
            continue
        following = next((n for n in range(at + 1, len(tokens)) if not tokens[n].is_free), None)
        if following is not None and following not in inside:
            return False
        start = at
        while start > 0 and tokens[start - 1].text not in _BREAKS and tokens[start - 1].lower not in _SUBORDINATORS:
            start -= 1
        opener = next((n for n in gap if start <= n <= at), at)
        in_phrase = tokens[opener].lower in _PREPOSITIONS and not any(_is_verb(tokens[n]) for n in range(opener, at))
        whole = start > last or any(tokens[n].lower in ("and", "but") for n in range(max(last, 0) + 1, at))
        if not (whole or in_phrase):
            return False
    return True


def _is_tail(tokens: _Tokens, last: int, gap: Sequence[int]) -> bool:
    """Whether the end of a sentence is a part by itself."""
    opener = tokens[gap[0]]
    after_pause = any(tokens[n].text in _BREAKS for n in range(last + 1, gap[0]))
    if opener.lower in ("or", "than", "nor"):
        return False
    if opener.lower == "to":
        made_up = tokens[last].lower == "up" and last > 0 and _is_participle(tokens[last - 1])
        return made_up or _opens_phrase(tokens, gap[0] + 1)
    if tokens[gap[0] - 1].lower == "that" and gap[0] - 1 > last:
        return not _is_verb(tokens[last])
    if _opens_adverbial(opener) or opener.lower.endswith("ing"):
        return True
    if _is_participle(opener):
        return after_pause or any(_is_verb(token) for token in tokens[: last + 1])
    return after_pause and not any(_is_verb(tokens[n]) for n in gap)


def _is_participle(token: _Token) -> bool:
    """Whether a word can be a past participle that stands behind its noun: "fired from the hills", "built to hide"."""
    return not token.named and (token.lower.endswith("ed") or token.lower in _PARTICIPLES)


def _is_head(tokens: _Tokens, place: int, gap: Sequence[int]) -> bool:
    """Whether the beginning of a sentence is a part by itself."""
    before = place - 1
    while before > 0 and tokens[before].is_free and tokens[before].text not in _BREAKS:
        before -= 1
    if tokens[before].lower in ("and", "but", "while", "yet", "so"):
        before -= 1
    if before < 0:
        return True
    if all(_is_day(tokens[n]) or tokens[n].lower in _BEFORE_DAYS for n in gap):
        return True  # "On Monday the ministry said"
    if tokens[before].text not in _BREAKS:
        return gap[-1] <= 1 and all(tokens[n].lower in _JOINS | {"however", "meanwhile", "also"} for n in gap)
    opener = tokens[gap[0]]
    is_adverbial = _opens_adverbial(opener) or opener.lower.endswith(("ing", "ed"))
    return is_adverbial or any(_is_verb(tokens[n]) for n in gap)


def _is_insertion(tokens: _Tokens, last: int, place: int) -> bool:
    """Whether the gap stands between two commas or brackets."""
    pairs = {",": ",", "(": ")", "—": "—"}
    before = [n for n in range(last + 1, place) if tokens[n].text in pairs]
    if not before or any(not tokens[n].is_free for n in range(last + 1, before[0])):
        return False
    closing = pairs[tokens[before[0]].text]
    ends = [n for n in range(before[0] + 1, place) if tokens[n].text == closing]
    return bool(ends) and all(tokens[n].is_free for n in range(ends[-1], place))


def _opens_phrase(tokens: _Tokens, at: int) -> bool:
    """Whether a noun phrase begins here, not a verb."""
    return at < len(tokens) and (
        tokens[at].named or tokens[at].is_number or tokens[at].lower in ("the", "a", "an", "its", "his", "their", "her")
    )


def _is_phrase(tokens: _Tokens, gap: Sequence[int], place: int) -> bool:
    """Whether the gap is a phrase such as "in the north of Syria", and what follows is not its end."""
    opener = tokens[gap[0]]
    if opener.lower not in _PREPOSITIONS and not _is_day(opener):
        return False
    if opener.lower == "to" and not _opens_phrase(tokens, gap[0] + 1):
        return False
    between, closed = tokens[gap[0] + 1 : place], False
    if len(between) > 1 and between[-1].is_free and not between[-1].is_pause and between[-2].lower == "that":
        between = between[:-1]  # "on Monday that the ministry": the article belongs to what is kept
    while between and (between[-1].lower == "that" or between[-1].text in _BREAKS):
        between, closed = between[:-1], True
    if any(t.text in _BREAKS or _is_verb(t) or t.lower in _SUBORDINATORS - _PREPOSITIONS for t in between):
        return False
    if tokens[place - 1].lower in _PREPOSITIONS | {"and", "or", "'s"}:
        return False
    follows = tokens[place]
    return (
        closed
        or follows.lower in _OPENERS | _MODALS
        or _is_verb(follows)
        or follows.lower.endswith("ly")
        or _is_day(follows)
    )


def _are_modifiers(tokens: _Tokens, last: int, place: int, gap: Sequence[int]) -> bool:
    """Whether the gap is adjectives before a noun ("the deadly attack"), or an adverb."""
    if len(gap) == 1 and tokens[gap[0]].lower.endswith("ly"):
        return True
    if len(gap) == 1 and tokens[gap[0]].lower in ("also", "then", "later", "now", "still", "however"):
        return True
    before = tokens[gap[0] - 1] if gap[0] else None
    opens = before is None or before.lower in {"the", "a", "an", "its", "his", "her", "their"} | _PREPOSITIONS
    if not opens or place >= len(tokens):
        return False
    if place != gap[-1] + 1 or gap[-1] - gap[0] + 1 != len(gap):
        return False
    words = [tokens[n] for n in gap]
    if any(
        (_is_verb(w) and not w.lower.endswith("ed")) or w.is_pause or w.lower in _OPENERS or w.is_number for w in words
    ):
        return False
    follows = tokens[place]
    return not (follows.lower in _OPENERS | _MODALS or _is_verb(follows) or follows.lower == "'s")


# -- who speaks


def _is_cue(tokens: _Tokens, at: int) -> bool:
    token = tokens[at]
    if token.named:
        return False
    return token.lower == "according" or token.key in _SAYINGS or token.lower in _cues(tuple(t.text for t in tokens))


@functools.lru_cache(maxsize=2_000)
def _cues(words: tuple[str, ...]) -> frozenset[str]:
    text = re.sub(r" (?=[,.;:!?'])", "", " ".join(words))
    return frozenset(claim.verb for claim in claims_in(text))


def _unspoken(mine: _Tokens, other: _Tokens, kept: frozenset[int]) -> Doubt | None:
    """Whether words that somebody speaks in the source are passed off as nobody's."""
    speaks = any(_is_cue(mine, at) for at in range(len(mine)))
    for at in range(len(other)):
        if not _is_cue(other, at) or at in kept:
            continue
        if any(place in kept for place in _spoken_by(other, at)):
            return Doubt("speaker", other[at].text)
    if not speaks and any(other[n].quoted for n in kept):
        own = sum(token.quoted for token in mine if not token.is_free)
        if own < sum(other[n].quoted and not other[n].is_free for n in kept):
            return Doubt("speaker", " ".join(other[n].text for n in sorted(kept) if other[n].quoted))
    return None


def _spoken_by(tokens: _Tokens, at: int) -> range:
    """The places of what is said with this cue: before it if little stands behind it, else behind it."""
    after = [t for t in tokens[at + 1 :] if not t.is_free]
    ends = next((n for n in range(at + 2, len(tokens)) if _changes_speaker(tokens, n)), len(tokens))
    closes = len(after) < 3 or (at + 1 < len(tokens) and tokens[at + 1].text in _BREAKS)
    if tokens[at].lower == "according":
        comma = next((n for n in range(at, len(tokens)) if tokens[n].text == ","), None)
        return range(len(tokens)) if comma is None or at == 0 else range(at)
    joined = at > 0 and tokens[at - 1].lower in ("and", "but")  # "…, and said it had proof"
    backwards = closes and not joined and any(t.text in (",", '"') for t in tokens[max(0, at - 8) : at])
    return range(len(tokens)) if backwards else range(at + 1, ends)


def _changes_speaker(tokens: _Tokens, at: int) -> bool:
    """Whether a clause begins here in which somebody else speaks: ", while Armenia denied"."""
    joins = tokens[at].lower in ("and", "but", "while", "whereas") and tokens[at - 1].text in _BREAKS
    return joins and any(_is_cue(tokens, n) for n in range(at + 1, min(at + 8, len(tokens))))
