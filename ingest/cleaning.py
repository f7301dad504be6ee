"""From a raw record to an article, or to the reason why it is none. Pure: nothing is read and nothing is fetched.

What the record does not give is looked for in the text, and only where a text says it outright: a dateline, a date on
a line of its own, the outlet's name in its own promotion. Whatever is found says where it was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from ingest import dates
from ingest.boilerplate import Line, lines_of, marks_of
from ingest.languages import detected
from ingest.loaders import Record, Rejection
from kb.article import Article, Boilerplate, day_range

__all__ = ["Given", "clean"]

_FEWEST_WORDS = 3  # "Ceasefire is over." is a story; fewer words are a heading or a rest
_LONGEST_TITLE = 250  # characters: a longer first line is a paragraph
_TITLE_CUT = 80  # characters of a paragraph that has to stand in for a headline
_TOP = 6  # lines in which a text says when, where and by whom it was written
_BOTTOM = 3  # lines in which it says so if it does at the end
_SHOWN = 100  # characters of a line that are quoted as evidence


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says about everything in a run. It wins over what the files say.

    Raises:
        ValueError: `published` is no ISO date.
    """

    outlet: str | None = None
    published: str | None = None
    origin: str | None = None

    def __post_init__(self) -> None:
        if self.published is not None:
            day_range(self.published)


@dataclass(frozen=True, slots=True)
class _Found:
    """A field's value, and how it was found in words for a reader."""

    value: str
    how: str


@dataclass(frozen=True, slots=True)
class _Page:
    """A text by its lines: which are marked, and which of the others stand at its top and bottom."""

    text: str
    lines: Sequence[Line]
    marks: Mapping[int, Boilerplate]
    """By where their line starts."""
    top: Sequence[Line]
    bottom: Sequence[Line]

    @classmethod
    def of(cls, text: str) -> _Page:
        lines = lines_of(text)
        marks = {mark.start: mark for mark in marks_of(lines)}
        story = (line for line in lines if line.start not in marks)
        end = (line for line in reversed(lines) if line.start not in marks)
        return cls(text, lines, marks, list(islice(story, _TOP)), list(islice(end, _BOTTOM)))

    def marked(self, why: str) -> Iterator[str]:
        """The lines that are marked so, in words."""
        return (self.text[mark.start : mark.end].strip() for mark in self.marks.values() if mark.why == why)


def clean(record: Record, given: Given | None = None) -> Article | Rejection:
    """The article that `record` holds, with what is not its story marked, or why there is none."""
    given = given or Given()
    if record.article is not None:
        return _told(record.article, given)
    fields = {name: _plain(value) for name, value in record.fields.items()}
    source, text = _plain(record.source), fields.get("text", "")
    if reason := _too_little(text):
        return Rejection(source, reason, record.file)
    page = _Page.of(text)
    known = {name: _Found(fields[name], record.provenance.get(name, "the file")) for name in fields if fields[name]}
    outlet = _command_line(given.outlet) or known.get("outlet") or _outlet(page)
    title = _title(known.get("title"), page)
    found = {
        "title": title,
        "outlet": outlet,
        "origin": _command_line(given.origin) or known.get("origin") or _origin(page, known.get("author"), outlet),
        "author": known.get("author") or _author(page),
        "published": _command_line(given.published) or _published(page, known.get("published")),
        "url": known.get("url"),
        "language": _language(known.get("language"), page),
    }
    marks = _all_marks(page, title.value)
    # A record with a title of its own says that it is an article, however little it holds; pasted text does not.
    if "title" not in known and not _has_story(page, marks, title.value):
        return Rejection(source, "nothing but a headline and site furniture; paste the story too", record.file)
    values = {name: item.value or None if item else None for name, item in found.items()}
    return Article(
        text=text,
        title=title.value,
        source=source,
        outlet=values["outlet"],
        origin=values["origin"],
        author=values["author"],
        published=values["published"],
        url=values["url"],
        language=values["language"],
        boilerplate=marks,
        provenance={name: _plain(item.how) for name, item in found.items() if item},
    )


def _told(article: Article, given: Given) -> Article:
    """An exported article as it is, but for what the user says about everything in this run."""
    said = {name: value for name in ("outlet", "published", "origin") if (value := getattr(given, name))}
    how = {**article.provenance, **dict.fromkeys(said, "command line")}
    return replace(article, **said, provenance=how) if said else article


_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNUSUAL = re.compile("[\0\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")
_WORDS = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\w+")  # scripts without spaces: by letter


def _plain(text: str) -> str:
    """The text as it came, but for line ends, and for what no database and no encoding would take."""
    if _UNUSUAL.search(text) is None:
        return text
    return _SURROGATES.sub("\ufffd", _LINE_ENDS.sub("\n", text).replace("\0", ""))


def _too_little(text: str) -> str | None:
    words = sum(1 for _ in islice(_WORDS.finditer(text), _FEWEST_WORDS))
    if words == 0:
        return "no text"
    if words >= _FEWEST_WORDS:
        return None
    return f"only {words} word{'s' * (words > 1)} of text; an article has at least {_FEWEST_WORDS}"


def _command_line(value: str | None) -> _Found | None:
    return _Found(value, "command line") if value else None


def _shown(words: str) -> str:
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"


def _language(known: _Found | None, page: _Page) -> _Found | None:
    """ "en" for "en-US", for what is written is English all the same. What is not given is told by the story itself."""
    if known and (tag := re.fullmatch(r"([A-Za-z]{2,3})(?:[-_]\w+)*", known.value)):
        return _Found(tag[1].lower(), known.how)
    if known:
        return known
    found = detected("\n".join(line.words for line in page.top))
    return _Found(found, "told by the text's words") if found else None


def _title(known: _Found | None, page: _Page) -> _Found:
    if known:
        return _Found(" ".join(known.value.split()), known.how)
    lines = [line for line in page.top if not (_date_line(line.words) or _byline(line.words))] or page.lines
    first = lines[0].words
    if len(first) <= _LONGEST_TITLE and len(page.lines) > 1:
        return _Found(first, "first line")
    cut = first[:_TITLE_CUT].rsplit(None, 1)[0] if len(first) > _TITLE_CUT else first
    return _Found(f"{cut.rstrip('.…')}…", "start of the text")


_PERSON = (
    r"[A-Z][\w.'’-]*(?:\s(?:[A-Z][\w.'’-]*|de|del|al|el|la|der|van|von|bin|ibn)){1,4}"  # two words: "By Sea" is none
)
_BYLINE = re.compile(rf"(?:By|BY)\s*:?\s+({_PERSON}(?:(?:,\s?|\s(?:and|AND|&|\|)\s|,\sand\s){_PERSON}){{0,6}})")
_DAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\d", re.IGNORECASE)


def _byline(words: str) -> str | None:
    """Whom the line names, if it is a byline: people and nothing else."""
    if len(words) > _SHOWN or (found := _BYLINE.fullmatch(words)) is None or _DAY.search(words):
        return None
    return found[1]


def _author(page: _Page) -> _Found | None:
    """The people of the byline, without the agency they work for."""
    for line in page.top:
        parts = re.split(r",\s*|\s\|\s", _byline(line.words) or "")
        if people := ", ".join(part for part in parts if part and not _agency(part)):
            return _Found(people, f'byline: "{line.words}"')
    return None


_PUBLISHED = re.compile(
    r"(?:(?:first\s+)?(?:published|posted)(?:\s+(?:on|at))?|date(?:\s+of\s+publication)?|publication\s+date)\s*:?\s+",
    re.IGNORECASE,
)
_UPDATED = re.compile(r"\(?(?:last\s+)?(?:updated|modified)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _DateLine:
    iso: str
    alone: bool
    """Whether the line holds nothing else. Where the story runs on, only a date that is announced by a word like
    "published", or by its weekday, dates the text and not an event in it."""


def _date_line(words: str) -> _DateLine | None:
    """When the text was published, if the line opens with that."""
    label = _PUBLISHED.match(words)
    rest = words[label.end() :] if label else words
    found = dates.leading(rest)
    if found is None:
        return None
    tail = rest[found.end :].strip(" |·•,–—-.")
    if not tail or (len(words) <= _SHOWN and _UPDATED.match(tail)):
        return _DateLine(found.iso, alone=True)
    announced = (label or found.has_weekday) and rest[found.end : found.end + 1].isspace() and tail[0].isupper()
    return _DateLine(found.iso, alone=False) if announced else None


def _published(page: _Page, known: _Found | None) -> _Found | None:
    """The date given, else the one that the text opens with. A date given that cannot be read is said to be so."""
    if known is None:
        return _date_in(page)
    if iso := dates.read(known.value):
        return _Found(iso, known.how)
    not_understood = f'not understood: "{_shown(known.value)}"'
    if found := _date_in(page):
        return _Found(found.value, f"{found.how}; {known.how} {not_understood}")
    return _Found("", not_understood)


def _date_in(page: _Page) -> _Found | None:
    """From a dateline, or from a line that is a date. Two lines with different dates are a timeline."""
    alone: dict[str, str] = {}
    for number, line in enumerate(page.top):
        if dateline := _dateline(line.words):
            if dateline.iso:
                return _Found(dateline.iso, f'dateline: "{dateline.words}"')
        elif found := _date_line(line.words):
            if not found.alone:
                if number < 2:
                    return _Found(found.iso, f'start of the text: "{_shown(line.words)}"')
            else:
                alone.setdefault(found.iso, line.words)
    if len(alone) == 1:
        return next(_Found(iso, f'date line: "{words}"') for iso, words in alone.items())
    return None


_AGENCIES: Mapping[str, str] = {
    alias: name
    for name, aliases in {
        "Reuters": ("reuters", "thomson reuters"),
        "AP": ("ap", "associated press"),
        "AFP": ("afp", "agence france-presse", "agence france presse"),
        "UPI": ("upi", "united press international"),
        "Xinhua": ("xinhua", "xinhua news agency"),
        "TASS": ("tass", "itar-tass"),
        "RIA Novosti": ("ria novosti", "ria"),
        "Interfax": ("interfax",),
        "dpa": ("dpa", "deutsche presse-agentur"),
        "EFE": ("efe",),
        "ANSA": ("ansa",),
        "Anadolu": ("anadolu", "anadolu agency", "aa"),
        "Kyodo": ("kyodo", "kyodo news"),
        "Yonhap": ("yonhap", "yonhap news agency"),
        "PTI": ("pti", "press trust of india"),
    }.items()
    for alias in aliases
}
_PLACE = r"[A-Z][\w.'’-]*(?:(?:\s*[,/]\s*|\s+)(?:[A-Z0-9][\w.'’-]*|of|de|al|el|and|the)){0,8}"
_DATELINE = re.compile(rf"(?:(?P<place>{_PLACE}),?\s*)?\((?P<agency>[A-Z][\w.&'’ -]{{1,39}})\)\s*(?:--?|[–—]|:)\s*")
_SLASHED = re.compile(rf"(?P<place>{_PLACE})\s*/(?P<agency>[A-Z][\w ]{{1,19}})/\.?")
_CONTRIBUTED = re.compile(
    r"(.+?)\s+contributed\s+to\s+this\s+(?:report|story|article)\W*|contributing\s*:\s*(.+)", re.I
)
_AGENCY_LINE = re.compile(r"(?:\(|source\s*:\s*|by\s+|—\s*|-\s*)?(.{2,40}?)\)?\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Dateline:
    agency: str
    iso: str | None
    words: str


def _agency(name: str) -> str | None:
    """The name that we use for a news agency, if this is one."""
    plain = " ".join(name.lower().split()).strip(" .").removeprefix("the ")
    return _AGENCIES.get(plain)


def _dateline(words: str) -> _Dateline | None:
    """Place, day and agency that the line opens with, as in "KARVINA, Sept 19 (Sample Wire) - ".

    An agency that we do not know needs a place in capitals before it: "The Front (TPF) - " opens a sentence.
    """
    head = words[:160]
    found = _DATELINE.match(head) or _SLASHED.match(head)
    if found is None:
        return None
    place, known = found["place"] or "", _agency(found["agency"])
    first = re.match(r"[^\W\d_]+", place)
    if known is None and not (first and len(first[0]) > 3 and first[0].isupper() and found.re is _DATELINE):
        return None
    days = (dates.leading(place[comma.end() :]) for comma in re.finditer(r",\s*|\s+", place))
    iso = next((day.iso for day in days if day), None)
    return _Dateline(known or found["agency"].strip(), iso, found[0].strip())


def _origin(page: _Page, author: _Found | None, outlet: _Found | None) -> _Found | None:
    """The agency that the text names as its own. None if that is the outlet itself, or if it names two."""
    found = _agency_at_top(page) or _agency_as_author(page, author) or _agency_at_end(page)
    if found is None or (outlet and _same(found.value, outlet.value)):
        return None
    return found


def _same(agency: str, outlet: str) -> bool:
    """Whether an agency is its own outlet: "Reuters", "The Associated Press", "CNN (Web News)" for "CNN"."""
    return agency == _agency(outlet) or f"{outlet.lower()} ".startswith(f"{agency.lower()} ")


def _agency_at_top(page: _Page) -> _Found | None:
    for line in page.top:
        if dateline := _dateline(line.words):
            return _Found(dateline.agency, f'dateline: "{dateline.words}"')
    return None


def _agency_as_author(page: _Page, author: _Found | None) -> _Found | None:
    if author and (agency := _agency(author.value)):
        return _Found(agency, f"the author, from {author.how}")
    for line in (*page.top, *page.bottom):
        employer = re.split(r",|\|", _byline(line.words) or "")[-1]
        alone = _AGENCY_LINE.fullmatch(line.words) if len(line.words) <= _SHOWN else None
        if agency := _agency(employer) or (_agency(alone[1]) if alone else None):
            return _Found(agency, f'line: "{line.words}"')
    return None


def _agency_at_end(page: _Page) -> _Found | None:
    found = {}
    for words in page.marked("contributors"):
        if (match := _CONTRIBUTED.fullmatch(words)) and (agency := _agency(match[1] or match[2])):
            found[agency] = _Found(agency, f'closing line: "{words}"')
    for words in page.marked("copyright notice"):
        if (match := _COPYRIGHT.match(words)) and (agency := _agency(match["name"])):
            found[agency] = _Found(agency, f'copyright notice: "{_shown(words)}"')
    return found.popitem()[1] if len(found) == 1 else None


_NAME = r"(?:The\s)?[A-Z][\w.&'’-]*(?:\s(?:of|and|&|the|[A-Z][\w.&'’-]*)){0,5}?"
_SUBSCRIBE = re.compile(
    rf"(?i:subscribe\s+to)\s+(?P<name>{_NAME})(?:['’]s)?(?:\s(?:daily|weekly|free))*\s(?i:newsletters?)\b"
)
_COPYRIGHT = re.compile(
    rf"(?:(?i:copyright|\(c\))|©|[\s,:-]|\d{{4}}|(?i:\bby\b))+(?<![\w])(?P<name>{_NAME})"
    r"(?=,?\s(?:LLC|Inc|Ltd|Limited|Corp|Co|PLC|Group|Company)\b|\s?[.,;|]|\s(?i:all\s+rights)|\s\d{4}|\s*$)"
)
_NO_OUTLET = re.compile(
    r"\b(?:syndicate|content|images?|photos?|rights|author|agency|press association)\b", re.IGNORECASE
)
_COMMON = {
    *("the", "daily", "weekly", "morning", "evening", "breaking", "news", "opinion", "free", "our", "email", "top"),
    *("best", "world", "politics", "briefing", "digest", "headlines", "today", "week", "this", "your", "newsletter"),
}


def _outlet(page: _Page) -> _Found | None:
    """The outlet that promotes itself in the text, or that holds its rights. None if it names two."""
    found = {}
    for words in page.marked("newsletter promotion"):
        if (match := _SUBSCRIBE.match(words)) and not _COMMON.issuperset(match["name"].lower().split()):
            found[match["name"]] = _Found(match["name"], f'promotion line: "{_shown(words)}"')
    for words in page.marked("copyright notice"):
        if (match := _COPYRIGHT.match(words)) and not (_agency(match["name"]) or _NO_OUTLET.search(match["name"])):
            name = match["name"].rstrip(".")  # of the sentence
            found[name] = _Found(name, f'copyright notice: "{_shown(words)}"')
    return found.popitem()[1] if len(found) == 1 else None


def _all_marks(page: _Page, title: str) -> tuple[Boilerplate, ...]:
    """The page's marks, and those on lines at its top that say what the fields now say."""
    marks = dict(page.marks)
    story_starts = Article(page.text, title, "").body_start
    wanted = " ".join(title.split()).casefold()
    for line in page.top:
        if line.end <= story_starts:
            continue
        found = _date_line(line.words)
        if found and found.alone:
            marks[line.start] = Boilerplate(line.start, line.end, "date line")
        elif _byline(line.words):
            marks[line.start] = Boilerplate(line.start, line.end, "byline")
        elif " ".join(line.words.strip("#*_= ").split()).casefold() == wanted:
            marks[line.start] = Boilerplate(line.start, line.end, "headline")
    return tuple(marks[start] for start in sorted(marks))


def _has_story(page: _Page, marks: Sequence[Boilerplate], title: str) -> bool:
    position = Article(page.text, title, "").body_start
    for mark in (*marks, Boilerplate(len(page.text), len(page.text), "the end")):
        if _WORDS.search(page.text, position, max(position, mark.start)):
            return True
        position = max(position, mark.end)
    return False
