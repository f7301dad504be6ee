"""A second look at what was found, by a model that reads question and passage together. Optional, and loaded late."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kb.article import Hit
from kb.errors import UnusableModel

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

__all__ = ["CrossEncoderScorer", "Reranker", "reranked"]


class Reranker(Protocol):
    """Judges how well texts fit a question. Safe to call from several threads."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score for each text, from 0 to 1, higher is better."""


class CrossEncoderScorer:
    """Any sentence-transformers CrossEncoder with one output, by name or path."""

    def __init__(self, model: str) -> None:
        self._name = model
        self._model: CrossEncoder | None = None
        # The Rust tokenizer refuses to be borrowed by two threads at once.
        self._lock = threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One probability for each text.

        Raises:
            UnusableModel: the model cannot be loaded, or gives no single score.
        """
        if not texts:
            return []
        pairs = [(_clean(question), _clean(text)) for text in texts]
        with self._lock:
            if self._model is None:
                self._model = _load(self._name)
            model: Any = self._model
            logits = np.asarray(model.predict(pairs, show_progress_bar=False, activation_fn=_identity()))
        if logits.shape != (len(texts),):
            raise UnusableModel(
                f"the cross-encoder {self._name!r} gives {logits.shape[1:]} outputs, and one is needed; choose another"
            )
        return [float(value) for value in 1 / (1 + np.exp(-logits.astype(np.float64)))]


def reranked(question: str, hits: Sequence[Hit], reranker: Reranker) -> list[Hit]:
    """The hits with the reranker's scores, best first; equals stay as they were."""
    texts = [f"{hit.article.title}\n{hit.passage.text}" for hit in hits]
    scored = [replace(hit, score=score) for hit, score in zip(hits, reranker.scores(question, texts), strict=True)]
    return sorted(scored, key=lambda hit: -hit.score)


def _clean(text: str) -> str:
    """Without lone surrogates, which the tokenizer refuses."""
    return text.encode(errors="replace").decode()


def _identity() -> object:
    import torch

    return torch.nn.Identity()


def _load(name: str) -> CrossEncoder:
    if Path(name).exists():
        # Otherwise the library asks its hub about files that a local model may have.
        os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    import transformers
    from sentence_transformers import CrossEncoder

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: CrossEncoder = CrossEncoder(name)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnusableModel(
            f"cannot load the cross-encoder {name!r} ({reason}); give a folder that holds one, or unset the setting "
            "that names it"
        ) from error
    return model
