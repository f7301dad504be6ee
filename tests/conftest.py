"""What every test has: no network, a clean environment, small knowledge bases."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from kb import Article, KnowledgeBase
from kb.embedding import HashEmbedder
from kb.samples import samples
from tests import chroma_servers, databases
from tests.chroma_servers import ChromaServer

SHARED = Path(__file__).resolve().parents[2] / "shared"
_LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure() -> None:
    settings.register_profile("untimed", deadline=None)  # how long an example takes is no matter of right or wrong
    settings.load_profile("untimed")
    databases.use()
    chroma_servers.use()


def pytest_unconfigure() -> None:
    databases.forget()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what looks into a file that is not there in this run: SQLite's where the catalogs are in PostgreSQL,
    and the other way round; Chroma's where the vectors are on a server."""
    absent = {"sqlite" if databases.URL else "postgres": "the catalogs of this run are elsewhere"}
    if chroma_servers.URL:
        absent["folder"] = "the vectors of this run are on a server"
    for item in items:
        for marker, reason in absent.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to anything but this machine fail, loudly."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def refuse(address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {address}")

    def guarded(self: socket.socket, address: Any) -> None:
        refuse(address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        refuse(address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test, and nothing is written to the user's folders."""
    for name in os.environ:
        if name.startswith(("ACCORDINGTO_", "LANGSMITH_", "LANGCHAIN_", "GRADIO_")) and "_TEST_" not in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home" / "data"))


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """An empty knowledge base with the embedder that needs no model."""
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Gives a path under ../shared, or skips the test where that folder is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"../shared/{name} is not here; it is no part of the project")
        return path

    return find


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A Chroma server that all tests share: each knowledge base has a collection of its own there. Not to be killed."""
    with ChromaServer(tmp_path_factory.mktemp("chroma")).running() as server:
        yield server


@pytest.fixture(scope="session")
def sample_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample articles, embedded by the real model once for all tests. To be read only."""
    from ingest import ingest

    folder = tmp_path_factory.mktemp("samples") / "kb"
    with KnowledgeBase.open(folder, create=True) as opened:
        outcomes = list(ingest(opened, [samples()]))
        assert {outcome.status for outcome in outcomes} == {"added"}
        opened.save()
    return folder


def article(text: str, title: str = "A title", source: str = "a source", **known: Any) -> Article:
    """An article with as little as the test needs to say."""
    return Article(text=text, title=title, source=source, **known)
