"""Embedding once, and together: the same vectors as alone, whoever asks and however often."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kb.embedding import HashEmbedder, Vectors
from kb.remembering import Remembering
from kb.together import Ended, Together

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


def test_threads_that_take_turns_get_what_they_would_have_got_alone_in_one_go() -> None:
    expected = HashEmbedder().questions(TEXTS)
    alone = Counting()
    together = Together(alone)

    def ask(offset: int) -> list[Vectors]:
        with together.taking_turns():
            return [together.questions(TEXTS[offset : offset + 9]), together.questions([])]

    with ThreadPoolExecutor(4) as threads:
        for offset, (found, none) in zip(range(4), threads.map(ask, range(4)), strict=True):
            assert np.array_equal(found, expected[offset : offset + 9])
            assert none.shape == (0, 384)
    assert set(alone.asked) == set(TEXTS[:12])


def test_what_several_wait_for_is_embedded_once() -> None:
    alone = Counting()
    together = Together(alone)
    entered = threading.Semaphore(0)

    class Telling(threading.Thread):
        def run(self) -> None:
            with together.taking_turns():
                entered.release()
                self.found = [together.questions(TEXTS[:2]), together.questions(TEXTS[1:3])]

    several = [Telling() for _ in range(3)]
    # Nobody embeds before the block is whole: this thread belongs to it, and wants nothing yet.
    with together.taking_turns():
        for thread in several:
            thread.start()
        # Waiting for vectors lets the others have their turns, and here it comes last of all.
        while len(together._inside) < 4:
            time.sleep(0)  # lets the others run; what is waited for is that they are in
        assert not entered.acquire(blocking=False)
        together.questions(TEXTS[2:4])
    for thread in several:
        thread.join()
        assert np.array_equal(thread.found[0], HashEmbedder().questions(TEXTS[:2]))
        assert np.array_equal(thread.found[1], HashEmbedder().questions(TEXTS[1:3]))
    assert sorted(alone.asked[:4]) == sorted(TEXTS[:4])
    assert sorted(alone.asked[4:]) == sorted(TEXTS[1:3])


def test_who_takes_no_turns_is_not_waited_for() -> None:
    together = Together(Counting())
    assert np.array_equal(together.questions(TEXTS[:1]), HashEmbedder().questions(TEXTS[:1]))


def test_a_failure_reaches_whoever_asked_and_nobody_later() -> None:
    together = Together(Counting())
    with together.taking_turns():
        with pytest.raises(OSError, match="the model is gone"):
            together.questions(["this must fail"])
        assert np.array_equal(together.questions(TEXTS[:1]), HashEmbedder().questions(TEXTS[:1]))


def test_what_is_ended_gives_nothing_more() -> None:
    together = Together(Counting())
    together.end()
    with together.taking_turns(), pytest.raises(Ended):
        together.questions(TEXTS)
