"""Articles as JSON Lines and back, without any loss: what `articles export` writes, `ingest` takes as it is. Pure.

Such a line says of itself what it is. Nothing in it is cleaned or looked for again, for that was done when the article
came in; only its id is checked, which is a digest of its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kb.article import Article, Boilerplate, day_range

__all__ = ["document", "is_exported", "restored"]

_MARK = "accordingto_article"
_VERSION = 1
_TEXTS = ("outlet", "origin", "author", "published", "url", "language", "added")


def document(article: Article) -> dict[str, Any]:
    """Everything about an article, as a JSON object. Offsets in Unicode code points of `text`."""
    return {
        _MARK: _VERSION,
        "id": article.id,
        "source": article.source,
        "title": article.title,
        "text": article.text,
        **{name: getattr(article, name) for name in _TEXTS},
        "boilerplate": [[mark.start, mark.end, mark.why] for mark in article.boilerplate],
        "provenance": dict(article.provenance),
    }


def is_exported(found: Mapping[Any, Any]) -> bool:
    """Whether an object says that it is an exported article."""
    return _MARK in found


def restored(found: Mapping[Any, Any]) -> Article:
    """The article that `document` wrote.

    Raises:
        ValueError: it is of another version, misses something, or is not what was written.
    """
    if found[_MARK] != _VERSION:
        raise ValueError(f"exported by another version ({found[_MARK]!r}, this one reads {_VERSION})")
    texts = {name: _text(found, name) for name in ("text", "title", "source")}
    known = {name: None if found.get(name) is None else _text(found, name) for name in _TEXTS}
    if known["published"] is not None:
        day_range(known["published"])
    provenance = found.get("provenance", {})
    if not isinstance(provenance, dict) or not all(isinstance(how, str) for how in provenance.values()):
        raise ValueError("provenance is no object of texts")
    article = Article(
        text=texts["text"],
        title=texts["title"],
        source=texts["source"],
        outlet=known["outlet"],
        origin=known["origin"],
        author=known["author"],
        published=known["published"],
        url=known["url"],
        language=known["language"],
        boilerplate=_marks(found.get("boilerplate", []), len(texts["text"])),
        provenance={
            _storable(str(name), "provenance"): _storable(how, "provenance") for name, how in provenance.items()
        },
        added=known["added"],
    )
    if article.id != found.get("id"):
        raise ValueError("its id is of another text; export it anew")
    return article


def _text(found: Mapping[Any, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or (name in ("text", "title", "source") and not value.strip()):
        raise ValueError(f"{name} is {'missing' if value is None else 'no text'}")
    return _storable(value, name)


def _storable(text: str, name: str) -> str:
    """What an export can hold, an article can; anything else was not exported."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{name} holds a character that cannot be stored")
    return text


def _marks(listed: object, length: int) -> tuple[Boilerplate, ...]:
    marks = []
    at = 0
    for mark in listed if isinstance(listed, list) else [None]:
        match mark:
            case [int(start), int(end), str(why)] if at <= start <= end <= length:
                marks.append(Boilerplate(start, end, _storable(why, "boilerplate")))
                at = end
            case _:
                raise ValueError(
                    f"boilerplate is no list of [start, end, why], in order, within the text: {mark!r:.60}"
                )
    return tuple(marks)
