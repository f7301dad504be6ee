"""From files and addresses to raw records: one reader per format, all streaming, none of which a bad file can stop.

Nothing is cleaned here. A record holds what the file says under our own names for it, and where it said so; whatever
cannot be read becomes a `Rejection` with its reason, and the rest is read on.
"""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TextIO

from ingest.decoding import LARGEST, Undecodable, damage, open_text, read_text
from ingest.exported import is_exported, restored
from kb.article import Article

if TYPE_CHECKING:
    from ingest.events import EventTable
    from ingest.feeds import Entry
    from ingest.pages import Found
    from ingest.web import Fetched, Web

__all__ = ["NAMES", "SUFFIXES", "Record", "Rejection", "expected", "load"]


@dataclass(frozen=True, slots=True)
class Record:
    """What one file, or one row of it, says about one article."""

    source: str
    """Which record this is, the same in every run: its URL, else its file and its id, else its file and its title."""
    fields: Mapping[str, str]
    """Under the names of `NAMES`; only what is given."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Where each field was found, in words for a reader."""
    file: str = ""
    """The file to read again to get this record again."""
    article: Article | None = None
    """The article itself, where the record is one that was exported: nothing is left to be cleaned."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that is no article, with the reason in one line."""

    source: str
    reason: str
    file: str = ""


NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "headline", "articletitle"),
    "text": ("text", "body", "content", "articlecontent", "articletext", "articlebody"),
    "published": ("published", "publishedat", "publishedon", "publicationdate", "datepublished", "pubdate", "date"),
    "outlet": ("outlet", "publisher", "source", "site", "sitename"),
    "origin": ("origin", "agency"),
    "author": ("author", "authors", "byline"),
    "url": ("url", "link"),
    "id": ("id", "unitid"),
    "language": ("language", "lang"),
}
"""Our name for a field, and what files call it, the most telling first; case, spaces and punctuation do not count."""

_RANKS = {alias: (name, rank) for name, aliases in NAMES.items() for rank, alias in enumerate(aliases)}
_NOTHING = {"", "nan", "none", "null", "n/a", "~", "nat"}  # what empty fields are exported as
_NOT_ARTICLES = re.compile(r"(?:readme|licen[cs]e)(?:\..*)?", re.IGNORECASE)
_ROW_LIMIT = LARGEST // 4  # characters; four bytes each at most
_FRONT = 64_000  # characters of front matter
_BRACKETS = 500  # in front matter, for each that is open makes the YAML parser slower
_MOST_PAGES = 500  # that one feed may name; feeds have tens of entries, and who made one may mean a site harm


@dataclass(frozen=True, slots=True)
class _File:
    """Bytes that a reader reads, wherever they came from."""

    path: Path
    """Where they lie; for what was fetched or unpacked, only as long as it is read."""
    suffix: str
    """What tells the format, as the end of a file's name."""
    name: str
    """What records in it are named after: an absolute path, an archive's path and the member's, or an address."""
    file: str
    """What to ingest again to get them again."""
    url: str = ""
    """Where it was fetched."""
    charset: str | None = None
    """The encoding that its server named."""
    web: Callable[[], Web] | None = None
    """How pages that it names are fetched. None if they are not: the user named neither an address nor a feed."""


def load(*paths: str | Path, allow_private_addresses: bool = False) -> Iterator[Record | Rejection]:
    """Every record in these files and folders, in sorted order, each file once, and at these http and https addresses.

    Never raises for what it finds there. In a folder, files that are no articles by their name are passed over:
    hidden ones, READMEs and licences, and those of a format we do not know. Nothing is fetched but the addresses, and
    the pages of feeds that are named by themselves; no address of this machine or its network unless allowed.
    """
    seen: set[str] = set()
    with ExitStack() as closing:

        @cache
        def web() -> Web:
            from ingest.web import Web

            return closing.enter_context(Web(allow_private_addresses=allow_private_addresses))

        for path in paths:
            if isinstance(path, str) and _ADDRESS.match(path):
                yield from _read_address(path, web)
                continue
            for found in _files(named := Path(path)):
                if isinstance(found, Rejection):
                    yield found
                elif (real := os.path.realpath(found)) not in seen:
                    seen.add(real)
                    yield from _read(_file(found, web if found is named else None))


def expected(*paths: str | Path) -> int | None:
    """About how many records `load` will give, without reading much: for telling how long a run will take. None if
    addresses are among the paths, or nothing is there."""
    if any(isinstance(path, str) and _ADDRESS.match(path) for path in paths):
        return None
    found = {os.path.realpath(file) for path in paths for file in _files(Path(path)) if isinstance(file, Path)}
    return sum(map(_about, map(Path, found))) or None


def _about(file: Path) -> int:
    try:
        match file.suffix.lower():
            case ".jsonl" | ".ndjson":
                with file.open("rb") as stream:
                    return sum(1 for line in stream if not line.isspace())
            case ".csv" | ".tsv":
                with file.open(encoding="utf-8", errors="replace", newline="") as stream:
                    return max(1, sum(1 for row in csv.reader(_lines(stream)) if row) - 1)
            case ".zip":
                with zipfile.ZipFile(file) as archive:
                    return sum(PurePath(name).suffix.lower() in SUFFIXES for name in archive.namelist())
    except (OSError, csv.Error, ValueError, RuntimeError, EOFError, NotImplementedError, zipfile.BadZipFile):
        pass  # whoever reads it says what is wrong with it
    return 1


_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def _file(path: Path, web: Callable[[], Web] | None = None) -> _File:
    name = _shown(path)
    return _File(path, path.suffix.lower(), name, name, web=web)


def _files(path: Path) -> Iterator[Path | Rejection]:
    """The files to read below `path`. A file that is named itself is read whatever it is called."""
    folders: set[str] = set()
    pending = [path]
    while pending:
        here = pending.pop()
        try:
            mode = here.stat().st_mode
            if stat.S_ISDIR(mode):
                if (real := os.path.realpath(here)) not in folders:  # a link may lead back to a folder above it
                    folders.add(real)
                    pending.extend(sorted(filter(_may_be_article, here.iterdir()), reverse=True))
            elif not stat.S_ISREG(mode):
                if here is path:
                    yield _refuse(_file(here), "neither a file nor a folder")
            elif here is path or here.suffix.lower() in SUFFIXES:
                yield here
        except (OSError, ValueError) as error:
            yield _refuse(_file(here), _reason(error))


def _may_be_article(path: PurePath) -> bool:
    return not path.name.startswith(".") and not _NOT_ARTICLES.fullmatch(path.name)


def _read(file: _File) -> Iterator[Record | Rejection]:
    reader = _READERS.get(file.suffix)
    if reader is None:
        known = ", ".join(sorted(SUFFIXES))
        yield _refuse(file, f'"{file.suffix}" is no format this reads; use one of {known}')
        return
    try:
        yield from reader(file)
    except Exception as error:  # the border: whatever a parser does to a bad file, the run goes on
        yield _refuse(file, _reason(error))


def _reason(error: Exception) -> str:
    match error:
        case Undecodable():
            return str(error)
        case FileNotFoundError() | NotADirectoryError():
            return "no such file or folder"
        case PermissionError():
            return "may not be read: permission denied; change its permissions"
        case OSError():
            return f"cannot be read: {error.strerror or error}"
        case RecursionError():
            return "nested too deeply"
    return " ".join(f"cannot be parsed ({type(error).__name__}): {error}".split())[:300]


def _read_address(address: str, web: Callable[[], Web], *, follow: bool = True) -> Iterator[Record | Rejection]:
    """What is at an address; and, if that is a feed, the pages it names, if they are to be followed."""
    from ingest.web import NotFetched

    try:
        fetched = web().get(address)
    except NotFetched as error:
        yield Rejection(address, str(error), address)
        return
    suffix = _suffix(fetched)
    with _laid_down(fetched.content, suffix) as path:
        file = _File(path, suffix, address, address, fetched.url, fetched.charset, web if follow else None)
        if suffix in _READERS:
            yield from _read(file)
        else:
            yield _refuse(file, f"{fetched.kind or suffix or 'data'} is no format this reads; use a page or a feed")


def _suffix(fetched: Fetched) -> str:
    """The format, by its media type, else by the end of its path: servers call what they do not know plain data."""
    named = PurePath(fetched.url.partition("?")[0]).suffix.lower()
    if fetched.kind in ("", "application/octet-stream", "binary/octet-stream", "text/plain"):
        return named if named in SUFFIXES else ".txt" if fetched.kind == "text/plain" else ""
    return _MEDIA_TYPES.get(fetched.kind, "")


@contextmanager
def _laid_down(content: bytes, suffix: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="accordingto-") as folder:
        path = Path(folder) / f"fetched{suffix}"
        path.write_bytes(content)
        yield path


def _read_plain(file: _File) -> Iterator[Record | Rejection]:
    yield _record(file, {"text": read_text(file.path, file.charset)}, "the file")


def _read_markdown(file: _File) -> Iterator[Record | Rejection]:
    text = read_text(file.path, file.charset)
    front = re.match(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", text, re.DOTALL | re.MULTILINE)
    fields = _front_matter(front[1]) if front else None
    if front is None or fields is None:
        body, named = text, {}
    else:
        body, named = text[front.end() :].lstrip("\r\n"), _named(fields, 'front matter "{}"')
    if "title" not in named and (heading := re.search(r"^# +(.+?)[ \t#]*$", body, re.MULTILINE)):
        named["title"] = (heading[1], "first heading")
    yield _record(file, {"text": body}, "the file", named)


def _front_matter(front: str) -> dict[Any, Any] | None:
    """The front matter's fields. None if it is none: two rules with text between them are no front matter.

    All scalars stay as they are written, dates too, for only then is their precision known.
    """
    import yaml

    if len(front) > _FRONT or sum(map(front.count, "[{")) > _BRACKETS:
        raise Undecodable(
            f"front matter of more than {_FRONT} characters or {_BRACKETS} brackets; shorten or remove it"
        )
    try:
        fields = yaml.load(front, Loader=yaml.BaseLoader)  # noqa: S506 - the safest there is: only text, lists, maps
    except yaml.YAMLError as error:
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise Undecodable(f"the front matter is not YAML ({problem}); mend it or remove it") from None
    return fields if isinstance(fields, dict) else None


def _read_html(file: _File) -> Iterator[Record | Rejection]:
    from ingest.pages import declared_charset, read_page

    declared = file.charset
    if declared is None:
        with file.path.open("rb") as raw:
            declared = declared_charset(raw.read(4096))
    page = read_page(read_text(file.path, declared), file.url)
    if "text" not in page:
        yield _refuse(file, "no article found in the page; save its text as .txt")
        return
    yield _document(file, page)


def _read_pdf(file: _File) -> Iterator[Record | Rejection]:
    from ingest.pdf import read_pdf

    yield _document(file, read_pdf(file.path))


def _read_docx(file: _File) -> Iterator[Record | Rejection]:
    from ingest.word import read_docx

    yield _document(file, read_docx(file.path))


def _read_mail(file: _File) -> Iterator[Record | Rejection]:
    from ingest.mail import read_mail

    yield _document(file, read_mail(file.path))


def _document(file: _File, found: Mapping[str, Found], place: str = "") -> Record:
    return _record(file, {}, "", {name: (item.value, item.how) for name, item in found.items()}, place=place)


def _read_zip(file: _File) -> Iterator[Record | Rejection]:
    from ingest.archives import Refused, unpack

    def wanted(member: PurePath) -> bool:
        return member.suffix.lower() in SUFFIXES and all(_may_be_article(part) for part in (member, *member.parents))

    with tempfile.TemporaryDirectory(prefix="accordingto-") as folder:
        for member in unpack(file.path, Path(folder), wanted):
            if isinstance(member, Refused):
                yield _refuse(file, member.reason, member.name)
            else:
                suffix = member.path.suffix
                yield from _read(_File(member.path, suffix, f"{file.name}#{member.name}", file.file))


def _read_feed(file: _File) -> Iterator[Record | Rejection]:
    from ingest.feeds import looks_like_feed, read_feed

    if file.suffix == ".xml" and file.web is None and not file.url and not looks_like_feed(file.path):
        return  # found in a folder, where XML may be anything
    fetched = 0
    for entry in read_feed(file.path, file.url):
        if "text" in entry.fields:
            yield _document(file, entry.fields, entry.place)
        elif file.web is None or not entry.link:
            mend = "; name the feed itself to fetch its pages" if entry.link else ""
            yield _refuse(file, f"only a teaser in the feed{mend}", entry.place)
        elif fetched == _MOST_PAGES:
            yield _refuse(file, f"the feed names more than {_MOST_PAGES} pages; ingest this one by itself", entry.link)
        else:
            fetched += 1
            yield from _page_of(entry, file.web)


def _page_of(entry: Entry, web: Callable[[], Web]) -> Iterator[Record | Rejection]:
    """The page that an entry names. What the page does not say about itself, the entry says."""
    for found in _read_address(entry.link, web, follow=False):
        if isinstance(found, Record):
            told = {name: item for name, item in entry.fields.items() if name not in found.fields}
            fields = {**found.fields, **{name: item.value for name, item in told.items()}}
            how = {**found.provenance, **{name: item.how for name, item in told.items()}}
            yield replace(found, fields=fields, provenance=how)
        else:
            yield found


def _read_json(file: _File) -> Iterator[Record | Rejection]:
    try:
        data = json.loads(read_text(file.path, file.charset))
    except json.JSONDecodeError as error:
        mend = "; if each line is an object, name it .jsonl" if error.msg == "Extra data" else ""
        yield _refuse(file, f"not JSON: {error}{mend}")
        return
    if isinstance(data, dict):
        yield _record(file, data, 'field "{}"')
    elif isinstance(data, list):
        for number, item in enumerate(data, 1):
            yield _object(file, item, f"item {number}")
    else:
        yield _refuse(file, "not a JSON object or a list of them")


def _read_jsonl(file: _File) -> Iterator[Record | Rejection]:
    with open_text(file.path, file.charset) as stream:
        for number, line in enumerate(_lines(stream), 1):
            if not line.strip():
                continue
            place = f"line {number}"
            try:
                broken = damage(line.rstrip("\r\n"))
                yield _refuse(file, broken, place) if broken else _object(file, json.loads(line), place)
            except (ValueError, RecursionError) as error:
                reason = error.msg if isinstance(error, json.JSONDecodeError) else _reason(error)
                yield _refuse(file, f"not JSON: {reason}", place)


def _object(file: _File, item: object, place: str) -> Record | Rejection:
    if not isinstance(item, dict):
        return _refuse(file, f"not a JSON object but {json.dumps(item)[:40]}", place)
    if is_exported(item):
        try:
            article = restored(item)
        except ValueError as error:
            return _refuse(file, f"no exported article: {error}", place)
        return Record(article.source, {}, file=file.file, article=article)
    return _record(file, item, 'field "{}"', place=place)


def _read_table(file: _File) -> Iterator[Record | Rejection]:
    csv.field_size_limit(max(csv.field_size_limit(), _ROW_LIMIT))  # the module's own limit is 128 KB, and process-wide
    with open_text(file.path, file.charset) as stream:
        first = next((line for line in _lines(stream) if line.strip()), "")
        delimiter = _delimiter(first)
        stream.seek(0)
        rows = csv.reader(_lines(stream), delimiter=delimiter, strict=True)
        header: list[str] | None = None
        events: EventTable | None = None
        while (row := _next_row(file, rows)) is not None:
            if isinstance(row, Rejection):
                yield row
            elif not row:
                continue
            elif header is None:
                header, events = row, _event_table(row)
                if not (events or any(_RANKS.get(_key(name), ("",))[0] == "text" for name in header)):
                    yield _refuse(file, _no_text_column(header))
                    return
            elif not (events and _is_tags(row)):
                yield _row(file, header, row, f"line {rows.line_num}", events)


def _next_row(file: _File, rows: Any) -> list[str] | Rejection | None:
    try:
        row: list[str] | None = next(rows, None)
    except csv.Error as error:
        return _refuse(file, f"broken CSV: {error}", f"line {rows.line_num}")
    return row


def _event_table(header: list[str]) -> EventTable | None:
    from ingest.events import table_of

    return table_of(header)


def _is_tags(row: list[str]) -> bool:
    from ingest.events import is_tags

    return is_tags(row)


def _row(
    file: _File, header: list[str], row: list[str], place: str, events: EventTable | None = None
) -> Record | Rejection:
    if len(row) != len(header):
        return _refuse(file, f"{len(row)} cells where the header has {len(header)}", place)
    if broken := next(filter(None, map(damage, row)), None):
        return _refuse(file, broken, place)
    if events is None:
        return _record(file, dict(zip(header, row, strict=True)), 'column "{}"', place=place)
    found = events.read({name.strip().lower(): " ".join(cell.split()) for name, cell in zip(header, row, strict=True)})
    return _refuse(file, found, place) if isinstance(found, str) else _document(file, found, place)


def _delimiter(header: str) -> str:
    """What parts the header into the most names that we know, then into the most names."""

    def names(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return sum(_key(cell) in _RANKS for cell in cells), len(cells)

    return max(",;\t|", key=names)


def _no_text_column(header: list[str]) -> str:
    found = ", ".join(name.strip() for name in header)[:200]
    return f"no column with the text: found {found}; name one of them {' or '.join(NAMES['text'][:4])}"


def _lines(stream: TextIO) -> Iterator[str]:
    """The stream's lines, each with its end; one that is too long to be a record ends the file."""
    for number in range(1, 1 << 62):
        line = stream.readline(_ROW_LIMIT)
        if not line:
            return
        if len(line) == _ROW_LIMIT:
            raise Undecodable(f"line {number} is longer than {_ROW_LIMIT} characters; split it")
        yield line


def _record(
    file: _File,
    raw: Mapping[Any, Any],
    how: str,
    named: Mapping[str, tuple[str, str]] | None = None,
    *,
    place: str = "",
) -> Record:
    """One record of `raw` under whatever names the file uses, and of `named`, which already has ours."""
    found = {**_named(raw, how), **(named or {})}
    if file.url and not place and "url" not in found:
        found["url"] = (file.url, "the address it was fetched from")
    fields = {name: value for name, (value, _) in found.items()}
    provenance = {name: where for name, (_, where) in found.items() if name not in ("text", "id")}
    return Record(fields.get("url") or _place(file.name, fields, place), fields, provenance, file.file)


def _place(file: str, fields: Mapping[str, str], place: str) -> str:
    """The key of a record without an address. The line counts only where nothing else tells rows apart, for a row
    that is put in above would make others of all below."""
    if not place:
        return file
    return f"{file}#{fields.get('id') or ' '.join(fields.get('title', '').split()) or place}"


def _named(raw: Mapping[Any, Any], how: str) -> dict[str, tuple[str, str]]:
    """The fields that we know, each with where it was found."""
    ranked: dict[str, tuple[int, str, str]] = {}
    for key, value in raw.items():
        name, rank = _RANKS.get(_key(key), ("", 0))
        text = _text(value, "\n\n" if name == "text" else ", ") if name else ""
        if name != "text":
            text = text.strip()
        if (text[:9].strip().lower() in _NOTHING and text.strip().lower() in _NOTHING) or (
            name == "url" and not re.fullmatch(r"https?://\S+", text)
        ):
            continue
        if name not in ranked or rank < ranked[name][0]:
            ranked[name] = (rank, text, how.format(str(key).strip()))
    return {name: (text, where) for name, (_, text, where) in ranked.items()}


def _key(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name)[:60]).lower()


def _text(value: object, joint: str) -> str:
    """A field's value as text: lists of names are joined, and an object that has a name goes by it."""
    match value:
        case str():
            return value
        case bool():
            return ""
        case int() | float():
            return str(value)
        case list():
            return joint.join(filter(None, (_text(item, joint) for item in value if not isinstance(item, list))))
        case {"name": str(name)}:
            return name
    return ""


def _refuse(file: _File, reason: str, place: str = "") -> Rejection:
    source, told = (f"{file.name}#{place}", f"{place}: {reason}") if place else (file.name, reason)
    return Rejection(source, told, file.file)


def _shown(path: Path) -> str:
    """The absolute path as text, even where the file's name is not."""
    return os.fsencode(os.path.normpath(path.absolute())).decode("utf-8", "backslashreplace")


_READERS: Mapping[str, Callable[[_File], Iterable[Record | Rejection]]] = {
    ".txt": _read_plain,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".json": _read_json,
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".csv": _read_table,
    ".tsv": _read_table,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".eml": _read_mail,
    ".zip": _read_zip,
    ".rss": _read_feed,
    ".atom": _read_feed,
    ".xml": _read_feed,
}
SUFFIXES = frozenset(_READERS)
"""The formats that can be read, as the ends of file names."""

_MEDIA_TYPES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "message/rfc822": ".eml",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/rss+xml": ".rss",
    "application/atom+xml": ".atom",
    "application/rdf+xml": ".rss",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".ndjson",
}
