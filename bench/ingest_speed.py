"""How fast articles get in: this project, the pipeline that a LangChain user would write, and the bare floor.

The same 300 articles of ../shared/data/allsides_conflict in each, by turns, in one process, three rounds, medians; says
so and stops where they are absent. The floor is the encoding of our passages alone, in the best precision and the best
of three batch sizes. Wanted: 2.0 times LangChain's articles a second, 0.90 of the floor's.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ingest import ingest
from kb import KnowledgeBase
from kb.embedding import HashEmbedder, SentenceTransformerEmbedder

ROUNDS = 3
_SEPARATORS = ("\n\n", "\n", " ", "")


def main() -> None:
    """Prints seconds by round, medians and ratios. An argument is the number of articles."""
    records = Path(__file__).resolve().parents[2] / "shared" / "data" / "allsides_conflict" / "conflict_subset.jsonl"
    if not records.exists():
        print("ingest: skipped, ../shared/data/allsides_conflict is not here")
        return
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
    print(
        "LangChain's side: its splitter is not installed, so one of ours with its rule and sizes, and chromadb itself"
    )
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


def _langchain(some: Path, folder: Path, model: object) -> None:
    """Read, split at 1000 with 200 shared, encode batch by batch in float32, add to Chroma."""
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    collection = client.create_collection("articles", embedding_function=None)
    documents, metadatas = [], []
    with some.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            text = next(str(record[name]) for name in ("text", "content", "body") if record.get(name))
            for chunk in _split(text):
                documents.append(chunk)
                metadatas.append({"title": str(record.get("title") or record.get("heading") or "")})
    for at in range(0, len(documents), 1000):
        portion = documents[at : at + 1000]
        vectors = model.encode(portion)  # type: ignore[attr-defined]
        collection.add(
            ids=[str(at + place) for place in range(len(portion))],
            documents=portion,
            embeddings=vectors,
            metadatas=metadatas[at : at + 1000],
        )
    client.close()


def _split(text: str, size: int = 1000, shared: int = 200) -> Iterator[str]:
    """Pieces of up to `size` characters cut at the best separator there is, with up to `shared` in common."""
    start = 0
    while len(text) - start > size:
        window = text[start : start + size]
        cut = next(at for mark in _SEPARATORS if (at := window.rfind(mark) if mark else size) > shared)
        yield window[:cut]
        back = text.find(" ", start + cut - shared, start + cut)
        start = back + 1 if back >= 0 else start + cut
    yield text[start:]


if __name__ == "__main__":
    main()
