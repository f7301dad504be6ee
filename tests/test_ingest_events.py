"""Event tables: each row a short text that can be cited."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.cleaning import clean
from ingest.events import is_tags, table_of
from ingest.loaders import Record, Rejection, load
from kb.article import Article
from tests import ingest_samples as samples


def articles(path: Path, content: str) -> list[Article]:
    path.write_text(content, "utf-8")
    found = [clean(item) if isinstance(item, Record) else item for item in load(path)]
    assert all(isinstance(item, Article) for item in found), found
    return [item for item in found if isinstance(item, Article)]


def test_a_ucdp_row_is_told_in_sentences_with_all_its_figures(tmp_path: Path) -> None:
    path = tmp_path / "anything.csv"
    (article,) = articles(path, samples.UCDP)
    assert article.text == (
        "UCDP recorded state-based conflict between Side One and Side Two in Rivertown, North province, Sampleland"
        " between 4 October 2020 and 5 October 2020 (event 101)."
        " UCDP estimates that 6 people were killed in Rivertown between 4 October 2020 and 5 October 2020"
        " (best estimate 6, low estimate 5, high estimate 9)."
        " Counted among the dead: 2 of Side One, 3 of Side Two, 1 of unknown affiliation."
        " The place is described as: Rivertown bridge."
        " Sources: Sample Wire, 5 October 2020, “Five killed at the river, ministry says”;"
        " Sample Post, 6 October 2020, “River battle”."
        " Named there as the source: Ministry of Side One."
    )
    assert article.title == "Side One – Side Two, Rivertown, 2020-10-04 to 2020-10-05"
    assert article.source == f"{path}#101"
    assert (article.outlet, article.origin, article.published) == ("UCDP", None, None)
    assert article.provenance["outlet"] == "the table's columns (UCDP GED)"


def test_one_office_alone_is_the_origin_and_one_sided_violence_has_a_doer(tmp_path: Path) -> None:
    row = samples.UCDP_ROW.replace(",2020,1,", ",2020,3,").replace("Sample Wire;Sample Post", "Sample Wire;Sample Wire")
    (article,) = articles(tmp_path / "a.csv", f"{samples.UCDP_HEADER}\n{row}\n")
    assert article.origin == "Sample Wire"
    assert "one-sided violence by Side One against Side Two" in article.text


def test_an_acled_row_is_told_with_its_notes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    (article,) = articles(path, samples.ACLED)
    assert article.text == (
        "ACLED recorded Battles (Armed clash) between Military Forces of Side One and Side Two Militia (with Village"
        " Guards) in Rivertown, North province, Sampleland on 4 October 2020 (event SAM7)."
        " On 4 October 2020, the two sides clashed at Rivertown. Reported fatalities: 6."
        " Sources: Sample Wire; Sample Post."
    )
    assert article.title == "Battles: Military Forces of Side One – Side Two Militia, Rivertown, 2020-10-04"
    assert (article.outlet, article.published, article.source) == ("ACLED", None, f"{path}#SAM7")


def test_what_has_no_value_is_left_out(tmp_path: Path) -> None:
    header, row = samples.UCDP_HEADER.split(","), [""] * len(samples.UCDP_HEADER.split(","))
    for name, value in {"id": "1", "side_a": "Side One", "date_start": "2020-10-04"}.items():
        row[header.index(name)] = value
    (article,) = articles(tmp_path / "a.csv", f"{samples.UCDP_HEADER}\n{','.join(row)}\n")
    assert article.text == "UCDP recorded violence involving Side One on 4 October 2020 (event 1)."
    assert article.title == "Side One, 2020-10-04"


def test_a_row_without_sides_or_days_is_refused_and_a_short_one_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{samples.UCDP_HEADER}\n{',' * samples.UCDP_HEADER.count(',')}\n1,2\n{samples.UCDP_ROW}\n")
    found = list(load(path))
    assert [type(item) for item in found] == [Rejection, Rejection, Record]
    assert "no sides or no date" in getattr(found[0], "reason", "")


@pytest.mark.parametrize("change", [str.upper, lambda text: text.replace(",", ";")])
def test_a_table_is_known_by_its_columns_however_they_are_written(tmp_path: Path, change: Callable[[str], str]) -> None:
    row = (
        ";".join(next(csv.reader([samples.ACLED_ROW.replace("; ", " and ")])))
        if change(",") == ";"
        else samples.ACLED_ROW
    )
    assert len(articles(tmp_path / "a.csv", f"{change(samples.ACLED_HEADER)}\n{row}\n")) == 1


def test_tables_with_a_text_are_no_event_tables() -> None:
    assert table_of(["id", "title", "text", "date"]) is None
    assert table_of(["id", "side_a", "side_b", "best"]) is None


def test_tag_rows_are_told_from_rows() -> None:
    assert is_tags(["", "#date+year", "#group +name+first", "#adm1+name", ""])
    assert not is_tags(["", "1", "#adm1"])
    assert not is_tags(["", ""])


def test_the_real_table_gives_an_article_a_row(shared: Callable[[str], Path]) -> None:
    folder = shared("data/ucdp_ged_ukraine")
    with next(folder.glob("*.csv")).open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["id"]]
    found = [clean(item) if isinstance(item, Record) else item for item in load(folder)]
    told = [item for item in found if isinstance(item, Article)]
    assert len(told) == len(found) == len(rows) > 2900
    assert {article.published for article in told} == {None}
    assert len({article.id for article in told}) == len(told)
    for row, article in zip(rows, told, strict=True):
        assert article.source.endswith(f"#{row['id']}")
        assert f"UCDP estimates that {row['best']} p" in article.text
        assert f"(best estimate {row['best']}, low estimate {row['low']}, high estimate {row['high']})" in article.text
        assert " ".join(row["side_a"].split()) in article.text
        assert article.boilerplate == ()
