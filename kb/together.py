"""Embedding together what many questions ask for at the same time: larger portions, the same vectors.

An embedder promises that the vector of a question does not depend on what else is in the call. So whoever asks gets
the very vector that asking alone would have given, only sooner: a model reads its weights once for all.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from kb.embedding import Embedder, InFront, Vectors

__all__ = ["Ended", "Together"]


class Ended(BaseException):
    """What is asked for is wanted no more. No failure, so it passes whoever handles these."""


class Together(InFront):
    """An embedder in front of another one, for threads that take turns.

    One of them runs at a time, until it needs vectors; when all of them do, those are embedded in one go. So a block
    of questions needs one processor core and no more than one, and no thread waits for the interpreter.
    """

    def __init__(self, alone: Embedder) -> None:
        super().__init__(alone)
        self._turn = threading.Condition()
        self._inside: set[int] = set()
        self._waiting: list[_Wanted] = []
        self._ended = False

    @contextmanager
    def taking_turns(self) -> Iterator[None]:
        """For the length of a `with` block this thread runs only while no other one does that is in such a block."""
        self._inside.add(threading.get_ident())  # who has yet to get its first turn is waited for, too
        with self._turn:
            try:
                yield
            finally:
                self._inside.remove(threading.get_ident())
                self._embed_if_all_wait()

    def end(self) -> None:
        """Has every thread that waits for vectors, or will, get `Ended` instead."""
        self._ended = True
        with self._turn:
            self._embed_if_all_wait()

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors to search with. Whatever the embedder raises, everybody who waits for it gets."""
        if threading.get_ident() not in self._inside:
            return self._alone.questions(texts)
        wanted = _Wanted(texts)
        self._waiting.append(wanted)
        self._embed_if_all_wait()
        self._turn.wait_for(lambda: wanted.found is not None)
        if isinstance(wanted.found, BaseException):
            raise wanted.found
        assert wanted.found is not None
        return wanted.found

    def _embed_if_all_wait(self) -> None:
        if not self._waiting or len(self._waiting) < len(self._inside):
            return
        waiting, self._waiting = self._waiting, []
        texts = list(dict.fromkeys(text for wanted in waiting for text in wanted.texts))
        try:
            if self._ended:
                raise Ended
            vectors = self._alone.questions(texts)
            places = {text: place for place, text in enumerate(texts)}
            for wanted in waiting:
                wanted.found = vectors[np.array([places[text] for text in wanted.texts], dtype=np.intp)]
        except (Exception, Ended) as error:
            for wanted in waiting:
                wanted.found = error
        self._turn.notify_all()


class _Wanted:
    """What one thread asks for, and what became of it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.found: Vectors | BaseException | None = None
