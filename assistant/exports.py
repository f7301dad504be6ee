"""Answers for other programs: many as one table or one report, the evidence of one as CSV, BibTeX or CSL-JSON. Pure.

Spreadsheets run cells that begin like a formula, and what stands in them here was written by others. So an apostrophe
is put before a cell that begins with =, +, - or @ (after white space too), with a tab, a line end or an apostrophe, and
within a cell before the same signs right after a line end, a tab or a semicolon, where a program that is told another
separator would begin a cell. To get the very text back, take one apostrophe off in each of these places.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from assistant.answer import Answer, Citation
from assistant.rendering import dated, escaped, markdown, reply_in_words
from kb import Article

__all__ = ["FORMATS", "answer_report", "bibtex", "cell", "csl_json", "evidence_csv", "report", "text_of_cell"]

FORMATS = ("jsonl", "csv", "md")
_ACTS = re.compile(r"^(?=\s*[=+\-@＝＋－＠]|['\t\r\n])|(?<=[\r\n\t;])(?=[^\S\r\n\t]*[=+\-@＝＋－＠]|')")
_DISARMED = re.compile(r"^'|(?<=[\r\n\t;])'")
_FIRST = 3  # citations that a flat row names
_Find = Callable[[str], Article | None]


def cell(value: object) -> str:
    """A value as a cell that no spreadsheet runs. Lists and objects become JSON, nothing becomes an empty cell."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _ACTS.sub("'", text)


def text_of_cell(cell: str) -> str:
    """The text that `cell` made harmless."""
    return _DISARMED.sub("", cell)


# -- many answers


def report(lines: Sequence[Mapping[str, Any]], form: str) -> str:
    """The lines of a batch as one "csv" or one "md" text.

    A CSV has one row a question: id, question, what the file of questions had beside it, status, reason, answer, what
    was left out unverified, warnings, sources, the first citations, error.
    """
    return _flat(lines) if form == "csv" else "".join(_in_markdown(lines))


def _flat(lines: Sequence[Mapping[str, Any]]) -> str:
    answers = [None if "error" in line else Answer.from_json(line) for line in lines]
    said = set(Answer("", "answered").to_json()) | {"id", "filters", "tokens", "error"}
    brought = list(dict.fromkeys(key for line in lines for key in line if key not in said))
    rows = []
    for line, answer in zip(lines, answers, strict=True):
        row = {"id": line["id"], "question": line["question"]}
        # What the file brought may have the name of one of our columns.
        row |= {_column(key): line.get(key) for key in brought}
        row |= _flat_answer(answer) if answer else {"status": "failed", "error": line["error"]}
        rows.append(row)
    own = list(_flat_answer(Answer("", "answered")))
    return _csv(["id", "question", *map(_column, brought), *own, "error"], rows)


def _column(key: str) -> str:
    return f"input_{key}" if key in _flat_answer(Answer("", "answered")) else key


def _flat_answer(answer: Answer) -> dict[str, Any]:
    shown = answer.citations[:_FIRST]
    row: dict[str, Any] = {
        "status": answer.status,
        "reason": answer.reason,
        "answer": "\n".join(_said(answer)),
        "unverified": answer.checks.unverified,
        "warnings": ", ".join(answer.sources.warnings),
        "articles": answer.sources.articles,
        "origins": answer.sources.origins,
        "outlets": answer.sources.outlets,
        "sides": ", ".join(answer.sources.sides),
    }
    for number in range(1, _FIRST + 1):
        citation = shown[number - 1] if number <= len(shown) else None
        row[f"citation_{number}"] = _named(citation) if citation else None
        row[f"quote_{number}"] = citation.quote if citation else None
        row[f"place_{number}"] = f"{citation.article_id}:{citation.start}-{citation.end}" if citation else None
    return row


def _said(answer: Answer) -> Iterator[str]:
    for statement in answer.statements:
        reply = reply_in_words(answer, statement)
        lead = f"{reply}: " if reply else ""
        yield f"{lead}{statement.text} {''.join(f'[{citation.id}]' for citation in statement.citations)}"


def _named(citation: Citation) -> str:
    return f"{citation.outlet or 'outlet unknown'}, {dated(citation.published)}: {citation.title}"


def _in_markdown(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "# Questions and answers\n"
    for number, line in enumerate(lines, 1):
        yield f"\n## {number}. {escaped(line['question']) or '(empty)'}\n\n"
        if "error" in line:
            yield f"**Not answered:** {escaped(line['error'])}\n"
            continue
        answer = Answer.from_json(line)
        if bounds := line.get("filters"):
            yield f"Within: {escaped(', '.join(f'{name} {value}' for name, value in bounds.items()))}\n\n"
        yield _body(answer)


# -- one answer


def answer_report(answer: Answer) -> str:
    """An answer as Markdown: the question, the answer, and every source with its exact words."""
    return f"# {escaped(answer.question)}\n\n{_body(answer)}"


def _body(answer: Answer) -> str:
    lines = [markdown(answer), ""]
    lines += ["Sources:", ""] if answer.citations else []
    for citation in answer.citations:
        link = f", {escaped(citation.url)}" if citation.url else ""
        lines.append(f"{citation.id}. {escaped(_named(citation))}{link}: “{escaped(citation.quote)}”")
    return "\n".join(lines).rstrip() + "\n"


def evidence_csv(answer: Answer) -> str:
    """What an answer rests on, one row for each citation of each statement, in order; of an abstained answer the
    nearest passages. Offsets in Unicode code points of the article's text. Cells as `cell` makes them."""
    denied = {number: dispute.statement for dispute in answer.disputes for number in dispute.denied_by}
    contrary = {number: dispute.statement for dispute in answer.disputes for number in dispute.contrary}
    rows = []
    for place, statement in enumerate(answer.statements, 1):
        for citation in statement.citations:
            denies, counters = denied.get(citation.id), contrary.get(citation.id)
            rows.append(
                {
                    "statement": place,
                    "text": statement.text,
                    "verdict": statement.verdict,
                    "denies_statement": None if denies is None else denies + 1,
                    "contrary_to_statement": None if counters is None else counters + 1,
                    "speakers": "; ".join(claim.speaker or "not named here" for claim in statement.claims),
                    "sides": "; ".join(claim.side or "unknown" for claim in statement.claims),
                    "stances": "; ".join(claim.stance for claim in statement.claims),
                    **_cited(citation),
                }
            )
    columns = [
        "statement",
        "text",
        "verdict",
        "denies_statement",
        "contrary_to_statement",
        "speakers",
        "sides",
        "stances",
        *_CITED,
    ]
    return _csv(columns, rows or [_cited(citation) for citation in answer.citations])


_CITED = "citation quote title outlet origin published url article_id start end".split()


def _cited(citation: Citation) -> dict[str, Any]:
    return {"citation": citation.id, **{name: value for name, value in citation.to_json().items() if name != "id"}}


def bibtex(answer: Answer, find: _Find = lambda _: None) -> str:
    """The cited articles as BibTeX, each once, as `@misc` entries that any style takes. `find` gives the stored
    article, for its author."""
    return "\n".join(
        "\n".join((f"@misc{{{key},", *(f"  {name} = {{{value}}}," for name, value in fields), "}", ""))
        for key, fields in ((_key(c), _bibtex_fields(c, find(c.article_id))) for c in _articles(answer))
    )


def _bibtex_fields(citation: Citation, article: Article | None) -> list[tuple[str, str]]:
    year, month, day = [*(citation.published or "").split("-"), "", ""][:3]
    fields = {
        "title": f"{{{_tex(citation.title)}}}",
        # Braced, for commas and "and" part names here, and what an article names may be no person.
        "author": f"{{{_tex(article.author)}}}" if article and article.author else None,
        "publisher": _tex(citation.outlet or ""),
        "year": year,
        "month": str(int(month)) if month else "",
        "day": str(int(day)) if day else "",
        "url": re.sub(r"[\\{}\s]", _percent, citation.url or ""),
        "note": f"Article {citation.article_id}" + (f"; from {_tex(citation.origin)}" if citation.origin else ""),
    }
    return [(name, value) for name, value in fields.items() if value]


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def csl_json(answer: Answer, find: _Find = lambda _: None) -> list[dict[str, Any]]:
    """The cited articles as CSL-JSON, which Zotero and pandoc read, each once. Dates as precise as they are known."""
    found = []
    for citation in _articles(answer):
        article = find(citation.article_id)
        item: dict[str, Any] = {
            "id": _key(citation),
            "type": "article-newspaper",
            "title": citation.title,
            "container-title": citation.outlet,
            "author": [{"literal": article.author}] if article and article.author else None,
            "issued": _parts(citation.published),
            "URL": citation.url,
            "source": citation.origin,
            "archive_location": citation.article_id,
        }
        found.append({name: value for name, value in item.items() if value})
    return found


def _parts(published: str | None) -> dict[str, Any] | None:
    return {"date-parts": [[int(part) for part in published.split("-")]]} if published else None


def _articles(answer: Answer) -> list[Citation]:
    """The first citation of each article."""
    first: dict[str, Citation] = {}
    for citation in answer.citations:
        first.setdefault(citation.article_id, citation)
    return list(first.values())


def _key(citation: Citation) -> str:
    """A key that stays the same: outlet, year, and the start of the article's id, which tells alike ones apart."""
    outlet = re.sub(r"[^a-z0-9]+", "", (citation.outlet or "unknown").lower())[:20] or "unknown"
    return f"{outlet}{citation.published[:4] if citation.published else 'undated'}-{citation.article_id[:8]}"


_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "$&%#_"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in " ".join(text.split()))


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """With the byte order mark, without which spreadsheets take UTF-8 for something else; every cell in quotes."""
    out = io.StringIO()
    table = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow([cell(name) for name in columns])
    table.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return "\ufeff" + out.getvalue()
