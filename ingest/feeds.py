"""From an RSS or Atom feed to its entries: what each says, and the page it names."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import feedparser

from ingest.decoding import Undecodable
from ingest.pages import Found, read_page

__all__ = ["Entry", "looks_like_feed", "read_feed"]

_LARGEST = 16 * 2**20  # bytes
_FULL = 100  # words: a shorter content beside a link to a page is a teaser
_MARKS = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
_MORE = re.compile(
    r"(?:…|\.\.\.|\[(?:…|\.\.\.|&#8230;)\]|(?:continue reading|read (?:more|on|the full \w+))\W*)\s*$", re.IGNORECASE
)

_BLOCKS = re.compile(r"</?(?:p|br|div|li|h\d|tr|blockquote)\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed."""

    fields: Mapping[str, Found]
    """By our names; "text" only if the whole story is in the feed."""
    link: str
    """The page that it names, an http or https address, or empty."""
    place: str
    """What tells it from the feed's other entries."""


def looks_like_feed(path: Path) -> bool:
    """Whether an XML file opens like a feed."""
    with path.open("rb") as raw:
        return _MARKS.search(raw.read(4096)) is not None


def read_feed(path: Path, address: str = "") -> Iterator[Entry]:
    """The feed's entries, in its order. Nothing is fetched. Relative links are completed from `address`.

    Raises:
        Undecodable: it is no feed, or too large.
    """
    if path.stat().st_size > _LARGEST:
        raise Undecodable(f"a feed larger than {_LARGEST // 2**20} MB; split it")
    # As a stream, for feedparser would open or fetch whatever a string names.
    feed = feedparser.parse(io.BytesIO(path.read_bytes()), response_headers={"content-location": address})
    if not feed.version and not feed.entries:
        raise Undecodable(f"not an RSS or Atom feed{_fault(feed)}; save the page as .html or its text as .txt")
    name = _plain(feed.feed.get("title"))
    for number, entry in enumerate(feed.entries, 1):
        yield _entry(entry, number, name)


def _fault(feed: Any) -> str:
    fault = feed.get("bozo_exception")
    return f" ({' '.join(str(fault).split())[:100]})" if fault else ""


def _entry(entry: Any, number: int, feed: str) -> Entry:
    link = str(entry.get("link") or "").strip()
    link = link if re.fullmatch(r"https?://\S+", link) else ""
    title = _plain(entry.get("title"))
    outlet = _plain((entry.get("source") or {}).get("title"))
    found = {
        "text": Found(_story(entry, title, link), "the feed"),
        "title": Found(title, "the feed's entry"),
        "published": Found(str(entry.get("published") or "").strip(), "the feed's entry"),
        "author": Found(_plain(entry.get("author")), "the feed's entry"),
        "url": Found(link, "the feed's entry"),
        "outlet": Found(outlet, "the feed's entry") if outlet else Found(feed, "the feed's title"),
    }
    place = str(entry.get("id") or "").strip() or title or f"entry {number}"
    return Entry({name: item for name, item in found.items() if item.value}, link, place)


def _story(entry: Any, title: str, link: str) -> str:
    """The whole story, if the entry holds it; a teaser is none. Without a page to go to, what there is has to do."""
    contents = [str(part.get("value") or "") for part in entry.get("content") or ()]
    markup = max(contents, key=len, default="")
    if not markup and not link:
        markup = str(entry.get("summary") or "")
    text = _read(markup, title)
    whole = len(text.split()) >= _FULL and not _MORE.search(text)
    return text if whole or not link else ""


def _read(markup: str, title: str) -> str:
    """The markup's text. The page reader wants a page, and finds no story in one paragraph."""
    if not markup.strip():
        return ""
    page = read_page(f"<html><body><article>{markup}</article></body></html>").get("text")
    return page.value if page else _plain(markup, "\n\n")


def _plain(markup: object, joint: str = " ") -> str:
    """A short piece of markup as text, its blocks parted by `joint`."""
    written = str(markup or "").strip()
    if "<" in written:
        from lxml import html

        written = html.fromstring(f"<div>{_BLOCKS.sub(chr(10), written)}</div>").text_content()
    return joint.join(filter(None, (" ".join(line.split()) for line in written.splitlines())))
