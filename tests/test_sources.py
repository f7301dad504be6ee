"""What an answer rests on is counted by who reported it, not by who printed it."""

from __future__ import annotations

import pytest

from assistant.answer import Citation, Statement
from assistant.sources import sources_of
from kb import Article, KnowledgeBase
from tests.conftest import article
from tests.test_origins import told


def counted(base: KnowledgeBase, *articles: Article) -> tuple[int, int, tuple[str, ...]]:
    base.add(articles)
    citations = [
        Citation(n, a.id, a.title, a.outlet, a.origin, None, None, 0, 3, a.text[:3]) for n, a in enumerate(articles)
    ]
    sources = sources_of([Statement("It was said.", tuple(citations), "verified")], base)
    return sources.articles, sources.origins, sources.warnings


def by(outlet: str | None, words: str, origin: str | None = None) -> Article:
    return article(f"Something else was said of {words}.", outlet=outlet, origin=origin, source=words)


def test_three_outlets_with_one_edited_story_are_one_origin(base: KnowledgeBase) -> None:
    copies = [told(0, 1, 2, 3, outlet="A"), told(1, 2, 3, 4, outlet="B"), told(2, 3, 4, 5, outlet="C")]
    assert counted(base, *copies) == (3, 1, ("single_origin",))


@pytest.mark.parametrize(
    ("left", "right", "origins"),
    [
        (by("A", "herons", "Sample Wire"), by("B", "storks", "SAMPLE WIRE"), 1),
        (by("Sample Wire Press", "herons"), by("B", "storks", "SWP"), 1),
        (by("A", "herons", "Sample Wire"), by("B", "storks", "Other Wire"), 2),
        (by("A", "herons"), by("A", "storks"), 1),
        (by("A", "herons"), by("A", "storks", "Sample Wire"), 2),
        (by("A", "herons"), by("B", "storks"), 2),
        (by(None, "herons"), by(None, "storks"), 2),
    ],
)
def test_what_one_agency_or_one_outlet_tells_is_one_origin(
    base: KnowledgeBase, left: Article, right: Article, origins: int
) -> None:
    assert counted(base, left, right)[:2] == (2, origins)
