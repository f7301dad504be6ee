"""A cross-encoder by setting, with a tiny model that the test builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.reader import CrossEncoderReader
from kb import KnowledgeBase
from kb.embedding import HashEmbedder
from kb.errors import UnusableModel
from kb.reranking import CrossEncoderScorer
from tests.conftest import article


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two hidden layers with random weights."""
    import transformers

    library: Any = transformers  # it makes its names as they are asked for

    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "heron", "pelican", "the", "stood", "sat"]
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    library.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    size = library.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        num_labels=1,
    )
    library.BertForSequenceClassification(size).save_pretrained(folder)
    return folder


def test_a_cross_encoder_orders_what_was_found(tiny: Path, tmp_path: Path) -> None:
    scorer = CrossEncoderScorer(str(tiny))
    texts = ["The heron stood.", "The pelican sat.", "\udcff"]
    scores = scorer.scores("heron", texts)
    assert all(0 < score < 1 for score in scores)
    assert scorer.scores("heron", []) == []
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True, reranker=scorer) as base:
        base.add([article(text, source=text) for text in texts[:2]])
        found = base.search("heron")
        assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
        assert all(0 < hit.score < 1 for hit in found)
        evidence = CrossEncoderReader(base, scorer).read("Which heron stood?", found)
        assert [e.score for e in evidence] == sorted((e.score for e in evidence), reverse=True)


def test_a_model_that_is_none_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(UnusableModel, match="cross-encoder"):
        CrossEncoderScorer(str(tmp_path)).scores("q", ["a"])
