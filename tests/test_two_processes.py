"""One process writes while another reads, and two write at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import pytest

from kb import KnowledgeBase
from kb.embedding import HashEmbedder
from tests.processes import processes, run_ingest, write_articles

SECONDS = 5.0  # within which a reader sees what another process has stored


def _until(seen: Callable[[], bool]) -> float:
    """Seconds until it was seen; fails after the deadline."""
    begun = time.monotonic()
    while not seen():
        assert time.monotonic() - begun < SECONDS
    return time.monotonic() - begun


@pytest.mark.parametrize("own", [False, True])
def test_a_reader_sees_each_article_soon_after_it_was_reported(tmp_path: Path, own: bool) -> None:
    texts, folder, count = tmp_path / "texts", tmp_path / "kb", 60
    write_articles(texts, range(count))
    context = processes()
    told = context.SimpleQueue()
    writer = context.Process(target=run_ingest, args=(folder, [texts], 4, told))
    with KnowledgeBase.open(folder, model=HashEmbedder(), create=True, own=own) as base:
        writer.start()
        for _ in range(count):
            status, title = told.get().split(" ", 1)
            assert status == "added"
            number = title.rsplit(" ", 1)[1]

            def first(number: str = number, title: str = title) -> bool:
                hits = base.search(f"unique{number}", 1)
                return bool(hits) and hits[0].article.title == title

            _until(first)
        writer.join()
        assert writer.exitcode == 0
        assert base.notice is None
        assert len(base) == count
        assert base.check() == []


@pytest.mark.folder
def test_an_owner_that_nobody_asks_follows_too(tmp_path: Path) -> None:
    texts, folder = tmp_path / "texts", tmp_path / "kb"
    write_articles(texts, range(8))
    with KnowledgeBase.open(folder, model=HashEmbedder(), create=True, own=True) as base:
        base.sync()
        writer = processes().Process(target=run_ingest, args=(folder, [texts]))
        writer.start()
        writer.join()
        projection = base._chroma
        assert projection is not None

        def has_all() -> bool:
            with projection._at_work():  # the thread that tends it opens it as well
                return projection._open_collection().count() == base._catalog.counts()[1] > 0

        _until(has_all)


def _told_by(told: SimpleQueue[str], runs: Sequence[BaseProcess], count: int) -> Iterator[str]:
    """What the runs tell, `count` lines in all; fails at once if one of them fails."""
    for _ in range(count):
        while told.empty():
            wait([run.sentinel for run in runs if run.exitcode is None], timeout=0.01)
            assert all(run.exitcode in (None, 0) for run in runs)
            assert not told.empty() or any(run.exitcode is None for run in runs)
        yield told.get()
    for run in runs:
        run.join()
        assert run.exitcode == 0


def test_two_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    """Half of the articles are in both folders, under other names: each is stored once."""
    write_articles(tmp_path / "one", range(80))
    write_articles(tmp_path / "two", range(40, 120))
    context = processes()
    told = context.SimpleQueue()
    runs = [
        context.Process(target=run_ingest, args=(tmp_path / "kb", [tmp_path / name], 4, told))
        for name in ("one", "two")
    ]
    for run in runs:
        run.start()
    outcomes = list(_told_by(told, runs, 160))
    assert not any(outcome.startswith("rejected") for outcome in outcomes)
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder()) as base:
        assert sorted(stored.title for stored in base.articles()) == sorted(f"Report number {n}" for n in range(120))
        assert base.check() == []
        assert len(base.search("unique57", 1)[0].copies) == 0
