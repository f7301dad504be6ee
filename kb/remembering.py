"""The vectors of what was asked for lately, kept: within one answer a question and its sentences come several times."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kb.embedding import Embedder, InFront, Vectors

__all__ = ["Remembering"]

_REMEMBERED = 10_000  # vectors: 15 MB of the default model's


class Remembering(InFront):
    """An embedder in front of another one. An embedder promises that a text has one vector whatever else is in the
    call, so what is remembered is what embedding it again would give."""

    def __init__(self, alone: Embedder, remembered: int = _REMEMBERED) -> None:
        super().__init__(alone)
        self._remembered = remembered
        self._known: OrderedDict[str, npt.NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors to search with, each embedded once."""
        with self._lock:
            known = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new or not texts:
            embedded = self._alone.questions(new)
            if not texts:
                return embedded
            known.update(zip(new, embedded, strict=True))
        with self._lock:
            for text in texts:
                self._known[text] = known[text]
                self._known.move_to_end(text)
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)
        return np.stack([known[text] for text in texts])
