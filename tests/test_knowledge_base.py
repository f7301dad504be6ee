"""The knowledge base as everybody else uses it, against a plain dictionary, and shared with other processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kb import Article, Filters, Hit, KnowledgeBase
from kb.catalog import Catalog, Writing
from kb.embedding import HashEmbedder, Vectors
from kb.errors import ArticleNotFound, NotAKnowledgeBase, OtherModel, UnreadableKnowledgeBase
from kb.exact import ExactIndex
from tests.chroma_servers import indexed
from tests.conftest import article

Opener = Callable[..., KnowledgeBase]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Opens the test's knowledge base once more, as another process would."""
    bases: list[KnowledgeBase] = []

    def again(*, own: bool = False) -> KnowledgeBase:
        bases.append(KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True, own=own))
        return bases[-1]

    yield again
    for base in bases:
        base.close()


def texts(hits: list[Hit]) -> list[str]:
    return [hit.passage.text for hit in hits]


def statuses(base: KnowledgeBase, *articles: Article) -> list[str]:
    before = [addition.status for addition in base.compare(articles)]
    done = [addition.status for addition in base.add(articles)]
    assert before == done
    return [str(status) for status in done]


# -- what becomes of an article


def test_a_second_run_changes_nothing(base: KnowledgeBase) -> None:
    articles = [article("A heron.", source="a"), article("A pelican.", source="b")]
    assert statuses(base, *articles) == ["added", "added"]
    before = list(base.articles())
    assert statuses(base, *articles) == ["unchanged", "unchanged"]
    assert list(base.articles()) == before
    assert len(base) == 2


def test_another_text_from_the_same_source_replaces_the_older(base: KnowledgeBase) -> None:
    base.add([article("The heron stood there.")])
    assert statuses(base, article("The pelican sat there.")) == ["updated"]
    assert [stored.text for stored in base.articles()] == ["The pelican sat there."]
    assert texts(base.search("heron")) == texts(base.search("pelican")) == ["The pelican sat there."]
    assert base.find(article("The heron stood there.").id) is None


def test_what_is_found_out_later_updates_and_keeps_the_id(base: KnowledgeBase) -> None:
    early = article("A heron.", outlet="O")
    base.add([early])
    assert statuses(base, replace(early, published="2023-09-19")) == ["updated"]
    assert base.get(early.id).published == "2023-09-19"


def test_the_same_text_of_one_outlet_is_stored_once(base: KnowledgeBase) -> None:
    first = article("A heron.", source="a", outlet="O")
    assert statuses(base, first, replace(first, source="b"), replace(first, source="c", outlet="P")) == [
        "added",
        "duplicate",
        "added",
    ]
    (again,) = base.add([replace(first, source="d")])
    assert (again.status, again.article_id) == ("duplicate", first.id)


def test_one_source_twice_in_one_call_ends_as_the_last(base: KnowledgeBase) -> None:
    assert statuses(base, article("One heron."), article("Two herons."), article("Three.")) == [
        "added",
        "updated",
        "updated",
    ]
    assert statuses(base, article("Four."), article("Three.")) == ["updated", "updated"]
    assert [stored.text for stored in base.articles()] == ["Three."]
    assert base.check() == []


def test_texts_that_move_between_sources_in_one_call_are_all_kept(base: KnowledgeBase) -> None:
    base.add([article("A heron.", source="a"), article("A pelican.", source="b")])
    moved = [article("A stork.", source="a"), article("A heron.", source="b")]
    assert statuses(base, *moved) == ["updated", "updated"]
    assert {(stored.source, stored.text) for stored in base.articles()} == {("a", "A stork."), ("b", "A heron.")}


def test_an_article_that_another_process_stored_meanwhile_is_no_error(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, other = opened(), opened()
    embed = base.embedder.passages

    def slowly(texts: Sequence[str]) -> Vectors:
        other.add([article("A pelican.", source="same"), article("A heron.", source="another")])
        return embed(texts)

    monkeypatch.setattr(base.embedder, "passages", slowly)
    base.add([article("A stork.", source="same"), article("A heron.", source="mine")])
    assert sorted(stored.text for stored in other.articles()) == ["A heron.", "A stork."]


def test_an_article_without_a_story_is_stored_all_the_same(base: KnowledgeBase) -> None:
    assert statuses(base, article("A title"), article("", source="b")) == ["added", "added"]
    assert base.search("title") == []
    assert base.add([]) == []


def test_nothing_is_embedded_that_is_not_stored(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    base.add([article("A heron.")])
    monkeypatch.setattr(HashEmbedder, "passages", lambda self, texts: pytest.fail("embedded"))
    base.compare([article("A pelican.")])
    base.add([article("A heron."), article("A heron.", source="b")])


def test_batches_are_told_in_turn_each_once_it_is_stored(base: KnowledgeBase) -> None:
    batches = [[article(f"Heron {n}.", source=f"{n}")] for n in range(4)]
    stored = [([a.status for a in additions], len(base)) for additions in base.add_all([*batches, [], batches[0]])]
    assert [told for told, _ in stored] == [["added"]] * 4 + [[], ["unchanged"]]
    assert all(count > number for number, (_, count) in enumerate(stored[:4]))
    assert [kept.text for kept in base.articles()] == [f"Heron {n}." for n in range(4)]


def test_while_one_batch_is_stored_the_next_is_embedded(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    storing, embedding = threading.Event(), threading.Event()
    passages, writing = HashEmbedder.passages, Catalog.writing

    def embed(self: HashEmbedder, texts: Sequence[str]) -> Vectors:
        if any("pelican" in text for text in texts):
            assert storing.wait(60)
            embedding.set()
        return passages(self, texts)

    def write(self: Catalog) -> Any:
        storing.set()
        assert embedding.wait(60)
        return writing(self)

    monkeypatch.setattr(HashEmbedder, "passages", embed)
    monkeypatch.setattr(Catalog, "writing", write)
    batches = [[article("A heron.", source="a")], [article("A pelican.", source="b")]]
    assert [additions[0].status for additions in base.add_all(batches)] == ["added", "added"]


def test_copies_in_the_next_batch_are_embedded_once(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded: list[str] = []
    passages = HashEmbedder.passages

    def embed(self: HashEmbedder, texts: Sequence[str]) -> Vectors:
        embedded.extend(texts)
        return passages(self, texts)

    monkeypatch.setattr(HashEmbedder, "passages", embed)
    one = article("The heron stood there.", source="a")
    told = list(base.add_all([[one], [replace(one, source="b")], [one]]))
    assert [additions[0].status for additions in told] == ["added", "duplicate", "unchanged"]
    assert len(embedded) == 1


def test_what_is_unchanged_until_the_batch_before_is_stored_is_an_update_after_it(base: KnowledgeBase) -> None:
    old, new = article("The heron stood there.", source="a"), article("The pelican sat there.", source="a")
    base.add([old])
    told = list(base.add_all([[new], [old], [old]]))
    assert [additions[0].status for additions in told] == ["updated", "updated", "unchanged"]
    assert [kept.text for kept in base.articles()] == [old.text]


def test_a_run_that_changes_nothing_looks_everything_up_once(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = [[article(f"Heron {n}.", source=f"{n}")] for n in range(3)]
    list(base.add_all(batches))
    looked_up: list[object] = []
    stored = Catalog.stored

    def counted(self: Catalog, *given: Any) -> Any:
        looked_up.append(given)
        return stored(self, *given)

    monkeypatch.setattr(Catalog, "stored", counted)
    assert [additions[0].status for additions in base.add_all(batches)] == ["unchanged"] * 3
    assert len(looked_up) == 3


def test_a_batch_that_fails_ends_the_run_and_leaves_the_ones_before(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = Writing.replace

    def replace_or_fail(self: Writing, one: Article, *rest: Any) -> None:
        if "pelican" in one.text:
            raise ValueError("it is a pelican")
        ordinary(self, one, *rest)

    monkeypatch.setattr(Writing, "replace", replace_or_fail)
    told = base.add_all([[article("A heron.", source="a")], [article("A pelican.", source="b")], []])
    assert next(told)[0].status == "added"
    with pytest.raises(ValueError, match="it is a pelican"):
        next(told)
    assert [kept.text for kept in base.articles()] == ["A heron."]


def test_a_failure_among_many_leaves_none_of_them(base: KnowledgeBase) -> None:
    base.add([article("A heron.", source="a")])
    wrong = article("A stork.", source="c", published="yesterday")
    with pytest.raises(ValueError, match="'yesterday' is not a date"):
        base.add([article("A pelican.", source="a"), article("An ibis.", source="b"), wrong])
    assert [stored.text for stored in base.articles()] == ["A heron."]
    assert texts(base.search("pelican ibis stork heron")) == ["A heron."]
    assert base.search("heron")[0].score > 1 / 61  # the words still find it too


def test_what_is_removed_is_found_no_more(opened: Opener) -> None:
    base, owner = opened(), opened(own=True)
    base.add([article("A heron.", source="a"), article("A pelican.", source="b")])
    owner.sync()
    base.remove(article("A heron.").id)
    for searching in (base, owner, opened()):
        assert texts(searching.search("heron")) == ["A pelican."]
    with pytest.raises(ArticleNotFound, match="accordingto articles list"):
        base.remove(article("A heron.").id)


@pytest.mark.folder
def test_an_updated_article_leaves_nothing_behind_in_any_index(opened: Opener) -> None:
    owner = opened(own=True)
    owner.add([article("The heron stood. " * 60), article("An ibis.", source="b")])
    owner.search("heron")
    owner.add([article("The pelican sat. " * 60)])
    owner.search("heron")
    passages = {number for number, _, _ in owner._catalog.vectors()}
    assert owner._catalog.lexical(["heron"], Filters(), 10) == []
    ids = {number for number, _ in owner._index().search(np.ones(384, np.float32), 10_000)}
    assert ids == passages
    assert owner._chroma is not None
    assert {int(key) for key in owner._chroma._open_collection().get()["ids"]} == passages


# -- ids


def test_the_start_of_an_id_is_enough_if_it_is_the_only_one(base: KnowledgeBase) -> None:
    base.add([article(f"Text {n}.", source=f"s{n}") for n in range(400)])
    one = article("Text 7.").id
    assert base.get(one) == base.get(one[:12])
    for wrong in ("", one[:3], "zzzzzz", "%%%%%%", "\ud800\ud800\ud800\ud800", "______", one + "0"):
        with pytest.raises(ArticleNotFound, match="no article has the id"):
            base.get(wrong)
        assert base.find(wrong) is None


def test_a_start_that_several_have_is_answered_with_them(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ["abcd1", "abcd2"]
    monkeypatch.setattr(Catalog, "ids_starting", lambda self, start: ids)
    with pytest.raises(ArticleNotFound, match="it could be abcd1, abcd2"):
        base.get("abcd")


def test_the_digest_of_a_text_is_the_one_that_others_compute(base: KnowledgeBase) -> None:
    base.add([article("abc")])
    (stored,) = base.articles()
    assert stored.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# -- searching

QUESTIONS = [
    *('"', "'", "", " \n", "\0", "\\", "%", "🙂", "\ud800", "Ω ≠ é", "a " * 5000, "AND", "OR", "NEAR(heron pelican)"),
    *("NOT heron", "heron*", "(heron", "heron)", "title:heron", "^heron", "-heron", "heron 🙂", "heron\0x", "{heron}:"),
    *("heron'; DROP TABLE articles; --", '"heron" + "pelican"', "\ud800 heron"),
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_is_an_error(base: KnowledgeBase, question: str) -> None:
    base.add([article("A heron stood.", source="a"), article("A pelican sat.", source="b")])
    hits = base.search(question)
    assert len(hits) <= 2
    if "heron" in question and "pelican" not in question:
        assert hits[0].passage.text == "A heron stood."
    assert base.search(question, filters=Filters(outlet=question or "-")) == []
    assert len(base) == 2


def test_an_empty_knowledge_base_finds_nothing(opened: Opener) -> None:
    for base in (opened(), opened(own=True)):
        base.sync()
        assert base.search("heron") == []
        base.save()
        assert base.check() == []


def test_a_search_gives_as_many_as_asked_for_and_no_passage_twice(base: KnowledgeBase) -> None:
    base.add([article(f"The heron number {n} stood there.", source=f"s{n}") for n in range(40)])
    for k in (1, 7, 40):
        hits = base.search("heron", k)
        assert len({hit.passage.id for hit in hits}) == len(hits) == k
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert base.search("heron", 0) == []


def test_a_hit_is_a_slice_of_its_article_with_its_cosine(base: KnowledgeBase) -> None:
    story = article("The title\n\nThe heron stood there.", title="The title")
    base.add([story])
    (hit,) = base.search("heron stood")
    assert hit.article.id == hit.passage.article_id == story.id
    assert hit.article.text[hit.passage.start : hit.passage.end] == hit.passage.text == "The heron stood there."
    model = HashEmbedder()
    cosine = model.questions(["heron stood"])[0] @ model.passages(["The title\nThe heron stood there."])[0]
    assert hit.similarity == pytest.approx(float(cosine), abs=1e-3)


def test_a_story_carried_by_three_is_one_hit_with_its_copies(base: KnowledgeBase) -> None:
    wire = "The bridge over the river was hit at dawn, officials said."
    base.add([article(wire, source=outlet, outlet=outlet) for outlet in "ABC"])
    (hit,) = base.search("bridge hit")
    assert {hit.article.outlet, *(copy.article.outlet for copy in hit.copies)} == set("ABC")


@pytest.mark.parametrize("own", [False, True])
def test_filters_hold_for_words_and_for_vectors(opened: Opener, own: bool) -> None:
    base = opened(own=own)
    base.add(
        [article(f"The heron of {year}.", source=year, published=year, outlet=f"O{year}") for year in ("2020", "2021")]
    )
    base.add([article("The undated heron.", source="undated")])
    assert texts(base.search("heron", filters=Filters(since="2021"))) == ["The heron of 2021."]
    assert texts(base.search("anything", filters=Filters(until="2020-06"))) == ["The heron of 2020."]
    assert texts(base.search("heron", filters=Filters(outlet="o2021"))) == ["The heron of 2021."]
    assert base.search("heron", filters=Filters(since="2022")) == []


def test_rare_words_count_more(base: KnowledgeBase) -> None:
    base.add([article(f"The heron number {n}." + (" A pelican." if n == 3 else ""), source=f"s{n}") for n in range(9)])
    rarity = base.rarity(["heron", "pelican", "absent"])
    assert rarity == pytest.approx({"heron": 0, "pelican": 1, "absent": 1})


# -- several processes


def test_what_one_adds_another_finds_at_once(opened: Opener) -> None:
    writer, reader, owner = opened(), opened(), opened(own=True)
    for turn, word in enumerate(["heron", "pelican", "stork"], 1):
        writer.add([article(f"The {word} stood there.", source=word)])
        for searching in (reader, owner):
            hits = searching.search(word)
            assert hits[0].passage.text == f"The {word} stood there."
            # Found by its vector, and by its words, which add to it.
            assert hits[0].similarity > 0
            assert hits[0].score > hits[0].similarity + 0.5
            assert len(hits) == turn


SECOND = """
import sys
from kb import Article, KnowledgeBase
from kb.embedding import HashEmbedder
base = KnowledgeBase.open(sys.argv[1], model=HashEmbedder(), own=True)
for line in sys.stdin:
    word = line.strip()
    print("|".join(hit.passage.text for hit in base.search(word)), flush=True)
    base.add([Article(text=f"Seen: the {word}.", title="T", source=f"child {word}")])
    print("added", flush=True)
"""


@pytest.mark.sqlite
def test_a_second_process_finds_and_is_found(opened: Opener, tmp_path: Path) -> None:
    base = opened()
    command = [sys.executable, "-c", SECOND, str(tmp_path / "kb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for word in ("heron", "pelican"):
            base.add([article(f"The {word} stood there.", source=word)])
            print(word, file=child.stdin, flush=True)
            assert child.stdout.readline().startswith(f"The {word} stood there.")
            assert child.stdout.readline() == "added\n"
            assert f"Seen: the {word}." in texts(base.search(word))[:2]
        child.stdin.close()
    assert len(base) == 4


@pytest.mark.sqlite
def test_what_was_reported_survives_a_kill(opened: Opener, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SECOND, str(tmp_path / "kb")]
    base = opened()
    base.add([article("The ibis stood there.", source="ibis")])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        print("heron", file=child.stdin, flush=True)
        child.stdout.readline()
        assert child.stdout.readline() == "added\n"
        child.kill()
    again = opened(own=True)
    assert texts(again.search("heron"))[0] == "Seen: the heron."
    assert again.check() == []


@pytest.mark.folder
def test_a_mended_index_is_said_in_one_line(opened: Opener, tmp_path: Path) -> None:
    with opened(own=True) as first:
        first.add([article("A heron.")])
        first.sync()
        assert first.notice is None
    (tmp_path / "kb" / "chroma" / "chroma.sqlite3").write_bytes(b"noise")
    second = opened(own=True)
    assert texts(second.search("heron")) == ["A heron."]
    assert second.notice is not None
    assert "rebuilt" in second.notice


def test_saving_lets_the_next_process_open_at_once(opened: Opener, tmp_path: Path) -> None:
    base = opened()
    base.add([article("A heron.")])
    base.save()
    written = sorted(file.name for file in (tmp_path / "kb" / "vectors").iterdir())
    assert written == ["1.rows.npy", "1.seal.json", "1.vectors.npy"]


# -- refusals


class Renamed(HashEmbedder):
    name = "another"


class Reweighed(HashEmbedder):
    digest = "other weights"


def test_another_model_is_refused_with_the_mend(opened: Opener, tmp_path: Path) -> None:
    opened().add([article("A heron.")])
    with pytest.raises(OtherModel, match="ACCORDINGTO_EMBEDDING_MODEL=hash"):
        KnowledgeBase.open(tmp_path / "kb", model=Renamed())
    with KnowledgeBase.open(tmp_path / "kb", model=Reweighed()) as base:
        with pytest.raises(OtherModel):
            base.add([article("A pelican.", source="b")])
        with pytest.raises(OtherModel, match="other weights of 'hash'; bring those back"):
            base.search("heron")
    assert len(opened()) == 1


def test_passages_cut_another_way_are_refused_with_the_mend(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().add([article("A heron.")])
    monkeypatch.setattr("kb.knowledge_base.SCHEME", "words/9")
    with pytest.raises(OtherModel, match=r"cut by another version .*install the version that made it"):
        KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder())


def test_an_empty_knowledge_base_has_no_model_yet(opened: Opener, tmp_path: Path) -> None:
    opened()
    with KnowledgeBase.open(tmp_path / "kb", model=Renamed()) as base:
        assert base.embedder.name == "another"
        assert base.folder == tmp_path / "kb"


def test_what_is_no_knowledge_base_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for folder in (tmp_path, tmp_path / "notes.txt", tmp_path / "new"):
        with pytest.raises(NotAKnowledgeBase, match=r"--kb|ACCORDINGTO_DATABASE_URL"):
            KnowledgeBase.open(folder, model=HashEmbedder())


@pytest.mark.sqlite
def test_a_read_only_knowledge_base_is_searched_and_refuses_the_rest(
    opened: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with opened() as writer:
        writer.add([article("A heron.")])
    monkeypatch.setattr("os.access", lambda path, mode: mode != 2)
    reader = opened(own=True)
    assert texts(reader.search("heron")) == ["A heron."]
    reader.save()
    reader.sync()
    for write in (lambda: reader.add([article("A stork.")]), lambda: reader.remove(article("A heron.").id)):
        with pytest.raises(UnreadableKnowledgeBase, match="is read-only"):
            write()
    assert [file.name for file in (tmp_path / "kb").iterdir()] == ["catalog.sqlite"]


# -- anything in any order

_SOURCES = st.sampled_from(["a", "b", "c"])
_WORDS = st.sampled_from(["heron", "pelican", "stork", "ibis", "crane"])
_OUTLETS = st.sampled_from([None, "O", "P"])


class AnyOrder(RuleBasedStateMachine):
    """Adds, updates, removes and opens again; the model is a dictionary from source to article."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, Article] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="kb-any-order-"))
        self.base = self._open()

    def _open(self) -> KnowledgeBase:
        return KnowledgeBase.open(self.folder, model=HashEmbedder(), create=True, own=True)

    def _expect(self, given: Article) -> str:
        before = self.model.get(given.source)
        if before == given:
            return "unchanged"
        if any(given.id == known.id for source, known in self.model.items() if source != given.source):
            return "duplicate"
        self.model[given.source] = given
        return "updated" if before else "added"

    @rule(drawn=st.lists(st.tuples(_SOURCES, _WORDS, _OUTLETS, st.integers(1, 70)), min_size=1, max_size=4))
    def add(self, drawn: list[tuple[str, str, str | None, int]]) -> None:
        given = [
            article(f"The {word} stood there, officials said. " * times, source=source, outlet=outlet)
            for source, word, outlet, times in drawn
        ]
        statuses = [str(addition.status) for addition in self.base.add(given)]
        assert statuses == [self._expect(each) for each in given]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        source = data.draw(st.sampled_from(sorted(self.model)))
        self.base.remove(self.model.pop(source).id)

    @rule()
    def save(self) -> None:
        self.base.save()

    @rule()
    def open_again(self) -> None:
        self.base.close()
        self.base = self._open()

    @invariant()
    def articles_are_the_model_s(self) -> None:
        stored = list(self.base.articles())
        assert {known.source: replace(known, added=None) for known in stored} == self.model
        assert len(stored) == len(self.base) == len(self.model)
        assert self.base.check() == []

    @invariant()
    def passages_are_slices_and_every_index_has_them(self) -> None:
        catalog = self.base._catalog
        numbers = [number for number, _, _ in catalog.vectors()]
        for passage, known in catalog.passages(numbers).values():
            assert known.text[passage.start : passage.end] == passage.text
        for exact in (self.base._index(), ExactIndex(catalog, 384)):
            assert sorted(number for number, _ in exact.search(np.ones(384, np.float32), 10_000)) == numbers
        self.base.sync()
        projection = self.base._chroma or self.base._server
        assert projection is not None
        assert projection.rebuilt is None
        assert indexed(projection) == len(numbers)

    @invariant()
    def words_find_the_articles_that_hold_them(self) -> None:
        for word in ("heron", "ibis"):
            numbers = {n for n, _ in self.base._catalog.lexical([word], Filters(), 10_000)}
            holding = [number for number, article, _ in self.base._catalog.vectors() if article in numbers]
            found = self.base._catalog.passages(holding)
            assert {known.id for _, known in found.values()} == {a.id for a in self.model.values() if word in a.text}

    def teardown(self) -> None:
        self.base.close()
        shutil.rmtree(self.folder)


AnyOrder.TestCase.settings = settings(max_examples=8, stateful_step_count=10)
TestAnyOrder = AnyOrder.TestCase
