"""The exact search against the plainest possible one, through everything that can happen to its file."""

from __future__ import annotations

import json
import shutil
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.article import Article, Passage, Span
from kb.catalog import Catalog, Change
from kb.embedding import Vectors
from kb.exact import ExactIndex, _multiplies_bytes
from tests.conftest import article

DIMENSION = 16


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "kb", create=True)
    yield opened
    opened.close()


def unit(count: int, seed: int) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    found: Vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return found


def fill(catalog: Catalog, vectors: Vectors, name: str = "a") -> list[Article]:
    """Stores an article with one passage for each vector."""
    articles = [article(f"{name} {place}", source=f"{name} {place}") for place in range(len(vectors))]
    with catalog.writing() as writing:
        for stored, vector in zip(articles, vectors, strict=True):
            whole = Passage(stored.id, 0, len(stored.text), stored.text, (Span(0, len(stored.text)),))
            writing.replace(stored, [whole], vector.reshape(1, -1))
    return articles


def drop(catalog: Catalog, articles: Sequence[Article]) -> None:
    with catalog.writing() as writing:
        for stored in articles:
            assert writing.remove(stored.id)


def brute(catalog: Catalog, vector: Vectors, k: int, admitted: Sequence[int] | None = None) -> list[tuple[int, float]]:
    """Every cosine, sorted: what the index has to agree with."""
    scored = [
        (number, float(np.frombuffer(stored, np.float16).astype(np.float32) @ vector))
        for number, _, stored in catalog.vectors()
        if admitted is None or number in admitted
    ]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:k]


def same(found: list[tuple[int, float]], expected: list[tuple[int, float]]) -> None:
    assert [number for number, _ in found] == [number for number, _ in expected]
    assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in expected], abs=1e-5)


def files(catalog: Catalog) -> list[str]:
    return sorted(file.name for file in (catalog.folder / "vectors").glob("*"))


@pytest.fixture(params=["with torch", "without torch"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The index uses torch only where it is loaded already."""
    if request.param == "with torch":
        import torch  # noqa: F401
    else:
        monkeypatch.delitem(sys.modules, "torch", raising=False)
    return str(request.param)


@pytest.mark.usefixtures("either_way")
def test_it_agrees_with_brute_force_through_additions_removals_and_reloads(catalog: Catalog) -> None:
    questions = unit(5, seed=99)
    first = fill(catalog, unit(300, seed=1), "first")
    index = ExactIndex(catalog, DIMENSION)

    def agree(*indexes: ExactIndex) -> None:
        for question in questions:
            for found in indexes:
                same(found.search(question, 10), brute(catalog, question, 10))

    agree(index)
    index.save()
    agree(index, ExactIndex(catalog, DIMENSION))
    fill(catalog, unit(50, seed=2), "tail")
    drop(catalog, first[::3])
    agree(index, ExactIndex(catalog, DIMENSION))
    index.save()
    agree(index, ExactIndex(catalog, DIMENSION))
    drop(catalog, first[1::3])
    agree(index, ExactIndex(catalog, DIMENSION))


def test_both_ways_to_multiply_give_one_list(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch  # noqa: F401

    fill(catalog, unit(500, seed=3))
    ExactIndex(catalog, DIMENSION).save()
    index, question = ExactIndex(catalog, DIMENSION), unit(1, seed=4)[0]
    fast = index.search(question, 50)
    monkeypatch.delitem(sys.modules, "torch")
    same(index.search(question, 50), fast)


@given(
    st.lists(st.lists(st.integers(-3, 3), min_size=2, max_size=2), min_size=1, max_size=30),
    st.sets(st.integers(0, 29)),
    st.integers(1, 40),
    st.none() | st.sets(st.integers(1, 31)),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_few_directions_and_many_ties_are_in_the_order_of_the_numbers(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[list[int]],
    gone: set[int],
    k: int,
    admitted: set[int] | None,
) -> None:
    catalog = Catalog.open(tmp_path_factory.mktemp("ties"), create=True)
    vectors = np.zeros((len(drawn), DIMENSION), np.float32)
    vectors[:, :2] = drawn
    stored = fill(catalog, vectors)
    index = ExactIndex(catalog, DIMENSION)
    index.search(vectors[0], 1)
    drop(catalog, [stored[place] for place in gone if place < len(stored)])
    question = np.eye(1, DIMENSION, dtype=np.float32)[0]
    allowed = None if admitted is None else sorted(admitted)
    same(index.search(question, k, allowed), brute(catalog, question, k, allowed))
    catalog.close()


@pytest.mark.usefixtures("either_way")
def test_a_hundred_equal_cosines_are_in_the_order_of_their_numbers(catalog: Catalog) -> None:
    direction = unit(1, seed=5)
    fill(catalog, np.concatenate([-direction] * 30 + [direction] * 100))
    ExactIndex(catalog, DIMENSION).save()
    found = ExactIndex(catalog, DIMENSION).search(direction[0], 10)
    assert [number for number, _ in found] == list(range(31, 41))


def test_more_than_there_is_gives_all(catalog: Catalog) -> None:
    index, question = ExactIndex(catalog, DIMENSION), unit(1, seed=6)[0]
    assert index.search(question, 5) == []
    fill(catalog, unit(3, seed=7))
    assert len(index.search(question, 1000)) == 3
    assert index.search(question, 1000, []) == []
    assert [number for number, _ in index.search(question, 1000, [2, 77])] == [2]
    assert index.search(question, 0) == []


def test_scoring_gives_each_passage_once_and_leaves_out_what_is_gone(catalog: Catalog) -> None:
    stored = fill(catalog, unit(6, seed=8))
    index, question = ExactIndex(catalog, DIMENSION), unit(1, seed=9)[0]
    index.search(question, 1)
    drop(catalog, [stored[1], stored[5]])
    asked = [6, 2, 3, 99, 0, -1, 4]
    for scoring in (index, ExactIndex(catalog, DIMENSION)):
        found = scoring.score(question, asked)
        same(list(zip(found.passages, found.cosines, strict=True)), brute(catalog, question, 10, [3, 4]))
        assert found.articles.tolist() == found.passages.tolist()
        assert scoring.score(question, [], [4, 4, 2, 99]).passages.tolist() == [4]
        assert len(scoring.score(question, []).passages) == 0


def test_one_damaged_vector_hides_no_other(catalog: Catalog) -> None:
    vectors = unit(100, seed=10)
    vectors[7] = np.nan
    fill(catalog, vectors)
    question = unit(1, seed=11)[0]
    found = ExactIndex(catalog, DIMENSION).search(question, 100)
    same(found, brute(catalog, question, 99, [number for number in range(1, 101) if number != 8]))


def test_vectors_in_bytes_give_the_list_that_whole_ones_give(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch  # noqa: F401

    monkeypatch.setattr("kb.exact._TURNED", 150)
    vectors = unit(500, seed=12)
    vectors[33] = np.nan
    vectors[40:400] = vectors[40] + 0.002 * unit(360, seed=13)  # nearer to each other than bytes can tell
    vectors[40:400] /= np.linalg.norm(vectors[40:400], axis=1, keepdims=True)
    gone = fill(catalog, vectors)[50:60]
    ExactIndex(catalog, DIMENSION).save()
    index = ExactIndex(catalog, DIMENSION)
    drop(catalog, gone)
    fill(catalog, unit(10, seed=14), "later")
    near = vectors[40] + 0.1 * unit(1, seed=15)[0]
    sound = [number for number in range(1, 511) if number != 34]
    for question in (near / np.linalg.norm(near), *unit(6, seed=16)):  # by the fourth all are in bytes
        same(index.search(question, 20), brute(catalog, question, 20, sound))


def test_a_processor_that_multiplies_bytes_wrongly_is_not_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def saturating(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        products = left.int() @ right.int()
        return products.clamp(-(2**15), 2**15 - 1)

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_vnni": True})
    monkeypatch.setattr(torch, "_int_mm", saturating)
    assert not _multiplies_bytes.__wrapped__()
    monkeypatch.setattr(torch, "_int_mm", lambda left, right: left.int() @ right.int())
    assert _multiplies_bytes.__wrapped__()


def test_what_comes_while_the_catalog_is_read_comes_once(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process stores an article between the look at the log and the look at the vectors."""
    fill(catalog, unit(5, seed=12), "before")
    read = catalog.changes
    meanwhile = [unit(1, seed=13)]

    def slow(since: int) -> list[Change]:
        changes = read(since)
        if meanwhile:
            fill(catalog, meanwhile.pop(), "meanwhile")
        return changes

    monkeypatch.setattr(catalog, "changes", slow)
    index, question = ExactIndex(catalog, DIMENSION), unit(1, seed=14)[0]
    index.search(question, 10)
    same(index.search(question, 10), brute(catalog, question, 10))
    assert len(index.search(question, 10)) == 6


# -- the file


def test_saving_keeps_one_pair_of_files_and_writes_only_what_is_new(catalog: Catalog) -> None:
    fill(catalog, unit(5, seed=15))
    index = ExactIndex(catalog, DIMENSION)
    index.save()
    assert files(catalog) == ["5.rows.npy", "5.seal.json", "5.vectors.npy"]
    fill(catalog, unit(2, seed=16), "more")
    reader = ExactIndex(catalog, DIMENSION)
    index.save()
    assert files(catalog) == ["7.rows.npy", "7.seal.json", "7.vectors.npy"]
    written = (catalog.folder / "vectors" / "7.rows.npy").stat().st_mtime_ns
    index.save()
    ExactIndex(catalog, DIMENSION).save()
    assert (catalog.folder / "vectors" / "7.rows.npy").stat().st_mtime_ns == written
    question = unit(1, seed=17)[0]
    same(reader.search(question, 7), brute(catalog, question, 7))  # it goes on with the files that are deleted


def test_opening_from_the_file_reads_no_vectors_from_the_catalog(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(catalog, unit(5, seed=18))
    ExactIndex(catalog, DIMENSION).save()
    question = unit(1, seed=19)[0]
    expected = brute(catalog, question, 3)
    monkeypatch.setattr(catalog, "vectors", lambda articles=None: pytest.fail("the file has them"))
    same(ExactIndex(catalog, DIMENSION).search(question, 3), expected)


def _seal_anew(catalog: Catalog, watermark: int) -> None:
    """Makes the seal fit whatever is in the files, so that more than the checksum has to tell."""
    folder = catalog.folder / "vectors"
    content = {name: zlib.crc32((folder / f"{watermark}.{name}.npy").read_bytes()) for name in ("rows", "vectors")}
    (folder / f"{watermark}.seal.json").write_text(json.dumps({"mark": catalog.mark(watermark), **content}))


def _foreign() -> dict[str, tuple[str, object]]:
    vectors = np.zeros((2, DIMENSION), np.float16)
    return {
        "noise": ("3.vectors.npy", b"\x93NUMPY noise"),
        "nothing": ("3.vectors.npy", b""),
        "a zip": ("3.vectors.npy", b"PK\x03\x04 and so on"),
        "another dimension": ("3.vectors.npy", np.zeros((3, DIMENSION + 1), np.float16)),
        "another precision": ("3.vectors.npy", np.zeros((3, DIMENSION), np.float32)),
        "fewer vectors": ("3.vectors.npy", vectors),
        "one column of rows": ("3.rows.npy", np.arange(3)),
        "rows of another kind": ("3.rows.npy", np.zeros((3, 2), np.float64)),
        "objects": ("3.rows.npy", np.array([[{}, 1]] * 3, object)),
        "a later catalog": ("9.vectors.npy", vectors),
        "no number": ("mine.vectors.npy", vectors),
    }


@pytest.mark.parametrize("kind", _foreign())
def test_a_damaged_or_foreign_file_is_ignored(catalog: Catalog, kind: str) -> None:
    fill(catalog, unit(3, seed=20))
    ExactIndex(catalog, DIMENSION).save()
    name, content = _foreign()[kind]
    file = catalog.folder / "vectors" / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.save(file, np.asarray(content))
    _seal_anew(catalog, 3)
    np.save(file.with_name("9.rows.npy"), np.array([[1, 1], [2, 2]], np.int64))
    np.save(file.with_name("mine.rows.npy"), np.array([[1, 1], [2, 2]], np.int64))
    question = unit(1, seed=21)[0]
    index = ExactIndex(catalog, DIMENSION)
    same(index.search(question, 3), brute(catalog, question, 3))
    fill(catalog, unit(3, seed=22), "more")
    same(index.search(question, 6), brute(catalog, question, 6))


def test_a_truncated_file_is_ignored(catalog: Catalog) -> None:
    fill(catalog, unit(30, seed=23))
    ExactIndex(catalog, DIMENSION).save()
    file = catalog.folder / "vectors" / "30.vectors.npy"
    good = file.read_bytes()
    file.write_bytes(good[:-5])
    question = unit(1, seed=24)[0]
    index = ExactIndex(catalog, DIMENSION)
    same(index.search(question, 30), brute(catalog, question, 30))
    index.save()
    assert file.read_bytes() == good


@pytest.mark.parametrize("name", ["30.rows.npy", "30.vectors.npy", "30.seal.json"])
def test_noise_in_a_file_is_noticed_and_written_over(catalog: Catalog, name: str) -> None:
    fill(catalog, unit(30, seed=41))
    ExactIndex(catalog, DIMENSION).save()
    file = catalog.folder / "vectors" / name
    good = file.read_bytes()
    file.write_bytes(good[:-9] + bytes(byte ^ 1 for byte in good[-9:]))
    question = unit(1, seed=42)[0]
    index = ExactIndex(catalog, DIMENSION)
    assert index.distrusted == "the file of vectors was damaged"
    same(index.search(question, 30), brute(catalog, question, 30))
    index.save()
    assert file.read_bytes() == good
    assert ExactIndex(catalog, DIMENSION).distrusted is None


@pytest.mark.sqlite
def test_a_file_beside_a_restored_catalog_is_not_taken_for_its_own(catalog: Catalog) -> None:
    """After a backup is restored, the change log counts on from where it was: the same numbers name other articles."""
    fill(catalog, unit(3, seed=43))
    ExactIndex(catalog, DIMENSION).save()
    kept = shutil.copytree(catalog.folder, catalog.folder.with_name("kept"))
    fill(catalog, unit(4, seed=44), "lost")
    ExactIndex(catalog, DIMENSION).save()
    restored = Catalog.open(kept, create=False)
    fill(restored, unit(9, seed=45), "later")
    shutil.rmtree(kept / "vectors")
    shutil.copytree(catalog.folder / "vectors", kept / "vectors")
    index, question = ExactIndex(restored, DIMENSION), unit(1, seed=46)[0]
    assert index.distrusted == "the file of vectors belonged to another catalog"
    same(index.search(question, 20), brute(restored, question, 20))
    restored.close()


def test_a_long_tail_is_written_to_the_file(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.exact._TAIL", 4)
    index, question = ExactIndex(catalog, DIMENSION), unit(1, seed=25)[0]
    fill(catalog, unit(4, seed=26))
    index.search(question, 1)
    assert files(catalog) == []
    fill(catalog, unit(1, seed=27), "more")
    same(index.search(question, 5), brute(catalog, question, 5))
    assert files(catalog) == ["5.rows.npy", "5.seal.json", "5.vectors.npy"]


@pytest.mark.parametrize("hindrance", ["read-only", "full disk"])
def test_a_long_tail_that_cannot_be_written_is_searched_all_the_same(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, hindrance: str
) -> None:
    fill(catalog, unit(3, seed=28))
    ExactIndex(catalog, DIMENSION).save()
    index, question = ExactIndex(catalog, DIMENSION), unit(1, seed=29)[0]
    fill(catalog, unit(6, seed=30), "tail")
    monkeypatch.setattr("kb.exact._TAIL", 4)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if hindrance == "full disk":
        monkeypatch.setattr(np, "save", full)
    else:
        monkeypatch.setattr(Catalog, "folder_writable", False)
    for _ in range(2):
        same(index.search(question, 9), brute(catalog, question, 9))
    assert files(catalog) == ["3.rows.npy", "3.seal.json", "3.vectors.npy"]


def test_vectors_of_another_length_are_left_out(catalog: Catalog) -> None:
    fill(catalog, unit(3, seed=31))
    assert ExactIndex(catalog, DIMENSION * 2).search(np.ones(DIMENSION * 2, np.float32), 3) == []
