"""The Chroma index as a projection: one owner, never behind for long, and thrown away when it cannot be trusted."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from kb.catalog import Catalog
from kb.embedding import Vectors
from kb.exact import ExactIndex
from kb.vectors import ChromaProjection, owned_elsewhere
from tests.test_exact import DIMENSION, brute, drop, fill, unit


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "kb", create=True)
    yield opened
    opened.close()


@contextlib.contextmanager
def owning(catalog: Catalog) -> Iterator[ChromaProjection]:
    projection = ChromaProjection.open(catalog, DIMENSION)
    assert projection is not None
    try:
        yield projection
    finally:
        projection.close()


def mark(catalog: Catalog) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((catalog.folder / "chroma" / "projection.json").read_text())
    return found


def nearest(projection: ChromaProjection, vector: Vectors, k: int) -> set[int]:
    return set(projection.candidates(vector, k))


def expected(catalog: Catalog, vector: Vectors, k: int) -> set[int]:
    return {number for number, _ in brute(catalog, vector, k)}


# -- a contract for both engines


class Engine(Protocol):
    def __call__(self, catalog: Catalog, vector: Vectors, k: int) -> list[int]: ...


def _exactly(catalog: Catalog, vector: Vectors, k: int) -> list[int]:
    return [number for number, _ in ExactIndex(catalog, DIMENSION).search(vector, k)]


def _by_chroma(catalog: Catalog, vector: Vectors, k: int) -> list[int]:
    with owning(catalog) as projection:
        candidates = projection.candidates(vector, k)
    return [int(number) for number in ExactIndex(catalog, DIMENSION).score(vector, candidates).passages[:k]]


@pytest.fixture(params=[_exactly, _by_chroma], ids=["exact", "chroma"])
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.param
    return chosen


def test_an_engine_gives_the_nearest_first(catalog: Catalog, engine: Engine) -> None:
    fill(catalog, unit(60, seed=1))
    for question in unit(3, seed=2):
        assert engine(catalog, question, 10) == [number for number, _ in brute(catalog, question, 10)]


def test_an_engine_follows_what_comes_and_goes(catalog: Catalog, engine: Engine) -> None:
    question = unit(1, seed=3)[0]
    stored = fill(catalog, unit(40, seed=4))
    engine(catalog, question, 5)
    drop(catalog, stored[::2])
    fill(catalog, unit(10, seed=5), "more")
    assert engine(catalog, question, 30) == [number for number, _ in brute(catalog, question, 30)]


def test_an_engine_gives_nothing_from_nothing(catalog: Catalog, engine: Engine) -> None:
    assert engine(catalog, unit(1, seed=6)[0], 5) == []
    drop(catalog, fill(catalog, unit(3, seed=7)))
    assert engine(catalog, unit(1, seed=6)[0], 5) == []


def test_an_engine_gives_all_where_more_is_asked_for(catalog: Catalog, engine: Engine) -> None:
    fill(catalog, unit(4, seed=8))
    assert sorted(engine(catalog, unit(1, seed=9)[0], 50)) == [1, 2, 3, 4]


# -- one owner


def test_a_second_owner_gets_none_until_the_first_is_done(catalog: Catalog) -> None:
    assert not owned_elsewhere(catalog.folder)
    with owning(catalog):
        assert owned_elsewhere(catalog.folder)
        assert ChromaProjection.open(catalog, DIMENSION) is None
    with owning(catalog):
        pass


OWNER = """
import sys
from pathlib import Path
from kb.catalog import Catalog
from kb.vectors import ChromaProjection
catalog = Catalog.open(Path(sys.argv[1]), create=False)
projection = ChromaProjection.open(catalog, int(sys.argv[2]))
print("none" if projection is None else "owner", flush=True)
sys.stdin.readline()
"""


@pytest.mark.sqlite
def test_another_process_owns_the_folder_until_it_dies(catalog: Catalog) -> None:
    fill(catalog, unit(5, seed=10))
    command = [sys.executable, "-c", OWNER, str(catalog.folder), str(DIMENSION)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "owner\n"
        assert owned_elsewhere(catalog.folder)
        assert ChromaProjection.open(catalog, DIMENSION) is None
        child.kill()
    with owning(catalog) as projection:
        assert projection.rebuilt is None  # what it had written is whole
        assert nearest(projection, unit(1, seed=11)[0], 5) == {1, 2, 3, 4, 5}
        assert subprocess.run(command, input="\n", capture_output=True, text=True, check=True).stdout == "none\n"


def test_nobody_owns_what_may_not_be_written(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(catalog, unit(2, seed=12))
    monkeypatch.setattr(Catalog, "folder_writable", False)
    assert ChromaProjection.open(catalog, DIMENSION) is None
    assert not (catalog.folder / "chroma").exists()


# -- the watermark


def _collection(projection: ChromaProjection) -> Any:
    return projection._open_collection()


def test_the_watermark_stays_until_chroma_has_accepted(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(catalog, unit(4, seed=13))
    question = unit(1, seed=14)[0]
    with owning(catalog) as projection:
        stored = fill(catalog, unit(4, seed=15), "more")
        drop(catalog, stored[:1])
        with monkeypatch.context() as failing:

            def refuse(**_: object) -> None:
                raise RuntimeError("disk full")

            failing.setattr(_collection(projection), "upsert", refuse)
            with pytest.raises(RuntimeError, match="disk full"):
                projection.sync()
        assert mark(catalog)["watermark"] == 4
        projection.sync()
        assert mark(catalog)["watermark"] == 9
        assert nearest(projection, question, 20) == expected(catalog, question, 20)
    assert mark(catalog)["watermark"] == 9


def test_what_failed_before_closing_is_caught_up_at_the_next_opening(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(catalog, unit(3, seed=16))

    def refuse(self: ChromaProjection, collection: object, rows: object) -> None:
        raise RuntimeError("disk full")

    with owning(catalog) as projection, monkeypatch.context() as failing:
        fill(catalog, unit(2, seed=17), "more")
        failing.setattr(ChromaProjection, "_send", refuse)
        with pytest.raises(RuntimeError):
            projection.sync()
    assert mark(catalog)["watermark"] == 3
    with owning(catalog) as projection:
        assert projection.rebuilt is None
        assert nearest(projection, unit(1, seed=18)[0], 9) == {1, 2, 3, 4, 5}


def test_an_opening_that_fails_gives_the_folder_back(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(catalog, unit(2, seed=19))

    def refuse(self: ChromaProjection, collection: object, rows: object) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as failing:
        failing.setattr(ChromaProjection, "_send", refuse)
        with pytest.raises(RuntimeError):
            ChromaProjection.open(catalog, DIMENSION)
    with owning(catalog) as projection:
        assert nearest(projection, unit(1, seed=20)[0], 9) == {1, 2}


def test_no_batch_is_larger_than_chroma_takes(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    with owning(catalog) as projection:
        fill(catalog, unit(10, seed=21))
        client, collection = projection._client, _collection(projection)
        upsert = collection.upsert

        def counted(*, ids: Sequence[str], **rest: Any) -> None:
            sizes.append(len(ids))
            upsert(ids=ids, **rest)

        assert client is None or client.get_max_batch_size() > 100
        monkeypatch.setattr(projection._client, "get_max_batch_size", lambda: 4)
        monkeypatch.setattr(collection, "upsert", counted)
        projection.sync()
        assert nearest(projection, unit(1, seed=22)[0], 50) == set(range(1, 11))
    assert sizes == [4, 4, 2]


def test_more_removals_than_one_portion_are_all_followed(catalog: Catalog) -> None:
    stored = fill(catalog, unit(260, seed=23))
    with owning(catalog) as projection:
        drop(catalog, stored[:250])
        projection.sync()
        assert nearest(projection, unit(1, seed=24)[0], 300) == set(range(251, 261))


def test_chroma_holds_no_words(catalog: Catalog) -> None:
    fill(catalog, unit(3, seed=25), "pelican")
    with owning(catalog) as projection:
        held = _collection(projection).get(include=["documents", "metadatas"])
        assert held["documents"] in (None, [None] * 3)
        assert {frozenset(metadata) for metadata in held["metadatas"]} == {frozenset({"article"})}
    assert not any(b"pelican" in file.read_bytes() for file in (catalog.folder / "chroma").rglob("*") if file.is_file())


# -- trust


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "projection.json")


def _noise(folder: Path) -> None:
    for file in _files(folder):
        file.write_bytes(random.Random(1).randbytes(file.stat().st_size))


def _zeros_in_the_graph(folder: Path) -> None:
    for file in folder.glob("*/*.bin"):
        file.write_bytes(bytes(file.stat().st_size))


def _one_byte(folder: Path) -> None:
    file = folder / "chroma.sqlite3"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _no_graph(folder: Path) -> None:
    for below in folder.glob("*/"):
        shutil.rmtree(below)


def _in_mark(**values: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "projection.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **values}))

    return change


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "noise in every file": (_noise, "damaged"),
    "zeros in the graph": (_zeros_in_the_graph, "damaged"),
    "one bit of the database": (_one_byte, "damaged"),
    "the graph is deleted": (_no_graph, "damaged"),
    "the database is deleted": (lambda folder: (folder / "chroma.sqlite3").unlink(), "damaged"),
    "a file too many": (lambda folder: (folder / "chroma.sqlite3-journal").write_text("x"), "damaged"),
    "no mark": (lambda folder: (folder / "projection.json").unlink(), "no readable mark"),
    "half a mark": (lambda folder: (folder / "projection.json").write_text('{"format":'), "no readable mark"),
    "a mark that is a list": (lambda folder: (folder / "projection.json").write_text("[]"), "no readable mark"),
    "an older format": (_in_mark(format="2"), "no readable mark"),
    "another dimension": (_in_mark(dimension=7), "no readable mark"),
    "a mark of other files": (_in_mark(digest="0"), "damaged"),
    "the mark of a longer history": (_in_mark(watermark=10_000), "another catalog"),
    "the mark of another history": (_in_mark(mark="0"), "another catalog"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_folder_that_is_not_what_its_mark_says_is_rebuilt(catalog: Catalog, kind: str) -> None:
    damage, reason = DAMAGE[kind]
    drop(catalog, fill(catalog, unit(30, seed=26))[:5])
    with owning(catalog) as projection:
        assert projection.rebuilt is None
    damage(catalog.folder / "chroma")
    question = unit(1, seed=27)[0]
    with owning(catalog) as projection:
        assert projection.rebuilt is not None
        assert reason in projection.rebuilt
        assert "\n" not in projection.rebuilt
        assert _collection(projection).count() == 25
        assert nearest(projection, question, 10) == expected(catalog, question, 10)
    with owning(catalog) as projection:
        assert projection.rebuilt is None  # said once


def test_a_collection_that_was_made_otherwise_goes_on_as_it_is(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(catalog, unit(30, seed=28))
    question = unit(1, seed=29)[0]
    with monkeypatch.context() as earlier:
        earlier.setattr("kb.vectors.folder.CONFIGURATION", {"hnsw": {"space": "cosine", "ef_search": 200}})
        with owning(catalog):
            pass
    fill(catalog, unit(30, seed=30), "later")
    with owning(catalog) as projection:
        assert projection.rebuilt is None
        assert nearest(projection, question, 10) == expected(catalog, question, 10)
        assert _collection(projection)._model.configuration_json["hnsw"]["max_neighbors"] == 16
        projection.begin_anew()
        projection.sync()
        assert _collection(projection)._model.configuration_json["hnsw"]["max_neighbors"] == 32


def test_a_large_index_is_trusted_again_after_closing_and_after_searching(catalog: Catalog) -> None:
    """Beyond a thousand vectors Chroma writes its graph to files, when it likes."""
    question = unit(1, seed=28)[0]
    for turn in range(3):
        fill(catalog, unit(600, seed=29 + turn), f"turn {turn}")
        with owning(catalog) as projection:
            assert projection.rebuilt is None
            assert len(projection.candidates(question, 50)) == 50
            hits = nearest(projection, question, 10) & expected(catalog, question, 10)
            assert len(hits) >= 9


# -- silence

TELEMETRY = """
import sys
from pathlib import Path
from kb.catalog import Catalog
from kb.vectors import ChromaProjection
catalog = Catalog.open(Path(sys.argv[1]), create=True)
projection = ChromaProjection.open(catalog, 16)
projection.candidates(__import__("numpy").ones(16, "float32"), 1)
from chromadb.telemetry.product import ProductTelemetryClient
settings = projection._client.get_settings()
print(settings.anonymized_telemetry)
projection.close()
"""


def test_telemetry_is_off_whatever_the_environment_says(tmp_path: Path) -> None:
    environment = {**os.environ, "ANONYMIZED_TELEMETRY": "True"}
    done = subprocess.run(
        [sys.executable, "-c", TELEMETRY, tmp_path / "kb"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_vectors_reach_chroma_at_full_length(catalog: Catalog) -> None:
    vectors = unit(3, seed=40)
    fill(catalog, vectors)
    with owning(catalog) as projection:
        held = _collection(projection).get(ids=["1", "2", "3"], include=["embeddings"])
    assert np.allclose(held["embeddings"], vectors.astype(np.float16), atol=1e-6)
