"""What a Ray cluster reads and embeds becomes the same knowledge base as what one process does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from ingest import Cluster, Given, ingest
from ingest.cluster import _items, _table, _tasks, _told_beforehand, _Worker
from ingest.loaders import Piece, Record, Rejection
from ingest.pipeline import Item
from kb import KnowledgeBase
from kb.embedding import HashEmbedder, Vectors
from kb.errors import KnowledgeBaseError, OtherModel
from kb.knowledge_base import prepare
from tests.conftest import article
from tests.processes import OnceDying, contents, processes, run_ingest, write_articles

STORY = "The river was crossed at dawn, officials in the town said on Friday. Nobody was hurt, the mayor said."


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Files of several kinds: one that is no article, two records that claim one source, a copy of a text."""
    write_articles(tmp_path / "texts", range(150))
    (tmp_path / "texts" / "0010 empty.txt").touch()
    (tmp_path / "texts" / "0020 copy.txt").write_bytes((tmp_path / "texts" / "0001.txt").read_bytes())
    rows = [{"id": "same", "title": f"Row {n}", "text": f"{STORY} It was number {n}.", "outlet": "A"} for n in range(9)]
    table = tmp_path / "rows.jsonl"
    table.write_text("\n".join([json.dumps(row) for row in rows] + ["no row"]) + "\n")
    return [tmp_path / "texts", table, tmp_path / "absent.txt"]


def _failures(folder: Path) -> list[tuple[str, str, str]]:
    with KnowledgeBase.open(folder, model=HashEmbedder()) as base:
        assert base.check() == []
        return [(failure.source, failure.file, failure.reason) for failure in base.failures()]


@pytest.mark.sqlite
def test_the_command_makes_the_same_knowledge_base_with_either_engine(tmp_path: Path, texts: list[Path]) -> None:
    run_ingest(tmp_path / "local", texts)
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "ingest", *map(str, texts), "--kb", str(tmp_path / "ray"),
         "--json", "--no-progress", "--engine", "ray", "--workers", "2"],
        env={**os.environ, "ACCORDINGTO_EMBEDDING_MODEL": "hash"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["counts"] == {"added": 159, "duplicate": 1, "rejected": 3}
    # The rejected ones; and Ray says one line, which it cannot be kept from, about being told to say nothing.
    assert len([line for line in done.stderr.splitlines() if "RAY_BACKEND_LOG_LEVEL" not in line]) == 3, done.stderr
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")
    assert _failures(tmp_path / "ray") == _failures(tmp_path / "local")


@pytest.fixture
def head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a cluster that asks for a token."""
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # The sockets below its folder have short names or none.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        running = subprocess.Popen(
            [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={port}",
             "--num-cpus=3", "--node-ip-address=127.0.0.1", "--include-dashboard=false", "--disable-usage-stats",
             f"--object-store-memory={256 << 20}", f"--temp-dir={folder}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert running.stdout is not None
        told = []
        while (line := running.stdout.readline()) and "Ray runtime started" not in line:
            told.append(line)
        try:
            assert line, "".join(told)
            yield f"127.0.0.1:{port}"
        finally:
            running.terminate()
            running.communicate()


def _ingest_as_told(environment: dict[str, str], folder: Path, texts: list[Path], cluster: Cluster) -> None:
    os.environ.update(environment)
    run_ingest(folder, texts, 8, None, cluster)


@pytest.mark.sqlite
def test_a_worker_of_a_cluster_that_runs_is_killed_which_changes_nothing(
    tmp_path: Path, texts: list[Path], head: str
) -> None:
    run_ingest(tmp_path / "local", texts)
    cluster = Cluster(head, workers=2, load=partial(OnceDying, tmp_path / "marker"))
    # Its server may run since before there was a token.
    told = {name: value for name, value in os.environ.items() if name.startswith("RAY_AUTH_")}
    running = processes().Process(target=_ingest_as_told, args=(told, tmp_path / "ray", texts, cluster))
    running.start()
    running.join()
    assert running.exitcode == 0
    assert (tmp_path / "marker").exists()
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")
    assert _failures(tmp_path / "ray") == _failures(tmp_path / "local")


def test_without_the_extra_the_line_that_installs_it_is_said(
    base: KnowledgeBase, texts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(KnowledgeBaseError, match=r"pip install 'accordingto\[ray\]'"):
        list(ingest(base, texts, cluster=Cluster()))
    assert len(base) == 0


def test_a_worker_embeds_what_is_new_and_nothing_else(base: KnowledgeBase) -> None:
    old, new = article(STORY, source="a"), article("A heron stood there.", source="b")
    base.add([old])
    assert set(prepare(base.embedder, [old, new], base._catalog)) == {new.id}
    assert set(prepare(base.embedder, [old, new], None)) == {old.id, new.id}


def test_what_a_worker_prepared_is_stored_and_what_it_did_not_is_embedded(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = article(STORY, source="a"), article("A heron stood there.", source="b")
    ready = prepare(base.embedder, [one], None)
    embedded: list[str] = []
    passages = base.embedder.passages

    def counted(texts: Sequence[str]) -> Vectors:
        embedded.extend(texts)
        return passages(texts)

    monkeypatch.setattr(base.embedder, "passages", counted)
    assert [addition.status for addition in base.add([one, other], ready)] == ["added", "added"]
    assert embedded == ["A title\nA heron stood there."]
    assert base.check() == []


def test_a_worker_does_without_a_catalog_that_it_does_not_reach(tmp_path: Path) -> None:
    worker = _Worker(lambda name: HashEmbedder(), ("hash", HashEmbedder.digest), (tmp_path / "no", None), Given())
    given: list[object] = [Record("a", {"text": STORY, "title": "A title"}, file="f"), Rejection("b", "no text", "g")]
    first, second = _items(worker(_table(given)))
    assert isinstance(first, Item)
    assert first.embedded is not None
    assert first.embedded[1].shape == (1, 384)
    assert second == Item(Rejection("b", "no text", "g"), "g")


def test_a_machine_with_other_weights_is_named() -> None:
    with pytest.raises(OtherModel, match="other weights of 'hash'"):
        _Worker(lambda name: HashEmbedder(), ("hash", "other"), (Path("kb"), None), Given())


def test_all_addresses_are_asked_by_one_client(tmp_path: Path) -> None:
    write_articles(tmp_path, range(20))
    tasks = list(_tasks(["http://a.example/1", tmp_path, "http://a.example/2"]))
    places = [[piece.place for piece in task if isinstance(piece, Piece)] for task in tasks]
    assert [len(task) for task in places] == [16, 4, 2]
    assert places[-1] == ["http://a.example/1", "http://a.example/2"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1:1", "Connection refused"),
        ("127.0.0.1:99999", "Port out of range"),
        ("ray://127.0.0.1:10001", "give the head's host:port"),
    ],
)
def test_a_cluster_that_is_not_there_is_named_at_once(
    base: KnowledgeBase, texts: list[Path], monkeypatch: pytest.MonkeyPatch, address: str, reason: str
) -> None:
    def init(*args: object, **kwargs: object) -> None:
        pytest.fail("Ray was asked, which tries for minutes")

    monkeypatch.setattr("ray.init", init)
    with pytest.raises(KnowledgeBaseError, match=f"{address} .*{reason}.*ACCORDINGTO_RAY_ADDRESS"):
        list(ingest(base, texts, cluster=Cluster(address)))


def test_ray_reports_nothing_and_asks_for_a_token_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    environ = dict(os.environ)
    monkeypatch.setattr(os, "environ", environ)
    _told_beforehand("head:6379")
    assert environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert "RAY_AUTH_MODE" not in environ
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("a token")
    _told_beforehand("head:6379")
    assert environ["RAY_AUTH_MODE"] == "token"
    assert "RAY_AUTH_TOKEN" not in environ
    _told_beforehand(None)
    assert len(environ["RAY_AUTH_TOKEN"]) == 64
