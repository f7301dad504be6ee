"""Which of the sentences that may answer go into the answer, and which denials stand beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Figure
from assistant.citations import Quote, normalised
from assistant.claims import AskedOf, Speech, asked_of, side_of
from assistant.contrary import contraries
from assistant.denials import denials, words_of_names
from assistant.figures import counts_things, fates_named, figures_in, holds_a_number
from assistant.reader import Evidence, asks_how_many
from assistant.writers import Selected
from kb import Filters, Hit, KnowledgeBase
from kb.words import stems

__all__ = ["Selection", "nearest", "select"]

_BESIDE_BEST = 0.4  # share of the best score below which a further sentence is left out
_DENIALS = 2  # denials shown for one statement, beside those that were chosen for themselves
_ALIKE = 0.6  # share of stems in common above which two sentences of one article say the same


@dataclass(frozen=True, slots=True)
class Selection:
    """The sentences of an answer, denials after what they deny. Empty: the articles do not say."""

    chosen: tuple[Selected, ...] = ()


def select(
    base: KnowledgeBase,
    question: str,
    evidence: Sequence[Evidence],
    confidence: float,
    limit: int,
    side: str | None = None,
    filters: Filters = Filters(),
) -> Selection:
    """The best sentences with a score of at least `confidence`, `limit` at most, without repetitions, with denials."""
    speech = Speech()
    evidence = _of_those_asked(question, evidence, confidence, speech)
    sentences: list[Evidence] = []
    fitting = _of_the_one_asked(asked_of(question), [e for e in evidence if e.score >= confidence], speech)
    for found in fitting:
        if sentences and found.score < _BESIDE_BEST * sentences[0].score:
            continue
        claims = speech.claims(found.article, found.span)
        if side is not None and not any((claim.side or "").casefold() == side.casefold() for claim in claims):
            continue
        if not any(_repeats(found, other) for other in sentences):
            sentences.append(found)
        if len(sentences) == limit:
            break
    sentences += _other_counts(question, fitting, sentences, limit, speech)
    chosen = [Selected(_all_quotes(e, evidence), speech.claims(e.article, e.span), e.score) for e in sentences]
    return Selection(tuple(_with_denials(base, chosen, speech, filters)))


def nearest(question: str, hits: Sequence[Hit], limit: int = 3) -> list[Quote]:
    """For an answer that abstains: the sentences closest to the question, one from each of the best articles."""
    wanted = stems(question)
    best: dict[str, Quote] = {}
    for hit in hits:
        if hit.article.id not in best and len(best) < limit:
            spans = hit.passage.sentences
            span = max(spans, key=lambda s: len(wanted & stems(s.of(hit.article.text))))
            best[hit.article.id] = Quote(hit.article, span)
    return list(best.values())


def _of_the_one_asked(asked: AskedOf, evidence: list[Evidence], speech: Speech) -> list[Evidence]:
    """Only the sentences in which the one speaks whom the question asks about: the words of one side are no answer to
    what another said. All of them where it asks for nobody's words, or for those of someone of no known side whom none
    fits."""
    if not asked:
        return evidence
    fitting = [e for e in evidence if any(asked.fits(claim) for claim in speech.claims(e.article, e.span))]
    return fitting if fitting or asked.side is not None or asked.stance == "denies" else evidence


def _of_those_asked(
    question: str, evidence: Sequence[Evidence], confidence: float, speech: Speech
) -> Sequence[Evidence]:
    """Where the question asks how many at a place, or how many of a side, and a count of it is known: without the
    sentences that count at other places, or those of other sides, only. If none is known, they stay: a town's dead may
    be among those of the region asked for. Where it asks for the wounded, no sentence that counts the dead alone is an
    answer, and none that does not speak of wounded."""
    if not asks_how_many(question):
        return evidence
    counted = [_figures(e, speech) if e.score >= confidence else [] for e in evidence]
    left: Sequence[Sequence[Figure]] = counted
    if places := words_of_names(question):
        left = _fitting(left, lambda figure: figure.where, lambda where: not places.isdisjoint(where.split()))
    if side := _side_counted(question):
        left = _fitting(left, lambda figure: figure.whose, lambda whose: whose == side)
    if fates := _fates_asked(question):
        left = [[figure for figure in figures if figure.what in fates] for figures in left]
    counts = any(left)
    return [
        e
        for e, before, after in zip(evidence, counted, left, strict=True)
        if after or not (before or (fates and not _may_tell(e.text, fates, others_count=counts)))
    ]


def _fates_asked(question: str) -> frozenset[str]:
    """What befell those whom a question asks the number of; empty where it asks for things, or only for how many."""
    found = _COUNTED_OF.search(question)
    return frozenset() if found and counts_things(found["unit"] or "") else fates_named(question)


def _may_tell(sentence: str, fates: frozenset[str], *, others_count: bool) -> bool:
    """Whether a sentence in which no count is read tells how many all the same: that there were none, or a number in
    other words; anything of what is asked for, where no other sentence counts."""
    if fates.isdisjoint(fates_named(sentence)):
        return False
    return not others_count or _NOBODY.search(sentence) is not None or holds_a_number(sentence)


_NOBODY = re.compile(r"\b(?:no|none|nobody|without)\b", re.IGNORECASE)


def _fitting(
    counted: Sequence[Sequence[Figure]], told: Callable[[Figure], str | None], fits: Callable[[str], bool]
) -> Sequence[Sequence[Figure]]:
    """Of each sentence's figures those of which the fitting is told, or nothing; all of them where none fits."""
    if not any(fits(words) for figures in counted for figure in figures if (words := told(figure))):
        return counted
    return [[figure for figure in figures if not (words := told(figure)) or fits(words)] for figures in counted]


_WHOM = r"(?:(?!in\b|at\b|near\b)[\w’'-]+\s+){1,4}?"
_COUNTED_OF = re.compile(  # "how many Syrian soldiers were killed", "how many men did Syria lose"
    rf"\bhow\s+many\s+(?:{_WHOM}(?:did|has|have|had)\s+(?P<loser>[^?]{{2,40}}?)\s+(?:lose|lost)\b"
    rf"|(?P<unit>{_WHOM})(?:were|was|are|is|did|do|have|has|had|died|fell)\b)",
    re.IGNORECASE,
)


def _side_counted(question: str) -> str | None:
    """The side whose dead, wounded or lost a question asks for."""
    found = _COUNTED_OF.search(question)
    return side_of(found["loser"] or found["unit"]) if found else None


def _other_counts(
    question: str, evidence: Sequence[Evidence], chosen: Sequence[Evidence], limit: int, speech: Speech
) -> list[Evidence]:
    """Where the question asks how many: further sentences that count the same fate and give another number, as many
    again at most. Differing figures are shown, not left out."""
    if not asks_how_many(question):
        return []
    counted = {(f.what, f.low, f.high) for e in chosen for f in _figures(e, speech)}
    fates = {what for what, _, _ in counted}
    found: list[Evidence] = []
    for further in evidence:
        new = {(f.what, f.low, f.high) for f in _figures(further, speech) if f.what in fates} - counted
        if new and len(found) < limit:
            counted |= new
            found.append(further)
    return found


def _figures(found: Evidence, speech: Speech) -> list[Figure]:
    before = found.article.text[max(0, found.span.start - 300) : found.span.start]
    claims = speech.claims(found.article, found.span)
    return figures_in(found.text, claims, 0, found.article.published, before)


def _repeats(found: Evidence, other: Evidence) -> bool:
    if normalised(found.text) == normalised(other.text):
        return True
    mine, theirs = stems(found.text), stems(other.text)
    return found.article.id == other.article.id and len(mine & theirs) > _ALIKE * min(len(mine), len(theirs))


def _all_quotes(found: Evidence, evidence: Sequence[Evidence]) -> tuple[Quote, ...]:
    """The sentence itself and the same words in other articles: every outlet that carries them is cited."""
    words = normalised(found.text)
    quotes = {found.article.id: Quote(found.article, found.span)}
    for other in evidence:
        if normalised(other.text) == words:
            quotes.setdefault(other.article.id, Quote(other.article, other.span))
    for hit in (hit for e in evidence for hit in e.hit.copies):
        for span in hit.passage.sentences:
            if normalised(span.of(hit.article.text)) == words:
                quotes.setdefault(hit.article.id, Quote(hit.article, span))
    return tuple(quotes.values())


def _with_denials(
    base: KnowledgeBase, chosen: Sequence[Selected], speech: Speech, filters: Filters
) -> Iterator[Selected]:
    """Each chosen sentence, followed by who denies it, else by who gives another account; a denial that was chosen
    itself stands there, not twice."""
    words = [normalised(selected.text) for selected in chosen]
    denials_of = [
        _shown(denials(base, selected, speech, filters) or contraries(base, selected, speech, filters), words)
        for selected in chosen
    ]
    denying = {normalised(denial.text) for found in denials_of for denial in found}
    shown: dict[str, int] = {}
    for selected, own, answers in zip(chosen, words, denials_of, strict=True):
        # A chosen sentence that denies another waits for it, so that it is read after what it denies.
        if own in shown or (own in denying and not answers):
            continue
        claim = shown[own] = len(shown)
        yield selected
        for denial in answers:
            if normalised(denial.text) not in shown:
                shown[normalised(denial.text)] = len(shown)
                yield replace(denial, denies=claim)


def _shown(found: Sequence[Selected], chosen: Sequence[str]) -> list[Selected]:
    """Of a statement's denials those that were chosen for themselves, and the first others up to a few."""
    own = [denial for denial in found if normalised(denial.text) in chosen]
    others = [denial for denial in found if normalised(denial.text) not in chosen]
    return [*own, *others[: max(0, _DENIALS - len(own))]]
