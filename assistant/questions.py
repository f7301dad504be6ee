"""Questions from a file: JSON Lines, CSV or plain text, each with what it is asked within. No answer is made here."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from assistant.actors import names_of
from assistant.errors import AssistantError
from kb import Filters
from kb.article import day_range

__all__ = ["Row", "UnusableFile", "Within", "read_questions"]

_QUESTION_COLUMNS = ("question", "query", "q", "prompt", "text")
_LONGEST_CELL = 1 << 24  # characters; the CSV module's own limit is 128 thousand


class UnusableFile(AssistantError):
    """A file of questions or of answers cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Within:
    """What one question is asked within. None means no bound, and for `k` and `model` what is set."""

    since: str | None = None
    until: str | None = None
    outlet: str | None = None
    side: str | None = None
    k: int | None = None
    model: str | None = None
    """Which chat model writes, or "quoting"."""
    origin: str | None = None
    """Who reported it first: an agency, or the outlet itself."""
    language: str | None = None
    place: str | None = None
    """What an article has to name; several spellings of one place are parted by a bar, "Shusha|Shushi"."""

    @property
    def filters(self) -> Filters:
        """What of it tells which articles may be found."""
        spellings = [name.strip() for name in (self.place or "").split("|") if name.strip()]
        places = tuple(dict.fromkeys(known for name in spellings for known in names_of(name)))
        return Filters(
            self.since, self.until, self.outlet, self.origin, self.language, naming=(places,) if places else ()
        )

    def or_else(self, others: Within) -> Within:
        """These bounds, and the others' where there are none."""
        return Within(*(getattr(self, f.name) or getattr(others, f.name) for f in fields(Within)))

    def to_json(self) -> dict[str, Any]:
        """Those that are set."""
        return {f.name: value for f in fields(Within) if (value := getattr(self, f.name)) is not None}


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the file."""

    id: str
    question: str
    extra: Mapping[str, Any]
    """What else the file says in this row; passed through to the answer."""
    within: Within = Within()
    unusable: str | None = None
    """Why the question cannot be asked as the row has it."""


def read_questions(file: Path, column: str | None = None) -> list[Row]:
    """The questions of a .jsonl, .csv, .tsv or .txt file, in order; of standard input, of whatever kind, for "-".

    A row without an id gets one made from its question; if two rows have the same id, the later ones are numbered.
    `column` names the one that holds the questions, where its name does not tell.

    Raises:
        UnusableFile: the file cannot be read, has another ending, or has no column of questions.
    """
    readers = {".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".tsv": _csv, ".txt": _text}
    if str(file) == "-":
        text = _decoded(sys.stdin.buffer.read(), "standard input")
        found = _sniffed(text)("standard input", text, column)
    else:
        reader = readers.get(file.suffix.lower())
        if reader is None:
            raise UnusableFile(f"{file} is of no known kind; questions come as {', '.join(readers)}")
        try:
            text = _decoded(file.read_bytes(), str(file))
        except OSError as error:
            raise UnusableFile(f"{file} cannot be read: {error.strerror}") from error
        found = reader(str(file), text, column)
    rows, taken = [], set[str]()
    for number, (question, extra) in enumerate(found, 1):
        key = str(extra.pop("id", None) or hashlib.sha256(question.encode(errors="replace")).hexdigest()[:12])
        name, again = key, 1
        while name in taken:
            again += 1
            name = f"{key}#{again}"
        taken.add(name)
        rows.append(_row(name, question, extra, number))
    return rows


def _row(name: str, question: str, extra: dict[str, Any], number: int) -> Row:
    try:
        return Row(name, question, extra, _within(extra))
    except ValueError as error:
        return Row(name, question, extra, unusable=f"row {number}: {error}")


def _within(extra: Mapping[str, Any]) -> Within:
    """The bounds that a row names."""
    given = {str(key).strip().lower(): value for key, value in extra.items()}
    told: dict[str, Any] = {}
    for field in fields(Within):
        value = given.get(field.name)
        if value is None or not str(value).strip():
            continue
        if isinstance(value, list | dict | bool):
            raise ValueError(f"{field.name} is {json.dumps(value)[:60]}, and must be a text")
        told[field.name] = str(value).strip()
    for day in ("since", "until"):
        if day in told:
            try:
                day_range(told[day])
            except ValueError as error:
                raise ValueError(f"{day}: {error}") from None
    if "k" in told:
        if not told["k"].isdecimal() or not 1 <= int(told["k"]) <= 100:
            raise ValueError(f"k is {told['k'][:60]!r}, and must be a number from 1 to 100")
        told["k"] = int(told["k"])
    return Within(**told)


def _decoded(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"{where} is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def _sniffed(text: str) -> Any:
    """How to read what has no name: JSON Lines begin with a brace, a CSV with a line that has a column of questions."""
    first = next((line for line in text.split("\n") if line.strip()), "").strip()
    if first.startswith(("{", '"{')):
        return _jsonl
    cells = next(csv.reader([first], delimiter=_delimiter(first)), [])
    named = any(cell.strip().lower() in _QUESTION_COLUMNS for cell in cells)
    return _csv if named else _text


def _jsonl(where: str, text: str, column: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UnusableFile(f"{where}, line {number}: not JSON ({error}); write one object a line") from None
        if isinstance(found, str):
            found = {"question": found}
        if not isinstance(found, dict):
            raise UnusableFile(
                f'{where}, line {number}: not an object; write one object a line, such as {{"question": …}}'
            )
        name = _question_column(list(found), column, f"{where}, line {number}")
        question = found.pop(name)
        yield question if isinstance(question, str) else "" if question is None else json.dumps(question), found


def _csv(where: str, text: str, column: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    first = next((line for line in text.split("\n") if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    try:
        rows = [row for row in reader if any(row)]  # spreadsheets leave rows of nothing below
    except csv.Error as error:
        raise UnusableFile(f"{where}, line {reader.line_num}: broken CSV ({error}); mend its quotes") from None
    header, *rows = rows or [[]]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UnusableFile(f"{where}: two columns are called {twice[0]!r}; rename one")
    name = _question_column(header, column, where, rows)
    for row in rows:
        cells = dict(zip(header, [*row, *[""] * len(header)], strict=False))  # short rows lack empty cells at the end
        beyond = [cell for cell in row[len(header) :] if cell]
        if beyond:
            cells["(beyond the header)"] = ", ".join(beyond)
        question = cells.pop(name)
        yield question, {"id" if key.strip().lower() == "id" else key: cell for key, cell in cells.items()}


def _text(where: str, text: str, column: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if column is not None:
        raise UnusableFile(f"{where} is plain text and has no columns; leave out --column")
    for line in text.split("\n"):
        if line.strip():
            yield line.strip(), {}


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _question_column(names: Sequence[str], wanted: str | None, where: str, rows: Sequence[Sequence[str]] = ()) -> str:
    """The column named, else one with a name that tells, else the only one most of whose cells end with a "?"."""
    by_lower = {str(name).strip().lower(): name for name in names}
    looked_for = _QUESTION_COLUMNS if wanted is None else (wanted.strip().lower(),)
    found = next((by_lower[name] for name in looked_for if name in by_lower), None)
    if found is None and wanted is None:
        asking = [n for place, n in enumerate(names) if rows and 2 * _asking(rows, place) > len(rows)]
        found = asking[0] if len(asking) == 1 else None
    if found is None:
        there = ", ".join(map(repr, names))[:200] or "no columns"
        mend = f"call it {', '.join(_QUESTION_COLUMNS)}, or name it with --column"
        raise UnusableFile(f"{where}: no {wanted or 'question'} among {there}; {mend}")
    return found


def _asking(rows: Sequence[Sequence[str]], place: int) -> int:
    return sum(1 for row in rows if place < len(row) and row[place].rstrip().endswith("?"))
