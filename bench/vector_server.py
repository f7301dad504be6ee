"""What a Chroma server costs as the collection grows: to 20 and 100 thousand passages.

    python bench/vector_server.py [20000 100000 ...]

Vectors of the default model's length that gather around centres, as those of articles do, go through the projection of
the project. Measured: passages sent a second, the server's memory and disk, how long a question takes, how many of the
ten nearest it names (of 100 candidates), beside the exact search; and the same for the catalog and the mapped file.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from page import _resident, _say

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kb.article import Article, Passage, Span
from kb.catalog import Catalog, Making
from kb.embedding import Vectors
from kb.exact import ExactIndex
from kb.vectors import Server, ServerProjection
from tests.chroma_servers import ChromaServer

_DIMENSION = 384
_CENTRES = 2000
_QUESTIONS = 100
_PER_ARTICLE = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=[20_000, 100_000])
    sizes = sorted(parser.parse_args().sizes)
    chance = np.random.default_rng(1)
    centres = chance.normal(size=(_CENTRES, _DIMENSION)).astype(np.float32)
    with tempfile.TemporaryDirectory() as scratch:
        folder, server = Path(scratch) / "kb", ChromaServer(Path(scratch) / "chroma")
        with server.running(), closing(Catalog.open(folder, create=True)) as catalog:
            with catalog.writing() as writing:
                writing.made_by(Making("synthetic", "", _DIMENSION, "1"))
            with closing(ServerProjection(catalog, Server(server.url))) as projection:
                held = 0
                for size in sizes:
                    _grow(catalog, held, size, centres, chance)
                    begun = time.perf_counter()
                    projection.sync()
                    sent = (size - held) / (time.perf_counter() - begun)
                    held = size
                    _tell(catalog, projection, server, size, sent, _like(_QUESTIONS, centres, chance))


def _like(count: int, centres: Vectors, chance: np.random.Generator) -> Vectors:
    near = centres[chance.integers(len(centres), size=count)] + 0.7 * chance.normal(size=(count, _DIMENSION))
    found: Vectors = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    return found


def _grow(catalog: Catalog, held: int, size: int, centres: Vectors, chance: np.random.Generator) -> None:
    """Articles of ten short passages. Their text is as short as can be: what texts cost is measured elsewhere."""
    for at in range(held, size, 5000):
        with catalog.writing() as writing:
            for first in range(at, min(at + 5000, size), _PER_ARTICLE):
                text = f"{first:010}"
                article = Article(text=text, title="t", source=str(first))
                passages = [Passage(article.id, n, n + 1, text[n], (Span(n, n + 1),)) for n in range(_PER_ARTICLE)]
                writing.replace(article, passages, _like(_PER_ARTICLE, centres, chance))


def _tell(
    catalog: Catalog, projection: ServerProjection, server: ChromaServer, size: int, sent: float, questions: Vectors
) -> None:
    exact = ExactIndex(catalog, _DIMENSION)
    exact.save()
    exact = ExactIndex(catalog, _DIMENSION)
    found, times = 0, {"server": [0.0] * 0, "exact": [0.0] * 0}
    for question in questions:
        begun = time.perf_counter()
        named = projection.candidates(question, 100)
        times["server"].append(time.perf_counter() - begun)
        assert named is not None, projection.trouble
        begun = time.perf_counter()
        nearest = [number for number, _ in exact.search(question, 10)]
        times["exact"].append(time.perf_counter() - begun)
        found += len(set(nearest) & set(named))
    assert server.process is not None
    median = {name: statistics.median(values) * 1000 for name, values in times.items()}
    _say(
        f"{size:,} passages: sent {sent:,.0f}/s; server {_resident(server.process):,.0f} MB of memory, "
        f"{_size(server.folder):,.0f} MB of disk; a question p50 {median['server']:.1f} ms (exact, numpy: "
        f"{median['exact']:.1f} ms), {found / _QUESTIONS * 10:.1f} % of the ten nearest; "
        f"mapped file {_size(catalog.folder / 'vectors'):,.0f} MB"
    )


def _size(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    main()
