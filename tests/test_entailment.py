"""The optional last check, with a tiny cross-encoder that the test builds; what it was taught is one bias."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.citations import Quote
from assistant.entailment import Entailment
from assistant.errors import UnusableModel
from assistant.verdicts import Checker
from assistant.writers import Draft
from kb import KnowledgeBase, Span
from tests.conftest import article

LABELS = ("contradiction", "entailment", "neutral")
SOURCE = article("Rebels killed six soldiers in the town.", outlet="Sample Courier")


def model(folder: Path, says: str, labels: tuple[str, ...] = LABELS) -> str:
    """A model with two narrow layers that finds this whatever it reads."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizer(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        max_position_embeddings=64, id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)},
    )  # fmt: skip
    network = BertForSequenceClassification(config)
    with torch.no_grad():
        network.classifier.weight.zero_()
        network.classifier.bias.copy_(torch.tensor([9.0 if label == says else 0.0 for label in labels]))
    network.save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("says", LABELS)
def test_a_statement_needs_to_be_implied(says: str, tmp_path: Path) -> None:
    entailment = Entailment(model(tmp_path / "model", says))
    assert entailment.holds("Rebels killed six soldiers.", "Six soldiers died.") == (says == "entailment")


def test_it_can_only_refuse(base: KnowledgeBase, tmp_path: Path) -> None:
    base.add([SOURCE])
    quote = (Quote(SOURCE, Span(0, len(SOURCE.text))),)
    true, lie = Draft("Rebels killed six soldiers.", quote, ()), Draft("Rebels killed nine soldiers.", quote, ())
    yes = Checker(base, Entailment(model(tmp_path / "yes", "entailment")))
    no = Checker(base, Entailment(model(tmp_path / "no", "neutral")))
    assert [yes.check(draft, []).verdict for draft in (true, lie)] == ["verified", "unverified"]
    assert [no.check(draft, []).verdict for draft in (true, lie)] == ["unverified", "unverified"]


def test_the_setting_reaches_every_answer(base: KnowledgeBase, tmp_path: Path) -> None:
    base.add([SOURCE])
    known: dict[str, Any] = {"embedding_model": "hash", "confidence": 0.001}
    question = "How many soldiers did rebels kill in the town?"
    with Assistant.open(tmp_path / "kb", **known) as assistant:
        assert assistant.ask(question).status == "answered"
    no = model(tmp_path / "no", "neutral")
    with Assistant.open(tmp_path / "kb", entailment_model=no, **known) as assistant:
        answer = assistant.ask(question)
    assert (answer.status, answer.checks.unverified) == ("abstained", 1)
    assert "1 unverified and left out" in answer.text


def test_a_model_that_is_none_is_said_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=r"no label .* speaks of entailment"):
        Entailment(model(tmp_path / "odd", "blue", ("red", "green", "blue"))).holds("A.", "B.")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnusableModel, match="ACCORDINGTO_ENTAILMENT_MODEL"):
        Entailment(str(tmp_path / "empty")).holds("A.", "B.")
