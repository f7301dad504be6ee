from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant import Assistant
from assistant.settings import Settings
from kb import KnowledgeBase
from kb.embedding import HashEmbedder, Vectors
from kb.errors import UnusableModel


class _Recording(HashEmbedder):
    def __init__(self, error: Exception | None = None) -> None:
        self.asked = 0
        self._error = error

    def questions(self, texts: Sequence[str]) -> Vectors:
        self.asked += 1
        if self._error:
            raise self._error
        return super().questions(texts)


@pytest.mark.parametrize("error", [None, UnusableModel("no such model")])
def test_warming_up_loads_the_model_beside_and_never_fails(tmp_path: Path, error: Exception | None) -> None:
    model = _Recording(error)
    with KnowledgeBase.open(tmp_path / "kb", model=model, create=True) as base:
        Assistant(base, Settings()).warm_up()
        for thread in threading.enumerate():
            if thread.name == "warming up":
                thread.join(timeout=60)
    assert model.asked == 1


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="passagez"):
        Assistant.open(tmp_path / "kb", create=True, passagez=3)


def test_settings_that_shape_answers_change_the_digest_and_others_do_not() -> None:
    assert Settings().digest() == Settings(port=1234).digest()
    assert Settings().digest() != Settings(statements=1).digest()
