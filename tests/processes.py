"""Other processes for the tests: forked from a warm one, so that starting a hundred of them takes no time."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import sqlite3
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from assistant import Assistant
from assistant.batch import Row, answer_all
from ingest import Cluster, ingest
from kb import KnowledgeBase
from kb.embedding import HashEmbedder, Vectors
from tests import databases

__all__ = ["OnceDying", "contents", "processes", "run_batch", "run_ingest", "write_articles"]

databases.use()  # the processes that are started know nothing of pytest

_PLACES = ("Fizuli", "Agdam", "Lachin", "Kelbajar", "Shusha", "Terter", "Goris", "Sotk")
_SPEAKERS = ("the ministry", "a spokesman", "the mission", "residents", "the agency", "an official")


def processes() -> ForkServerContext:
    """Starts processes that have everything imported that an ingest needs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.processes"])
    return context


def write_articles(folder: Path, numbers: Sequence[int]) -> None:
    """Writes an article for each number, the same one in whatever folder; each has a word of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        chance = random.Random(number)
        sentences = [
            f"{chance.choice(_SPEAKERS).capitalize()} said that {chance.randint(2, 90)} shells fell near "
            f"{chance.choice(_PLACES)} on the {chance.randint(2, 28)}th."
            for _ in range(6)
        ]
        text = f"Report number {number}\n\nThe word was unique{number}. {' '.join(sentences)}\n"
        (folder / f"{number:04}.txt").write_text(text)


def run_ingest(
    folder: Path,
    texts: Sequence[Path],
    batch: int = 8,
    told: SimpleQueue[str] | None = None,
    cluster: Cluster | None = None,
) -> None:
    """What the command does, with a word to `told` for each outcome."""
    with KnowledgeBase.open(folder, model=HashEmbedder(), create=True) as base:
        for outcome in ingest(base, texts, batch=batch, cluster=cluster):
            if told is not None:
                told.put(f"{outcome.status} {outcome.title}")
        base.save()


class OnceDying(HashEmbedder):
    """A model in whose hands one process dies, the first to get as far as its second batch."""

    def __init__(self, marker: Path, name: str) -> None:
        self._marker = marker
        self._batches = 0

    def passages(self, texts: Sequence[str]) -> Vectors:
        self._batches += 1
        if self._batches > 1:
            with contextlib.suppress(FileExistsError):
                self._marker.touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
        return super().passages(texts)


def run_batch(folder: Path, rows: Sequence[Row], out: Path) -> None:
    """What the command does, without a model."""
    with Assistant.open(folder, embedding_model="hash", confidence=0.01, **databases.settings(folder)) as assistant:
        for _ in answer_all(assistant, rows, out, workers=3):
            pass


_KEPT = """number, id, source, fingerprint, title, text, outlet, origin, author, published, published_first,
    published_last, url, language, boilerplate, provenance"""
_CONTENTS = (
    f"SELECT {_KEPT} FROM articles ORDER BY number",
    "SELECT * FROM passages ORDER BY id",
    "SELECT * FROM temp.terms ORDER BY term, doc, col, offset",
    "SELECT * FROM lexical_docsize ORDER BY id",
    "SELECT seq, article, added FROM changes ORDER BY seq",
    "SELECT * FROM marks ORDER BY mark, article",
    "SELECT * FROM ties ORDER BY left, right",
    "SELECT * FROM origins ORDER BY article",
)


def contents(folder: Path) -> list[list[tuple[object, ...]]]:
    """Everything that is stored, but for the times of storing: articles, passages, the lexical index word by word, and
    what groups the articles by origin."""
    connection = sqlite3.connect(folder / "catalog.sqlite")
    try:
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, lexical, instance)")
        return [connection.execute(query).fetchall() for query in _CONTENTS]
    finally:
        connection.close()
