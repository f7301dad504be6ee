"""Noun phrases and verbs, told apart by their looks and their neighbours. By rule, without a parser."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.attribution.tokens import Token
from assistant.attribution.words import (
    AFTER_VERB,
    ARTICLES,
    BE,
    BEFORE_DAYS,
    BOUNDS,
    DASHES,
    DAYS,
    DETERMINERS,
    DO_NOT,
    HAVE,
    INSIDE,
    LEADS,
    MODAL,
    NO_ADVERBS,
    NOMINAL,
    PRONOUNS,
    RAISING,
    RELATIVE,
    SKIPPED,
    also_nouns,
    irregular_pasts,
    lexicon,
    naming_verbs,
    needing_verbs,
    plurals,
    saying_nouns,
    verbs,
)

__all__ = [
    "LONGEST",
    "SET_BESIDE",
    "has_verb",
    "in_phrase",
    "is_adverb",
    "is_common",
    "is_end",
    "is_finite",
    "is_means",
    "is_noun_here",
    "is_relative",
    "is_verb",
    "names_somebody",
    "owner_of",
    "passed_over",
    "phrase_from",
    "phrase_start",
    "with_apposition",
]


SET_BESIDE = frozenset("a an the who whose head director chief".split())  # open an apposition
_ALSO_PARTICIPLES = frozenset("shot lost built held killed set left cut hurt paid".split())
_MANY = frozenset("some several many these those few more most all any".split())  # before a plural: "some reports"
_NO_OPENERS = LEADS | DAYS | frozenset("and ' ’ - & yet but still now then thus instead indeed however".split())
_POSSESSIVE = ("'s", "s'")
_IS = frozenset("it's he's she's that's there's what's here's who's this's".split())
LONGEST = 60  # words that a speaker with apposition may have


def owner_of(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Whose the noun is: the phrase with 's before it, an adjective passed over, or his, her, their."""
    for place in range(at - 1, max(at - 4, -1), -1):
        word = tokens[place].lower
        if word in _IS:
            return None  # "it's a claim that"
        if word.endswith(_POSSESSIVE) or word in {"his", "her", "their", "its"}:
            start = phrase_start(tokens, place + 1)
            return (start, place + 1) if start <= place else None
        if not tokens[place].is_word or tokens[place].is_capital:
            return None
    return None


def is_noun_here(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word that can be a verb is a noun or a passive participle: "the report", "was accused of"."""
    word = tokens[at].lower
    if word in also_nouns() and not _acts(tokens, at):
        return True
    place = at
    while place and (is_adverb(tokens[place - 1]) or tokens[place - 1].lower in {"also", "not", "never"}):
        place -= 1
    before = tokens[place - 1].lower if place else ""
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    past = word.endswith("ed") or word in {"said", "told", "written"}
    if before in BE and not word.endswith("ing"):
        return after not in {"by"} and not (place > 1 and tokens[place - 1].text in {"’s", "'s"})
    if before in {"been", "being"} and not word.endswith("ing"):
        return True
    if word in naming_verbs() and _only_names(tokens, at):
        return True
    if word.endswith("ed") and after in irregular_pasts() - _ALSO_PARTICIPLES and at and is_common(tokens[at - 1]):
        return before not in PRONOUNS  # "the attacks cited took place"
    if past and after == "by" and not is_means(tokens, at + 2):
        return False
    if past and before.endswith(_POSSESSIVE) and at + 1 < len(tokens) and is_common(tokens[at + 1]):
        return tokens[at + 1].lower not in BOUNDS | PRONOUNS | {"to"}  # "Baku's alleged use", not "he's said to be"
    return _stands_as_noun(tokens, place, word, past=past)


def _stands_as_noun(tokens: Sequence[Token], place: int, word: str, *, past: bool) -> bool:
    """Whether what stands before `place` leads to a noun: "the", "its", "army's"; not "began by", "a post that"."""
    before = tokens[place - 1].lower if place else ""
    if before == "to" and place > 1 and tokens[place - 2].lower in RAISING:
        return False
    if before in {"by", "while", "when"} and word.endswith("ing"):
        return False  # "he began by saying"
    if before == "that" and past and place > 1 and is_relative(tokens, place - 1):
        return False  # "a post that said he fled"
    if before in NOMINAL:
        return True
    return before.endswith(_POSSESSIVE) and not past


def is_means(tokens: Sequence[Token], at: int) -> bool:
    """ "by phone", "by e-mail": not by somebody."""
    if at >= len(tokens) or tokens[at].is_capital or tokens[at].lower in DETERMINERS or tokens[at].lower.endswith("s"):
        return False
    return at + 1 == len(tokens) or not tokens[at + 1].is_word or tokens[at + 1].lower in BOUNDS | LEADS


def _only_names(tokens: Sequence[Token], at: int) -> bool:
    """ "a group called Hamas", "the visa, called EB-5, allows"."""
    if not at or at + 1 >= len(tokens) or not (tokens[at + 1].is_capital or not tokens[at + 1].is_word):
        return False
    ends = next((n for n in range(at + 1, len(tokens)) if not tokens[n].is_capital), len(tokens) - 1)
    apart = tokens[at - 1].text == "," and tokens[ends].text == ","
    nearest = next((t.lower for t in reversed(tokens[max(0, at - 5) : at]) if t.lower in ARTICLES), "")
    is_one = (nearest in {"a", "an"} and is_common(tokens[at - 1])) or tokens[phrase_start(tokens, at)].lower in {
        "a",
        "an",
    }
    return apart or is_one


def _acts(tokens: Sequence[Token], at: int) -> bool:
    """Whether a form that is a noun as well stands like a verb: with a pronoun or plural before it, or with what is
    said, called or demanded right after it."""
    before = tokens[passed_over(tokens, at) - 1] if passed_over(tokens, at) else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if before is None or (before.lower in _MANY and tokens[at].lower.endswith("s")):
        return False
    if before.lower in PRONOUNS | {"who", "which"} or tokens[at - 1].lower in MODAL | DO_NOT | {"to", "not"}:
        return tokens[at - 1].lower != "to"
    if not tokens[at].lower.endswith("s") and not (before.lower.endswith("s") or before.lower in plurals()):
        subject = tokens[phrase_start(tokens, at) : at]
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


def is_finite(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word is a verb with a subject of its own: no infinitive, and no participle without an auxiliary."""
    token = tokens[at]
    if token.lower.endswith("ing") or tokens[at - 1].lower == "to":
        return False
    return is_verb(tokens, at)


def is_end(tokens: Sequence[Token], at: int) -> bool:
    """Whether nothing but marks is left from here."""
    return not any(token.is_word for token in tokens[at:])


def passed_over(tokens: Sequence[Token], at: int) -> int:
    """Where the subject ends: before adverbs, auxiliaries and "on Tuesday"."""
    end = at
    while end > 0 and tokens[end - 1].depth == tokens[at].depth:
        word = tokens[end - 1].lower
        if word in SKIPPED or word in BE or is_adverb(tokens[end - 1]):
            end -= 1
        elif word == "to" and end > 1 and tokens[end - 2].lower in RAISING:
            end -= 2
        elif (word == "on" and end > 1 and tokens[end - 2].lower in {"went", "goes", "gone"}) or (
            word in {"went", "goes"} and end < at
        ):
            end -= 1
        elif word in DAYS or (word.isdigit() and _is_of_a_date(tokens, end - 1)):
            end -= 1
            while end > 0 and tokens[end - 1].lower in BEFORE_DAYS | DAYS:
                end -= 1
        else:
            break
    return end


def is_adverb(token: Token) -> bool:
    return token.lower.endswith("ly") and len(token.text) > 4 and not token.is_capital and token.lower not in NO_ADVERBS


def is_relative(tokens: Sequence[Token], at: int) -> bool:
    """Whether "that" stands for the noun before it as the subject of its clause: "the agency that oversees it"."""
    if not at or at + 2 >= len(tokens) or not tokens[at - 1].is_word or tokens[at - 1].lower in DAYS:
        return False
    verb, then = tokens[at + 1], tokens[at + 2]
    if is_verb(tokens, at - 1) or (tokens[at - 1].lower in saying_nouns() and verb.lower not in verbs()):
        return False
    if not verb.is_word or verb.is_capital or verb.text[0].isdigit() or verb.lower in PRONOUNS | DETERMINERS:
        return False
    acts = verb.lower in verbs() or is_verb(tokens, at + 1)
    return acts or then.lower in DETERMINERS | INSIDE or then.is_capital


def phrase_start(tokens: Sequence[Token], end: int) -> int:
    """Where the noun phrase begins that ends before `end`."""
    start = end
    depth = tokens[end - 1].depth if end else 0
    while start > 0 and not _begins_anew(tokens, start, end):
        token = tokens[start - 1]
        if token.text == ")" and (opened := _opened(tokens, start - 1)) is not None:
            start = opened
            continue
        if token.lower == "that" and start > 1 and tokens[start - 2].lower in INSIDE:
            start -= 2  # "officials from that country"
            continue
        if token.depth != depth or not in_phrase(tokens, start - 1):
            break
        if token.lower in PRONOUNS:
            return start - 1 if start == end else start
        start -= 1
        if token.lower in DETERMINERS and not _goes_on(tokens, start):
            break
    while start < end and (tokens[start].lower in _NO_OPENERS or _is_of_a_date(tokens, start)):
        start += 1
    opens = start + 2 < end and tokens[start].lower in BEFORE_DAYS and tokens[start + 1].lower in DAYS
    if opens and not (tokens[start].lower == "the" and tokens[start + 2].is_capital):  # "The Sunday Times"
        start += 2  # "Last week Baku said"
    return start


def _begins_anew(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether what stands before `start` belongs to another phrase than what follows."""
    if start == end:
        return False
    if tokens[start].lower != "by" and is_verb(tokens, start - 1):
        return True
    if start > 1 and tokens[start - 1].lower in DAYS and tokens[start - 1].is_capital:
        is_dated = tokens[start - 2].lower in BEFORE_DAYS - {"the", "this"}
        if is_dated or not tokens[start].is_capital:
            return True  # "came under fire Sunday activists said", not "the Sunday Times said"
    if tokens[start].is_capital and tokens[start - 1].lower in _ALLEGED:
        return True  # "blamed Iran for the attacks, allegations Tehran denied"
    # "on the other side Azerbaijan's ministry gave"
    return tokens[start].is_capital and tokens[start].lower.endswith("'s") and is_common(tokens[start - 1])


_ALLEGED = frozenset(lexicon()["denies"]["allegations"]) - PRONOUNS - DETERMINERS


def _goes_on(tokens: Sequence[Token], start: int) -> bool:
    """Whether a phrase that begins with a determiner at `start` is part of a longer one: "the head of the army"."""
    return start > 1 and tokens[start - 1].lower in INSIDE | {"and"} and _can_head(tokens, start - 2)


def _is_of_a_date(tokens: Sequence[Token], at: int) -> bool:
    """ "On 14 September 2020 Baku said": the figures of a date before the one who speaks."""
    beside = (*tokens[max(0, at - 1) : at], *tokens[at + 1 : at + 2])
    return tokens[at].text.isdigit() and any(token.lower in DAYS for token in beside)


def is_common(token: Token) -> bool:
    """Whether a word is a common noun or the like, after which a name opens a phrase of its own."""
    return token.is_word and not token.is_capital and token.lower not in DETERMINERS | INSIDE | {"and", "or"}


def _can_head(tokens: Sequence[Token], at: int) -> bool:
    """Whether a preposition after this word belongs to a noun phrase: "officials in", not "met in"."""
    token = tokens[at]
    if tokens[at + 1].lower == "by" and at and tokens[at - 1].is_word and not is_verb(tokens, at - 1):
        return True  # "an analysis released by the ministry"
    return token.is_word and not is_verb(tokens, at) and token.lower not in BOUNDS | LEADS | BE


def _opened(tokens: Sequence[Token], close: int) -> int | None:
    return next((n for n in range(close - 1, max(close - 10, -1), -1) if tokens[n].text == "("), None)


def in_phrase(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    word = token.lower
    if not token.is_word:
        return token.text in "'’-&"
    if word in {"and", "or"}:
        # "Armenia and Azerbaijan said" is one phrase, "… and Azerbaijan said" after a clause is not.
        return 0 < at < len(tokens) - 1 and _joins_nouns(tokens, at)
    if word in BOUNDS or word in BE or word in HAVE or word in MODAL:
        return False
    return token.is_capital or word not in verbs() or is_noun_here(tokens, at)


def _joins_nouns(tokens: Sequence[Token], at: int) -> bool:
    """Whether "and" stands between two nouns: no verb comes before it in its part of the sentence."""
    before, after = tokens[at - 1], tokens[at + 1]
    if before.text == ")" and (opened := _opened(tokens, at - 1)):
        before = tokens[opened - 1]
    if not before.is_word or not after.is_word or after.lower in PRONOUNS | BOUNDS or before.lower in PRONOUNS:
        return False
    start = at
    while start and tokens[start - 1].is_word and tokens[start - 1].depth == tokens[at].depth:
        start -= 1
        if tokens[start].lower in BOUNDS:
            start += 1
            break
    if has_verb(tokens, start, at) or tokens[start].lower in PRONOUNS:
        return False
    return (
        (before.is_capital and (after.is_capital or after.lower in DETERMINERS))
        or not after.is_capital
        or start + 1 < at
    )


def is_verb(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word is, by its looks and its neighbours, a finite verb or a past participle that acts."""
    token = tokens[at]
    word = token.lower
    if word in BE | HAVE | MODAL or (word in verbs() and not token.is_capital and not is_noun_here(tokens, at)):
        return True
    if token.is_capital or not token.is_word or not at or tokens[at - 1].lower in ARTICLES:
        return False
    if word in irregular_pasts():
        return True
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is None or not word.endswith("ed"):
        return after is None and word.endswith("ed")
    acts = not after.is_word or after.is_capital or after.lower in AFTER_VERB
    return acts or is_adverb(after) or after.text[0].isdigit()


def has_verb(tokens: Sequence[Token], start: int, end: int) -> bool:
    return any(is_verb(tokens, n) for n in range(start, end))


def names_somebody(phrase: Sequence[Token]) -> bool:
    """Whether a phrase can speak: a pronoun, a name, or a noun with its article; not a loose rest of a clause."""
    words = [token for token in phrase if token.is_word]
    if not words or len(words) > LONGEST:
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
        if word.lower in SKIPPED | BOUNDS | LEADS:
            return False
        return word.is_capital or word.lower.endswith("s") or word.lower in plurals()
    if words[0].lower in DETERMINERS or words[0].is_capital:
        return any(word.lower not in DETERMINERS | INSIDE for word in words)
    joint = next((n for n, word in enumerate(words) if n and word.lower == "and"), None)
    if joint is not None and joint + 1 < len(words) and words[joint + 1].lower in DETERMINERS:
        return names_somebody(words[:joint]) and names_somebody(words[joint + 1 :])  # "officials and the army"
    head = next((n for n, word in enumerate(words) if n and word.lower in INSIDE), len(words))
    # The head stands last, or first before an adjective: "sources familiar with the plan".
    return any(
        w.lower.endswith("s") or w.lower in plurals() for w in (words[head - 1], *words[: head < len(words)])
    ) or any(word.is_capital for word in words)


def phrase_from(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The noun phrase that begins at `at`: "said Foreign Minister X on Monday" gives the minister."""
    end = at
    if at >= len(tokens) or tokens[at].lower in DAYS | LEADS:
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
        if end > at and (_joins_names(tokens, end) or _is_set_apart(tokens, end)):
            end += 1
            continue
        if not in_phrase(tokens, end) or _ends_inverted(tokens, end, at):
            break
        end += 1
    while end > at and (tokens[end - 1].lower in INSIDE | {"and"} or is_adverb(tokens[end - 1])):
        end -= 1
    if end == at or not names_somebody(tokens[at:end]):
        return None
    return at, with_apposition(tokens, end)


def _joins_names(tokens: Sequence[Token], at: int) -> bool:
    """ "Ali Khan and the army"."""
    if tokens[at].lower != "and" or not tokens[at - 1].is_capital or at + 1 == len(tokens):
        return False
    return tokens[at + 1].is_capital or tokens[at + 1].lower in ARTICLES


def _is_set_apart(tokens: Sequence[Token], at: int) -> bool:
    """ "a poll released by the ministry": a participle that tells which."""
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    return tokens[at].lower.endswith("ed") and not tokens[at].is_capital and after in {"by", "in", "on", "for", "from"}


def with_apposition(tokens: Sequence[Token], end: int) -> int:
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
    if first.lower not in SET_BESIDE and not first.text.isdigit() and not _is_office(tokens, end + 1):
        return None
    close, relative = end + 1, first.lower in RELATIVE | {"whose"}
    while (
        close < len(tokens) and tokens[close].depth == depth and tokens[close].text not in {",", ";", ".", ":", *DASHES}
    ):
        relative = relative or tokens[close].lower in RELATIVE | {"that"}
        if tokens[close].lower in RELATIVE and close + 2 < len(tokens) and tokens[close + 2].lower == "that":
            # "who maintained that": what follows is another telling
            return close if close > end + 1 else None
        if not relative and is_verb(tokens, close) and not tokens[close].lower.endswith("ed"):
            return None
        close += 1
    return _with_state(tokens, close)


def _with_state(tokens: Sequence[Token], end: int) -> int:
    """Past the larger place that a smaller one is said to lie in: "the institute in Monterey, California"."""
    names = next((n for n in range(end + 1, len(tokens)) if not tokens[n].is_capital), len(tokens))
    if end >= len(tokens) or tokens[end].text != "," or not 1 <= names - end - 1 <= 3 or not tokens[end - 1].is_capital:
        return end
    place = next((n for n in range(end - 1, 0, -1) if not tokens[n].is_capital), 0)
    ends = names == len(tokens) or not tokens[names].is_word
    return names if ends and tokens[place].lower in {"in", "of", "at"} else end


def _is_office(tokens: Sequence[Token], at: int) -> bool:
    """Whether a lower-case word begins an office: "political science professor at", "head of"."""
    token = tokens[at]
    if not token.is_word or token.is_capital:
        return False
    return (
        any(t.lower in {"of", "at", "for", "with", "to"} for t in tokens[at + 1 : at + 6])
        and not is_verb(tokens, at)
        and tokens[at].lower not in LEADS | BOUNDS | PRONOUNS | {"and", "or"}
        and not tokens[at].lower.endswith(("ing", "ly", "ed"))
    )


def _ends_inverted(tokens: Sequence[Token], end: int, at: int) -> bool:
    word = tokens[end].lower
    follows = tokens[end + 1].lower if end + 1 < len(tokens) else ""
    if word == "to" and follows and tokens[end + 1].is_capital and not tokens[end - 1].is_capital:
        return False  # "said the ambassador to Syria"
    if word in DAYS and end > at:
        return True
    if word in {"on", "in", "late", "last", "this", "at", "during"} and end > at:
        return follows in DAYS | {"a", "an", "the", "his", "her"} or follows.isdigit()
    return end > at and (
        word in {"to", "with", "during", "about", "when", "after"} or is_verb(tokens, end) or word in {"here", "there"}
    )
