"""Embedding once, and together: the same vectors as alone, whoever asks and however often."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kb.embedding import HashEmbedder, Vectors
from kb.remembering import Remembering
from kb.together import Together

TEXTS = [f"Sentence {number} of the ministry." for number in range(30)]


class Counting(HashEmbedder):
    """Says what it was asked for; fails for texts that say so."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def questions(self, texts: Sequence[str]) -> Vectors:
        if any("fail" in text for text in texts):
            raise OSError("the model is gone")
        self.asked += texts
        return super().questions(texts)


def test_what_was_asked_for_lately_is_not_embedded_again() -> None:
    alone = Counting()
    remembering = Remembering(alone)
    first = remembering.questions([TEXTS[0], TEXTS[1], TEXTS[0]])
    again = remembering.questions([TEXTS[2], TEXTS[1]])
    assert alone.asked == [TEXTS[0], TEXTS[1], TEXTS[2]]
    assert np.array_equal(first, HashEmbedder().questions([TEXTS[0], TEXTS[1], TEXTS[0]]))
    assert np.array_equal(again, HashEmbedder().questions([TEXTS[2], TEXTS[1]]))
    assert remembering.questions([]).shape == (0, 384)


def test_no_more_is_remembered_than_was_agreed() -> None:
    alone = Counting()
    remembering = Remembering(alone, remembered=2)
    remembering.questions(TEXTS[:2])
    remembering.questions(TEXTS[:1])  # now the second one was asked for longest ago
    remembering.questions(TEXTS[2:3])
    alone.asked.clear()
    remembering.questions(TEXTS[:2])
    assert alone.asked == [TEXTS[1]]


def test_threads_that_ask_at_once_get_what_they_would_have_got_alone() -> None:
    expected = HashEmbedder().questions(TEXTS)
    start = threading.Barrier(4)

    def ask(together: Together) -> Vectors:
        start.wait()
        return together.questions(TEXTS)

    with Together(Counting(), 2) as together, ThreadPoolExecutor(4) as threads:
        for found in threads.map(ask, [together] * 4):
            assert np.array_equal(found, expected)


def test_a_failure_reaches_whoever_asked_and_nobody_later() -> None:
    with Together(Counting(), 1) as together:
        with pytest.raises(OSError, match="the model is gone"):
            together.questions(["this must fail"])
        assert np.array_equal(together.questions(TEXTS[:1]), HashEmbedder().questions(TEXTS[:1]))
