"""Embedding together what several threads ask for at the same time: larger portions, no text twice, the same vectors.

An embedder promises that the vector of a question does not depend on what else is in the call. So whoever asks gets
the very vector that asking alone would have given, only sooner.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from kb.embedding import Embedder, Vectors

__all__ = ["Together"]

_REMEMBERED = 10_000  # vectors: 15 MB of the default model's
_PORTION = 128  # texts that one thread takes at once, so that the others find some too

_Vector = npt.NDArray[np.float32]


class Together:
    """An embedder in front of another one. Close it, or use it in a `with` block.

    Args:
        alone: The embedder that does the work.
        threads: How many threads embed; the processor's cores are a good number.
        remembered: How many of the last vectors are kept.
    """

    def __init__(self, alone: Embedder, threads: int, remembered: int = _REMEMBERED) -> None:
        self._alone = alone
        self._remembered = remembered
        self._known: OrderedDict[str, Future[_Vector]] = OrderedDict()
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

    @property
    def name(self) -> str:
        return self._alone.name

    @property
    def digest(self) -> str:
        return self._alone.digest

    @property
    def dimension(self) -> int:
        return self._alone.dimension

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._alone.passages(texts)

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
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = Future()
            self._waiting.append(text)
        self._known.move_to_end(text)
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
                vectors = [self._known[text] for text in taken]
                self._forget()
            try:
                for future, vector in zip(vectors, self._alone.questions(taken), strict=True):
                    future.set_result(vector)
            except BaseException as error:
                # It belongs to those who asked; asked again, it may go well.
                with self._changed:
                    for text, future in zip(taken, vectors, strict=True):
                        self._known.pop(text, None)
                        if not future.done():
                            future.set_exception(error)

    def _forget(self) -> None:
        """Lets go of the vectors asked for longest ago; of none that is still to come."""
        for text in list(self._known)[: max(0, len(self._known) - self._remembered)]:
            if self._known[text].done():
                del self._known[text]
