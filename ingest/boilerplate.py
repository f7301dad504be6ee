"""What stands in an article and is not its story: captions, credits, promotion. Marked, never cut.

A wrong mark hides a sentence of the story for good, a missing one costs little. So every rule here wants a short line
of its own that opens like site furniture, or the syntax of a credit; none looks for a mere word inside a line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.article import Boilerplate

__all__ = ["Line", "lines_of", "marks_of"]

_SHORT = 200  # characters: promotion is no longer
_CAPTION = 500  # characters: captions are no longer, credit and all
_LABEL = 60  # characters: a line of fewer that comes again and is no sentence is a label
_BLOCK = 4  # lines: a caption with its credit is no longer


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: where it lies in the text, and its words, which start at `at`."""

    start: int
    end: int
    at: int
    words: str


def lines_of(text: str) -> list[Line]:
    """The lines of `text` that are not blank, in order."""
    return [
        Line(match.start(), match.end(), match.end() - len(match[0].lstrip()), words)
        for match in re.finditer(r"[^\n]+", text)
        if (words := match[0].strip())
    ]


def marks_of(lines: Sequence[Line]) -> list[Boilerplate]:
    """The marks on these lines of one text, in order and without overlaps.

    Each is a whole line, but for what runs on into the story: a caption, which ends with its credit, and a label.
    """
    marks: dict[int, Boilerplate] = {}
    captions: set[str] = set()
    for number, line in enumerate(lines):
        if credit := _credit(line):
            marks[number] = Boilerplate(line.start, credit.end, "photo credit" if credit.alone else "caption")
            captions.add(credit.caption)
            if credit.alone and (above := _caption_above(lines, number)) is not None:
                captions.add(lines[above].words)
                marks.setdefault(above, _whole(lines[above], "caption"))
        elif _is_gallery(line.words):
            marks[number] = _whole(line, "picture gallery")
        elif why := _promotion(line.words):
            marks[number] = _whole(line, why)
        elif label := _LABEL_BEFORE.match(line.words):
            marks[number] = Boilerplate(line.start, line.at + label.end(), "label")
    for number, why in _repeats(lines, captions):
        marks.setdefault(number, _whole(lines[number], why))
    return [marks[number] for number in sorted(marks)]


def _whole(line: Line, why: str) -> Boilerplate:
    return Boilerplate(line.start, line.end, why)


_AGENCY = (
    r"(?:AP|AFP|REUTERS|Reuters|EPA(?:-EFE)?|Xinhua|TASS|UPI|Getty(?:\sImages)?|Anadolu(?:\sAgency)?"
    r"|Landov|Shutterstock|Bloomberg)"
)
_BRACKETED = re.compile(
    rf"""\(\s*(?:
        (?i:(?:[\w.'’&-]{{1,20}}\s){{0,2}}(?:photo(?:graph)?|image|picture|illustration|screenshot|graphic)s?
            \s*(?:credits?\b|courtesy\b|source\b|by\b|via\b|[:/])[^()\n]{{0,160}})
      | (?i:(?:credits?|courtesy)\s*[:/][^()\n]{{0,160}})
      | [^()\n]{{0,120}}/\s?{_AGENCY}\b[^()\n]{{0,60}}
      | [^()\n]{{0,80}}\bvia\s{_AGENCY}\b[^()\n]{{0,40}}
      | (?:[^()\n]{{0,60}}\s)?(?:Getty\sImages|AP\sPhoto|AFP\sPhoto|Reuters\sphoto)\b[^()\n]{{0,80}}
    )\s*\)""",
    re.VERBOSE,
)
_TRAILING = re.compile(
    rf"""(?:^|(?<=[.!?,|"”’)\d\s]))(?:
        REUTERS/[^.()\n]{{2,60}}
      | (?:Photograph|Photo|Image|(?:^|(?<=[.!?"”)]\s))Picture)(?:\s(?:credit|courtesy|by))?\s*:\s?[^:\n]{{2,80}}
      | (?:Photograph|Photo)\sby\s[A-Z][^.:\n]{{2,80}}
      | Credit\s[A-Z][^.\n]{{2,60}}/[A-Z][\w\s]{{2,40}}
      | [^.!?\n]{{2,60}}/\s?{_AGENCY}(?:/[\w\s]{{2,30}})?
      | (?:[^.!?\n]{{2,60}}[\s/])?via\s(?:AP|AFP|REUTERS|Getty\sImages)
      | (?:AP|AFP)\s(?i:photo)(?:\s?/\s?[^.\n]{{2,60}})?
      | Getty\sImages
      | Picture\staken\s(?:on\s)?[A-Z][^.\n]{{4,30}}
    )[.,;\s]*$""",
    re.VERBOSE,
)
# Slide after slide in one line, each ending so; their pictures are of other days and other reports.
_GALLERY = re.compile(r"\b(?:hide caption|(?:photo|image|slide|picture)) \d{1,3} of \d{1,3}\b")
_OF_A_NUMBER = re.compile(r" of \d")  # for speed: it opens with letters that are soon found
# It stands on the line of the first of several points, and would be read as the start of its sentence.
_LABEL_BEFORE = re.compile(r"(?i:story highlights)\b\W{0,3}?(?=\s[\W_]?[A-Z\d])")
_REACH = 160  # characters: no credit at the end of a line is longer
_HINT = re.compile("/|via |[Hh]oto|HOTO|Getty|Picture|Image|Credit ")  # is in each of these, for speed
_OPENING = re.compile(
    r"""FILE(?:\sPHOTO|\sPICTURE|\sIMAGE)?\s?[:–—-]\s
      | (?i:file\sphoto)\s?:
      | (?i:(?:image\s(?:copyright|caption)|media\scaption|enlarge\sthis\simage|toggle\scaption|hide\scaption))\b
      | Facebook\sTwitter\sPinterest\s
    """,
    re.VERBOSE,
)
_OPENING_CREDIT = re.compile(
    r"(?:photo|image|picture|photograph|video)s?\s(?:credits?|source|courtesy(?:\sof)?)\b\s?:|credits?\s?:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Credit:
    """A credit, with what it credits."""

    end: int
    """Where in the text it ends, most often with its line."""
    caption: str
    """What stands before it on its line."""
    alone: bool
    """Whether it has a line to itself, so that what it credits stands on another."""


def _credit(line: Line) -> _Credit | None:
    words = line.words[: _CAPTION + 1]
    whole = len(words) <= _CAPTION
    if whole and _OPENING.match(words):
        return _Credit(line.end, "", alone=False)
    if whole and _OPENING_CREDIT.match(words):
        return _Credit(line.end, "", alone=True)
    tail = max(0, len(words) - _REACH)
    if whole and _HINT.search(words, tail) and (found := _TRAILING.search(words, tail)):
        return _credit_after(words[: found.start()].rstrip(" |"), line.end)
    for found in _BRACKETED.finditer(words) if "(" in words else ():
        caption, rest = words[: found.start()].rstrip(), words[found.end() :].strip(" .,|")
        sentence_ended = not caption or caption.endswith((".", "!", "?", '"', "”"))
        if whole and not rest and (sentence_ended or words.endswith(")")):
            return _credit_after(caption, line.end)
        if sentence_ended and rest[:1].isupper():
            return _Credit(line.at + found.end(), caption, alone=False)
    return None


def _is_gallery(words: str) -> bool:
    low = words.lower()
    return ("hide caption" in low or _OF_A_NUMBER.search(low) is not None) and _GALLERY.search(low) is not None


def _credit_after(caption: str, end: int) -> _Credit:
    return _Credit(end, caption, alone=not caption)


def _caption_above(lines: Sequence[Line], number: int) -> int | None:
    """The line that a credit on its own line belongs to: the one right above it, with no blank line between, in a
    block too short to be a story. The first line of a text is its headline and never a caption."""
    first = last = number
    while first > 0 and lines[first - 1].end + 1 == lines[first].start and number - first < _BLOCK:
        first -= 1
    while last + 1 < len(lines) and lines[last].end + 1 == lines[last + 1].start and last - number < _BLOCK:
        last += 1
    stands_apart = 0 < first < number and last - first < _BLOCK
    return number - 1 if stands_apart and len(lines[number - 1].words) <= _CAPTION else None


def _repeats(lines: Sequence[Line], captions: set[str]) -> Iterator[tuple[int, str]]:
    """Other copies of a caption, and short lines without a sentence that come again, like labels and buttons. The
    headline is the first line, and its own copies count without it."""
    copies = Counter(line.words for line in lines if len(line.words) <= _CAPTION)
    for number, line in enumerate(lines):
        if len(line.words) >= _LABEL // 3 and line.words in captions:
            yield number, "repeated caption"
        elif number and copies[line.words] > 1 and _is_label(line.words):
            yield number, "repeated line"


def _is_label(words: str) -> bool:
    return len(words) <= _LABEL and words[-1].isalnum() and not words.isdigit() and not re.search(r"[.!?:;,]\s", words)


_OPENS = re.compile(
    r"""[\W_]{0,4}(?:
      (?P<newsletter_promotion>
          sign\ ?up\ (?:for|to|here|now|today)\b.*\b(?:newsletters?|alerts?|e-?mails?|briefing|inbox|digest)\b.*
        | (?:sign\ ?up|subscribe)(?:\ (?:here|now|today|free|for\ free))?\W*
        | subscribe\ to\ .*\b(?:newsletters?|channel|podcast|e-?mails?|magazine|updates|alerts|digest|feed)\b.*
        | stay\ (?:updated|informed|connected|up[ -]to[ -]date)\ (?:with|on|about)\b
          .*\b(?:news|stories|updates|newsletter)\b.*
        | get\ .*\b(?:newsletters?|(?:delivered|sent|emailed)\ .*\binbox|in\ your\ inbox)\b.*
        | by\ signing\ up,?\ you\ agree\b.*
      )
    | (?P<social_media_promotion>
          follow\ (?:@\w|(?:us|me|him|her|them|(?:the\ )?(?-i:[A-Z][\w.'’]*(?:\ [A-Z][\w.'’]*){0,4})|the\ authors?)
          \ on\ (?:twitter|facebook|instagram|telegram|youtube|x|social\ media)\b).*
        | (?:like|join|find|watch)\ us\ on\ (?:twitter|facebook|instagram|telegram|youtube|x\b|social\ media).*
        | share\ (?:this|on|via)(?:\ (?:article|story|post|page|facebook|twitter|e-?mail|whatsapp|link)\b.*)?
        | read\ or\ share\ this\ story\b.*
      )
    | (?P<advertisement>
          advertisements?\b(?:\W*|\W+(?:advertisement|continue|story|article|scroll)\b.*)
        | (?:story|article)\ continue[sd]?\ (?:below|after)\b.*
        | continue\ reading(?:\ (?:below|the\ main\ story))?\W*
        | sponsored(?:\ (?:content|links?))?\W*
      )
    | (?P<promotion>
          click\ (?:here\b|for\ more\b|to\ (?:read|watch|subscribe|view|see|get|listen)\b).*
        | download\ (?:the|our)\ .*\bapp\b.*
        | read\ (?:more|also|next|full\ story|the\ full\ story)\W*
        | (?:read\ (?:more|also|next)|also\ read|see\ also|related|more|watch|photos|videos?|in\ pictures|gallery)\ ?:.*
        | (?:related|recommended|more)\ (?:stories|articles|coverage|news|content|topics|links|videos?)\W*
        | more\ (?:on\ this|from\ (?:the\ )?(?-i:[A-Z])[\w\ .']{1,40}(?<![.]))[:…]*
        | you\ (?:may|might)\ also\ (?:like|be\ interested\ in)\W*
      )
    | (?P<copyright_notice>
          (?:©|\(c\)\ ?\d|copyright\b\W*(?:©|\(c\)|\d{4}\b|by\b)).*
        | all\ rights\ reserved\W*(?:\.\ .*)?
        | this\ material\ may\ not\ be\ (?:published|reproduced|broadcast)\b.*
      )
    | (?P<contributors>
          contribut(?:ing|ors?)\ ?:\ ?(?:the\ )?(?-i:[A-Z]).*
        | (?:additional\ )?(?:reporting|writing|editing)\ by\ (?-i:[A-Z]).*
      )
    | (?P<page_furniture>
          (?:just\ watched\b.*\bmust\ watch|media\ playback\ is\ (?:un|not\ )supported)\b.*
        | (?:play\ video\ \d|slideshow\ \(\d|(?:prev|next)\ image\ \d).*
        | (?:photo|video|image|close|print|tweet|share|comments?|leave\ a\ comment|view\ comments|loading|pullquote)\W*
        | (?:listen\ to\ this\ article|skip\ to\ (?:main\ )?content|toggle\ navigation|back\ to\ top)\W*
      )
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ENDS = (  # what is told by its end, with a word that must be in the line, for speed
    (
        "inbox",
        "newsletter promotion",
        re.compile(r".*\b(?:delivered|straight|sent|direct)\ (?:\w+\ )?to\ your\ inbox\b.*", re.I),
    ),
    ("ead more", "promotion", re.compile(r".*[\w'’?!)]\ Read\ more")),
    (
        "contributed",
        "contributors",
        re.compile(r".*\bcontributed (?:reporting|to (?:this|the) (?:report|story|article))\b.{0,60}", re.I),
    ),
)
_REPORTED = re.compile(r"\b(?:said|says|told|asked|urged|warned|according\s+to)\b|[“\"].{20,}[”\"]", re.IGNORECASE)


def _promotion(words: str) -> str | None:
    """What kind of site furniture the line is. A line in which somebody speaks is a sentence of the story."""
    if len(words) > _SHORT:
        return None
    found = _OPENS.fullmatch(words)
    why = found.lastgroup.replace("_", " ") if found and found.lastgroup else None
    if why is None:
        why = next((why for hint, why, pattern in _ENDS if hint in words and pattern.fullmatch(words)), None)
    spoken = why not in (None, "contributors", "copyright notice") and _REPORTED.search(words)
    return None if spoken else why
