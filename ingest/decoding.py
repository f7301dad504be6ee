"""From bytes to text: which encoding a file is in, found without holding the file in memory."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

__all__ = ["LARGEST", "Undecodable", "damage", "open_text", "read_text"]

LARGEST = 64 * 1024 * 1024
"""Bytes: what is read into memory at once, a file with one document in it or one line of a table, may not be larger."""

_CHUNK = 1024 * 1024
_SAMPLE = 64 * 1024
_CONTEXT = 1024  # bytes of plain ASCII that show which language it is
_MARKS = (  # UTF-32 first: its little-endian mark starts with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "a Rich Text document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x1a\x1b"))
_ENCODINGS = [  # what text files are found in, the likeliest first; the detector's others only add ways to be wrong
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
]
_DAMAGE = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_MISFIT = re.compile(r"(?<=[^\W\d_])[\x80-\xbf×÷](?=[^\W\d_])")


class Undecodable(Exception):
    """The file holds no text that can be read. The message says why and names the mend."""


def open_text(path: Path, declared: str | None = None) -> TextIO:
    """Open `path` for reading in its own encoding, line ends untouched.

    A file that is UTF-8 but for a few damaged bytes opens too: `damage` finds them in what is read, so that one broken
    row does not cost the others. `declared` is what the file says about itself, believed if it fits.

    Raises:
        Undecodable: the file is empty, binary, or in no encoding that can be told.
        OSError: it cannot be read.
    """
    with path.open("rb") as raw:
        encoding, errors = _encoding(raw, declared)
    return path.open(encoding=encoding, errors=errors, newline="")


def read_text(path: Path, declared: str | None = None) -> str:
    """All of a small file.

    Raises:
        Undecodable: as for `open_text`, or the file is damaged or too large for one document.
        OSError: it cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise Undecodable(f"larger than {LARGEST // 2**20} MB, too large for one document; split it")
    with open_text(path, declared) as stream:
        text = stream.read()
    if found := damage(text):
        raise Undecodable(f"{found}; save it as UTF-8")
    return text


def damage(text: str) -> str | None:
    """What is broken in text from `open_text`: where the first byte is that is not UTF-8. None if nothing is."""
    found = _DAMAGE.search(text)
    if found is None:
        return None
    line = text.count("\n", 0, found.start()) + 1
    return f"damaged UTF-8: byte 0x{ord(found[0]) - 0xDC00:02x} in its line {line}"


def _encoding(raw: BinaryIO, declared: str | None) -> tuple[str, str]:
    """The file's encoding and how its errors are to be handled."""
    head = raw.read(_SAMPLE)
    _refuse_binary(head)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            if not _decodes(raw, encoding):
                raise Undecodable(f"starts like {encoding.upper()} and is not; save it as UTF-8")
            return encoding, "strict"
    if any(b"\0" in chunk for chunk in _chunks(raw)):
        raise Undecodable("binary, not text (or UTF-16 without its mark); save it as UTF-8")
    if _decodes(raw, "utf-8"):
        return "utf-8", "strict"
    sample = _sample(raw)
    if _mostly_utf8(sample):
        return "utf-8", "surrogateescape"
    for encoding in _candidates(sample, declared):
        if _decodes(raw, encoding):
            return encoding, "strict"
    raise Undecodable("not UTF-8, and no other encoding fits; save it as UTF-8")


def _refuse_binary(head: bytes) -> None:
    if not head:
        raise Undecodable("the file is empty")
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise Undecodable(f"binary: {what}, not text; save it as plain text")
    if not head.startswith(tuple(mark for mark, _ in _MARKS)):
        controls = len(head) - len(head.translate(None, delete=_CONTROL))
        if controls * 50 > len(head):
            raise Undecodable("binary, not text (or UTF-16 without its mark); save it as UTF-8")


def _chunks(raw: BinaryIO) -> Iterator[bytes]:
    raw.seek(0)
    while chunk := raw.read(_CHUNK):
        yield chunk


def _decodes(raw: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(raw):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _sample(raw: BinaryIO) -> bytes:
    """A stretch of the file from its first byte beyond ASCII on, for only such bytes tell encodings apart. It starts
    and ends where no encoding has the middle of a character."""
    seen = 0
    for chunk in _chunks(raw):
        if found := _BEYOND_ASCII.search(chunk):
            start = chunk.rfind(b"\n", 0, max(0, found.start() - _CONTEXT)) + 1
            raw.seek(seen + max(start, found.start() - _SAMPLE // 2))
            sample = raw.read(_SAMPLE)
            whole = len(sample) < _SAMPLE
            return sample if whole else sample[: max(sample.rfind(end) for end in b"\n ,.") + 1] or sample
        seen += len(chunk)
    return b""


def _mostly_utf8(sample: bytes) -> bool:
    """Whether its letters beyond ASCII are UTF-8 more often than not, which happens by chance in no other encoding."""
    decoded = sample.decode("utf-8", "surrogateescape")
    broken = len(_DAMAGE.findall(decoded))
    beyond = sum(character > "\x7f" for character in decoded)
    return beyond - broken > broken


def _candidates(sample: bytes, declared: str | None) -> Iterator[str]:
    """Encodings worth trying, the likeliest first."""
    if declared:
        with contextlib.suppress(LookupError):  # a page may declare anything
            yield codecs.lookup(declared).name
    from charset_normalizer import from_bytes

    matches = list(from_bytes(sample, cp_isolation=_ENCODINGS))
    alone = len(matches) == 1
    ranked = [
        (_misfits(str(match)), -round(match.coherence, 2), match.chaos, _ENCODINGS.index(encoding))
        for match in matches
        if _reads_as_a_language(match) or (alone and match.multi_byte_usage)
        for encoding in match.could_be_from_charset
    ]
    for *_, place in sorted(ranked):
        yield _ENCODINGS[place]


def _reads_as_a_language(match: CharsetMatch) -> bool:
    """Any bytes are letters in some code page, but few of them make words. A text that is plain ASCII but for a name
    or two has too little to show its language, and can be read all the same; the scripts of East Asia show none."""
    text = str(match)
    return match.coherence > 0 or 2 * sum(map(str.isascii, text)) > len(text)


def _misfits(text: str) -> int:
    """How often a symbol stands inside a word, as the letters of one code page do when read as another."""
    return len(_MISFIT.findall(text))
