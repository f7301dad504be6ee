"""Does the right passage come first? On judgements that nobody here made; with floors that are never lowered silently.

    python bench/search.py [time1963] [allsides] [squad2]      # fails below a floor
    python bench/search.py --update                            # raises floors; with --lower, lowers them too

Each set is searched by four ways in one run: ours; what a LangChain user gets by default (pieces of 1000 characters
with 200 in common, the nearest by the same model); BM25 alone; and the reciprocal rank fusion of these two. Nothing was
tuned on these sets; kb/search.py and bench/learn_reader.py say on which. Vectors are kept in the folder that
ACCORDINGTO_BENCH_CACHE names, if it is set, so that a second run takes a minute.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from floors import digest_of, held

from assistant.evaluation import MEASURES, Scores, Topics, compare, measure, ranking, read_topics
from assistant.reader import names_in
from kb import Article, Filters, KnowledgeBase
from kb.embedding import SentenceTransformerEmbedder, Vectors
from kb.passages import sentences
from kb.words import content_words

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_SEPARATORS = ("\n\n", "\n", " ", "")
_KNOWN = 300


class KeptEmbedder(SentenceTransformerEmbedder):
    """The default model, which remembers passages from run to run."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        folder = os.environ.get("ACCORDINGTO_BENCH_CACHE")
        if not folder or not texts:
            return super().passages(texts)
        file = Path(folder, f"{hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:24]}.npy")
        if file.exists():
            kept: Vectors = np.load(file)
            return kept
        found = super().passages(texts)
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, found)
        return found


def time1963() -> Topics:
    """83 questions of 1963 with human judgements on 423 magazine articles."""
    folder = SHARED / "time1963"
    return read_topics(folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels.tsv")


def allsides() -> Topics:
    """A sentence from the middle of an article has to find it: names are kept, half of the other words are dropped."""
    with (SHARED / "allsides_conflict" / "conflict_subset.jsonl").open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    articles = [Article(text=r["text"], title=r["title"] or "", source=r["id"], outlet=r["publisher"]) for r in records]
    return known_items(articles)


def squad2() -> Topics:
    """The answerable questions of the sample, over all its paragraphs."""
    folder = SHARED / "squad2_sample"
    gold = json.loads((folder / "ground_truth.json").read_text("utf-8"))
    asked = json.loads((folder / "queries.json").read_text("utf-8"))["queries"]
    sources = {text: str(n) for n, text in enumerate(dict.fromkeys(q["context"] for q in asked))}
    answerable = [q for q in asked if not gold[q["id"]]["is_impossible"]]
    return Topics(
        tuple(Article(text=text, title="", source=source) for text, source in sources.items()),
        {q["id"]: q["question"] for q in answerable},
        {q["id"]: {sources[q["context"]]: 1} for q in answerable},
    )


def known_items(articles: Sequence[Article], count: int = _KNOWN, seed: int = 7) -> Topics:
    """Articles with a question for some of them, made by rule from a sentence in the middle."""
    chance, queries = random.Random(seed), dict[str, str]()
    for article in chance.sample(articles, len(articles)):
        spans = list(sentences(article.text))
        middle = [span.of(article.text) for span in spans[len(spans) // 3 : 2 * len(spans) // 3 + 1]]
        middle = [text for text in middle if 10 <= len(text.split()) <= 40]
        question = asked_of(middle[len(middle) // 2], chance) if middle else ""
        if len(question.split()) >= 3 and len(queries) < count:
            queries[article.source] = question
    return Topics(tuple(articles), queries, {source: {source: 1} for source in queries})


def asked_of(sentence: str, chance: random.Random) -> str:
    """A question for a sentence: its names, and half of its other words that tell something."""
    names, telling = set(names_in(f"- {sentence}")), set(content_words(sentence))
    words = (w.removesuffix("'s").removesuffix("’s") for w in re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", sentence))
    return " ".join(w for w in words if w in names or (w.lower() in telling and chance.random() < 0.5))


SETS = {"time1963": time1963, "allsides": allsides, "squad2": squad2}


def runs(topics: Topics) -> dict[str, Scores]:
    """The measures of every way to search."""
    model = KeptEmbedder()
    keys, texts = list(topics.queries), list(topics.queries.values())
    with tempfile.TemporaryDirectory() as folder, KnowledgeBase.open(folder, model=model, create=True) as base:
        for at in range(0, len(topics.corpus), 200):
            base.add(topics.corpus[at : at + 200])
        sources = {n: article.source for n, article in enumerate(base.articles(), 1)}
        ours = {key: ranking(base.search(text, 300, copies=True)) for key, text in topics.queries.items()}
        found = [base._catalog.lexical(content_words(text), Filters(), 100) for text in texts]
        words = {key: _falling([sources[number] for number, _ in own]) for key, own in zip(keys, found, strict=True)}
    pieces = [(article.source, piece) for article in topics.corpus for piece in _split(article.text)]
    near = model.questions(texts) @ model.passages([piece for _, piece in pieces]).T
    dense = {
        key: _falling([pieces[place][0] for place in np.argsort(-row, kind="stable")[:2000]])
        for key, row in zip(keys, near, strict=True)
    }
    ways = {"ours": ours, "LangChain": dense, "BM25": words, "fused ranks": _fused(dense, words)}
    return {name: measure(run, topics.qrels) for name, run in ways.items()}


def _falling(sources: Sequence[str]) -> dict[str, float]:
    return {source: -float(place) for place, source in enumerate(list(dict.fromkeys(sources))[:100])}


def _fused(*ways: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    fused: dict[str, dict[str, float]] = {key: {} for key in ways[0]}
    for way in ways:
        for key, scores in way.items():
            for place, source in enumerate(scores, 1):
                fused[key][source] = fused[key].get(source, 0.0) + 1 / (60 + place)
    return fused


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


def _digest(topics: Topics) -> str:
    return digest_of(([[a.title, a.text] for a in topics.corpus], dict(topics.queries), topics.qrels))


def main(arguments: Sequence[str]) -> int:
    """Prints every measure of every way, ours against LangChain's, and what is below its floor."""
    update, lower = "--update" in arguments, "--lower" in arguments
    wrong = []
    for name in [a for a in arguments if not a.startswith("--")] or list(SETS):
        try:
            topics = SETS[name]()
        except FileNotFoundError as error:
            print(f"{name}: skipped, {error.filename} is not here")
            continue
        found = runs(topics)
        print(f"\n{name}: {len(topics.queries)} questions, {len(topics.corpus)} articles")
        for way, scores in found.items():
            values = "  ".join(f"{m} {np.mean(list(scores[m].values())):.3f}" for m in MEASURES)
            print(f"  {way:12} {values}", flush=True)
        for other in ("LangChain", "BM25"):
            for compared in compare(found["ours"], found[other]):
                print(f"  ours against {other}: {compared}", flush=True)
        means = {m: float(np.mean(list(found["ours"][m].values()))) for m in MEASURES}
        wrong += held(name, _digest(topics), len(topics.queries), means, update=update, lower=lower)
    for reason in wrong:
        print(f"BELOW {reason}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
