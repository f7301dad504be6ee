"""Which words of a sentence tell of speech, and the noun phrase that speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Stance
from assistant.attribution.phrases import (
    LONGEST,
    SET_BESIDE,
    has_verb,
    in_phrase,
    is_adverb,
    is_common,
    is_end,
    is_finite,
    is_means,
    is_noun_here,
    is_relative,
    is_verb,
    names_somebody,
    owner_of,
    passed_over,
    phrase_from,
    phrase_start,
    with_apposition,
)
from assistant.attribution.tokens import Token
from assistant.attribution.words import (
    ARTICLES,
    BE,
    BEFORE_DAYS,
    BOUNDS,
    DASHES,
    DAYS,
    DETERMINERS,
    HAVE,
    INSIDE,
    LEADS,
    MODAL,
    PRONOUNS,
    RAISING,
    RELATIVE,
    SKIPPED,
    counting_verbs,
    irregular_pasts,
    needing_verbs,
    saying_nouns,
    titles,
    verbs,
)

__all__ = ["Found", "antecedent_of", "cue_at", "found_at"]


_ADDRESSED = frozenset("tell tells told telling urge urges urged asks ask asked".split())  # what follows is who listens
_CAPITAL_CUES = frozenset("according citing quoting speaking".split())
_QUOTING = frozenset("said says wrote writes asked added".split())  # may open a sentence: "Said the source"
_LONGEST_SUBJECT = 12  # words; what opens a clause and is longer has a verb in it that is not known


@dataclass(frozen=True, slots=True)
class Found:
    """An attribution in places of tokens, half-open."""

    at: int
    cue: tuple[int, int]
    does: Stance
    speaker: tuple[int, int] | None
    inverted: bool
    is_noun: bool


def cue_at(tokens: Sequence[Token], at: int) -> Stance | None:
    """What the word at this place does, if it tells of speech: asserts, denies or accuses."""
    token = tokens[at]
    word = token.lower
    if token.is_capital and not _may_be_capital(tokens, at):
        return None
    if word == "according":
        return "asserts" if at + 1 < len(tokens) and tokens[at + 1].lower == "to" else None
    if (noun := saying_nouns().get(word)) and _is_had(tokens, at):
        return noun
    if word.startswith("claim") and any(t.lower in {"lives", "life"} for t in tokens[at + 1 : at + 9]):
        return None  # "the blast claimed 20 lives"
    if word in {"said", "reported", "alleged"} and _is_of_others(tokens, at):
        return None
    if word in _ADDING and _has_object(tokens, at):
        return None
    does = verbs().get(word)
    if (needed := needing_verbs().get(word)) is not None:
        tells = _has_beside(tokens, at, needed) or _tells_that(tokens, at) or _agrees(tokens, at)
        return "asserts" if tells and not is_noun_here(tokens, at) else None
    if does is None and _tells_that(tokens, at):
        return "asserts"
    if does is None and word in counting_verbs() and any(t.text[0].isdigit() for t in tokens[at + 1 : at + 13]):
        does = "asserts"
    return None if does is None or is_noun_here(tokens, at) else does


_ADDING = frozenset("add adds added adding maintain maintains maintained maintaining".split())


def _has_object(tokens: Sequence[Token], at: int) -> bool:
    """ "added fuel to the fire", "maintain order": a thing and no clause follows."""
    start = at + 1
    while start < len(tokens) and (tokens[start].lower in SKIPPED | DAYS or is_adverb(tokens[start])):
        start += 1
    end = next((n for n in range(start, len(tokens)) if not tokens[n].is_word), len(tokens))
    if start == end or tokens[start].lower in BOUNDS | INSIDE:
        return False
    quotes = any(t.depth for t in tokens[max(0, at - 12) : at]) or any(
        t.depth or t.text == ":" for t in tokens[end : end + 2]
    )
    return not quotes and not has_verb(tokens, start + 1, end)


def _is_of_others(tokens: Sequence[Token], at: int) -> bool:
    """ "medicines said to be poison": nobody who says so is named."""
    return [t.lower for t in tokens[at + 1 : at + 3]] in (["to", "be"], ["to", "have"])


def _may_be_capital(tokens: Sequence[Token], at: int) -> bool:
    """Whether a capital at this place makes no name: at the start, after a mark, or in a headline."""
    if not at or not tokens[at - 1].is_word:
        opens = tokens[at].lower in _CAPITAL_CUES or tokens[at].lower.endswith("ing") or bool(at)
        return opens or (tokens[at].lower in _QUOTING and phrase_from(tokens, at + 1) is not None)
    words = [t for t in tokens if t.is_word and len(t.text) > 3]
    return len(words) > 3 and sum(t.is_capital for t in words) > 0.8 * len(words)


def _agrees(tokens: Sequence[Token], at: int) -> bool:
    """ "The minister agreed.": nothing of the sentence is left."""
    return tokens[at].lower == "agreed" and is_end(tokens, at + 1) and tokens[at - 1].is_word


def _tells_that(tokens: Sequence[Token], at: int) -> bool:
    """Whether any verb in the past has a clause with "that" behind it: "ruled that the road …", not "that day"."""
    if not (tokens[at].lower.endswith("ed") or tokens[at].lower in irregular_pasts()) or at + 2 >= len(tokens):
        return False
    if tokens[at].lower == "given":
        return False  # "given that he left": in view of it
    then, acts = tokens[at + 2], at + 3 < len(tokens) and tokens[at + 3].lower in BE | HAVE | MODAL
    opens = (
        then.is_capital or then.lower in PRONOUNS | DETERMINERS or then.lower.endswith("s") or then.text[0].isdigit()
    ) or (then.is_word and acts)
    return tokens[at + 1].lower == "that" and opens and then.lower not in DAYS


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
        len(after) > 1 and is_adverb(after[0]) and after[1].lower in needed
    )


def _is_had(tokens: Sequence[Token], at: int) -> bool:
    """Whether a noun of saying is somebody's: "Armenia's claim that", "a statement by the ministry"."""
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    if after in {"by", "from"} and at + 2 < len(tokens):
        return tokens[at + 2].is_capital or (tokens[at + 2].lower in ARTICLES and after == "by")
    return after in {"that", "of"} and owner_of(tokens, at) is not None


def found_at(tokens: Sequence[Token], at: int, does: Stance, earlier: Sequence[Found]) -> Found | None:
    word = tokens[at].lower
    if word == "according":
        speaker = phrase_from(tokens, at + 2)
        if speaker and not any(t.is_word for t in tokens[:at]):
            speaker = _leaving(tokens, speaker)
        return Found(at, (at, at + 2), does, speaker, True, False) if speaker else None
    if word in saying_nouns() and _is_had(tokens, at):
        owner = owner_of(tokens, at)
        speaker = owner or phrase_from(tokens, at + 2)
        return Found(at, (at, at + 1), does, speaker, owner is None, True) if speaker else None
    if at and at + 1 < len(tokens) and tokens[at + 1].lower == "by" and not is_means(tokens, at + 2):
        speaker = phrase_from(tokens, at + 2)
        opens = at - (tokens[at - 1].lower in BE)
        return Found(at, (opens, at + 1), does, speaker, True, False) if speaker else None
    found = _active(tokens, at, earlier)
    if found is None:
        return None
    speaker, inverted = found
    start = at
    while start and (tokens[start - 1].lower in SKIPPED | BE | RAISING or is_adverb(tokens[start - 1])):
        if speaker and speaker[0] <= start - 1 < speaker[1]:
            break
        start -= 1
    return Found(at, (start, at + 1), does, speaker, inverted, False)


def _active(tokens: Sequence[Token], at: int, earlier: Sequence[Found]) -> tuple[tuple[int, int], bool] | None:
    """The speaker of an active verb, and whether it stands after it. None if nobody is named."""
    spoke = (f for f in reversed(earlier) if not f.is_noun and tokens[f.at].depth == tokens[at].depth)
    last = next((f.speaker for f in spoke if f.speaker), None)
    before = tokens[at - 1].lower if at else ""
    if tokens[at].lower.endswith("ing") and before not in BE and not _is_progressive(tokens, at):
        return _of_participle(tokens, at, last)
    subject = _subject(tokens, at)
    if subject is not None and tokens[at].lower in {"said", "says"}:
        after = phrase_from(tokens, at + 1)
        apart = tokens[subject[0]].text[0].isdigit() or _is_clause(tokens, *subject)
        if after is not None and apart and is_end(tokens, after[1]):
            return after, True  # "… wounded 60 people said the monitor": nothing is left that could be said
    if subject is None and (not at or _follows_quote(tokens, at)) and tokens[at].lower not in _ADDRESSED:
        after = phrase_from(tokens, at + 1)
        if after is not None and _can_follow(tokens, after):
            return after, True
    if subject is None and _is_joined(tokens, at):
        subject = last or _doing(tokens, at) or _opening(tokens, at)
    return (subject, False) if subject else None


def _turned(tokens: Sequence[Token], at: int) -> bool:
    """Whether another acts since the one who spoke: "The president said he would talk, but Baku refused, calling"."""
    place = at - 1
    while place > 1 and tokens[place].depth == tokens[at].depth:
        if tokens[place].lower in {"but", "while", "whereas"} and tokens[place - 1].text == ",":
            return any(is_finite(tokens, n) and _subject(tokens, n) is not None for n in range(place + 2, at))
        place -= 1
    return False


def _is_clause(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether a verb opens one of the pieces between commas: "The search, now long, is under way"."""
    opens = (n + 1 for n in range(start, end - 1) if tokens[n].text == ",")
    return any(tokens[n].lower in BE | HAVE | MODAL for n in opens)


def _of_participle(
    tokens: Sequence[Token], at: int, last: tuple[int, int] | None
) -> tuple[tuple[int, int], bool] | None:
    """The speaker of a participle: who spoke or acted before it, or the noun that it stands behind."""
    before = tokens[at - 1].lower if at else ""
    sets_apart = before not in {",", "and", "by", "while"} and not _ends_quoted(tokens, at)
    if tokens[at].lower in needing_verbs() and sets_apart:
        return None  # "polls showing"
    if not any(t.is_word for t in tokens[:at]):
        return _announced(tokens, at)
    if before == "by" and tokens[at].lower in {*needing_verbs(), *_ADDING, "asking"}:
        return None  # "they lost time by asking"
    if before == "as":
        spoken = _quoted_as(tokens, at - 1)
        return (spoken, False) if spoken else None  # none: "as appealing as"
    if before in saying_nouns():  # "released a statement saying"
        last = _doing(tokens, at) or last
    elif sets_apart:
        beside = phrase_start(tokens, at)
        # "had used gas dismissing", "hurt in an attack blaming"
        acts = beside > 0 and tokens[beside - 1].lower in HAVE
        blames = verbs().get(tokens[at].lower) == "accuses" and beside > 0 and tokens[beside - 1].lower in {"in", "at"}
        if beside < at and names_somebody(tokens[beside:at]) and not acts and not (blames and last):
            return (beside, at), False
    if _turned(tokens, at):
        last = _doing(tokens, at) or last
    own = _last_speaking(tokens, at, last) or _doing(tokens, at) or _opening(tokens, at)
    return (own, False) if own else None


def _can_follow(tokens: Sequence[Token], speaker: tuple[int, int]) -> bool:
    """Whether a phrase behind the verb can be who speaks, not what is told: "…, said officials.", not "…, announced
    plans to withdraw"."""
    first = tokens[speaker[0]]
    named = any(token.is_capital for token in tokens[slice(*speaker)])
    if named or first.lower in DETERMINERS | PRONOUNS or first.text[0].isdigit():
        return True
    after = tokens[speaker[1]] if speaker[1] < len(tokens) else None
    return after is None or not after.is_word or after.lower in DAYS | BEFORE_DAYS


def _leaving(tokens: Sequence[Token], speaker: tuple[int, int]) -> tuple[int, int]:
    """The speaker of an "According to" that opens the sentence, cut before what is said."""
    start, end = speaker
    for comma in range(end - 1, start, -1):
        if tokens[comma].text != ",":
            continue
        beside = tokens[comma + 1]
        opens = beside.lower in SET_BESIDE or beside.text[0].isdigit()
        if is_end(tokens, end) or not opens or has_verb(tokens, comma + 1, end):
            end = comma
    return start, end


def _quoted_as(tokens: Sequence[Token], place: int) -> tuple[int, int] | None:
    """Who is quoted "as saying": "the agency quoted the minister as saying", "he was quoted as saying"."""
    verb = next((n for n in range(place - 1, max(place - 16, -1), -1) if tokens[n].lower in _CITING), None)
    if verb is None:
        return None
    if verb and tokens[verb - 1].lower in BE:
        return _subject(tokens, verb - 1)
    return phrase_from(tokens, verb + 1) if verb + 1 < place else None


_CITING = frozenset("quote quotes quoted quoting cite cites cited citing".split())


def _last_speaking(tokens: Sequence[Token], at: int, last: tuple[int, int] | None) -> tuple[int, int] | None:
    """The one who spoke last, for a participle. "An official who said so, saying": not who is told apart by it."""
    if last is None or tokens[last[0]].lower not in RELATIVE or tokens[at - 1].text != ",":
        return last
    return last if last[0] and tokens[last[0] - 1].text == "," else None


def _doing(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The subject of the nearest verb before: "who took to the streets and called", "she grew tired, saying"."""
    place, closed = at - 1, False  # closed: a comma between, which ends a clause with "which"
    while place > 0 and tokens[place].depth == tokens[at].depth and tokens[place].text not in {";", ":", *DASHES}:
        closed = closed or tokens[place].text == ","
        if is_finite(tokens, place):
            subject = _subject(tokens, place)
            if subject is None or not closed or tokens[subject[0]].lower not in RELATIVE:
                return subject
            place = subject[0]
        place -= 1
    return None


def _announced(tokens: Sequence[Token], at: int) -> tuple[tuple[int, int], bool] | None:
    """Of a participle that opens the sentence ("Citing the report, Baku said"): the subject after its comma."""
    comma = next((n for n in range(at, len(tokens) - 1) if tokens[n].text == ","), None)
    if comma is not None and tokens[comma + 1].text in '"”»':
        comma += 1
    speaker = phrase_from(tokens, comma + 1) if comma is not None else None
    return (speaker, False) if speaker else None


def _is_progressive(tokens: Sequence[Token], at: int) -> bool:
    """ "is also calling"."""
    place = passed_over(tokens, at)
    return any(t.lower in BE for t in tokens[max(place - 1, 0) : at])


def _subject(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The noun phrase that ends before the verb at `at`, days and adverbs between them passed over."""
    end = passed_over(tokens, at)
    if end and tokens[end - 1].text == "]":  # "[Sen. Ali Khan] said"
        opened = next((n for n in range(end - 1, -1, -1) if tokens[n].text == "["), None)
        held = (opened + 1, end - 1) if opened is not None else (0, 0)
        return held if names_somebody(tokens[slice(*held)]) else None
    if end and tokens[end - 1].text in {",", *DASHES}:
        return _with_insertion(tokens, end - 1)
    if end and tokens[end - 1].lower in {"and", "or", "but"}:
        return None
    if end and tokens[end - 1].lower == "that" and end > 1 and is_relative(tokens, end - 1):
        return end - 1, end
    if end and tokens[end - 1].lower in RELATIVE:
        of = end > 2 and tokens[end - 2].lower == "of"  # "many of whom"
        return (end - 3 if of else end - 1), end
    start = _whole(tokens, _listed(tokens, phrase_start(tokens, end), end), end)
    if 0 < start < end and tokens[start - 1].lower == "whose":
        return start - 1, end
    return (start, end) if start < end and names_somebody(tokens[start:end]) else None


def _whole(tokens: Sequence[Token], start: int, end: int) -> int:
    """Where the subject begins whose end the phrase from `start` is: "judges hearing the case", "people who fled the
    town"; and where the one who speaks begins behind a place or time without a comma: "In Moscow President X"."""
    if not end or is_end(tokens, end + 1):
        return start  # "the town was hit residents said": nothing is left that could be said
    opens = _stretch(tokens, start)
    if tokens[opens].lower in _PLACING and opens + 1 >= start:
        return _after_place(tokens, start, end)
    leads = tokens[start - 1].lower if start else ""
    governed = leads in INSIDE | {"as"} or leads.endswith("ing") or (start and is_verb(tokens, start - 1))
    if (
        opens >= start
        or not governed
        or tokens[start].lower in PRONOUNS
        or _skip_lead(tokens, opens, start) != opens
        or not names_somebody(tokens[opens:end])
    ):
        return start
    held = tokens[opens:start]
    relative = next((n for n in range(opens + 1, start) if tokens[n].lower in {"who", "that", "which"}), None)
    if relative is None and start == end:
        return start
    if relative is not None:
        clause = [n for n in range(relative + 1, start) if is_verb(tokens, n)]
        told = any(tokens[n].lower in verbs() and not _has_no_clause(tokens, n) for n in clause)
        named = names_somebody(tokens[opens:relative]) and not has_verb(tokens, opens, relative)
        return opens if clause and named and not told else start
    if any(t.lower in BE | HAVE | MODAL for t in held) or not any(
        t.lower.endswith("ing") or t.lower in INSIDE for t in held
    ):
        return start
    acting = [n for n in range(opens, start) if is_verb(tokens, n)]
    if not all(_is_reduced(tokens, n) for n in acting):
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
        if before.lower in BOUNDS - {"who", "which", "that", "as"} or before.lower in {"and", "or"} | PRONOUNS:
            break
        place -= 1
    return place


def _is_reduced(tokens: Sequence[Token], at: int) -> bool:
    """Whether a past form stands like "led by the army", not like "led the army"."""
    return at + 1 < len(tokens) and (tokens[at + 1].lower in INSIDE or tokens[at].lower.endswith("ing"))


def _after_place(tokens: Sequence[Token], start: int, end: int) -> int:
    """In "a Bloomberg interview Trump", "Moscow Russian Foreign Minister X": where the name of the speaker begins."""
    for place in range(end - 1, start, -1):
        token, before = tokens[place], tokens[place - 1]
        if not token.is_capital:
            return start
        if is_common(before) and before.lower not in INSIDE:
            return place
        if before.is_capital and _opens_name(token):
            while place - 1 > start and _opens_name(tokens[place - 1]):
                place -= 1
            return place
    return start


def _opens_name(token: Token) -> bool:
    """ "Russian", "Minister"."""
    return token.lower in titles() or token.lower.endswith(("ian", "ish", "ese"))


_PLACING = frozenset("in at on during".split())


def _listed(tokens: Sequence[Token], start: int, end: int) -> int:
    """Where a list of speakers begins that ends here: "The family, protesters and civic leaders"."""
    while start > 1 and tokens[start - 1].text == "," and any(t.lower == "and" for t in tokens[start:end]):
        before = phrase_start(tokens, start - 1)
        whole = not before or tokens[before - 1].text == ","
        member = tokens[before : start - 1]
        if not member or not whole or not names_somebody(member) or member[0].lower.endswith("ing"):
            break
        start = before
    return start


def antecedent_of(tokens: Sequence[Token], speaker: tuple[int, int]) -> tuple[int, int] | None:
    """Of "officials, who said": the phrase before the relative pronoun."""
    if tokens[speaker[1] - 1].lower not in RELATIVE | {"that"} and tokens[speaker[0]].lower != "whose":
        return None
    end = speaker[0]
    while end and not tokens[end - 1].is_word:
        end -= 1
    start = phrase_start(tokens, end)
    # "pointed at the regime, which denied": only the last of it denies
    start = max([start, *(n + 1 for n in range(start, end) if tokens[n].lower in _LOOSE)])
    return (start, end) if start < end and names_somebody(tokens[start:end]) else None


_LOOSE = frozenset("at on to against with from by near into".split())


def _with_insertion(tokens: Sequence[Token], close: int) -> tuple[int, int] | None:
    """The subject that ends with an insertion: "Smith, the minister, said", "Smith -- a writer -- said"."""
    mark, depth = tokens[close].text, tokens[close].depth
    opened = next((n for n in range(close - 1, 0, -1) if tokens[n].text == mark and tokens[n].depth == depth), None)
    begin = _clause_start(tokens, opened if mark in DASHES and opened else close)
    within = {n for n in range(begin, close) if _in_brackets(tokens, begin, n)}
    opens = [n for n in range(begin, close) if tokens[n].text == mark and tokens[n].depth == depth and n not in within]
    edges = [begin, *(n + 1 for n in opens)]
    if mark in DASHES and opens and (tokens[begin].lower in LEADS or tokens[begin].lower.endswith("ing")):
        edges[0] = max([begin, *(n + 1 for n in range(begin, opens[0]) if tokens[n].text == ",")])
    pairs = list(zip(edges, opens, strict=False))
    for start, comma in _nearest(tokens, pairs, close):
        head = _skip_lead(tokens, start, comma)
        if head is None:
            continue
        phrase = tokens[head:comma]
        if phrase and names_somebody(phrase) and not has_verb(tokens, head, comma) and close - head <= LONGEST:
            aside = (n for n in opens if n >= comma and _is_aside(tokens, n + 1))
            return _listed(tokens, head, comma), next(aside, close)
    return None


def _in_brackets(tokens: Sequence[Token], begin: int, at: int) -> bool:
    marks = [t.text for t in tokens[begin:at] if t.text in {"(", ")"}]
    return bool(marks) and marks[-1] == "("


def _nearest(tokens: Sequence[Token], pairs: Sequence[tuple[int, int]], close: int) -> Sequence[tuple[int, int]]:
    """The pieces before the last comma in which the subject may begin, without those that a clause before it holds:
    "The road was shut, Ali Khan, the mayor, said"."""
    ends_named = all(t.is_capital for t in tokens[pairs[-1][1] + 1 : close]) if pairs else False
    for number in range(len(pairs) - 1, 0, -1):
        start, comma = pairs[number]
        tell_more = all(_is_apposition(tokens, place + 1) for _, place in pairs[number:])
        if not tell_more and not (ends_named and number == len(pairs) - 1):  # "Baku's envoy, Ali Khan, said"
            continue
        phrase = [token for token in tokens[start:comma] if token.is_word]
        lies_in = tokens[max(0, start - 3)].lower in {"of", "in", "at"}  # "of Ashton, Md.,"
        opens = bool(phrase) and phrase[0].is_capital and (len(phrase) > 1 or not lies_in)
        if opens and not _is_apposition(tokens, start) and names_somebody(phrase):
            return pairs if number == 1 and _describes(tokens[slice(*pairs[0])]) else pairs[number:]
    return pairs


def _describes(phrase: Sequence[Token]) -> bool:
    """Whether a name may follow that tells who it is: "his first adviser", "Argentina's ambassador"."""
    words = [token for token in phrase if token.is_word]
    opens = bool(words) and (words[0].lower in DETERMINERS or any(t.lower.endswith("'s") for t in words))
    return opens and not words[-1].is_capital and not has_verb(phrase, 0, len(phrase))


def _is_apposition(tokens: Sequence[Token], start: int) -> bool:
    """Whether a piece between commas tells more of the one before it: "the mayor", "who left", "59", "D-Calif."."""
    first = tokens[start]
    if first.lower in SET_BESIDE or first.lower in INSIDE or first.text[0].isdigit() or first.lower == "also":
        return True
    return (first.is_word and not first.is_capital and first.lower != "and") or "-" in first.text[:3]


def _is_aside(tokens: Sequence[Token], at: int) -> bool:
    """Whether what follows a comma tells when or how, not who: "speaking in Berlin", "in an interview"."""
    word = tokens[at].lower
    return not tokens[at].is_capital and (word.endswith("ing") or (word in LEADS and word != "of"))


def _clause_start(tokens: Sequence[Token], end: int) -> int:
    """Where the clause that ends at `end` begins: after a quotation, a semicolon or colon, "that", "but" and so on."""
    depth = tokens[end].depth
    for place in range(end - 1, -1, -1):
        token = tokens[place]
        if token.depth != depth or token.text in {";", ":", '"', "”", "“", "''", "``"}:
            return place + 1
        if token.lower in {"but", "because", "while", "although", "though", "whereas"}:
            return place + 1
        if token.lower == "that" and not is_relative(tokens, place):
            return place + 1
        if token.lower == "and" and place and tokens[place - 1].text == "," and has_verb(tokens, 0, place):
            return place + 1
    return 0


def _skip_lead(tokens: Sequence[Token], start: int, end: int) -> int | None:
    """Where a phrase proper begins; None where it is an adverbial ("On Tuesday")."""
    dash = next((n for n in range(start, min(end, start + 10)) if tokens[n].text in {*DASHES, "-"}), None)
    if dash is not None and tokens[start].text.isupper() and len(tokens[start].text) > 3:
        start = dash + 1  # "WASHINGTON -- President Obama"
    while start < end and (tokens[start].text in {",", "and", "And", "But", "but"} or not tokens[start].is_word):
        start += 1
    if start + 1 < end and tokens[start].lower in BEFORE_DAYS and tokens[start + 1].lower in DAYS:
        start = next((n for n in range(start + 1, end) if tokens[n].lower not in DAYS), end)
    if start == end or tokens[start].lower in LEADS | DAYS | BOUNDS or tokens[start].lower in verbs():
        return None
    return start


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
        while end < stop and tokens[end].depth == depth and in_phrase(tokens, end) and not is_verb(tokens, end):
            if tokens[head].lower in PRONOUNS:
                break
            end += 1
        while end > head and (is_adverb(tokens[end - 1]) or tokens[end - 1].lower in SKIPPED | DAYS):
            end -= 1
        if end > head and names_somebody(tokens[head:end]):
            holds_verb = end - head > _LONGEST_SUBJECT
            return (head, with_apposition(tokens, end)) if end < stop and not holds_verb else None
    return None


def _ends_quoted(tokens: Sequence[Token], at: int) -> bool:
    """Whether direct speech with its comma ends right before: “…,” referring to."""
    return at > 1 and tokens[at - 1].text in {'"', "”", "''", "»"} and tokens[at - 2].text == ","


def _follows_quote(tokens: Sequence[Token], at: int) -> bool:
    return at > 0 and tokens[at - 1].text in {",", '"', "”", "’", "'", "''", "—", "–", "-", "--", "?", "!", "»"}


def _is_joined(tokens: Sequence[Token], at: int) -> bool:
    end = passed_over(tokens, at)
    return end > 0 and tokens[end - 1].lower in {"and", "but", ",", "or", "while", "then"}
