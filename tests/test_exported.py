"""What is exported comes back as it was, and what only says that it was exported is refused."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import Given, ingest
from ingest.exported import document, restored
from kb import Article, Boilerplate, KnowledgeBase
from kb.embedding import HashEmbedder
from kb.samples import samples
from tests.conftest import article

# Whatever the catalog can store: no NUL, no lone surrogates. Line ends of all kinds, marks, odd planes.
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_some = _texts.filter(str.strip)
_day = st.sampled_from([None, "2023", "2023-09", "2023-09-19"])


@st.composite
def _articles(draw: st.DrawFn) -> Article:
    text = draw(_some)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    marks = [Boilerplate(*pair, draw(_texts)) for pair in zip(cuts[::2], cuts[1::2], strict=False)]
    return Article(
        text=text,
        title=draw(_some),
        source=draw(_some),
        outlet=draw(st.none() | _some),
        origin=draw(st.none() | _texts),
        author=draw(st.none() | _texts),
        published=draw(_day),
        url=draw(st.none() | _some),
        language=draw(st.none() | _texts),
        boilerplate=tuple(marks),
        provenance=draw(st.dictionaries(_texts, _texts, max_size=3)),
        added=draw(st.none() | st.just("2023-09-19T10:00:00+00:00")),
    )


@given(_articles())
def test_an_article_comes_back_as_it_was(article: Article) -> None:
    back = restored(json.loads(json.dumps(document(article))))
    assert back == article
    assert (back.id, back.fingerprint) == (article.id, article.fingerprint)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_articles(), min_size=1, max_size=4, unique_by=(lambda a: a.source, lambda a: a.id)))
def test_a_knowledge_base_comes_back_as_it_was(articles: list[Article]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with KnowledgeBase.open(Path(folder, "a"), model=HashEmbedder(), create=True) as base:
            base.add(articles)
            stored = _exported(base, Path(folder, "export.jsonl"))
        with KnowledgeBase.open(Path(folder, "b"), model=HashEmbedder(), create=True) as base:
            statuses = [outcome.status for outcome in ingest(base, [Path(folder, "export.jsonl")])]
            assert statuses == ["added"] * len(stored)
            assert list(base.articles()) == stored
            assert [outcome.status for outcome in ingest(base, [Path(folder, "export.jsonl")])] == ["unchanged"] * len(
                stored
            )


def test_the_samples_come_back_passage_by_passage(tmp_path: Path) -> None:
    with KnowledgeBase.open(tmp_path / "a", model=HashEmbedder(), create=True) as base:
        list(ingest(base, [samples()]))
        stored = _exported(base, tmp_path / "export.jsonl")
        found = base.search("Who denied laying the mines?", 20)
    with KnowledgeBase.open(tmp_path / "b", model=HashEmbedder(), create=True) as base:
        list(ingest(base, [tmp_path / "export.jsonl"]))
        assert list(base.articles()) == stored
        assert base.search("Who denied laying the mines?", 20) == found
        assert _exported(base, tmp_path / "again.jsonl") == stored
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "export.jsonl").read_bytes()


def test_what_the_user_says_about_a_run_holds_for_exported_articles_too(tmp_path: Path) -> None:
    (tmp_path / "export.jsonl").write_text(json.dumps(document(article("Three words here.", origin="AP"))))
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as base:
        list(ingest(base, [tmp_path / "export.jsonl"], Given(outlet="Sample Courier")))
        (stored,) = base.articles()
    assert (stored.outlet, stored.origin, stored.provenance) == ("Sample Courier", "AP", {"outlet": "command line"})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "Other words."}, "id is of another text"),
        ({"accordingto_article": 2}, "another version"),
        ({"title": None}, "title is missing"),
        ({"source": 7}, "source is no text"),
        ({"text": "a\0b"}, "cannot be stored"),
        ({"text": "\ud800 b"}, "cannot be stored"),
        ({"published": "yesterday"}, "not a date"),
        ({"boilerplate": [[0, 99, "why"]]}, "boilerplate"),
        ({"boilerplate": [[3, 5, "why"], [0, 2, "why"]]}, "boilerplate"),
        ({"boilerplate": "all"}, "boilerplate"),
        ({"provenance": {"title": 3}}, "provenance"),
        ({"provenance": []}, "provenance"),
    ],
)
def test_what_was_not_exported_so_is_refused_with_its_line(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    good = document(article("Three words here."))
    lines = [json.dumps({**good, **change}), json.dumps(document(article("Four words are here.", source="b")))]
    (tmp_path / "export.jsonl").write_text("\n".join(lines))
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as base:
        first, second = ingest(base, [tmp_path / "export.jsonl"])
    assert (first.status, second.status) == ("rejected", "added")
    assert first.reason is not None
    assert "line 1" in first.reason
    assert reason in first.reason


def _exported(base: KnowledgeBase, file: Path) -> list[Article]:
    stored = list(base.articles())
    file.write_text("".join(f"{json.dumps(document(article))}\n" for article in stored))
    return stored
