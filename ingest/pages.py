"""From one HTML page to its article and what the page itself declares about it. No network, and no guessed dates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from ingest import dates

__all__ = ["Found", "declared_charset", "read_page"]

HtmlElement: TypeAlias = Any
"""lxml's, which comes without types."""

_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_DATE_NAMES = (  # what pages call the day of publication in their metadata; never a change, a capture or an upload
    *("article:published_time", "og:article:published_time", "og:published_time", "article.published"),
    *("datepublished", "date_published", "publication_date", "publicationdate", "publish_date", "publish-date"),
    *("publishdate", "pubdate", "originalpublicationdate", "parsely-pub-date", "sailthru.date"),
    *("citation_publication_date", "citation_date", "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date"),
    "date",
)
_DATED_ADDRESS = re.compile(r"/(\d{4})/(\d{1,2})/(\d{1,2})/")
_STORY_TYPES = re.compile(r"Article|Posting|Report$|Review$")
_ASIDE = {"figure", "figcaption", "aside", "nav", "footer", "picture", "video"}
_RUNNING_TEXT = 60  # characters beside a <time> in its paragraph: with so many it dates an event, not the page


@dataclass(frozen=True, slots=True)
class Found:
    """A field's value and where on the page it stands, in words for a reader."""

    value: str
    how: str


def declared_charset(head: bytes) -> str | None:
    """The encoding that the page says it is in."""
    match = _CHARSET.search(head)
    return match[1].decode("ascii") if match else None


def read_page(markup: str, address: str = "") -> dict[str, Found]:
    """The page's article under "text", and title, outlet, author, published, url and language where it names them.

    Empty if there is no article on the page. `address` is where it was fetched: its own if it names none, or one of
    another site, for a copy is published where it stands.
    """
    from trafilatura import bare_extraction, load_html
    from trafilatura.metadata import extract_metadata

    tree = load_html(_without_declaration(markup))
    if tree is None:
        return {}
    named = extract_metadata(tree, date_config={"extensive_search": False})  # its date is a guess, and not used
    url = _own_address(named.url, address)
    published = _published(tree, url.value if url else "")
    story = bare_extraction(tree, include_comments=False)
    text = getattr(story, "text", None) or ""
    if not text.strip():
        return {}
    found: dict[str, Found | None] = {"text": Found(text, "the page"), "published": published, "url": url}
    for field, value in (
        ("title", named.title),
        ("author", named.author),
        ("outlet", _site_name(tree, named.sitename, named.hostname)),
        ("language", tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")),
    ):
        found[field] = Found(value, "the page's metadata") if value else None
    return {field: value for field, value in found.items() if value}


def _own_address(named: str | None, fetched: str) -> Found | None:
    if named and (not fetched or _site(named) == _site(fetched)):
        return Found(named, "the page's metadata")
    return Found(fetched, "the address it was fetched from") if fetched else None


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _without_declaration(markup: str) -> str:
    """lxml refuses decoded text that still declares an encoding."""
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", markup, count=1)


def _site_name(tree: HtmlElement, name: str | None, host: str | None) -> str | None:
    """The site's name. A host name or a handle that stands in for one does not tell who publishes."""
    if not name or (host and name.lower().removeprefix("www.") == host.lower().removeprefix("www.")):
        return None
    handles = {content.lstrip("@").lower() for key, content in _meta(tree) if key == "twitter:site"}
    names = {content.lower() for key, content in _meta(tree) if key == "og:site_name"}
    return None if name.lower() in handles - names else name


def _published(tree: HtmlElement, url: str) -> Found | None:
    """The day the page says it was published, in the one place that says it best."""
    for value in _linked_data(tree):
        if iso := dates.read(value):
            return Found(iso, "the page's metadata (JSON-LD datePublished)")
    named = [(key, content) for key, content in _meta(tree) if key in _DATE_NAMES]
    for key, content in sorted(named, key=lambda pair: _DATE_NAMES.index(pair[0])):
        if iso := dates.read(content):
            return Found(iso, f"the page's metadata ({key})")
    days = {iso for value in _times(tree) if (iso := dates.read(value))}
    if len(days) == 1:
        return Found(days.pop(), "the page's <time>")
    address = _DATED_ADDRESS.search(url)
    iso = dates.read("-".join(address.groups())) if address else None
    return Found(iso, "the page's address") if iso else None


def _meta(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    for element in tree.iter("meta"):
        key = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = (element.get("content") or "").strip()
        if key and content and not _of_a_picture(element):
            yield key.lower(), content


def _linked_data(tree: HtmlElement) -> Iterator[str]:
    """Each datePublished that a JSON-LD block gives for a story, not for a picture or a video in it."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue  # broken JSON-LD is common, and the page may name its date elsewhere
        for item in _items(data):
            published = item.get("datePublished")
            if isinstance(published, str) and _STORY_TYPES.search(str(item.get("@type", ""))):
                yield published


def _items(data: Any) -> Iterator[dict[str, Any]]:
    pending = [data]
    while pending:
        value = pending.pop(0)
        if isinstance(value, dict):
            yield value
            value = value.get("@graph", [])
        if isinstance(value, list):
            pending.extend(value)


def _times(tree: HtmlElement) -> Iterator[str]:
    """What the page's <time> elements say. Those that name themselves the publication's speak for all."""
    elements = [
        element for element in tree.iter("time") if not _of_a_picture(element) and not _in_running_text(element)
    ]
    named = [
        e for e in elements if e.get("pubdate") is not None or "datepublished" in (e.get("itemprop") or "").lower()
    ]
    for element in named or elements:
        yield (element.get("datetime") or element.text_content()).strip()


def _of_a_picture(element: HtmlElement) -> bool:
    for outer in element.iterancestors():
        if outer.tag in _ASIDE:
            return True
        if outer.get("itemscope") is not None or outer.get("itemtype"):
            return re.search(r"Image|Photo|Video|Media", outer.get("itemtype") or "") is not None
    return False


def _in_running_text(element: HtmlElement) -> bool:
    for outer in element.iterancestors("p", "li", "td", "blockquote"):
        return len(outer.text_content()) - len(element.text_content()) > _RUNNING_TEXT
    return False
