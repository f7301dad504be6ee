"""From a PDF to its text as it reads: lines joined to paragraphs, words to words, and running heads left out.

A PDF holds glyphs at places, no paragraphs. What is put together here is what stands on the pages and nothing else;
where a hyphen at the end of a line belongs to the word, it stays.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.decoding import LARGEST, Undecodable
from ingest.pages import Found

if TYPE_CHECKING:
    from pypdf import PdfReader

__all__ = ["flow", "read_pdf", "title_or_none"]

_SECONDS = 60  # for one document; made to be slow, a small file can take hours
_EDGE = 2  # lines at the top and bottom of a page among which its running heads are
_FULL = 0.75  # of the page's usual line: a shorter one ends its paragraph
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_NO_TITLE = re.compile(
    r"""microsoft\s(?:word|powerpoint|excel)\s-\s.*   # what Word calls its print jobs
      | .*\.\w{2,5}                                   # a file name
      | [^\s]*[_/\\][^\s]*                            # another
      | (?:untitled|unknown|none|document|title|word\sdocument)\W*\d*""",
    re.IGNORECASE | re.VERBOSE,
)


def read_pdf(path: Path) -> dict[str, Found]:
    """The document's text, and its title where it names one that is no file name.

    Raises:
        Undecodable: it is encrypted, holds no text, is too large or takes too long.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    if path.stat().st_size > LARGEST:
        raise Undecodable(f"larger than {LARGEST // 2**20} MB, too large for one document; split it")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it notes each fault that it mends
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Undecodable("encrypted: it opens only with a password; save it without one")
        text = flow(_pages(reader))
    except DependencyError:
        raise Undecodable("encrypted with AES; to read it: pip install 'accordingto[crypto]'") from None
    if not text:
        raise Undecodable(_no_text(reader))
    found = {"text": Found(text, "the document")}
    if title := title_or_none(reader.metadata.title if reader.metadata else None):
        found["title"] = Found(title, "the document's properties")
    return found


def title_or_none(written: object) -> str | None:
    """The title that a document's properties give, if it is one and not a file name or a program's default."""
    title = " ".join(str(written or "").split())
    return None if not re.search(r"[^\W\d_]", title) or _NO_TITLE.fullmatch(title) else title


def _pages(reader: PdfReader) -> Iterator[list[str]]:
    """Each page's lines. The clock is looked at between pages, for a page itself cannot be broken off."""
    until = time.monotonic() + _SECONDS
    length = 0
    for number, page in enumerate(reader.pages, 1):
        if time.monotonic() > until:
            raise Undecodable(f"takes longer than {_SECONDS} seconds, broken off at page {number}; split it")
        text = page.extract_text().translate(_LIGATURES)
        length += len(text)
        if length > LARGEST // 4:
            raise Undecodable(f"more than {LARGEST // 4} characters of text, too large for one document; split it")
        yield [" ".join(line.split()) for line in text.splitlines()]


def _no_text(reader: PdfReader) -> str:
    pictures = any("/XObject" in (page.get("/Resources") or {}) for page in reader.pages)
    if pictures:
        return "only images and no text (a scan?); run text recognition (OCR) on it first"
    return "no text in the document"


def flow(pages: Iterable[Sequence[str]]) -> str:
    """The text of pages of lines: paragraphs parted by blank lines, without page numbers and running heads."""
    kept = _without_furniture([_trimmed(lines) for lines in pages])
    words = _words(kept)
    paragraphs: list[list[str]] = []
    last_was_full = False
    for lines in kept:
        full = _FULL * _usual(lines)
        for line in lines:
            last = paragraphs[-1][-1] if paragraphs else ""
            if last and _goes_on(last, line, last_was_full):
                paragraphs[-1][-1] = _before(last, line, words)
                paragraphs[-1].append(line)
            else:
                paragraphs.append([line])
            last_was_full = len(line) >= full
    return "\n\n".join(filter(None, map("".join, paragraphs)))


def _trimmed(lines: Sequence[str]) -> list[str]:
    """Without the blank lines at top and bottom, which would end a paragraph that runs on to the next page."""
    filled = [number for number, line in enumerate(lines) if line]
    return list(lines[filled[0] : filled[-1] + 1]) if filled else []


def _usual(lines: Sequence[str]) -> int:
    lengths = sorted(map(len, filter(None, lines)))
    return lengths[int(len(lengths) * 0.9)] if lengths else 0


def _goes_on(before: str, line: str, last_was_full: bool) -> bool:
    if not line or re.match(r"[•‣▪●*]|[-–—]\s", line):
        return False
    return last_was_full or line[0].islower() or _broken(before) is not None


def _without_furniture(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """The pages without the lines at their edges that come again on others, alike but for a number that counts them.

    A number by itself needs two pages to be a page number; words need three, and a third of all, for a story may
    open two pages alike.
    """
    counts: Counter[str] = Counter()
    for number, lines in enumerate(pages):
        counts.update({key for place in _edges(lines) for key in _keys(lines[place], number)})
    few = max(3, len(pages) / 3)
    kept = []
    for number, lines in enumerate(pages):
        cut = {
            place
            for place in _edges(lines)
            for key in _keys(lines[place], number)
            if counts[key] >= (few if re.search(r"[^\W\d_]", key) else 2 if "#" in key else few)
        }
        kept.append(_trimmed([line for place, line in enumerate(lines) if place not in cut]))
    return kept


def _edges(lines: Sequence[str]) -> set[int]:
    return {*range(min(_EDGE, len(lines))), *range(max(0, len(lines) - _EDGE), len(lines))}


def _keys(line: str, page: int) -> Iterator[str]:
    """The line, and the line with each of its numbers in turn told by how far it is from the page's."""
    if not line or len(line) > 200:
        return
    yield line
    for found in re.finditer(r"(?<!\d)\d{1,4}(?!\d)", line):
        yield f"{line[: found.start()]}#{int(found[0]) - page}{line[found.end() :]}"


_HYPHEN = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)([-\u2010\u00ad])$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LONGEST_WORD = 100  # characters


def _broken(line: str) -> re.Match[str] | None:
    """The word that a line breaks off with a hyphen."""
    return _HYPHEN.search(line[-_LONGEST_WORD:])


def _before(last: str, line: str, words: Mapping[str, int]) -> str:
    """The line `last` as it stands before `line` in one paragraph: with a space, or, where it ends with a hyphen, with
    or without that, as the rest of the document writes the word, or as a dictionary has it."""
    broken = _broken(last)
    if broken is None:
        return f"{last} "
    rest = _WORD.match(line)
    stays = rest is None or not rest[0][0].islower() or _hyphen_stays(broken[1], rest[0][:_LONGEST_WORD], words)
    return last if stays and broken[2] != "\u00ad" else last[:-1]


def _words(pages: Sequence[Sequence[str]]) -> Mapping[str, int]:
    """How often each word stands whole within a line."""
    return Counter(
        found[0].lower()
        for lines in pages
        for line in lines
        for found in _WORD.finditer(line)
        if line[found.end() :] not in ("-", "\u2010", "\u00ad")
    )


def _hyphen_stays(left: str, right: str, words: Mapping[str, int]) -> bool:
    whole, parted = f"{left}{right}".lower(), f"{left}-{right}".lower()
    if words.get(whole, 0) != words.get(parted, 0):
        return words.get(parted, 0) > words.get(whole, 0)
    if "-" in left:
        return True
    return not _known(whole) and _known(left.lower()) and _known(right.lower().split("-")[0])


@cache
def _known(word: str) -> bool:
    from simplemma import is_known

    return len(word) > 1 and is_known(word, lang="en")
