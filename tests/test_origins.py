"""Which articles are one origin, and what search shows of them: told by long sentences that they share."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import Article, KnowledgeBase
from kb.article import Hit, Passage, Span
from kb.origins import Story, collapsed, groups, tie
from kb.passages import sentences, split
from tests.conftest import article

_ANIMALS = "heron pelican stork crane egret ibis grebe plover curlew dipper".split()
LONG = [
    f"The {animal} that stood beside the long bridge over the river was counted {number} times by those on duty."
    for number, animal in enumerate(_ANIMALS, 20)
]


def told(*places: int, outlet: str = "A", more: str = "", **known: str) -> Article:
    text = "\n\n".join([*(LONG[place] for place in places), more]).strip()
    return article(text, outlet=outlet, source=f"{outlet} {places} {more}", **known)


def story(text: str) -> Story:
    return Story(text, sentences(text))


def kind(left: Article, right: Article) -> str | None:
    found = tie(story(left.text), story(right.text))
    mirrored = tie(story(right.text), story(left.text))
    assert (found and (found.kind, found.share, found.left)) == (
        mirrored and (mirrored.kind, mirrored.share, mirrored.right)
    )
    return found.kind if found else None


# -- what ties two


def test_the_same_words_are_an_exact_copy_whatever_their_marks_and_spaces() -> None:
    one = told(0, 1, 2)
    other = article(one.text.upper().replace("\n\n", "  ").replace(".", " –"), source="b")
    assert kind(one, other) == "exact"
    assert (
        kind(
            article("The road near Fizuli is closed until Monday."),
            article("the road near Fizuli is closed until Monday"),
        )
        == "exact"
    )


def test_a_few_words_are_the_same_by_chance() -> None:
    assert kind(article("Nobody was hurt there."), article("Nobody was hurt there.")) is None


def test_most_of_both_is_a_near_copy_and_a_part_an_edited_one() -> None:
    assert kind(told(0, 1, 2, 3, 4), told(0, 1, 2, 3, 4, more="One more line.")) == "near"
    assert kind(told(0, 1, 2, 3), told(1, 2, 3, 4, 5, 6)) == "edited"
    assert kind(told(0, 1, 2), told(3, 4, 5)) is None


def test_a_lightly_edited_sentence_counts_and_one_with_another_figure_does_not() -> None:
    edited = "\n".join(line.replace("that stood", "which stood") for line in LONG[:4])
    assert kind(told(0, 1, 2, 3), article(edited)) == "near"
    other_figures = "\n".join(
        line.replace(f"counted {n} times", "counted 77 times") for n, line in enumerate(LONG[:4], 20)
    )
    assert kind(told(0, 1, 2, 3), article(other_figures)) is None


def test_a_background_of_two_sentences_or_a_tenth_of_an_article_ties_nothing() -> None:
    assert kind(told(0, 1, 2, 3), told(2, 3, 4, 5)) is None
    own = [
        "\n".join(" ".join(f"{word.title()}{letter}{n}x" for word in _ANIMALS) + "." for n in range(40))
        for letter in ("a", "b")
    ]
    shared = told(0, 1, 2).text
    assert kind(article(f"{own[0]}\n{shared}"), article(f"{own[1]}\n{shared}")) is None


def test_an_article_of_one_long_sentence_is_a_copy_if_that_is_told_elsewhere() -> None:
    assert kind(told(2, more="So it said."), told(0, 1, 2)) == "edited"


def test_what_somebody_said_is_quoted_by_many() -> None:
    quoted = "\n".join(f"“{line}” he said." for line in LONG[:4])
    assert kind(article(f"{quoted}\n{LONG[8]}"), article(f"{quoted}\n{LONG[9]}")) is None


def test_the_evidence_is_slices_of_both() -> None:
    left, right = told(0, 1, 2, 3), told(7, 1, 2, 3)
    found = tie(story(left.text), story(right.text))
    assert found is not None
    assert [span.of(left.text) for span in found.left] == [span.of(right.text) for span in found.right] == LONG[1:4]
    assert found.share == pytest.approx(0.75, abs=0.02)


def test_copies_share_a_mark_even_if_a_word_is_changed_in_every_sentence() -> None:
    chance, without = random.Random(20230919), 0
    for _ in range(300):
        lines = [[f"Word{chance.randrange(5000)}" for _ in range(14)] for _ in range(3)]
        edited = [line.copy() for line in lines]
        for line in edited:
            line[chance.randrange(14)] = "Changed"
        one, other = (story("\n".join(" ".join(line) + "." for line in some)) for some in (lines, edited))
        without += not one.marks & other.marks
    assert without <= 3  # one in a hundred


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12), st.randoms(use_true_random=False))
def test_every_article_is_in_one_group_named_after_its_first(
    ties: list[tuple[int, int]], chance: random.Random
) -> None:
    found = groups(range(8), ties)
    assert set(found) == set(range(8))
    assert all(found[left] == found[right] for left, right in ties if left < 8 and right < 8)
    assert all(first == min(member for member in found if found[member] == first) for first in found.values())
    chance.shuffle(ties)
    assert groups(reversed(range(8)), [(right, left) for left, right in ties]) == found


# -- what is kept of it


def origins(base: KnowledgeBase) -> set[frozenset[str]]:
    """The outlets of each origin that has several articles."""
    found: dict[str, set[str]] = {}
    outlets = {a.id: a.outlet or "" for a in base.articles()}
    for article_id, origin in base.origins(outlets).items():
        found.setdefault(origin, set()).add(outlets[article_id])
    return {frozenset(group) for group in found.values() if len(group) > 1}


WIRE = [
    told(0, 1, 2, 3, outlet="A", origin="Wire"),
    told(1, 2, 3, 4, outlet="B", origin="WIRE"),
    told(2, 3, 4, 5, outlet="C"),
]
OWN = told(6, 7, 8, 9, outlet="D")


@pytest.mark.parametrize("at_once", [True, False])
def test_the_order_in_which_copies_come_does_not_matter(base: KnowledgeBase, at_once: bool) -> None:
    for order in permutations([*WIRE, OWN]):
        for batch in [order] if at_once else [[one] for one in order]:
            base.add(batch)
        assert origins(base) == {frozenset("ABC")}
        assert base.check() == []
        for one in order:
            base.remove(one.id)
        assert origins(base) == set()


def test_the_evidence_is_seen_from_either_side(base: KnowledgeBase) -> None:
    base.add([*WIRE, OWN])
    by_outlet = {copy.article.outlet: copy for copy in base.copies(WIRE[0].id)}
    assert by_outlet.keys() == {"B", "C"}
    assert (by_outlet["B"].kind, by_outlet["B"].agency, by_outlet["C"].agency) == ("edited", "WIRE", None)
    assert list(by_outlet["B"].sentences) == LONG[1:4]
    assert by_outlet["C"].kind == "linked"
    assert 0.5 < by_outlet["C"].similarity < by_outlet["B"].similarity < 1
    (back,) = (copy for copy in base.copies(WIRE[1].id) if copy.article.outlet == "A")
    assert (back.kind, back.sentences, back.share) == ("edited", by_outlet["B"].sentences, by_outlet["B"].share)
    assert base.copies(OWN.id) == base.copies("none") == []
    assert base.sizes_of_origins() == {one.id: 3 for one in WIRE}


def test_what_links_two_leaves_them_apart_when_it_goes(base: KnowledgeBase) -> None:
    base.add([*WIRE, OWN])
    base.remove(WIRE[1].id)
    assert origins(base) == set()
    assert base.check() == []
    base.add([WIRE[1]])
    assert origins(base) == {frozenset("ABC")}


def test_the_first_of_an_origin_may_go(base: KnowledgeBase) -> None:
    base.add(WIRE)
    base.remove(WIRE[0].id)
    assert set(base.origins([WIRE[1].id, WIRE[2].id]).values()) == {WIRE[1].id}


def test_an_update_is_grouped_by_its_new_words(base: KnowledgeBase) -> None:
    base.add([*WIRE, OWN])
    base.add([article(OWN.text, outlet="A", source=WIRE[0].source)])
    assert origins(base) == {frozenset("BC"), frozenset("AD")}
    assert base.check() == []


def test_far_more_copies_than_are_compared_are_one_origin(base: KnowledgeBase) -> None:
    base.add([told(0, 1, 2, more=f"Edition {number}.", outlet=f"O{number}") for number in range(70)])
    assert len(set(base.origins(a.id for a in base.articles()).values())) == 1
    first = [a.id for a in base.articles()][:15]
    for article_id in first:
        base.remove(article_id)
    assert len(set(base.origins(a.id for a in base.articles()).values())) == 1
    assert base.check() == []


def test_adding_one_compares_it_with_few_however_many_there_are(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = "This is a promotion of so many words that it could be taken for a sentence of the report itself."
    base.add([article(f"{stock} Report {n} of the river.", source=str(n), outlet=str(n)) for n in range(300)])
    compared = []
    monkeypatch.setattr("kb.catalog.tie", lambda left, right: compared.append(1))
    base.add([article(f"{stock} One more report of the lake.", source="one", outlet="one")])
    assert len(compared) == 10


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE origins SET first = (SELECT max(article) FROM origins)",
        "DELETE FROM origins",
        "DELETE FROM ties",
        "UPDATE ties SET share = 0.9",
        "DELETE FROM marks WHERE article = 1",
        "INSERT INTO marks (mark, article) VALUES (1, 99)",
        "INSERT INTO ties SELECT 1, 4, kind, left_spans, right_spans, share FROM ties LIMIT 1",
    ],
)
def test_check_sees_wrong_origins_and_repair_mends_them(base: KnowledgeBase, damage: str) -> None:
    base.add([*WIRE, OWN])
    with base._catalog.writing() as writing:
        writing._connection.exec_driver_sql(damage)
    (problem,) = base.check()
    assert problem.derived
    assert "origins do not fit" in problem.text
    base.repair()
    assert base.check() == []
    assert origins(base) == {frozenset("ABC")}


def test_rows_of_an_event_table_differ_in_their_figures_only_and_are_no_copies(base: KnowledgeBase) -> None:
    row = "In the village on the river, forces of one side clashed with those of the other on day {0}, and {0} died."
    base.add([article(row.format(n), source=str(n), outlet="table") for n in range(20, 30)])
    assert base.sizes_of_origins() == {}


# -- what search shows


def hit(text: str, outlet: str, score: float = 1.0, whole: str | None = None) -> Hit:
    known = article(whole or text, outlet=outlet)
    start = known.text.index(text)
    spans = tuple(sentences(known.text, Span(start, start + len(text))))
    return Hit(Passage(known.id, start, start + len(text), text, spans), known, score)


def test_copies_are_kept_beside_the_first_with_the_same_words() -> None:
    wire, other = "The bridge was hit, officials said.", "Nobody was hurt."
    hits = [hit(wire, "A", 3), hit(other, "B", 2.5), hit(wire.upper().replace(",", " –"), "C", 2), hit(wire, "D", 1)]
    first, second = collapsed(hits, {})
    assert (first.article.outlet, first.score) == ("A", 3)
    assert [copy.article.outlet for copy in first.copies] == ["C", "D"]
    assert second == hits[1]


def test_passages_that_differ_in_one_word_are_no_copies() -> None:
    hits = [hit("Six people died.", "A", 2), hit("Seven people died.", "B", 1)]
    assert collapsed(hits, {h.article.id: "one" for h in hits}) == hits
    assert collapsed([], {}) == []


def test_a_passage_cut_elsewhere_is_a_copy_if_it_adds_nothing() -> None:
    whole = "\n".join(LONG[:5])
    lead = hit("\n".join(LONG[:2]), "A", whole=whole)
    shifted = hit("\n".join(LONG[1:3]), "B", whole=f"{whole} B.")
    adding = hit(f"{LONG[4]}\n{LONG[8]}", "C", whole=f"{whole}\n{LONG[8]}")
    of_lead = hit("\n".join(LONG[2:4]), "A", whole=whole)
    hits = [lead, shifted, adding, of_lead]
    one = {h.article.id: "one" for h in hits}
    found = collapsed(hits, one)
    assert [h.article.outlet for h in found] == ["A", "C", "A"]
    assert [copy.article.outlet for copy in found[0].copies] == ["B"]
    assert collapsed(hits, {h.article.id: h.article.id for h in hits}) == hits


def test_a_wire_story_cut_three_ways_is_found_once_with_its_copies(base: KnowledgeBase) -> None:
    cuts = {"A": range(10), "B": [*range(3, 10), *range(3)], "C": [*range(6, 10), *range(6)]}
    base.add([told(*places, outlet=outlet) for outlet, places in cuts.items()])
    assert all(len(split(one)) > 1 for one in base.articles())
    first, *rest = base.search("ibis that stood beside the long bridge", 10)
    assert {first.article.outlet, *(copy.article.outlet for copy in first.copies)} == set("ABC")
    assert len(rest) < 3


def test_what_one_copy_has_alone_is_found(base: KnowledgeBase) -> None:
    base.add(
        [told(0, 1, 2, 3, outlet="A"), told(0, 1, 2, 3, outlet="B", more="At least 68 egrets died, it was said later.")]
    )
    assert origins(base) == {frozenset("AB")}
    assert any("68" in hit.passage.text for hit in base.search("the pelican beside the bridge", 10))
