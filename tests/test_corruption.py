"""Damage to what is derived: the next opening answers as before, embeds nothing, and says what it mended in a line."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.catalog import Filters
from kb.embedding import Vectors
from kb.vectors import ChromaProjection
from tests.conftest import article
from tests.test_erase import Dense

pytestmark = pytest.mark.sqlite

QUESTIONS = ("heron number 7", "who stood there", "pelican")
PASSAGES = 1100  # beyond a thousand Chroma writes its graph to files of their own


class Counting(Dense):
    """Counts the passages that it embeds."""

    count = 0

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.count += len(texts)
        return super().passages(texts)

    def questions(self, texts: Sequence[str]) -> Vectors:
        return super().passages(texts)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base with every derived file. To be copied."""
    folder = tmp_path_factory.mktemp("whole") / "kb"
    with KnowledgeBase.open(folder, model=Dense(), create=True, own=True) as base:
        base.add([article(f"The heron number {n} stood there.", source=f"s{n}") for n in range(PASSAGES)])
        base.sync()
        base.save()
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "kb"))


def _answers(folder: Path, *, own: bool) -> tuple[list[list[tuple[str, float]]], str | None, int]:
    """What is found, the notice, and how many passages were embedded for it."""
    model = Counting()
    with KnowledgeBase.open(folder, model=model, own=own) as base:
        found = [[(hit.article.source, hit.score) for hit in base.search(question, 5)] for question in QUESTIONS]
        embedded = model.count
        if own:
            chroma = base._chroma
            assert chroma is not None
            assert {int(key) for key in chroma._open_collection().get()["ids"]} == set(
                base._catalog.admitted(Filters())
            )
        return found, base.notice, embedded


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _noise(file: Path) -> None:
    file.write_bytes(random.Random(1).randbytes(file.stat().st_size))


def _some_noise(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for at in random.Random(2).sample(range(len(content)), min(64, len(content))):
        content[at] ^= 0x55
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "truncated": _truncated,
    "noise": _noise,
    "some noise": _some_noise,
    "deleted": Path.unlink,
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_no_file_of_the_chroma_folder_is_trusted_blindly(whole: Path, tmp_path: Path, kind: str) -> None:
    names = [file.relative_to(whole) for file in sorted((whole / "chroma").rglob("*")) if file.stat().st_size > 1]
    names = [name for name in names if (whole / name).is_file()]
    assert len(names) >= 4
    expected, notice, _ = _answers(Path(shutil.copytree(whole, tmp_path / "good")), own=False)
    assert notice is None
    for place, name in enumerate(names):
        folder = Path(shutil.copytree(whole, tmp_path / f"kb{place}"))
        DAMAGES[kind](folder / name)
        found, notice, embedded = _answers(folder, own=True)
        assert [[source for source, _ in one] for one in found] == [[source for source, _ in one] for one in expected]
        assert embedded == 0
        assert notice is not None, name
        assert notice.startswith("the Chroma index")
        assert "rebuilt" in notice
        assert "\n" not in notice
        shutil.rmtree(folder)


@pytest.mark.parametrize("kind", DAMAGES)
def test_no_file_of_vectors_is_trusted_blindly(folder: Path, kind: str) -> None:
    good, notice, _ = _answers(folder, own=False)
    assert notice is None
    kept = {file: file.read_bytes() for file in (folder / "vectors").iterdir()}
    for file, content in kept.items():
        DAMAGES[kind](file)
        found, notice, embedded = _answers(folder, own=False)
        assert (found, embedded) == (good, 0)
        seal_gone = kind == "deleted" and file.suffix == ".json"
        assert notice == (
            None if seal_gone else "the file of vectors was damaged, and was written anew from the catalog"
        )
        if not seal_gone:
            assert file.read_bytes() == content
            assert _answers(folder, own=False)[1] is None
        file.write_bytes(content)


def test_a_restored_catalog_does_not_take_newer_files_for_its_own(folder: Path, tmp_path: Path) -> None:
    """The log of the restored one counts on over the same numbers, with other articles."""
    backup = (folder / "catalog.sqlite").read_bytes()
    with KnowledgeBase.open(folder, model=Dense(), own=True) as base:
        base.add([article(f"The pelican number {n} was lost.", source=f"p{n}") for n in range(5)])
        base.sync()
        base.save()
    (folder / "catalog.sqlite").write_bytes(backup)
    with KnowledgeBase.open(folder, model=Dense()) as base:
        base.add([article(f"The stork number {n} came later.", source=f"t{n}") for n in range(5)])
    _, notice, embedded = _answers(folder, own=True)
    assert embedded == 0
    assert notice is not None
    assert "the file of vectors belonged to another catalog" in notice
    assert "the Chroma index belongs to another catalog" in notice
    with KnowledgeBase.open(folder, model=Dense(), own=True) as base:
        assert base.notice is None
        assert base.check() == []
        nearest = base._index().search(Dense().questions(["A title\nThe stork number 3 came later."])[0], 1)
        assert base._catalog.passages([nearest[0][0]])[nearest[0][0]][1].source == "t3"


class Panic(BaseException):
    """What pyo3 raises where Rust panics: no Exception."""


Panic.__name__ = "PanicException"


@pytest.mark.parametrize("error", [RuntimeError("disk full"), OSError(5, "Input/output error"), Panic("index out")])
@pytest.mark.parametrize("act", ["candidates", "_send"])
def test_a_chroma_that_fails_in_a_session_is_given_up_for_the_exact_search(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, act: str
) -> None:
    expected = _answers(folder, own=False)[0]

    def fail(*_: object) -> None:
        raise error

    with KnowledgeBase.open(folder, model=Dense(), own=True) as base:
        base.search("heron")
        with monkeypatch.context() as failing:
            if act == "candidates":
                # Below the projection's own guard, where Chroma is.
                assert base._chroma is not None
                failing.setattr(base._chroma._open_collection(), "query", fail)
            else:
                failing.setattr(ChromaProjection, act, fail)
                base.add([article("Nothing of note.", source="new")])
            found = [[(hit.article.source, hit.score) for hit in base.search(question, 5)] for question in QUESTIONS]
        assert [[source for source, _ in one] for one in found] == [[source for source, _ in one] for one in expected]
        assert base.notice is not None
        assert base.notice.startswith("the vector index failed (")
        assert "\n" not in base.notice
        assert np.isclose(base.search("heron number 7", 1)[0].score, found[0][0][1])
    assert _answers(folder, own=True)[1] is not None  # rebuilt, and said
    assert _answers(folder, own=True)[1] is None
