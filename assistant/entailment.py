"""An entailment model as a last check: whether a quote implies a statement. Only where a setting names one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import UnusableModel

__all__ = ["Entailment"]

_MEANS_ENTAILED = ("entail", "support", "consistent")


@dataclass(slots=True)
class Entailment:
    """A cross-encoder for natural language inference, by name or folder; loaded with the first question to it.

    It can only refuse: what the rules do not hold to be true, no model makes true. Safe to use from several threads.
    """

    name: str
    _model: Any = None
    _label: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def holds(self, quote: str, statement: str) -> bool:
        """Whether the model finds that the quote implies the statement rather than not.

        Raises:
            UnusableModel: the model cannot be loaded, or none of its labels speaks of entailment.
        """
        with self._lock:
            if self._model is None:
                self._load()
            scores = self._model.predict([(quote, statement)], show_progress_bar=False, convert_to_numpy=True)
        row = scores[0]
        return bool(row.argmax() == self._label) if getattr(row, "ndim", 0) else bool(row >= 0.5)

    def _load(self) -> None:
        from sentence_transformers import CrossEncoder

        mend = "name a sentence-transformers cross-encoder in ACCORDINGTO_ENTAILMENT_MODEL, or unset it"
        path = Path(self.name).expanduser()
        try:
            model = CrossEncoder(str(path) if path.exists() else self.name, device="cpu")
        except (OSError, ValueError) as error:
            first = str(error).split("\n", 1)[0][:160]
            raise UnusableModel(f"the entailment model {self.name!r} cannot be loaded ({first}); {mend}") from None
        labels = {int(n): str(label).lower() for n, label in (model.config.id2label or {}).items()}
        found = [
            n
            for n, label in labels.items()
            if label.startswith(_MEANS_ENTAILED) and not label.startswith(("not", "non"))
        ]
        if len(labels) > 1 and not found:
            known = ", ".join(labels.values())
            raise UnusableModel(f"no label of the model {self.name!r} speaks of entailment ({known}); {mend}")
        self._label = found[0] if found else 0
        self._model = model
