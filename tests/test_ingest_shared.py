"""What ingest makes of real articles, which lie outside the repository."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ingest.cleaning import clean
from ingest.loaders import Record, Rejection, load
from kb.article import Article

SHARED = Path(__file__).resolve().parents[2] / "shared"


def results(*parts: str) -> tuple[list[Article], list[Rejection]]:
    folder = SHARED.joinpath(*parts)
    if not folder.exists():
        pytest.skip(f"{folder} is not here")
    every = [clean(item) if isinstance(item, Record) else item for item in load(folder)]
    return [one for one in every if isinstance(one, Article)], [one for one in every if isinstance(one, Rejection)]


def test_the_seed_article_is_told_from_its_page() -> None:
    (article,), rejected = results("seeds")
    lines = [line for line in article.text.split("\n") if line.strip()]
    marked = [article.text[mark.start : mark.end] for mark in article.boilerplate]
    furniture = [line for line in lines if "credit:" in line or "Newsletter" in line or "latest news" in line]
    caption = next(line for line in lines if line.endswith("2017."))
    assert rejected == []
    assert article.title == lines[0]
    assert article.published is None
    assert article.outlet == "The Jerusalem Post"
    assert article.provenance["outlet"].startswith("promotion line: ")
    assert article.origin is None
    assert marked == [line for line in lines if line in (*furniture, caption)]
    assert len(marked) == 7


def test_wikinews_becomes_articles_with_the_text_as_it_came() -> None:
    articles, rejected = results("data", "wikinews")
    rows: list[dict[str, str]] = []
    for path in (SHARED / "data" / "wikinews").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            rows.extend(csv.DictReader(stream))
    assert (len(articles), len(rows)) == (295, 295)
    assert rejected == []
    texts = {row["url"]: row["text"].replace("\r\n", "\n") for row in rows}
    assert all(article.text == texts[article.url or ""] for article in articles)
    assert all(article.published for article in articles)
    assert sum(len(article.boilerplate) for article in articles) > 200


def test_many_articles_are_read() -> None:
    articles, rejected = results("data", "allsides_conflict")
    assert (len(articles), rejected) == (1456, [])
    assert sum(article.published is None for article in articles) == 167


def test_a_table_with_ambiguous_dates_keeps_them_unknown() -> None:
    articles, rejected = results("data", "fa_kes")
    assert (len(articles), rejected) == (804, [])
    unknown = [article for article in articles if article.published is None]
    assert unknown
    assert all(article.provenance["published"].startswith("not understood") for article in unknown)
