"""From a draft to a verdict: the words in the stored articles that it rests on, found again whoever wrote it.

A draft is *verified* if a sentence that it cites says it, *repaired* if another sentence among the passages found does,
and otherwise *unverified*: it is counted, and left out of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant.answer import Claim, Verdict
from assistant.citations import Quote, cite, holds
from assistant.claims import Speech
from assistant.entailment import Entailment
from assistant.rendering import named
from assistant.verification import Doubt, Source, doubts
from assistant.writers import Draft
from kb import Hit, KnowledgeBase
from kb.passages import sentences

__all__ = ["Checked", "Checker"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft with its verdict and what it rests on: nothing, if it is unverified."""

    text: str
    verdict: Verdict
    quotes: tuple[Quote, ...] = ()
    claims: tuple[Claim, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    """Why it is unverified, seen from the first sentence that it cites."""


@dataclass(slots=True)
class Checker:
    """Checks the drafts of one answer against the stored articles."""

    base: KnowledgeBase
    entailment: Entailment | None = None
    """Asked last, where one is set."""
    _speech: Speech = field(default_factory=Speech)

    def check(self, draft: Draft, hits: Sequence[Hit]) -> Checked:
        """The draft's verdict. Nothing but the stored text is believed."""
        cited = [sentence for quote in draft.quotes if self._is_stored(quote) for sentence in _sentences(quote)]
        held = self._holding(draft, cited, draft.quotes)
        if held:
            return Checked(draft.text, "verified", tuple(held), self._claims(draft, held[0]))
        looked_at = {(quote.article.id, quote.span) for quote in cited}
        for sentence in (Quote(hit.article, span) for hit in hits for span in hit.passage.sentences):
            if (sentence.article.id, sentence.span) not in looked_at and self._holding(draft, [sentence], ()):
                return Checked(draft.text, "repaired", (sentence,), self._claims(draft, sentence))
        why = doubts(draft.text, self._source(cited[0], draft.quotes)) if cited else ()
        return Checked(draft.text, "unverified", doubts=why)

    def _holding(self, draft: Draft, candidates: Sequence[Quote], beside: Sequence[Quote]) -> list[Quote]:
        """The first sentence of each article that says what the draft says."""
        found: dict[str, Quote] = {}
        for sentence in candidates:
            if sentence.article.id in found or doubts(draft.text, self._source(sentence, beside)):
                continue
            if self.entailment is None or self.entailment.holds(sentence.text, draft.text):
                found[sentence.article.id] = sentence
        return list(found.values())

    def _claims(self, draft: Draft, sentence: Quote) -> tuple[Claim, ...]:
        return draft.claims or self._speech.claims(sentence.article, sentence.span)

    def _source(self, sentence: Quote, beside: Sequence[Quote]) -> Source:
        """The sentence as a source; a draft may name every outlet and day of the articles that it cites together."""
        articles = [sentence.article, *(q.article for q in beside)]
        return Source(
            sentence.text,
            self._speech.claims(sentence.article, sentence.span),
            tuple(dict.fromkeys(named(a.outlet) for a in articles if a.outlet)),
            tuple(dict.fromkeys(a.published for a in articles if a.published)),
            named(sentence.article.title),
            _begins_in_quotation(sentence),
        )

    def _is_stored(self, quote: Quote) -> bool:
        return holds(cite(1, quote), self.base.find(quote.article.id))


def _sentences(quote: Quote) -> Iterator[Quote]:
    """The quote itself, and the sentences in it if it has more than one."""
    spans = list(sentences(quote.article.text, quote.span))
    if len(spans) < 2:
        yield quote
        return
    for span in spans:
        yield Quote(quote.article, span)


def _begins_in_quotation(quote: Quote) -> bool:
    """Whether quotation marks that were opened earlier in the paragraph are still open where the sentence begins."""
    text = quote.article.text
    before = text[text.rfind("\n", 0, quote.span.start) + 1 : quote.span.start]
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1
