"""Who gives another account of what somebody claims, without denying it. By rule, with a reason for each pair.

An account is contrary if another side tells it of the same place or day, and its words cannot be true beside the
claim's: it blames the one who blames it, takes the deed upon itself, or says the opposite ("captured" and "fighting
goes on"; the opposites are in lexicon.toml). Where none of these shows, nothing is paired.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.attribution import attributions, lexicon
from assistant.citations import Quote
from assistant.claims import Said, Speech, side_of, sides_named, takes_it_on
from assistant.denials import days_told, of_one_week, untelling, words_of_names
from assistant.writers import Selected
from kb import Article, Filters, Hit, KnowledgeBase
from kb.words import stems

__all__ = ["answers_itself", "contraries"]

_SEARCHED = 12  # passages
_EACH_OTHER = re.compile(
    r"\W*(?:that\s+)?(?:each other|one another|the other(?!\s+(?:day|week|night|month)))\b", re.IGNORECASE
)


def answers_itself(sentence: str) -> bool:
    """Whether a sentence that accuses tells both accounts: "each blamed the other", or A blames B and B blames A."""
    blamed: set[tuple[str, str]] = set()
    for one in attributions(sentence):
        said = " ".join(part.of(sentence) for part in one.content)
        if _EACH_OTHER.match(sentence[one.verb.end :]):
            return True
        side = side_of(one.speaker.of(sentence)) if one.speaker else None
        blamed |= {(side, other) for other in sides_named(said) - {side}} if side else set()
    return any((other, side) in blamed for side, other in blamed)


def contraries(base: KnowledgeBase, claimed: Selected, speech: Speech, filters: Filters) -> list[Selected]:
    """Sentences in which another side gives another account of what this one claims, the closest first."""
    sides = {claim.side for claim in claimed.claims if claim.side and claim.stance != "denies"}
    if len(sides) != 1:
        return []  # nobody of a known side speaks, or both accounts are told already
    hits = base.search(claimed.text, _SEARCHED, filters)
    found = list(_accounts(claimed, sides.pop(), hits, speech))
    if not found:
        return []
    near = base.embedder.questions([claimed.text, *(other.text for other in found)])
    scored = [replace(o, score=float(s)) for o, s in zip(found, near[1:] @ near[0], strict=True)]
    return sorted(scored, key=lambda other: -other.score)


def _accounts(claimed: Selected, side: str, hits: Sequence[Hit], speech: Speech) -> Iterator[Selected]:
    quote = claimed.quotes[0]
    own = [said for said in speech.said(quote.article, quote.span) if said.claim.side == side]
    for hit in hits:
        for span in hit.passage.sentences:
            others = [s for s in speech.said(hit.article, span) if s.claim.side not in (None, side)]
            if any(_is_contrary(a, b, span.of(hit.article.text)) for a in own for b in others) and _is_of_one_event(
                claimed, span.of(hit.article.text), hit.article
            ):
                claims = speech.claims(hit.article, span)
                yield Selected((Quote(hit.article, span),), claims, 0.0, contrary=True)


# -- one event


def _is_of_one_event(claimed: Selected, other: str, article: Article) -> bool:
    """Whether two sentences tell of one event: a place in common, or a day and something more, and neither at odds;
    and, where no day tells, not long apart."""
    quote = claimed.quotes[0]
    places = words_of_names(claimed.text), words_of_names(other)
    days = days_told(claimed.text, quote.article), days_told(other, article)
    shared = [bool(a & b) for a, b in (places, days)]
    if not any(shared) or any(a and b and a.isdisjoint(b) for a, b in (places, days)):
        return False
    named = stems(" ".join(set().union(*places)))
    if not shared[0] and not (stems(claimed.text) & stems(other)) - untelling() - named:
        return False
    return shared[1] or quote.article.id == article.id or of_one_week(quote.article, article)


# -- contrary words


def _is_contrary(one: Said, other: Said, sentence: str) -> bool:
    """Whether what the other says cannot stand beside the claim."""
    if other.claim.stance == "denies":
        return False  # that is a denial, and paired as one
    blamed, theirs = sides_named(one.text), sides_named(other.text)
    if one.claim.stance == other.claim.stance == "accuses":
        return other.claim.side in blamed and one.claim.side in theirs
    if one.claim.stance == "accuses" and other.claim.side not in blamed and takes_it_on(other.text):
        return True
    return any(_says(one.text, a) and _says(other.text, b) for a, b in (*_opposed(), *((b, a) for a, b in _opposed())))


def _says(text: str, words: re.Pattern[str]) -> bool:
    """Whether the words occur and are not denied."""
    return any(not _DENIED.search(text[: m.start()]) for m in words.finditer(text))


_DENIED = re.compile(r"\b(?:not|no|never|without|\w+n['’]t)\s+(?:\w+\s+){0,2}\Z", re.IGNORECASE)


@functools.cache
def _opposed() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    return tuple((_any_of(pair["one"]), _any_of(pair["other"])) for pair in lexicon()["opposed"])


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)
