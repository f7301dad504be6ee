"""Checking, making anew what is derived, and embedding anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from assistant.command import app
from kb import KnowledgeBase
from kb.embedding import HashEmbedder, Vectors
from kb.errors import OtherModel
from tests.conftest import article

pytestmark = pytest.mark.sqlite


class Counting(HashEmbedder):
    """Counts what it is given, and can be told to fail after so many."""

    def __init__(self, name: str = "hash", dimension: int = 384, last: int = 1_000_000) -> None:
        self.name, self.dimension, self.digest = name, dimension, f"{name}/{dimension}"
        self.count, self.last = 0, last

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.count += len(texts)
        if self.count > self.last:
            raise KeyboardInterrupt
        return super().passages(texts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A knowledge base with every derived file."""
    folder = tmp_path / "kb"
    with KnowledgeBase.open(folder, model=HashEmbedder(), create=True, own=True) as base:
        base.add([article(f"The heron number {n} stood there.", source=f"s{n}") for n in range(9)])
        base.sync()
        base.save()
        assert base.check() == []
    return folder


@pytest.fixture
def opened(folder: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(folder, model=HashEmbedder()) as base:
        yield base


def raw(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "catalog.sqlite")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


RECORD = {
    "a passage beyond the end": ('UPDATE passages SET "end" = 99 WHERE id = 3', "passage 3 of article"),
    "a passage without length": ('UPDATE passages SET "start" = "end" WHERE id = 3', "is no slice of it (31 to 31"),
    "a sentence outside": ("UPDATE passages SET sentences = '[[0, 90]]' WHERE id = 3", "has sentences outside it"),
    "sentences out of order": ("UPDATE passages SET sentences = '[[9, 12], [0, 3]]' WHERE id = 3", "out of order"),
    "no sentences": ("UPDATE passages SET sentences = '[]' WHERE id = 3", "has sentences outside it or out of order"),
    "unreadable sentences": ("UPDATE passages SET sentences = '[[1' WHERE id = 3", "has unreadable sentences"),
    "half a vector": ("UPDATE passages SET vector = substr(vector, 1, 99) WHERE id = 3", "99 bytes, not 768"),
    "an infinite vector": (
        "UPDATE passages SET vector = x'" + "00" * 766 + "007c' WHERE id = 3",
        "a vector that is none",
    ),
    "another text": ("UPDATE articles SET text = upper(text) WHERE number = 3", "is not what was stored"),
    "a lost article": ("DELETE FROM articles WHERE number = 3", "1 passages belong to no article"),
}


@pytest.mark.parametrize("kind", RECORD)
def test_damage_of_the_record_is_named_and_not_called_derived(opened: KnowledgeBase, folder: Path, kind: str) -> None:
    statement, words = RECORD[kind]
    raw(folder, statement)
    assert any(words in problem.text and not problem.derived for problem in opened.check())


def _noise(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40] + bytes(range(40)))


def _another_vector(folder: Path) -> None:
    raw(folder, "UPDATE passages SET vector = (SELECT vector FROM passages WHERE id = 4) WHERE id = 3")


DERIVED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a lexical row is gone": (
        lambda folder: raw(folder, "INSERT INTO lexical(lexical, rowid, title, body) VALUES('delete', 3, '', '')"),
        "differ in 1 rows",
    ),
    "a lexical row too many": (
        lambda folder: raw(folder, "INSERT INTO lexical(rowid, title, body) VALUES(77, 'x', 'y')"),
        "differ in 1 rows",
    ),
    "other words": (
        lambda folder: raw(
            folder,
            "INSERT INTO lexical(lexical, rowid, title, body) SELECT 'delete', id, title, body FROM article_texts "
            "WHERE id = 3",
            "INSERT INTO lexical(rowid, title, body) VALUES(3, 'x', 'y')",
        ),
        "does not hold the words",
    ),
    "noise in the vectors": (lambda folder: _noise(folder / "vectors" / "9.vectors.npy"), "vectors was damaged"),
    "vectors of other passages": (_another_vector, "differs from the catalog in 1 passages"),
    "noise in Chroma": (lambda folder: _noise(folder / "chroma" / "chroma.sqlite3"), "the Chroma index was damaged"),
}


@pytest.mark.parametrize("kind", DERIVED)
def test_what_is_derived_is_named_and_made_anew_without_embedding(folder: Path, kind: str) -> None:
    damage, words = DERIVED[kind]
    damage(folder)
    model = Counting()
    model.digest = HashEmbedder.digest
    with KnowledgeBase.open(folder, model=model) as base:
        (problem,) = base.check()
        assert words in problem.text
        assert problem.derived
        assert len(base.repair()) == 4
        assert base.check() == []
        assert base.search("heron number 5", 1)[0].article.source == "s5"
    assert model.count == 1  # the question


def test_a_missing_lexical_index_is_made_anew(folder: Path) -> None:
    raw(folder, "DROP TABLE lexical")
    with KnowledgeBase.open(folder, model=HashEmbedder()) as base:
        base.repair()
        assert base.check() == []
        assert base.search("heron number 5", 1)[0].article.source == "s5"


def test_an_owner_s_index_is_left_to_it(folder: Path, opened: KnowledgeBase) -> None:
    with KnowledgeBase.open(folder, model=HashEmbedder(), own=True) as owner:
        owner.search("heron")
        assert opened.check() == []
        assert "left to the process that owns it" in opened.repair()[-1]
        assert owner.repair()[-1] == "the Chroma index was made anew"
        assert len(owner.search("heron", 20)) == 9


# -- embedding anew


def test_another_model_takes_over_when_all_is_embedded(folder: Path, opened: KnowledgeBase) -> None:
    opened.search("heron")
    new = Counting("new", 48)
    with pytest.raises(OtherModel, match="accordingto check --reembed"):
        KnowledgeBase.open(folder, model=new)
    with KnowledgeBase.open(folder, model=new, any_model=True) as base:
        assert list(base.reembed()) == [9]
        assert base.check() == []
        assert base.search("heron number 5", 1)[0].article.source == "s5"
    assert new.count == 10
    with KnowledgeBase.open(folder, model=new, own=True) as base:
        assert base.search("heron number 5", 1)[0].article.source == "s5"
        assert base.check() == []
    with pytest.raises(OtherModel):
        opened.search("heron")
    with pytest.raises(OtherModel):
        opened.add([article("A pelican.", source="late")])


def test_a_run_that_is_broken_off_goes_on_and_the_old_vectors_hold_until_then(
    folder: Path, opened: KnowledgeBase
) -> None:
    with KnowledgeBase.open(folder, model=Counting("new", 48, last=6), any_model=True) as base:
        assert next(base._catalog.reembed(base._making, base.embedder.passages, 4)) == 4
        with pytest.raises(KeyboardInterrupt):
            list(base._catalog.reembed(base._making, base.embedder.passages, 4))
    assert opened.search("heron number 5", 1)[0].article.source == "s5"
    assert opened.check() == []
    opened.add([article("A pelican came meanwhile.", source="meanwhile")])
    opened.remove(article("The heron number 1 stood there.").id)
    again = Counting("new", 48)
    with KnowledgeBase.open(folder, model=again, any_model=True) as base:
        assert list(base.reembed()) == [9]
        assert base.check() == []
        assert base.search("pelican", 1)[0].article.source == "meanwhile"
    assert again.count == 6 + 1  # 9 - 4 done + 1 come, and the question; what was removed had been done


def test_vectors_of_a_third_model_are_not_mixed_in(folder: Path) -> None:
    with KnowledgeBase.open(folder, model=Counting("new", 48), any_model=True) as base:
        next(base._catalog.reembed(base._making, base.embedder.passages, 4))
    third = Counting("third", 24)
    with KnowledgeBase.open(folder, model=third, any_model=True) as base:
        list(base.reembed())
        assert third.count == 9
        assert base.check() == []
        assert {len(vector) for _, _, vector in base._catalog.vectors()} == {48}


def test_nothing_stored_is_nothing_to_embed(tmp_path: Path) -> None:
    with KnowledgeBase.open(tmp_path / "new", model=HashEmbedder(), create=True) as base:
        assert list(base.reembed()) == []


def test_new_vectors_are_unit_vectors_of_title_and_text(folder: Path) -> None:
    new = Counting("new", 48)
    with KnowledgeBase.open(folder, model=new, any_model=True) as base:
        list(base.reembed())
        stored = next(iter(base._catalog.vectors()))[2]
    expected = new.passages(["A title\nThe heron number 0 stood there."])[0]
    assert np.array_equal(np.frombuffer(stored, np.float16), expected.astype(np.float16))


# -- the command


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("ACCORDINGTO_KB", str(folder))
    monkeypatch.setenv("ACCORDINGTO_EMBEDDING_MODEL", "hash")

    def invoke(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, list(arguments))
        return result.exit_code, result.stdout, result.stderr

    return invoke


def test_check_tells_what_repair_mends_from_what_it_does_not(
    run: Callable[..., tuple[int, str, str]], folder: Path
) -> None:
    assert run("check") == (0, "9 articles, nothing wrong\n", "")
    raw(folder, "INSERT INTO lexical(rowid, title, body) VALUES(77, 'x', 'y')")
    code, out, _ = run("check")
    assert (code, out.count("\n")) == (1, 1)
    assert "mend it with: accordingto check --repair" in out
    code, out, _ = run("check", "--repair")
    assert code == 0
    assert out.splitlines()[0] == "the lexical index was made anew"
    assert out.splitlines()[-1] == "9 articles, nothing wrong"
    raw(folder, "UPDATE passages SET sentences = '[]' WHERE id = 3")
    code, _, notes = run("check", "--repair")
    assert code == 3
    assert "restore a backup" in notes


def test_reembed_says_what_it_did(run: Callable[..., tuple[int, str, str]], folder: Path) -> None:
    raw(folder, "UPDATE meta SET value = replace(value, 'hash/384/1', 'older weights') WHERE key = 'making'")
    assert run("check", "--reembed") == (
        0,
        "9 passages embedded anew with hash\n9 articles, nothing wrong\n",
        "",
    )
    assert run("doctor")[0] == 0
