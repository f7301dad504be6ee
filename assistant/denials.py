"""Who denies what somebody claims: found by searching for it, in the same article and in all others."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from assistant.actors import all_names
from assistant.answer import Claim
from assistant.citations import Quote
from assistant.claims import Denial, Speech, side_of, sides_named, takes_it_on
from assistant.reader import families, names_in
from assistant.writers import Selected
from kb import Article, Filters, Hit, KnowledgeBase, Span
from kb.article import day_range
from kb.days import resolved
from kb.words import stems

__all__ = ["days_told", "denials", "of_one_week", "untelling", "words_of_names"]

_ABOUT = 0.25  # cosine between a claim and what is denied; low, for a denial may be a few words
_SEARCHED = 12  # passages
_SHARED = 2  # stems that two tellings of an accusation share in two articles, if no place or day
_TOLD = 0.6  # share of what is denied, in stems, that the claim tells
_TOLD_NEAR = 0.3  # the same, if one article tells both, or both name one place, person or day
_CLAUSE = re.compile(r",\s|;|\s[-–—]+\s|\s(?:but|although|while|despite)\s|\sand\s(?=\w+ed\b)")
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY = re.compile(rf"\b(?P<day>\d{{1,2}}) (?P<month>{_MONTH})|\b(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_CALENDAR = frozenset(f"{_MONTH}|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday".split("|"))
_POINTS_BACK = re.compile(
    r"\b(?:the|these|those|this|that|any such) (?:allegation|accusation|claim|report|charge)s?\b(?! that)"
    r"|^(?:it|that|this|them)\b(?=\s*(?:[.,;]|and\b|$))"
)


_REJECTING = frozenset("reject rejects rejected rejecting dismiss dismisses dismissed dismissing".split())
_BEFORE = 3 * 86400  # seconds by which a denial may be published before what it denies
_AFTER = 90 * 86400  # and after it
_LONG = 365 * 86400  # the same, before and after, for a denial most of which is claimed there
_WEEK = 7 * 86400  # seconds between two tellings of one thing


def denials(base: KnowledgeBase, claimed: Selected, speech: Speech, filters: Filters) -> list[Selected]:
    """Sentences in which another side denies what this one claims, the closest first; empty if there is none.

    Of a speaker of no known side the denial may be anybody's. A sentence that itself tells the denial needs no other,
    unless it accuses as well. An accusation told in brief ("it blamed the rebels") is denied by who denies it where it
    is told in full.
    """
    found = _denying(base, claimed, speech, filters)
    if found or not any(claim.stance == "accuses" for claim in claimed.claims):
        return found
    fuller = (_denying(base, told, speech, filters) for told in _retold(base, claimed, speech, filters))
    return next((others for others in fuller if others), [])


def _denying(base: KnowledgeBase, claimed: Selected, speech: Speech, filters: Filters) -> list[Selected]:
    """The denials of these words themselves."""
    claims = [claim for claim in claimed.claims if claim.speaker and claim.stance != "denies"]
    told = len(claims) < len(claimed.claims) and not any(claim.stance == "accuses" for claim in claims)
    if told or not claims:
        return []
    sides = {claim.side for claim in claims if claim.side}
    own = any(takes_it_on(said.text) for q in claimed.quotes[:1] for said in speech.said(q.article, q.span))
    others = " and ".join(sorted(sides_named(claimed.text) - sides))
    asked = [f"{claimed.text} denied false rejected", *([f"{others} denied. {claimed.text}"] if others else [])]
    hits = (base.search(question, _SEARCHED, filters) for question in asked)
    found = next(filter(None, (list(_answering(claimed, sides, h, speech, must_name=own)) for h in hits)), None)
    if found is None:
        return []
    # What is denied decides whether it is this claim; the denial's own words, which of several is shown first.
    texts = [claimed.text, *(about for _, about in found), *(selected.text for selected, _ in found)]
    near = base.embedder.questions(texts)
    about, own = (near[1:] @ near[0]).reshape(2, -1)
    scored = [replace(selected, score=float(score)) for (selected, _), score in zip(found, own, strict=True)]
    fitting = [denial for denial, score in zip(scored, about, strict=True) if score >= _ABOUT]
    return sorted(fitting, key=lambda denial: -denial.score)


def _retold(base: KnowledgeBase, claimed: Selected, speech: Speech, filters: Filters) -> Iterator[Selected]:
    """The other sentences in which the same side makes the same accusation, those of the same article first."""
    quote = claimed.quotes[0]
    accused = _accused(quote.article, quote.span, speech)
    hits = base.search(claimed.text, _SEARCHED, filters)
    for hit in sorted(hits, key=lambda hit: hit.article.id != quote.article.id):
        for span in hit.passage.sentences:
            if span == quote.span and hit.article.id == quote.article.id:
                continue
            told = _accused(hit.article, span, speech)
            if any(accused[side] & told[side] for side in accused.keys() & told.keys()):
                other = Selected((Quote(hit.article, span),), speech.claims(hit.article, span), 0.0)
                if _tell_one_thing(claimed, other):
                    yield other


def _accused(article: Article, span: Span, speech: Speech) -> dict[str, set[str]]:
    """Whom each side accuses in a sentence."""
    accused: dict[str, set[str]] = {}
    for said in speech.said(article, span):
        if said.claim.side and said.claim.stance == "accuses":
            accused.setdefault(said.claim.side, set()).update(sides_named(said.text) - {said.claim.side})
    return accused


def _tell_one_thing(one: Selected, other: Selected) -> bool:
    """Whether two accusations of one side against another may be the same: words in common, no other place or day,
    and, in two articles, both published in one week or with one count at one place."""
    first, second = one.quotes[0].article, other.quotes[0].article
    told, claim = _telling(other.text, one.text)
    needed = 1 if _is_near(other.text, second, one) else _SHARED
    if len(told & claim) < needed or _are_at_odds(other.text, one.text):
        return False
    if _tells_other_days(other.text, second, other.claims, one):
        return False
    return first.id == second.id or of_one_week(first, second) or _count_one(other.text, one.text)


_COUNT = re.compile(r"(?<![\w.,])(?!(?:19|20)\d\d\b)\d+(?:,\d{3})*(?!\w|[.,]\d)")


def _count_one(one: str, other: str) -> bool:
    """Whether both give one number, which is no day or year, and name one place or person."""
    numbers = (set(_COUNT.findall(_DAY.sub("", text))) for text in (one, other))
    return bool(set.intersection(*numbers)) and _name_one(one, other)


def of_one_week(one: Article, other: Article) -> bool:
    """Whether both were published within a week."""
    if one.published is None or other.published is None:
        return False
    (first, last), (begin, end) = day_range(one.published), day_range(other.published)
    return begin - last <= _WEEK and first - end <= _WEEK


def _answering(
    claimed: Selected, sides: set[str], hits: Sequence[Hit], speech: Speech, *, must_name: bool
) -> Iterator[tuple[Selected, str]]:
    """The sentences of the hits that may deny the claim, each with what it denies. `must_name`: the claim is of the
    speaker's own deed, which nobody denies by denying their own."""
    own = {(quote.article.id, quote.span) for quote in claimed.quotes}
    for hit in hits:
        before: Span | None = None
        for span in hit.passage.sentences:
            for denial in speech.denials(hit.article, span) if (hit.article.id, span) not in own else ():
                if not denial.claim.side or denial.claim.side in sides or not _rejects(denial):
                    continue
                about, denied = _about(denial, hit, before, speech)
                whose = bool(denied & sides) or (not denied and not must_name and _concerns(denial, claimed))
                whose = whose and (bool(sides) or _is_near(about, hit.article, claimed))
                if not (whose and _may_be_of(about, hit.article, claimed) and _in_time(about, hit.article, claimed)):
                    continue
                claims = speech.claims(hit.article, span)
                if not _tells_other_days(about, hit.article, claims, claimed):
                    yield Selected((Quote(hit.article, span),), claims, 0.0), about
                    break
            before = span


def _rejects(denial: Denial) -> bool:
    """Whether it is a claim that is denied. Who rejects a plan, an offer or a demand denies nothing that was said."""
    if denial.claim.verb not in _REJECTING:
        return True
    rejected = re.split(r"\b(?:that|of|to|for|by|from|as|in|on|at|with|after|over)\b|[,;.]", denial.denied, maxsplit=1)[
        0
    ]
    return stems(" ".join(rejected.split()[-1:])).isdisjoint(_plans())  # its last word tells what it is


def _concerns(denial: Denial, claimed: Selected) -> bool:
    """Whether the claim tells of the one who denies."""
    return denial.claim.side in sides_named(claimed.text)


def _about(denial: Denial, hit: Hit, before: Span | None, speech: Speech) -> tuple[str, set[str]]:
    """What is denied, in words, and whose claim it was, as far as the text tells. "The allegation" says nothing of
    itself: the sentence before does."""
    denied = {denial.answers.side} if denial.answers and denial.answers.side else set[str]()
    if before is None or not _POINTS_BACK.search(denial.denied):
        return denial.denied, denied
    if not denied:
        denied |= {claim.side for claim in speech.claims(hit.article, before) if claim.side}
        denied -= {denial.claim.side}  # who denies twice answers the same claim twice
    return f"{before.of(hit.article.text)} {denial.denied}", denied


def _is_near(denied: str, article: Article, claimed: Selected) -> bool:
    """Whether the denial stands in the article of the claim, or names a place, person or day of it."""
    if article.id in {quote.article.id for quote in claimed.quotes}:
        return True
    return _name_one(denied, claimed.text)


def _may_be_of(denied: str, article: Article, claimed: Selected) -> bool:
    """Whether what is denied can be this claim: most of it is told there, less where one article tells both or a
    place, person or day is one, and no other of these."""
    if _are_at_odds(denied, claimed.text):
        return False
    share = _TOLD_NEAR if _is_near(denied, article, claimed) else _TOLD
    return _share_told(denied, claimed.text)[0] >= share


def _share_told(denied: str, claim: str) -> tuple[float, int]:
    """Which share of what is denied a claim tells, in stems, and how many: of all of it or of its first clause, for "it
    denied using poison, blaming the rebels" goes on with something else."""
    whole, clause, telling = _telling(denied, _CLAUSE.split(denied, maxsplit=1)[0], claim)
    parts = [whole, clause] if len(clause) > 1 else [whole]
    return max((len(told & telling) / max(1, len(told)), len(told & telling)) for told in parts)


def _name_one(one: str, other: str) -> bool:
    """Whether both name one place, person or day."""
    return not words_of_names(one).isdisjoint(words_of_names(other)) or not _days(one).isdisjoint(_days(other))


def _are_at_odds(one: str, other: str) -> bool:
    """Whether both name places and people, or days, and none in common."""
    return any(a and b and a.isdisjoint(b) for a, b in ((of(one), of(other)) for of in (words_of_names, _days)))


def _telling(*texts: str) -> list[frozenset[str]]:
    """The stems of each text that say what it is about, one for all that tell the same: not who speaks, and not that
    somebody does."""
    names = all_names()
    # "Baku" is no more telling than "Azerbaijan".
    sides = {
        s for text in texts for side in sides_named(text) for name in (side, *names.get(side, ())) for s in stems(name)
    }
    return [families(stems(text) - sides - untelling()) for text in texts]


def _in_time(denied: str, article: Article, claimed: Selected) -> bool:
    """Whether a denial can have been made of this claim by then: not in a year before the claim's, and, unless both
    name the same place, person or day, not long before the claim was published, nor long after it; a year, if most of
    what is denied is claimed there. "Syria denies using chemical weapons" is said again and again."""
    if article.published is None or article.id == claimed.quotes[0].article.id:
        return True
    if any(year > article.published[:4] for year in _YEAR.findall(claimed.text)):
        return False
    if _name_one(denied, claimed.text):
        return True
    published = [day_range(q.article.published) for q in claimed.quotes if q.article.published]
    first, last = day_range(article.published)
    share, same = _share_told(denied, claimed.text)
    before, after = (_LONG, _LONG) if share >= _TOLD and same > _SHARED else (_BEFORE, _AFTER)
    return not published or (
        last >= min(begin for begin, _ in published) - before and first <= max(end for _, end in published) + after
    )


@functools.cache
def _plans() -> frozenset[str]:
    """What is rejected without being denied."""
    return stems(
        """agreement appeal application bid bill call ceasefire compromise condition deal demand draft exchange idea
        invitation mediation motion negotiations offer pact peace plan plea proposal request resolution ruling
        strategy swap talks truce ultimatum vote"""
    )


@functools.cache
def untelling() -> frozenset[str]:
    """What two sentences may share without being about one thing."""
    words = """accused accusation allegation blamed claim called denied false lie illegal armed group force forces
        authorities said ethnic ministry defence defense foreign interior official people"""
    return stems(words) | stems(" ".join(_CALENDAR))


def words_of_names(text: str) -> set[str]:
    """Places and people that a text names, the sides left out."""
    names = (name for name in names_in(f"- {text}") if name[0].isalpha())
    return {name for name in names if side_of(name) is None and name not in _CALENDAR}


def days_told(text: str, article: Article, claims: Sequence[Claim] = ()) -> set[str]:
    """The days that a text of this article tells of ("on Saturday" too), in ISO format; not those on which the claims
    were made."""
    days = {day.iso for day in resolved(text, article.published) if day.precision == "day" and day.iso}
    return days - {claim.as_of for claim in claims if claim.as_of}


def _tells_other_days(text: str, article: Article, claims: Sequence[Claim], claimed: Selected) -> bool:
    """Whether a text and a claim both tell of days, and of none in common; a day apart may be one night."""
    days, own = days_told(text, article, claims), days_told(claimed.text, claimed.quotes[0].article, claimed.claims)
    gaps = [abs((date.fromisoformat(a) - date.fromisoformat(b)).days) for a in days for b in own]
    return bool(gaps) and min(gaps) > 1


def _days(text: str) -> set[str]:
    """Days of the year that a text writes out."""
    return {f"{m['day'] or m['day2']} {m['month'] or m['month2']}" for m in _DAY.finditer(text)}
