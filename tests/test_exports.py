from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Citation, Claim, Dispute, Sources, Statement
from assistant.exports import answer_report, bibtex, cell, csl_json, evidence_csv, report, text_of_cell
from tests.conftest import article

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _citation(number: int, **known: Any) -> Citation:
    fields: dict[str, Any] = {
        "article_id": f"{number}" * 20,
        "title": "A title",
        "outlet": "Sample Courier",
        "origin": None,
        "published": "2023-09-19",
        "url": None,
        "start": 3,
        "end": 9,
        "quote": "a quote",
    }
    return Citation(id=number, **{**fields, **known})


def _answer(*citations: Citation) -> Answer:
    claim = Claim("Baku", "Azerbaijan", "said", "accuses")
    statements = tuple(Statement(f"Statement {c.id}", (c,), claims=(claim,)) for c in citations)
    sources = Sources(len(citations), 1, 1, ("Azerbaijan",), ("single_origin",))
    return Answer("Who?", "answered", "text", None, statements, citations, (Dispute(0, (2,)),), sources=sources)


@given(st.one_of(st.text(), st.text("=+-@\t\r\n;,' \"a＝")))
def test_no_cell_runs_and_every_cell_gives_its_text_back(text: str) -> None:
    made = cell(text)
    assert text_of_cell(made) == text
    assert not made.startswith(_RUNS)
    assert not made.lstrip().startswith(_RUNS)


@given(st.one_of(st.integers(), st.floats(), st.lists(st.text()), st.dictionaries(st.text(), st.integers())))
def test_no_value_of_another_kind_runs(value: object) -> None:
    assert not cell(value).startswith(_RUNS)


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "'=1", "\r=1", "a;=1", "a\n\n =1"])
def test_nothing_in_a_table_runs_whatever_it_came_in(formula: str) -> None:
    hostile = _citation(1, title=formula, outlet=formula, quote=formula, origin=formula, url=formula)
    answer = _answer(hostile)
    line = {**answer.to_json(), "id": formula, "question": formula, formula: formula, "filters": {}}
    failed = {"id": "2", "question": formula, "error": formula}
    for text in (report([line, failed], "csv"), evidence_csv(answer)):
        for separator in (",", ";", "\t"):
            cells = [c for row in csv.reader(io.StringIO(text[1:], newline=""), delimiter=separator) for c in row]
            assert not [c for c in cells if c.lstrip().startswith(_RUNS)]


def test_the_evidence_has_a_row_for_each_citation_of_each_statement() -> None:
    rows = list(csv.DictReader(io.StringIO(evidence_csv(_answer(_citation(1), _citation(2)))[1:])))
    assert [(r["statement"], r["citation"], r["denies_statement"], r["stances"]) for r in rows] == [
        ("1", "1", "", "accuses"),
        ("2", "2", "1", "accuses"),
    ]
    near = Answer("Who?", "abstained", reason="no_evidence", citations=(_citation(1),))
    assert [r["quote"] for r in csv.DictReader(io.StringIO(evidence_csv(near)[1:]))] == ["a quote"]


def test_bibtex_has_each_article_once_and_nothing_in_it_acts() -> None:
    wild = _citation(1, title="100 % of {it} \\input{x} & $5_a# ~^", outlet="A & B", url="http://a/{b}\\c%20d")
    made = bibtex(_answer(wild, wild, _citation(2, published=None)), lambda _: article("Text.", author="A. B and C"))
    assert made.count("@misc{") == 2
    first = made.split("\n\n")[0]
    assert (
        r"title = {{100 \% of \{it\} \textbackslash{}input\{x\} \& \$5\_a\# \textasciitilde{}\textasciicircum{}}}"
        in first
    )
    assert "author = {{A. B and C}}" in first
    assert "url = {http://a/%7Bb%7D%5Cc%20d}" in first
    assert ("year = {2023}" in first, "month = {9}" in first, "day = {19}" in first) == (True, True, True)
    assert "year" not in made.split("\n\n")[1]
    depth = 0
    for place, character in enumerate(made):
        if made[place - 1 : place] != "\\":
            depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


def test_csl_has_dates_as_precise_as_they_are_known() -> None:
    answer = _answer(_citation(1), _citation(2, published="2023-09"), _citation(3, published=None, outlet=None))
    items = csl_json(answer)
    assert [item.get("issued") for item in items] == [
        {"date-parts": [[2023, 9, 19]]},
        {"date-parts": [[2023, 9]]},
        None,
    ]
    assert [item.get("container-title") for item in items] == ["Sample Courier", "Sample Courier", None]
    assert len({item["id"] for item in items}) == 3
    assert json.loads(json.dumps(items)) == items


def test_a_report_numbers_its_sources_and_shows_what_failed() -> None:
    hostile = _citation(1, title="<script>x</script>", quote="![a](http://a/b.png)")
    answer = _answer(hostile, _citation(2))
    lines = [{**answer.to_json(), "id": "1", "filters": {}}, {"id": "2", "question": "Why?", "error": "too *long*"}]
    made = report(lines, "md")
    assert "## 1. Who?" in made
    assert "\n1. Sample Courier, 19 September 2023: \\<script\\>" in made
    assert "**Not answered:** too \\*long\\*" in made
    assert "![a]" not in made + answer_report(answer)
    assert "<script>" not in made + answer_report(answer)


def test_the_packages_say_that_they_are_typed() -> None:
    root = Path(__file__).resolve().parents[1]
    assert [(root / package / "py.typed").exists() for package in ("assistant", "ingest", "kb")] == [True] * 3
