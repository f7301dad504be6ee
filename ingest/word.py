"""From a Word document to its text: paragraphs and tables in the order in which they stand."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from ingest.decoding import LARGEST, Undecodable
from ingest.pages import Found
from ingest.pdf import title_or_none

__all__ = ["read_docx"]

XmlElement: TypeAlias = Any
"""lxml's, which comes without types."""

_UNPACKED = 4 * LARGEST  # bytes: a document is a ZIP archive, pictures and all
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ABSENT = {  # text that is not the document's: taken out, or there twice for old programs
    f"{_W}del",
    f"{_W}moveFrom",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


def read_docx(path: Path) -> dict[str, Found]:
    """The document's text, and its title: that of its properties, else its first heading.

    Raises:
        Undecodable: it is no Word document, encrypted, or too large.
    """
    from docx import Document
    from docx.opc.constants import RELATIONSHIP_TYPE

    _refuse_unpackable(path)
    try:
        document = Document(str(path))
    except (KeyError, ValueError) as error:
        raise Undecodable(f"not a Word document ({' '.join(str(error).split())[:100]}); save it as .docx") from None
    paragraphs = list(_paragraphs(document.element.body, _headings(document)))
    found = {"text": Found("\n\n".join(text for text, _ in paragraphs), "the document")}
    has_properties = any(
        rel.reltype == RELATIONSHIP_TYPE.CORE_PROPERTIES for rel in document.part.package.rels.values()
    )
    heading = next((text for text, is_heading in paragraphs if is_heading), None)
    if has_properties and (title := title_or_none(document.core_properties.title)):
        found["title"] = Found(title, "the document's properties")
    elif heading:
        found["title"] = Found(heading, "first heading")
    return found


def _refuse_unpackable(path: Path) -> None:
    with path.open("rb") as raw:
        if raw.read(4) == b"\xd0\xcf\x11\xe0":
            raise Undecodable("an old or an encrypted Office document; save it as .docx without a password")
    if not zipfile.is_zipfile(path):
        raise Undecodable("not a Word document; save it as .docx")
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > _UNPACKED:
            raise Undecodable(f"unpacks to more than {_UNPACKED // 2**20} MB; remove its pictures")


def _headings(document: Any) -> set[str]:
    """The ids of the styles that headings have, whatever they are called in the document's language."""
    return {
        style.style_id
        for style in document.styles
        if str(style.name or "").lower().startswith(("heading", "title")) and style.style_id
    }


def _paragraphs(body: XmlElement, headings: set[str]) -> Iterator[tuple[str, bool]]:
    """Each paragraph and table row that says something, and whether it is a heading."""
    pending = list(reversed(body))
    while pending:
        element = pending.pop()
        if element.tag in _ABSENT:
            continue
        if element.tag == f"{_W}p":
            if text := _text(element).strip():
                style = element.find(f"{_W}pPr/{_W}pStyle")
                yield text, style is not None and style.get(f"{_W}val") in headings
        elif element.tag == f"{_W}tr":
            if text := _row(element):
                yield text, False
        else:
            pending.extend(reversed(element))


def _row(row: XmlElement) -> str:
    """A row's cells. A table in a cell is read with it, so that no cell is read twice."""
    cells = (" ".join(text for text, _ in _paragraphs(cell, set())) for cell in row.iter(f"{_W}tc") if _of(cell, row))
    return " | ".join(filter(None, (" ".join(cell.split()) for cell in cells)))


def _of(cell: XmlElement, row: XmlElement) -> bool:
    return next(cell.iterancestors(f"{_W}tr"), None) is row


def _text(paragraph: XmlElement) -> str:
    parts: list[str] = []
    pending = [paragraph]
    while pending:
        element = pending.pop()
        if element.tag == f"{_W}t":
            parts.append(element.text or "")
        elif element.tag in _SIGNS:
            parts.append(_SIGNS[element.tag])
        elif element.tag not in _ABSENT:
            pending.extend(reversed(element))
        if element.tag == f"{_W}p" and element is not paragraph:
            parts.append("\n")  # a text box, whose paragraphs come before what stands beside it
    return "".join(parts)
