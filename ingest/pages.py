"""From one HTML page to its article and what the page itself declares about it. No network, and no guessed dates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urldefrag, urljoin, urlsplit

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
_AUTHOR_NAMES = (
    "author",
    "article:author",
    "byl",
    "dc.creator",
    "parsely-author",
    "sailthru.author",
    "citation_author",
)
_SITE_NAMES = ("og:site_name", "publisher", "dc.publisher", "citation_publisher", "application-name")
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
    url = _own_address(_address(tree, address), address)
    published = _published(tree, url.value if url else "")
    story = bare_extraction(tree, include_comments=False)
    text = getattr(story, "text", None) or ""
    if not text.strip():
        return {}
    language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    found: dict[str, Found | None] = {
        "text": Found(text, "the page"),
        "published": published,
        "url": url,
        "title": Found(named.title, "the page's metadata") if named.title else None,
        "author": _author(tree, named.author),
        "outlet": _outlet(tree, named.hostname),
        "language": Found(language, "the page's lang attribute") if language else None,
    }
    return {field: value for field, value in found.items() if value}


def _address(tree: HtmlElement, fetched: str) -> Found | None:
    """Where the page says that it stands."""
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and (named := (link.get("href") or "").strip()):
            return _absolute(named, fetched, "canonical link")
    for key, content in _meta(tree):
        if key == "og:url":
            return _absolute(content, fetched, "og:url")
    for item in _stories(tree):
        page = item.get("mainEntityOfPage")
        for value in (item.get("url"), page.get("@id") if isinstance(page, dict) else page):
            if isinstance(value, str) and (found := _absolute(value, fetched, "JSON-LD url")):
                return found
    return None


def _absolute(named: str, fetched: str, how: str) -> Found | None:
    try:
        address = urldefrag(urljoin(fetched, named)).url
    except ValueError:
        return None
    return Found(address, f"the page's metadata ({how})") if address.startswith(("http://", "https://")) else None


def _own_address(named: Found | None, fetched: str) -> Found | None:
    if named and (not fetched or _site(named.value) == _site(fetched)):
        return named
    return Found(fetched, "the address it was fetched from") if fetched else None


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _without_declaration(markup: str) -> str:
    """lxml refuses decoded text that still declares an encoding."""
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", markup, count=1)


def _author(tree: HtmlElement, guessed: str | None) -> Found | None:
    """Who wrote it, letter by letter as the page says it."""
    for item in _stories(tree):
        if names := _names(item.get("author")):
            return Found(", ".join(names), "the page's metadata (JSON-LD author)")
    named: dict[str, list[str]] = {}
    for key, content in _meta(tree):
        if key in _AUTHOR_NAMES and "://" not in content:
            named.setdefault(key, []).append(content.removeprefix("By ").removeprefix("by "))
    for key in _AUTHOR_NAMES:
        if key in named:
            return Found(", ".join(dict.fromkeys(named[key])), f"the page's metadata ({key})")
    # What was made of a byline counts only if it stands there.
    if guessed and " ".join(guessed.split()) in " ".join(tree.text_content().split()):
        return Found(guessed, "the page's byline")
    return None


def _names(value: Any) -> list[str]:
    """The names that JSON-LD gives for people and organisations."""
    values = value if isinstance(value, list) else [value]
    found = (item.get("name") if isinstance(item, dict) else item for item in values)
    flat = (name for item in found for name in (item if isinstance(item, list) else [item]))
    names = (" ".join(name.split()) for name in flat if isinstance(name, str) and "://" not in name)
    return list(dict.fromkeys(name for name in names if name))


def _outlet(tree: HtmlElement, host: str | None) -> Found | None:
    """The site's name. A host name or a handle that stands in for one does not tell who publishes."""
    meta = list(_meta(tree))
    handles = {content.lstrip("@").lower() for key, content in meta if key == "twitter:site"}
    declared = [(content, f"the page's metadata ({key})") for key in _SITE_NAMES for k, content in meta if k == key]
    told = [(name, "JSON-LD publisher") for item in _stories(tree) for name in _names(item.get("publisher"))]
    declared[1:1] = [(name, f"the page's metadata ({how})") for name, how in told]
    for name, how in [*declared, *_behind_title(tree)]:
        is_host = host and name.lower().removeprefix("www.") == host.lower().removeprefix("www.")
        if not is_host and (name.lower() not in handles or "og:site_name" in how):
            return Found(name, how)
    return None


def _behind_title(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """What follows the headline in the page's title, as in "Bridge hit | The Sample"."""
    title = " ".join((tree.findtext(".//title") or "").split())
    for headline in tree.iter("h1"):
        words = " ".join(headline.text_content().split())
        rest = title[len(words) :] if words and title.startswith(words) else ""
        if (name := re.fullmatch(r"\s+[|–—-]\s+([^|–—]{2,40})", rest)) and name[1].strip():
            yield name[1].strip(), "the page's title"


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
    """Each datePublished that JSON-LD gives for a story."""
    for item in _stories(tree):
        if isinstance(published := item.get("datePublished"), str):
            yield published


def _stories(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """What the JSON-LD blocks say of stories, not of a picture or a video in them."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue  # broken JSON-LD is common, and the page may say it elsewhere
        yield from (item for item in _items(data) if _STORY_TYPES.search(str(item.get("@type", ""))))


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
