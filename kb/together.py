"""Embedding together what several threads ask for at the same time: larger portions, the same vectors.

An embedder promises that the vector of a question does not depend on what else is in the call. So whoever asks gets
the very vector that asking alone would have given, only sooner.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from kb.embedding import Embedder, InFront, Vectors

__all__ = ["Together"]

_PORTION = 128  # texts that one thread takes at once, so that the others find some too

_Vector = npt.NDArray[np.float32]


class Together(InFront):
    """An embedder in front of another one. Close it, or use it in a `with` block.

    Args:
        alone: The embedder that does the work.
        threads: How many threads embed; the processor's cores are a good number.
    """

    def __init__(self, alone: Embedder, threads: int) -> None:
        super().__init__(alone)
        self._coming: dict[str, Future[_Vector]] = {}
        self._waiting: list[str] = []
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._embed, name=f"embedding {number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Ends the threads, once what is asked for is done."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors to search with. Whatever the embedder raises, everybody who waits for one of these texts gets."""
        if not texts:
            return self._alone.questions(texts)
        with self._changed:
            if self._closed:
                return self._alone.questions(texts)
            asked = [self._asked(text) for text in texts]
            self._changed.notify_all()
        return np.stack([vector.result() for vector in asked])

    def _asked(self, text: str) -> Future[_Vector]:
        found = self._coming.get(text)
        if found is None:
            found = self._coming[text] = Future()
            self._waiting.append(text)
        return found

    def _embed(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                # Of like length, since those can be embedded in one go.
                self._waiting.sort(key=len)
                taken, self._waiting = self._waiting[:_PORTION], self._waiting[_PORTION:]
                futures = [self._coming[text] for text in taken]
            try:
                vectors: Sequence[_Vector] | BaseException = list(self._alone.questions(taken))
            except BaseException as error:
                # It belongs to those who asked; asked again, it may go well.
                vectors = error
            with self._changed:
                for text in taken:
                    del self._coming[text]
            for place, future in enumerate(futures):
                if isinstance(vectors, BaseException):
                    future.set_exception(vectors)
                else:
                    future.set_result(vectors[place])
