"""How figures stand to each other. The sentences are made up for these tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.answer import Citation, Figure, Relation
from assistant.claims import Context, claims_in
from assistant.figures import figures_in
from assistant.relations import relations


def _figures(*told: tuple[str, str | None]) -> tuple[list[Figure], list[Citation]]:
    """The figures of sentences, each of an article of its own, with its day of publication."""
    figures: list[Figure] = []
    citations: list[Citation] = []
    for number, (sentence, published) in enumerate(told, 1):
        claims = claims_in(sentence, Context(published=published))
        figures += figures_in(sentence, claims, number, published)
        citations.append(Citation(number, f"a{number}", "T", None, None, published, None, 0, len(sentence), sentence))
    return figures, citations


BLAST = "killed when the depot blew up near Ganja"


def test_the_same_speaker_later_supersedes() -> None:
    found = relations(
        *_figures(
            (f"Rescuers said 20 people were {BLAST}.", "2023-09-26"),
            (f"Rescuers said 68 people were {BLAST}.", "2023-09-27"),
            (f"Rescuers said 170 people were {BLAST}.", "2023-10-02"),
        )
    )
    assert found == (Relation("superseded", 0, 2), Relation("superseded", 1, 2))


def test_the_same_speaker_on_days_that_are_not_known_supersedes_nothing() -> None:
    told = ((f"Rescuers said 20 people were {BLAST}.", None), (f"Rescuers said 68 people were {BLAST}.", "2023-09-27"))
    assert relations(*_figures(*told)) == ()


def test_different_speakers_dispute() -> None:
    told = (
        (f"Baku said 20 people were {BLAST}.", "2023-09-26"),
        (f"The Red Cross said 31 people were {BLAST}.", "2023-09-26"),
    )
    assert relations(*_figures(*told)) == (Relation("disputed", 0, 1),)


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("Baku said 20 people were killed in Ganja.", "Baku said 31 people were killed in Barda.", "place"),
        ("Baku said 20 of its soldiers were killed.", "Yerevan said 31 of its soldiers were killed.", "side"),
        (f"Baku said 20 children were {BLAST}.", f"The Red Cross said 31 people were {BLAST}.", "unit"),
        (
            "On 4 October 2020 a strike on Ganja killed 20 people, Baku said.",
            "On 17 October 2020 a strike on Ganja killed 31 people, Baku said.",
            "period",
        ),
    ],
)
def test_what_counts_something_else_is_no_dispute(one: str, other: str, differs: str) -> None:
    told = ((one, "2020-10-20"), (other, "2020-10-20"))
    assert relations(*_figures(*told)) == (Relation("different_scope", 0, 1, differs),)


def test_a_part_is_told_beside_its_whole() -> None:
    told = (("Baku said 20 people, including six children, were killed in Ganja.", "2020-10-20"),)
    assert relations(*_figures(*told)) == (Relation("different_scope", 0, 1, "part"),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"Baku said more than 50 people were {BLAST}.", f"The Red Cross said 58 people were {BLAST}."),
        (f"Baku said dozens of people were {BLAST}.", f"The Red Cross said 58 people were {BLAST}."),
        (f"Baku said 20 people were {BLAST}.", f"The Red Cross said 20 people were {BLAST}."),
        (f"Baku said 20 people were {BLAST}.", "Baku said 58 people were wounded in Barda."),
        ("Baku said 20 people were killed.", "The Red Cross said 58 people were killed."),
    ],
)
def test_what_agrees_or_may_be_of_two_events_is_not_related(one: str, other: str) -> None:
    told = ((one, "2020-10-20"), (other, "2020-10-20"))
    assert relations(*_figures(*told)) == ()


def test_an_article_does_not_dispute_what_it_tells_itself() -> None:
    figures, citations = _figures(
        ("Baku said air raids on Ganja killed 27 people by the market.", None),
        ("Air raids on Ganja left 15 people dead by the market.", None),
    )
    assert relations(figures, citations) == (Relation("disputed", 0, 1),)
    one_article = [replace(citation, article_id="a1") for citation in citations]
    assert relations(figures, one_article) == ()


def test_the_dead_since_some_time_are_not_those_of_one_event() -> None:
    figures, citations = _figures(
        ("Shelling of the market in Darpol killed seven people, the mayor said.", "2020-05-04"),
        (
            "Hundreds have been killed by shelling of the market in Darpol since talks broke off.",
            "2020-05-04",
        ),
    )
    assert relations(figures, citations) == (Relation("different_scope", 0, 1, "period"),)


@pytest.mark.parametrize(
    ("published", "related"),
    [("2012-11-25", True), ("2014-07-28", False)],  # of two wars, told in the same words
)
def test_tolls_of_times_that_are_months_apart_are_not_related(published: str, related: bool) -> None:
    found = relations(
        *_figures(
            ("The health ministry in Gaza said 163 people had been killed in the conflict with rockets.", "2012-11-22"),
            ("The rescuers in Gaza said 1,101 people had been killed in the conflict with rockets.", published),
        )
    )
    assert found == ((Relation("disputed", 0, 1),) if related else ())


def test_a_time_that_is_named_counts_and_not_the_day_on_which_it_is_told_again() -> None:
    found = relations(
        *_figures(
            ("The health ministry in Gaza said 163 people had been killed in the conflict with rockets.", "2012-11-22"),
            ("In 2012, rescuers in Gaza say, 201 people were killed in the conflict with rockets.", "2019-03-01"),
        )
    )
    assert found == (Relation("disputed", 0, 1),)


def test_how_many_children_were_killed_contests_no_count_of_anybody() -> None:
    found = relations(
        *_figures(
            ("Medics said 58 had been killed in the gas attack on Idlib.", "2017-04-04"),
            ("The fund said 27 children had been killed in the gas attack on Idlib.", "2017-04-06"),
        )
    )
    assert found == (Relation("different_scope", 0, 1, "unit"),)
