"""The chat-model writer: a LangChain chat model writes, from numbered passages, one statement a line.

Nothing that it writes is believed: its statements are drafts, and the citations in them are only where to look first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from assistant.citations import Quote
from assistant.errors import ModelReplyUnusable
from assistant.models import Gate, replied
from assistant.prompts import prompt
from assistant.rendering import dated, named, printable
from assistant.verification import readable
from assistant.writers import Draft, Selected
from kb import Hit, Span
from kb.passages import sentences

__all__ = ["NOTHING", "ChatWriter", "drafts_in", "passages_for"]

NOTHING = "NOT IN THE ARTICLES"
_MARK = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_BULLET = re.compile(r"^\s*(?:[-*•]+\s+|\d{1,2}[.)]\s+|#+\s+)")
_EMPHASIS = re.compile(r"\*\*|__|`")
_TOKEN = 3.5  # characters; fewer than English has, so that the budget holds
_LONGEST = 100_000  # characters of a reply that are read


@dataclass(frozen=True, slots=True)
class ChatWriter:
    """Writes with a chat model. What fails is said as an UnusableModel, with its mend."""

    model: BaseChatModel
    name: str
    statements: int
    """How many are asked for at most."""
    prompt_tokens: int
    """How many tokens of passages and question are sent at most."""
    timeout: float
    retries: int
    gate: Gate = field(default_factory=lambda: Gate(4))
    """Through which all requests go."""

    def write(self, question: str, chosen: Sequence[Selected], hits: Sequence[Hit] = ()) -> Iterator[Draft]:
        """A draft for each line, as soon as it is whole.

        Raises:
            UnusableModel: the model cannot be reached, refuses, or replies nothing that can be used.
        """
        passages = passages_for(chosen, hits, self.prompt_tokens)
        system = prompt("answer_system", statements=self.statements, nothing=NOTHING)
        asked = prompt("answer_question", passages="\n\n".join(_numbered(passages)), question=printable(question))
        pieces = replied(
            self.model,
            [SystemMessage(system), HumanMessage(asked)],
            timeout=self.timeout,
            retries=self.retries,
            name=self.name,
            gate=self.gate,
        )
        wrote = False
        try:
            for line in _lines(pieces):
                if NOTHING.casefold() in line.casefold():
                    return
                for draft in drafts_in(line, passages):
                    wrote = True
                    yield draft
        except ModelReplyUnusable:
            if not wrote:  # else what was cut off is left out
                raise


def passages_for(chosen: Sequence[Selected], hits: Sequence[Hit], tokens: int) -> list[Quote]:
    """The passages that a model reads: those of the chosen sentences and the denials first, then the other hits, as
    many as the budget allows, but at least one."""
    found: dict[tuple[str, int], Quote] = {}
    spans = {(hit.article.id, span.start): hit for hit in hits for span in hit.passage.sentences}
    for selected in chosen:
        for quote in selected.quotes[:1]:
            hit = spans.get((quote.article.id, quote.span.start))
            whole = Quote(hit.article, Span(hit.passage.start, hit.passage.end)) if hit else quote
            found.setdefault((whole.article.id, whole.span.start), whole)
    for hit in hits:
        found.setdefault(
            (hit.article.id, hit.passage.start), Quote(hit.article, Span(hit.passage.start, hit.passage.end))
        )
    kept: list[Quote] = []
    left = tokens * _TOKEN
    for quote in found.values():
        left -= len(quote.text) + len(quote.article.title) + 120
        if kept and left < 0:
            break
        kept.append(quote)
    return kept


def _numbered(passages: Sequence[Quote]) -> Iterator[str]:
    for number, quote in enumerate(passages, 1):
        article = quote.article
        yield prompt(
            "answer_passage",
            number=number,
            outlet=_disarmed(named(article.outlet or "unknown")),
            published=dated(article.published),
            title=_disarmed(named(article.title)),
            text=_disarmed(quote.text),
        )


def _disarmed(text: str) -> str:
    """Article text as data in a prompt: it can neither end its passage nor bring citation marks of its own."""
    text = readable(text).replace("<<<", "‹‹‹").replace(">>>", "›››")
    return printable(_MARK.sub(r"(\1)", text))


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    """The lines of a reply, each when it has come whole. Of a line that is cut off, the whole sentences; then what cut
    it off is raised."""
    rest, read = "", 0
    try:
        for piece in pieces:
            rest += piece
            read += len(piece)
            *lines, rest = rest.split("\n")
            yield from lines
            if read > _LONGEST:
                return
    except ModelReplyUnusable:
        yield rest[: max(rest.rfind(end) for end in ".!?]") + 1]
        raise
    yield rest


def drafts_in(line: str, passages: Sequence[Quote]) -> Iterator[Draft]:
    """The statements of a line, each with the passages that the marks after it name. Marks that name none of them
    are passed over; a statement without any is left to whoever looks for its source."""
    line = _EMPHASIS.sub("", _BULLET.sub("", readable(line)))
    groups = list(re.finditer(rf"(?:\s*{_MARK.pattern})+", line))
    if groups and not line[: groups[0].start()].strip():  # marks before what they belong to
        for group, after in zip(groups, [*groups[1:], None], strict=True):
            text = line[group.end() : after.start() if after else len(line)]
            yield from _drafts(text, group.group(), passages)
        return
    start = 0
    for group in groups:
        yield from _drafts(line[start : group.start()], group.group(), passages)
        start = group.end()
    yield from _drafts(line[start:], "", passages)


def _drafts(text: str, marks: str, passages: Sequence[Quote]) -> Iterator[Draft]:
    numbers = dict.fromkeys(int(n) for found in _MARK.findall(marks) for n in re.findall(r"\d+", found))
    cited = tuple(passages[number - 1] for number in numbers if 1 <= number <= len(passages))
    text = printable(text).lstrip(".;,!?) ").strip()
    for span in sentences(text):
        statement = span.of(text)
        if not re.search(r"\w", statement):
            continue
        ended = statement if statement[-1] in '.!?”"' else statement + "."
        yield Draft(ended, cited, ())
