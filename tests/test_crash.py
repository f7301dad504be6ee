"""Killed at any moment, or out of room: what was reported is stored, and the same command goes on from there."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.command import app
from ingest import ingest
from kb import KnowledgeBase
from kb.embedding import HashEmbedder
from kb.errors import UnreadableKnowledgeBase
from tests.processes import contents, processes, run_ingest, write_articles

pytestmark = pytest.mark.sqlite

ARTICLES, KILLS = 200, 100


def _sound(folder: Path) -> int:
    """How many articles a knowledge base has that opens, passes its check and answers."""
    with KnowledgeBase.open(folder, model=HashEmbedder(), create=True) as base:
        assert base.check() == []
        count = len(base)
        hits = base.search("Where did shells fall near Fizuli?", 3)
        assert len(hits) == min(count, 3)
        assert all(hit.article.text[hit.passage.start : hit.passage.end] == hit.passage.text for hit in hits)
    return count


@pytest.mark.timeout(900)  # a minute on an idle machine of two cores, three on a busy one
def test_a_hundred_kills_change_nothing_in_the_end(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    write_articles(texts, range(ARTICLES))
    context, chance = processes(), random.Random(20230919)

    def run(folder: Path, delay: float | None) -> bool:
        """Whether the run came to its end before it was killed."""
        child = context.Process(target=run_ingest, args=(folder, [texts]))
        child.start()
        child.join(delay)
        if child.is_alive():
            child.kill()
            child.join()
        assert child.exitcode in (0, -9)
        return child.exitcode == 0

    run(tmp_path / "warm", None)
    begun = time.monotonic()
    run(tmp_path / "undisturbed", None)
    length = time.monotonic() - begun
    expected = contents(tmp_path / "undisturbed")
    assert len(expected[0]) == ARTICLES
    kills = finished = 0
    stored = set[int]()
    while kills < KILLS or not finished:
        folder, count = tmp_path / f"killed {finished}", 0
        while kills < KILLS and not run(folder, chance.uniform(0, length)):
            kills += 1
            before, count = count, _sound(folder)
            stored.add(count)
            assert count >= before
        assert run(folder, None)
        assert contents(folder) == expected
        assert _sound(folder) == ARTICLES
        finished += 1
    assert kills == KILLS
    assert len(stored) > 5  # the kills came at many stages of a run


# -- a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", mounted], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this user may not mount a small file system: {done.stderr.strip()}")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", mounted], check=True)


def test_a_full_disk_loses_nothing_that_was_reported(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, folder = tmp_path / "texts", small_disk / "kb"
    write_articles(texts, range(600))
    reported: list[str | None] = []
    with (
        pytest.raises(UnreadableKnowledgeBase, match="make room and run the same command again"),
        KnowledgeBase.open(folder, model=HashEmbedder(), create=True) as base,
    ):
        reported.extend(outcome.article_id for outcome in ingest(base, [texts], batch=8))
    assert 0 < len(reported) < 600
    monkeypatch.setenv("ACCORDINGTO_EMBEDDING_MODEL", "hash")
    command = ["ingest", str(texts), "--kb", str(folder)]
    refused = CliRunner().invoke(app, command)
    assert (refused.exit_code, refused.stdout) == (3, "")
    (line,) = refused.stderr.splitlines()
    assert "the disk is full" in line
    with KnowledgeBase.open(folder, model=HashEmbedder()) as base:
        assert {stored.id for stored in base.articles()} >= set(reported)
        assert base.check() == []
        assert len(base.search("shells near Fizuli", 3)) == 3
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    with KnowledgeBase.open(folder, model=HashEmbedder()) as base:
        assert len(base) == 600
        assert base.check() == []


def test_what_is_removed_on_a_full_disk_is_pending_until_there_is_room(small_disk: Path) -> None:
    folder, filler = small_disk / "kb", small_disk / "filler"
    texts = folder.with_name("texts")
    write_articles(texts, range(150))
    with KnowledgeBase.open(folder, model=HashEmbedder(), create=True) as base:
        first, *_ = (outcome.article_id for outcome in ingest(base, [texts]))
        assert first is not None
        free = shutil.disk_usage(small_disk).free
        filler.write_bytes(bytes(free - 200 * 1024))  # enough for the removal, not for the rewriting
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("kb.knowledge_base._PATIENCE", 0.0)
            assert base.remove(first) == "pending"
        assert base.find(first) is None
        filler.unlink()
    with KnowledgeBase.open(folder, model=HashEmbedder()) as base:
        assert base._catalog.erasures() == []
        assert base.check() == []
