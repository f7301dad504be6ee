"""Which language a text is written in, where it is long enough to tell. Pure, but for a model that is read once."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["detected"]

_SAMPLES = (150, 300)  # characters: the first is mostly enough, and more than the second seldom changes the verdict
_LEAST_LETTERS = 20
_SURE = 0.8  # below it, it is most often a list of names, or one of two sister languages
_lock = threading.Lock()


def detected(text: str) -> str | None:
    """The ISO 639 code of the language of `text`; None if that is uncertain."""
    for length in _SAMPLES:
        sample = text[:length]
        if sum(map(str.isalpha, sample)) >= _LEAST_LETTERS:
            language, certainty = _identifier().classify(sample)
            if certainty >= _SURE:
                return str(language)
        if len(text) <= length:
            break
    return None


def _identifier() -> LanguageIdentifier:
    with _lock:
        return _loaded()


@cache
def _loaded() -> LanguageIdentifier:
    # Not the module's own, which tells no certainty.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
