"""Erasing: what is reported erased is in no file, found by looking at every byte of the folder."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from kb import Article, KnowledgeBase
from kb.catalog import Catalog
from kb.embedding import Vectors
from kb.exact import ExactIndex
from kb.vectors import owned_elsewhere
from kb.vectors.memory import overwriting
from tests.conftest import article

pytestmark = pytest.mark.sqlite

SECRET = "quixolver wandered through zanzibrook while jemmyfield burned"
WORDS = ("quixolver", "zanzibrook", "jemmyfield")


class Dense:
    """An embedder whose vectors have no zeros, so that each has bytes of its own to look for."""

    name, digest, dimension = "dense", "dense/32", 32

    def passages(self, texts: Sequence[str]) -> Vectors:
        drawn = np.array([self._drawn(text) for text in texts], np.float32).reshape(-1, self.dimension)
        found: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return found

    def questions(self, texts: Sequence[str]) -> Vectors:
        return self.passages(texts)

    def _drawn(self, text: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).normal(size=self.dimension).astype(np.float32)


def secret(source: str = "secret") -> Article:
    return article(f"The {SECRET}, officials said.", title="Quixolver seen", source=source)


def others(count: int = 5) -> list[Article]:
    return [article(f"The heron number {n} stood there.", source=f"s{n}") for n in range(count)]


def traces(folder: Path) -> set[str]:
    """What a search of every byte under the folder finds of the secret article: words, and vectors by precision."""
    stored = Dense().passages(["Quixolver seen\nThe " + SECRET + ", officials said."])[0]
    half = stored.astype(np.float16)
    again = half.astype(np.float32)  # what Chroma is given, and what it makes of it
    looked_for = {
        **{word: word.encode() for word in (*WORDS, SECRET)},
        "float16": half.tobytes(),
        "float32": stored.tobytes(),
        "float32 from float16": again.tobytes(),
        "float32 of unit length": (again / np.linalg.norm(again)).tobytes()[:24],
        "bfloat16": (stored.view(np.uint32) >> 16).astype(np.uint16).tobytes(),
    }
    files = [file for file in folder.rglob("*") if file.is_file()]
    contents = []
    for file in files:
        with contextlib.suppress(FileNotFoundError):  # an owner at work makes and deletes journals
            contents.append(file.read_bytes())
    found = {
        name
        for name, looked in looked_for.items()
        if any(looked in content or looked in content.lower() for content in contents)
    }
    return found | {word for word in _terms(folder) if word in WORDS}


def _terms(folder: Path) -> list[str]:
    """The words of the lexical index, which its pages hold in pieces: words that begin alike share their beginning."""
    connection = sqlite3.connect(f"file:{folder / 'catalog.sqlite'}?mode=ro", uri=True)
    with contextlib.closing(connection):
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, lexical, row)")
        return [row[0] for row in connection.execute("SELECT term FROM temp.terms")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kb"


@contextlib.contextmanager
def opened(folder: Path, *, own: bool = False) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(folder, model=Dense(), create=True, own=own) as base:
        yield base


EVERYTHING = {*WORDS, SECRET, "float16"}


def test_what_is_erased_is_in_no_file(folder: Path) -> None:
    with opened(folder) as base:
        base.add([*others(), secret()])
        base.save()
        assert traces(folder) >= EVERYTHING  # the search of bytes finds what is there
        assert base.remove(secret().id) == "erased"
        assert traces(folder) == set()
        assert [hit.passage.text for hit in base.search("heron number 3", 1)] == ["The heron number 3 stood there."]
        assert len(base) == 5
        assert base.check() == []
    assert traces(folder) == set()


@pytest.mark.folder
def test_an_owner_erases_from_its_own_index_however_large(folder: Path) -> None:
    """Beyond a thousand vectors Chroma writes its graph to files of their own."""
    with opened(folder, own=True) as base:
        base.add([secret(), *others(1100)])
        base.sync()
        assert list((folder / "chroma").glob("*/data_level0.bin"))
        assert traces(folder) & {"float32 from float16", "float32 of unit length"}
        assert base.remove(secret().id) == "erased"
        assert traces(folder) == set()
        assert base.search("quixolver", 1)[0].passage.text.startswith("The heron")


def test_older_versions_go_with_the_last(folder: Path) -> None:
    with opened(folder) as base:
        base.add([*others(), secret()])
        base.save()
        later = article("Nothing was seen, officials said.", source="secret")
        base.add([later])
        base.remove(later.id)
    assert traces(folder) == set()


def test_words_that_came_and_went_in_one_transaction_go_too(folder: Path) -> None:
    with opened(folder) as base:
        later = article("Nothing was seen, officials said.", source="secret")
        base.add([secret(), later])
        base.remove(later.id)
    assert traces(folder) == set()


def test_what_a_killed_process_left_of_a_file_goes_too(folder: Path) -> None:
    with opened(folder) as base:
        base.add([*others(), secret()])
        base.save()
        (vectors,) = (folder / "vectors").glob("*.vectors.npy")
        (folder / "vectors" / ".9.vectors.npy.77").write_bytes(vectors.read_bytes())
        base.remove(secret().id)
    assert traces(folder) == set()


def test_words_that_another_article_has_stay_with_it(folder: Path) -> None:
    with opened(folder) as base:
        base.add([secret(), article("The zanzibrook flooded.", source="other")])
        base.remove(secret().id)
        assert traces(folder) == {"zanzibrook"}
        assert base.search("zanzibrook")[0].article.source == "other"


def test_a_file_of_vectors_written_late_holds_nothing_that_is_gone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process had begun to write what it had in memory when the article was removed."""
    with opened(folder) as base, opened(folder) as late:
        base.add([*others(), secret()])
        late.search("heron")
        base.remove(secret().id)
        late.save()
        assert traces(folder) == set()


# -- beside others

OWNER = """
import sys
from kb import KnowledgeBase
from tests.test_erase import Dense
with KnowledgeBase.open(sys.argv[1], model=Dense(), own=True) as base:
    base.search("heron")
    print("open", flush=True)
    sys.stdin.readline()
    print(len(base.search("quixolver", 50)), flush=True)
"""

READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1] + "/catalog.sqlite", isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM articles").fetchall()
print("open", flush=True)
sys.stdin.readline()
"""


@contextlib.contextmanager
def beside(program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the knowledge base open until a line is written to it."""
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        yield child
        if child.poll() is None:
            child.communicate("\n")


@pytest.mark.folder
def test_a_chat_that_is_open_erases_too(folder: Path) -> None:
    with opened(folder) as base:
        base.add([*others(), secret()])
        base.save()
        with beside(OWNER, folder) as owner:
            assert owned_elsewhere(folder)
            assert traces(folder) >= {*EVERYTHING, "float32 from float16"}
            assert base.remove(secret().id) == "erased"  # by the owner, for which it waits
            assert traces(folder) == set()
            assert owner.communicate("\n")[0] == "5\n"
    assert traces(folder) == set()


@pytest.mark.folder
def test_beside_an_owner_that_does_not_answer_it_is_pending_until_the_next_opening(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.knowledge_base._PATIENCE", 0.2)
    with opened(folder) as base:
        base.add([*others(), secret()])
        with beside(OWNER.replace("base.search", "base._tend = lambda: None; base.search", 1), folder) as owner:
            assert base.remove(secret().id) == "pending"
            assert base.find(secret().id) is None
            owner.kill()
            owner.wait()
        assert "float32 from float16" in traces(folder)
    with opened(folder):
        assert traces(folder) == set()


def test_a_long_reader_keeps_it_pending(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.knowledge_base._PATIENCE", 0.2)
    with opened(folder) as base:
        base.add([*others(), secret()])
        with beside(READER, folder):
            assert base.remove(secret().id) == "pending"
            assert traces(folder) != set()
    with opened(folder):
        assert traces(folder) == set()


def test_an_erasure_that_was_broken_off_is_finished(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Catalog, patience: float) -> bool:
        raise KeyboardInterrupt

    with opened(folder) as base:
        base.add([*others(), secret()])
        with monkeypatch.context() as failing:
            failing.setattr(Catalog, "scrub", fail)
            with pytest.raises(KeyboardInterrupt):
                base.remove(secret().id)
    with opened(folder) as base:
        assert traces(folder) == set()
        assert base._catalog.erasures() == []
        assert len(ExactIndex(base._catalog, 32).search(np.ones(32, np.float32), 10)) == 5


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library overwrites memory when asked to")
def test_memory_is_handed_out_without_what_stood_in_it() -> None:
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    secret, size = b"quixolver" * 1000, 9000

    def reserved() -> bytes:
        place = library.malloc(size)
        found = ctypes.string_at(place, size)
        ctypes.memmove(place, secret, size)
        library.free(place)
        return found

    reserved()
    with overwriting():
        assert b"quixolver" not in reserved()
        with overwriting():
            pass
        assert len(set(reserved())) == 1
    assert b"quixolver" in b"".join(reserved() for _ in range(3))  # otherwise the test would show nothing
