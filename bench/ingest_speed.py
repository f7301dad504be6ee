"""How fast articles get in: this project, the pipeline that a LangChain user would write, and the bare floor.

The same 300 articles of ../shared/data/allsides_conflict in each, by turns, in one process, three rounds, medians; says
so and stops where they are absent. The floor is the encoding of our passages alone, in the best precision and the best
of three batch sizes. Wanted: 2.0 times LangChain's articles a second, 0.90 of the floor's.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

from assistant.privacy import switch_off_telemetry
from ingest import ingest
from kb import KnowledgeBase
from kb.embedding import HashEmbedder, SentenceTransformerEmbedder

ROUNDS = 3


def main() -> None:
    """Prints seconds by round, medians and ratios. An argument is the number of articles."""
    records = Path(__file__).resolve().parents[2] / "shared" / "data" / "allsides_conflict" / "conflict_subset.jsonl"
    if not records.exists():
        print("ingest: skipped, ../shared/data/allsides_conflict is not here")
        return
    if importlib.util.find_spec("langchain_chroma") is None:
        print("ingest: skipped, LangChain's packages are not here; run: pip install 'accordingto[bench]'")
        return
    switch_off_telemetry()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        some = Path(folder, "some.jsonl")
        with records.open(encoding="utf-8") as lines:
            some.write_text("".join(islice(lines, count)), encoding="utf-8")
        _compare(some, count, Path(folder))


def _compare(some: Path, count: int, folder: Path) -> None:
    model = SentenceTransformerEmbedder()
    texts = _passages(some, folder / "passages")
    model.passages(texts[:32])
    model.questions(texts[:1])
    ours, langchain = model._models[_precision(model)], model._models["float32"]
    batch = min((16, 32, 64), key=lambda size: _timed(lambda: ours.encode(texts[:400], batch_size=size)))
    print(f"{count} articles, {len(texts)} passages; ours in {_precision(model)}, floor with batches of {batch}")
    ways: dict[str, Callable[[int], object]] = {
        "ours": lambda turn: _ours(some, folder / f"ours {turn}", model),
        "LangChain user": lambda turn: _langchain(some, folder / f"chroma {turn}", langchain),
        "floor": lambda _: ours.encode(texts, batch_size=batch, normalize_embeddings=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name, way in ways.items():
            seconds[name].append(_timed(lambda way=way, turn=turn: way(turn)))  # type: ignore[misc]
            print(f"round {turn + 1}: {name:14} {seconds[name][-1]:7.2f} s", flush=True)
    speeds = {name: count / statistics.median(taken) for name, taken in seconds.items()}
    print(", ".join(f"{name} {speed:.1f} articles/s" for name, speed in speeds.items()))
    print(f"ours is {speeds['ours'] / speeds['LangChain user']:.2f} x LangChain's (wanted: at least 2.0)")
    print(f"ours is {speeds['ours'] / speeds['floor']:.2f} of the floor (wanted: at least 0.90)")


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _precision(model: SentenceTransformerEmbedder) -> str:
    """What passages are embedded in: the precision whose model has been loaded by now that is not the questions'."""
    return next((name for name in model._models if name != "float32"), "float32")


def _passages(some: Path, folder: Path) -> list[str]:
    """What our ingest embeds."""
    with KnowledgeBase.open(folder, model=HashEmbedder(), create=True) as base:
        for _ in ingest(base, [some]):
            pass
        found = base._catalog.passages([number for number, _, _ in base._catalog.vectors()])
        return [f"{article.title}\n{passage.text}" for passage, article in found.values()]


def _ours(some: Path, folder: Path, model: SentenceTransformerEmbedder) -> None:
    with KnowledgeBase.open(folder, model=model, create=True) as base:
        for _ in ingest(base, [some]):
            pass
        base.save()


def _langchain(some: Path, folder: Path, model: Any) -> None:
    """Read, split at 1000 with 200 shared, embed in float32, add to Chroma: as its documentation has it."""
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    documents = []
    with some.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            documents.append(Document(record["text"], metadata={"title": record["title"], "url": record["url"]}))
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    store = Chroma("articles", _Embeddings(model), persist_directory=str(folder))
    chunks = splitter.split_documents(documents)
    for at in range(0, len(chunks), 5000):  # more at once Chroma refuses
        store.add_documents(chunks[at : at + 5000])


class _Embeddings(Embeddings):
    """What langchain-huggingface does with the same model; that package pins a hub older than ours."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of these texts."""
        vectors: list[list[float]] = self._model.encode([text.replace("\n", " ") for text in texts]).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]


if __name__ == "__main__":
    main()
