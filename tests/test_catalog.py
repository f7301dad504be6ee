"""The record: one transaction per change, filters that mean what they say, and damage that is never half-read."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from kb.article import Article, Boilerplate, Passage
from kb.catalog import Catalog, Filters, Making, Writing
from kb.embedding import HashEmbedder, Vectors
from kb.errors import NotAKnowledgeBase, OtherModel, UnreadableKnowledgeBase
from kb.passages import SCHEME, split
from tests import databases
from tests.conftest import article

MAKING = Making("hash", "hash/384/1", 384, SCHEME)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "kb", create=True)
    yield opened
    opened.close()


def cut(stored: Article) -> tuple[list[Passage], Vectors]:
    passages = split(stored)
    return passages, HashEmbedder().passages([passage.text for passage in passages])


def store(catalog: Catalog, *articles: Article) -> None:
    with catalog.writing() as writing:
        for stored in articles:
            writing.replace(stored, *cut(stored))


@pytest.mark.sqlite
def test_one_that_another_process_is_just_making_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kb"
    folder.mkdir()
    other = sqlite3.connect(folder / "catalog.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waited = []

    def done(seconds: float) -> None:
        waited.append(seconds)
        if other.in_transaction:
            other.execute("COMMIT")

    monkeypatch.setattr("kb.dialects.sqlite.time.sleep", done)
    Catalog.open(folder, create=True).close()
    other.close()
    assert waited
    assert raw(folder, "PRAGMA journal_mode") == [("wal",)]


def test_what_is_held_when_it_closes_is_closed_when_it_is_given_back(tmp_path: Path) -> None:
    opened = Catalog.open(tmp_path / "kb", create=True)
    store(opened, *(article(f"Words of number {n}.", source=str(n)) for n in range(3)))
    live = set[int]()
    sa.event.listen(opened._engine, "checkout", lambda connection, *_: live.add(id(connection)))
    sa.event.listen(opened._engine, "close", lambda connection, _: live.discard(id(connection)))
    midway, held = opened.vectors(), opened._engine.connect()
    next(midway)
    opened.close()
    assert len(live) == 2
    midway.close()
    held.close()
    assert opened.count() == 3, "a thread that has not heard of it yet"
    assert not live


def numbers(catalog: Catalog, word: str, filters: Filters = Filters()) -> set[int]:
    return {number for number, _ in catalog.lexical([word], filters, 100)}


def raw(folder: Path, statement: str) -> list[tuple[object, ...]]:
    """What another program sees in the database, or does to it."""
    if databases.URL:
        return databases.sql(folder, statement)
    connection = sqlite3.connect(folder / "catalog.sqlite")
    with connection:
        rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def test_an_article_comes_back_as_it_was_given(catalog: Catalog) -> None:
    whole = article(
        "Title\r\nÄ 👩‍👩‍👧 said so.",
        outlet="O",
        origin="Wire",
        author="A",
        published="2023-09",
        url="https://o.example/1",
        language="en",
        boilerplate=(Boilerplate(0, 5, "headline"),),
        provenance={"outlet": "front matter"},
        added="2024-01-01T00:00:00+00:00",
    )
    store(catalog, whole)
    assert catalog.get(whole.id) == whole


def test_an_article_without_a_time_gets_the_time_of_its_storing(catalog: Catalog) -> None:
    store(catalog, article("Words."))
    (stored,) = catalog.articles()
    assert stored.added is not None
    assert stored.added.endswith("+00:00")
    assert replace(stored, added=None) == article("Words.")


def test_more_articles_than_one_portion_come_in_the_order_of_adding(catalog: Catalog) -> None:
    store(catalog, *(article(f"Text {n}.", source=f"s{n}") for n in range(450)))
    assert [stored.source for stored in catalog.articles()] == [f"s{n}" for n in range(450)]
    ids = catalog.admitted(Filters())
    assert len(catalog.passages([*ids, *range(10_000, 11_000)])) == 450
    assert len(catalog.stored([f"s{n}" for n in range(-600, 450)], [])) == 450


def test_an_exception_in_the_middle_leaves_nothing(catalog: Catalog, tmp_path: Path) -> None:
    store(catalog, article("An old heron."))
    with pytest.raises(ZeroDivisionError), catalog.writing() as writing:  # noqa: PT012
        writing.made_by(MAKING)
        writing.remove(article("An old heron.").id)
        writing.replace(article("A new pelican.", source="b"), *cut(article("A new pelican.", source="b")))
        raise ZeroDivisionError
    assert catalog.counts() == (1, 1)
    assert len(numbers(catalog, "heron")) == 1
    assert numbers(catalog, "pelican") == set()
    assert catalog.latest_change() == 1
    assert catalog.making() is None
    catalog.close()
    for table in ("articles", "passages", "changes", "lexical" if databases.URL else "lexical_docsize"):
        assert raw(tmp_path / "kb", f"SELECT count(*) FROM {table}") == [(1,)]


def test_too_few_vectors_store_nothing(catalog: Catalog) -> None:
    passages, vectors = cut(article("One heron."))
    with pytest.raises(ValueError, match="zip"), catalog.writing() as writing:
        writing.replace(article("One heron."), passages, vectors[:0])
    assert catalog.counts() == (0, 0)
    assert numbers(catalog, "heron") == set()


def test_what_is_removed_is_in_no_table_and_in_no_index(catalog: Catalog, tmp_path: Path) -> None:
    store(catalog, article("A heron stood.", source="a"), article("A pelican sat.", source="b"))
    with catalog.writing() as writing:
        assert writing.remove(article("A heron stood.").id)
        assert not writing.remove("no such id")
    assert numbers(catalog, "heron") == set()
    assert len(numbers(catalog, "pelican")) == 1
    assert [change.added for change in catalog.changes(0)] == [True, True, False]
    catalog.close()
    assert raw(tmp_path / "kb", "SELECT count(*) FROM passages") == [(1,)]
    with contextlib.closing(Catalog.open(tmp_path / "kb", create=False)) as again:
        assert again.lexical_problems() == []


def test_a_number_is_never_given_twice(catalog: Catalog) -> None:
    store(catalog, article("A heron."))
    with catalog.writing() as writing:
        writing.remove(article("A heron.").id)
    store(catalog, article("A heron."))
    came = [change.article for change in catalog.changes(0) if change.added]
    assert len(set(came)) == 2


def test_vectors_come_back_in_half_precision(catalog: Catalog) -> None:
    store(catalog, article("A heron stood."))
    ((_, _, stored),) = catalog.vectors()
    given = HashEmbedder().passages(["A heron stood."])[0]
    assert np.array_equal(np.frombuffer(stored, np.float16), given.astype(np.float16))


def test_words_in_another_form_are_found_and_counted(catalog: Catalog) -> None:
    store(
        catalog, article("Mines were laid.", source="a"), article("A mine.", source="b"), article("Café.", source="c")
    )
    assert len(numbers(catalog, "mining")) == 2
    assert catalog.document_frequencies(["mined", "cafe", "absent"]) == {"mined": 2, "cafe": 1, "absent": 0}


def test_what_was_counted_is_counted_anew_when_another_process_changes_something(
    catalog: Catalog, tmp_path: Path
) -> None:
    store(catalog, article("A heron stood.", source="a"), article("A gull.", source="b"))
    counts = [(catalog.count(), catalog.document_frequencies(["heron", "ibis"]))]
    with contextlib.closing(Catalog.open(catalog.folder, create=False)) as other:
        store(other, article("A heron and an ibis.", source="c"))
        counts.append((catalog.count(), catalog.document_frequencies(["heron", "ibis"])))
        with other.writing() as writing:
            writing.remove(article("A heron stood.").id)
    counts.append((catalog.count(), catalog.document_frequencies(["heron", "ibis"])))
    assert counts == [
        (2, {"heron": 1, "ibis": 0}),
        (3, {"heron": 2, "ibis": 1}),
        (2, {"heron": 1, "ibis": 1}),
    ]


def test_a_word_in_the_title_weighs_more_than_one_in_the_body(catalog: Catalog) -> None:
    store(
        catalog,
        article("The heron stood there all day.", title="A quiet river", source="body"),
        article("The bird stood there all day.", title="A quiet heron", source="title"),
    )
    best = catalog.lexical(["heron"], Filters(), 10)
    found = catalog.passages([number for number, _ in best])
    assert [found[number][1].source for number, _ in best] == ["title", "body"]
    assert best[0][1] > best[1][1] > 0
    assert catalog.lexical(["heron"], Filters(), 1) == best[:1]
    assert catalog.lexical(["heron"], Filters(), 0) == catalog.lexical([], Filters(), 5) == []


@pytest.mark.parametrize("word", ['"', '""', "AND", "NEAR(a b)", "*", "^x", "title:heron", "(", "-", "🙂", "'", "a\nb"])
def test_no_word_is_taken_for_an_operator(catalog: Catalog, word: str) -> None:
    store(catalog, article("A heron stood."))
    assert catalog.lexical([word], Filters(), 5) == []
    assert len(catalog.lexical([word, "heron"], Filters(), 5)) == 1


# -- filters

DATED = {
    "day": article("A heron.", source="day", published="2023-09-19", outlet="Öst Press"),
    "eve": article("A heron.", source="eve", published="2023-08-31", outlet="O'Brien's"),
    "month": article("A heron.", source="month", published="2023-09", outlet="öst press "),
    "year": article("A heron.", source="year", published="2023", outlet="ÖST PRESS", url="u"),
    "undated": article("A heron.", source="undated", outlet="The % Times"),
    "nobody": article("A heron.", source="nobody", published="2024-01-01"),
}


@pytest.mark.parametrize(
    ("filters", "through"),
    [
        (Filters(), set(DATED)),
        (Filters(since="2023-09-19"), {"day", "month", "year", "nobody"}),
        (Filters(since="2023-09-20"), {"month", "year", "nobody"}),
        (Filters(since="2023-10"), {"year", "nobody"}),
        (Filters(since="2024"), {"nobody"}),
        (Filters(since="2025"), set()),
        (Filters(until="2022"), set()),
        (Filters(until="2023-01-01"), {"year"}),
        (Filters(until="2023-08"), {"year", "eve"}),
        (Filters(until="2023-09-01"), {"year", "eve", "month"}),
        (Filters(until="2023"), {"year", "eve", "month", "day"}),
        (Filters(since="2023-09", until="2023-09"), {"day", "month", "year"}),
        (Filters(since="2023-09-19", until="2023-09-19"), {"day", "month", "year"}),
        (Filters(outlet="Öst Press"), {"day", "year"}),
        (Filters(outlet="öst pRESS", since="2023-09-19", until="2023-09-19"), {"day", "year"}),
        (Filters(outlet="o'brien's"), {"eve"}),
        (Filters(outlet="%"), set()),
        (Filters(outlet="' OR '1'='1"), set()),
        (Filters(outlet="x'; DROP TABLE articles; --"), set()),
    ],
)
def test_filters_let_through_what_they_say(catalog: Catalog, filters: Filters, through: set[str]) -> None:
    store(catalog, *DATED.values())
    admitted = catalog.admitted(filters)
    assert {stored.source for _, stored in catalog.passages(admitted).values()} == through
    assert numbers(catalog, "heron", filters) == set(admitted)
    assert list(admitted) == sorted(admitted)
    assert catalog.counts()[0] == len(DATED)


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        ("yesterday", None, "'yesterday' is not a date"),
        (None, "2023-13", "'2023-13' is not a date"),
        ("2024", "2023", "nothing is since 2024 and until 2023: change the two over"),
        ("2023-09-19", "2023-08", "nothing is since 2023-09-19 and until 2023-08"),
    ],
)
def test_a_filter_of_no_days_is_refused(since: str | None, until: str | None, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Filters(since=since, until=until)


def test_filters_by_origin_language_and_names(catalog: Catalog) -> None:
    store(
        catalog,
        article("A heron stood in Ganja.", source="wire", outlet="Post", origin="Wire", language="en-GB"),
        article("A heron stood in Baku.", source="own", outlet="wire", language="en"),
        article("An ibis.", title="Ganja again", source="other", outlet="Post", language="fr"),
    )
    sources = {row[0]: row[1] for row in raw(catalog.folder, "SELECT number, source FROM articles")}

    def through(**chosen: object) -> set[object]:
        return {sources[number] for number in catalog.admitted(Filters(**chosen))}  # type: ignore[arg-type]

    assert through(origin="WIRE") == {"wire", "own"}, "an outlet is the origin of what names no other"
    assert through(origin="post") == {"other"}
    assert through(language="EN") == {"wire", "own"}
    assert through(language="e") == set()
    assert through(naming=(("Ganja",),)) == {"wire", "other"}, "in text or title"
    assert through(naming=(("Ganja", "Baku"), ("heron",))) == {"wire", "own"}
    assert through(naming=((),)) == through(naming=(('"',),)) == set()
    assert numbers(catalog, "heron", Filters(naming=(("Ganja",),))) == {1}


def test_common_words_are_left_out_where_there_are_rarer_ones(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.catalog._BUDGET", 3)
    birds = [article(f"Heron {n}. {'Ibis.' if n == 0 else ''}", source=f"s{n}") for n in range(6)]
    store(catalog, *birds)
    assert catalog.document_frequencies(["heron", "ibis"]) == {"heron": 4, "ibis": 1}, "counted to beyond the budget"
    assert [number for number, _ in catalog.lexical(["heron", "ibis"], Filters(), 9)] == [1]
    assert len(catalog.lexical(["heron"], Filters(), 9)) == 6


def test_filters_are_true_only_if_they_filter() -> None:
    assert not Filters()
    assert Filters(since="2020")
    assert Filters(until="2020")
    assert Filters(outlet="O")


@pytest.mark.parametrize(("start", "found"), [("", 10), ("zzzz", 0), ("%", 0), ("____", 0)])
def test_the_start_of_an_id_is_no_pattern(catalog: Catalog, start: str, found: int) -> None:
    store(catalog, *(article(f"Text {n}.", source=f"s{n}") for n in range(12)))
    assert len(catalog.ids_starting(start)) == found


# -- opening


@pytest.mark.sqlite
def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for create in (True, False):
        with pytest.raises(NotAKnowledgeBase, match=r"holds other files.*--kb"):
            Catalog.open(tmp_path, create=create)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.sqlite
def test_a_file_is_no_knowledge_base(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for create in (True, False):
        with pytest.raises(NotAKnowledgeBase, match="is a file"):
            Catalog.open(file, create=create)
    with pytest.raises(UnreadableKnowledgeBase, match="--kb"):
        Catalog.open(file / "below", create=True)
    assert file.read_text() == "mine"


def test_nothing_is_made_unless_asked_for(tmp_path: Path) -> None:
    with pytest.raises(NotAKnowledgeBase, match="accordingto ingest"):
        Catalog.open(tmp_path / "new", create=False)
    assert not (tmp_path / "new").exists()


@pytest.mark.sqlite
def test_a_catalog_that_was_killed_while_being_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").touch()
    with pytest.raises(NotAKnowledgeBase, match="accordingto ingest"):
        Catalog.open(tmp_path, create=False)
    opened = Catalog.open(tmp_path, create=True)
    store(opened, article("A heron."))
    assert opened.counts() == (1, 1)
    opened.close()


@pytest.mark.sqlite
def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    raw(tmp_path, "CREATE TABLE recipes (name)")
    for create in (True, False):
        with pytest.raises(NotAKnowledgeBase):
            Catalog.open(tmp_path, create=create)
    assert raw(tmp_path, "SELECT name FROM sqlite_master") == [("recipes",)]


def test_a_newer_schema_is_refused_with_the_mend(catalog: Catalog) -> None:
    store(catalog, article("A heron."))
    catalog.close()
    raw(catalog.folder, "UPDATE meta SET value = '2' WHERE key = 'schema'")
    for create in (True, False):
        with pytest.raises(UnreadableKnowledgeBase, match=r"schema 2, this one reads 1.*install the version"):
            Catalog.open(catalog.folder, create=create)


def test_vectors_of_two_models_are_never_mixed(catalog: Catalog) -> None:
    with catalog.writing() as writing:
        writing.made_by(MAKING)
        writing.made_by(MAKING)
    with pytest.raises(OtherModel), catalog.writing() as writing:
        writing.made_by(replace(MAKING, digest="other weights"))
    assert catalog.making() == MAKING


@pytest.mark.sqlite
def test_a_catalog_that_may_only_be_read_is_read(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    store(catalog, article("A heron."))
    catalog.close()
    before = (catalog.folder / "catalog.sqlite").read_bytes()
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK)
    reader = Catalog.open(catalog.folder, create=True)
    assert not reader.writable
    assert len(numbers(reader, "heron")) == 1
    with pytest.raises(UnreadableKnowledgeBase, match="is read-only; change its permissions"), reader.writing():
        pytest.fail("nothing may be written")
    reader.close()
    assert (catalog.folder / "catalog.sqlite").read_bytes() == before


READER = """
import os, sys
from pathlib import Path
from kb.catalog import Catalog, Filters
from kb.errors import UnreadableKnowledgeBase
Catalog.open(Path(sys.argv[2]), create=True).close()  # imports what an ordinary user may not read
if os.getuid() == 0: os.setuid(65534)
catalog = Catalog.open(Path(sys.argv[1]), create=True)
print(catalog.writable, len(catalog.lexical(["heron"], Filters(), 5)))
try:
    with catalog.writing(): print("writes")
except UnreadableKnowledgeBase as error: print(error)
"""


@pytest.mark.sqlite
def test_a_user_without_permission_to_write_can_read(catalog: Catalog, tmp_path: Path) -> None:
    store(catalog, article("A heron."))
    catalog.close()
    folder = Path(tempfile.mkdtemp(prefix="kb-readonly-"))  # pytest's own folders are closed to other users
    try:
        shutil.copy(catalog.folder / "catalog.sqlite", folder)
        (folder / "catalog.sqlite").chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READER, folder, tmp_path / "own"], capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        assert done.stdout.splitlines()[0] == "False 1"
        assert "is read-only; change its permissions" in done.stdout.splitlines()[1]
        assert [file.name for file in folder.iterdir()] == ["catalog.sqlite"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.sqlite
def test_a_folder_that_may_not_be_looked_into_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UnreadableKnowledgeBase, match="Permission denied; change its permissions"):
        Catalog.open(tmp_path, create=True)


def test_another_program_that_writes_is_waited_for_and_then_named(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"kb.dialects.{'postgres' if databases.URL else 'sqlite'}._BUSY_SECONDS", 0.01)
    second = Catalog.open(catalog.folder, create=False)
    with catalog.writing(), pytest.raises(UnreadableKnowledgeBase, match="another program is writing"):  # noqa: SIM117
        with second.writing():
            pytest.fail("two may not write at once")
    store(second, article("A heron."))
    second.close()
    assert catalog.counts() == (1, 1)


def test_a_catalog_without_what_came_later_is_completed(catalog: Catalog) -> None:
    store(catalog, article("A heron."))
    catalog.close()
    for table in ("alembic_version", "erasures", "marks", "ties", "origins"):
        raw(catalog.folder, f"DROP TABLE {table}")
    raw(catalog.folder, "ALTER TABLE changes DROP COLUMN mark")
    with contextlib.closing(Catalog.open(catalog.folder, create=False)) as completed:
        assert completed.erasures() == []
        assert completed.mark(1) == ""
        store(completed, article("A pelican.", source="b"))
        assert completed.mark(2) not in (None, "")


# -- damage


def _full(folder: Path) -> list[Article]:
    catalog = Catalog.open(folder, create=True)
    articles = [
        article(
            f"Story {n}. " + " ".join(f"w{random.Random(n * 50 + m).randint(0, 500)}" for m in range(80)) + ".",
            source=f"s{n}",
            outlet="O",
            boilerplate=(Boilerplate(0, 5, "why"),),
            provenance={"outlet": "how"},
        )
        for n in range(60)
    ]
    store(catalog, *articles)
    catalog.close()
    return articles


def _read_all(catalog: Catalog) -> object:
    return [stored.text for stored in catalog.articles()]


def _search(catalog: Catalog) -> object:
    found = catalog.passages([number for number, _ in catalog.lexical(["w7", "w30"], Filters(outlet="O"), 10)])
    return all(known.text[passage.start : passage.end] == passage.text for passage, known in found.values())


def _outcome(folder: Path, act: Callable[[Catalog], object]) -> object:
    """What the act gives, or the refusal."""
    try:
        with contextlib.closing(Catalog.open(folder, create=False)) as catalog:
            return act(catalog)
    except (UnreadableKnowledgeBase, NotAKnowledgeBase) as refusal:
        return refusal


@pytest.mark.sqlite
@pytest.mark.parametrize("act", [_read_all, _search])
def test_a_damaged_catalog_is_read_right_or_refused(tmp_path: Path, act: Callable[[Catalog], object]) -> None:
    texts, good = {stored.text for stored in _full(tmp_path)}, (tmp_path / "catalog.sqlite").read_bytes()
    refusals = []
    for seed in range(60):
        chance = random.Random(seed)
        length = chance.choice([1, 16, 4096])
        at = chance.randrange(len(good) - length)
        damage = chance.choice([bytes(length), chance.randbytes(length)])
        (tmp_path / "catalog.sqlite").write_bytes(good[:at] + damage + good[at + length :])
        found = _outcome(tmp_path, act)
        if isinstance(found, Exception):
            refusals.append(str(found))
        else:
            assert found is True or (isinstance(found, list) and set(found) <= texts)
    assert len(refusals) > 5
    assert all(str(tmp_path) in refusal and "\n" not in refusal for refusal in refusals)


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_refused_with_the_mend(tmp_path: Path) -> None:
    for content in (b"\0" * 8192, b"words, not a database " * 500):
        (tmp_path / "catalog.sqlite").write_bytes(content)
        with pytest.raises(
            (UnreadableKnowledgeBase, NotAKnowledgeBase), match=r"restore it from a backup|no knowledge"
        ):
            Catalog.open(tmp_path, create=False)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE articles SET text = replace(text, 'denied', 'agreed')",
        pytest.param("UPDATE articles SET boilerplate = '[[0,'", marks=pytest.mark.sqlite),
        "UPDATE articles SET boilerplate = 'null'",
        "UPDATE articles SET boilerplate = '[[1]]'",
        "UPDATE passages SET sentences = '[[9, 2]]'",
        pytest.param("UPDATE articles SET title = CAST(x'ff' AS TEXT)", marks=pytest.mark.sqlite),
    ],
)
def test_no_quote_is_cut_from_damaged_rows(catalog: Catalog, damage: str) -> None:
    store(catalog, article("The heron denied it."))
    (number,) = numbers(catalog, "heron")
    catalog.close()
    raw(catalog.folder, damage)
    with pytest.raises(UnreadableKnowledgeBase, match=r"damaged \(.*restore it from a backup"):
        catalog.passages([number])


@pytest.mark.sqlite
def test_the_check_names_what_is_wrong(catalog: Catalog) -> None:
    store(catalog, article("A heron.", source="a"), article("A pelican.", source="b"))
    assert catalog.integrity() == []
    catalog.close()
    raw(catalog.folder, "UPDATE articles SET text = 'A penguin.' WHERE source = 'a'")
    raw(catalog.folder, "UPDATE passages SET article = 77 WHERE article = 2")
    found = catalog.integrity()
    assert f"article {article('A heron.').id} is not what was stored" in found
    assert "1 passages belong to no article" in found


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("reason", "mend"),
    [
        ("database or disk is full", "make room and run the same command again"),
        ("attempt to write a readonly database", "change its permissions"),
        ("unable to open database file", "check its permissions"),
    ],
)
def test_what_the_database_reports_becomes_a_mend(catalog: Catalog, reason: str, mend: str) -> None:
    with pytest.raises(UnreadableKnowledgeBase, match=mend), catalog.writing():
        raise sqlite3.OperationalError(reason)


@pytest.mark.sqlite
def test_an_error_of_the_system_becomes_a_mend(catalog: Catalog) -> None:
    with pytest.raises(UnreadableKnowledgeBase, match="Input/output error; change its permissions"), catalog.writing():
        raise OSError(5, "Input/output error")


# Acts that touch no article: what is derived, and vectors of another model.
DERIVED = ("rebuild_lexical", "rebuild_origins", "begin_reembedding", "stage", "switch")


def test_a_transaction_offers_no_way_around_the_log() -> None:
    public = {name for name in vars(Writing) if not name.startswith("_")}
    assert public == {"made_by", "identify", "replace", "remove", "erase", "forget_erasures", *DERIVED, "keep_failures"}
