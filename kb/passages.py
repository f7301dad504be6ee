"""Cutting an article into passages and sentences. Offsets are carried from cut to cut, never looked up again.

What is promised, and tested on hostile text: every passage and sentence is a slice of the article; they come in
order and never overlap; none touches boilerplate or the headline; and whatever else is not white space is in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import sentencex

from kb.article import Article, Passage, Span

__all__ = ["SCHEME", "sentences", "split"]

_PASSAGE = 800  # characters: about 170 word pieces, well within the 256 that the default model reads
_SENTENCE = 1200  # longer than any written sentence; what exceeds it is a list or a line that never ends
SCHEME = f"sentences/{_PASSAGE}/1"
"""Names this way of cutting. The catalog records it, because offsets of another scheme have other vectors."""

_LINE = re.compile(r"[^\r\n]+")
_ENDS_SENTENCE = re.compile(r"[.!?…:;][\"'”’»)\]]*$")
_WRAPPED = range(50, 100)  # the width at which mail programs and old archives break lines


def split(article: Article) -> list[Passage]:
    """The passages of an article, in order. Empty if there is nothing but headline and boilerplate."""
    found: list[Passage] = []
    for region in _regions(article):
        run: list[Span] = []
        for sentence in sentences(article.text, region):
            if run and sentence.end - run[0].start > _PASSAGE:
                found.append(_passage(article, run))
                run = []
            run.append(sentence)
        if run:
            found.append(_passage(article, run))
    return found


def sentences(text: str, region: Span | None = None) -> Iterator[Span]:
    """The sentences of `text[region]`, in order, without the white space around them."""
    for paragraph in _paragraphs(text, region or Span(0, len(text))):
        for piece in _mended(text, _cut(text, paragraph)):
            yield from _bounded(text, piece)


def _passage(article: Article, run: list[Span]) -> Passage:
    start, end = run[0].start, run[-1].end
    return Passage(article.id, start, end, article.text[start:end], tuple(run))


def _regions(article: Article) -> Iterator[Span]:
    """What is left of the text without its headline and its boilerplate."""
    at = article.body_start
    for mark in article.boilerplate:
        if mark.start > at:
            yield Span(at, mark.start)
        at = max(at, mark.end)
    if at < len(article.text):
        yield Span(at, len(article.text))


def _paragraphs(text: str, region: Span) -> Iterator[Span]:
    """Lines, with those joined that only a fixed width has broken."""
    start = end = None
    for match in _LINE.finditer(text, region.start, region.end):
        if match.group().isspace():
            continue
        if start is not None and end is not None:
            if _continues(text, start, end, match.start()):
                end = match.end()
                continue
            yield Span(start, end)
        start, end = match.start(), match.end()
    if start is not None and end is not None:
        yield Span(start, end)


def _continues(text: str, start: int, end: int, after: int) -> bool:
    """Whether the line that begins at `after` goes on with the paragraph text[start:end]."""
    if len(re.findall(r"\r\n|\r|\n", text[end:after])) != 1:
        return False
    last_line = text[max(text.rfind("\n", start, end), start - 1) + 1 : end]
    return len(last_line.rstrip()) in _WRAPPED and not _ENDS_SENTENCE.search(last_line.rstrip())


def _cut(text: str, paragraph: Span) -> Iterator[Span]:
    """Sentences of one paragraph as the library sees them, trimmed."""
    for found in sentencex.get_sentence_boundaries("en", paragraph.of(text)):
        yield from _trim(text, paragraph.start + found["start_index"], paragraph.start + found["end_index"])


def _mended(text: str, pieces: Iterable[Span]) -> list[Span]:
    """The same with pieces joined that cannot begin a sentence ("R-N." + "H., said"): nothing is cut too finely."""
    mended: list[Span] = []
    for piece in pieces:
        first = text[piece.start]
        if mended and (first.islower() or first in ",;" or mended[-1].end == piece.start):
            mended[-1] = Span(mended[-1].start, piece.end)
        else:
            mended.append(piece)
    return mended


def _bounded(text: str, sentence: Span) -> Iterator[Span]:
    """The sentence itself, or pieces cut at spaces where there are any, if it is endless."""
    at = sentence.start
    while sentence.end - at > _SENTENCE:
        space = text.rfind(" ", at + 1, at + _SENTENCE)
        stop = space if space > 0 else at + _SENTENCE
        yield from _trim(text, at, stop)
        at = stop
    yield from _trim(text, at, sentence.end)


def _trim(text: str, start: int, end: int) -> list[Span]:
    """The slice without the white space around it; none if there is nothing else."""
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip())
    body = piece.strip()
    return [Span(start + lead, start + lead + len(body))] if body else []
