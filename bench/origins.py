"""How well copies and edited wire stories are grouped, against 160 pairs of articles that were read and labelled.

The pairs in origins_labels.csv are of ../shared/data/allsides_conflict, by the articles' ids: 100 drawn at random at
four levels of similarity of their vectors (0.65 to 0.72, to 0.76, to 0.80, above), and 60 at six levels of the runs of
three words that they share (from 5 % of the shorter one's to all), for among the first hundred there are few copies.
A pair was labelled one origin where several paragraphs of one stand in the other as the outlet's own report, so that
they cannot confirm each other there; the same quotations, or a background of a sentence or two, do not make it one.

Says so and stops where the articles are absent. Wanted: precision 0.95, recall 0.80.
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from ingest import ingest
from kb import KnowledgeBase
from kb.embedding import HashEmbedder

_LABELS = Path(__file__).with_name("origins_labels.csv")


def main() -> None:
    """Prints the groups that are found, then precision and recall over the pairs, and what the grouping cost."""
    articles = Path(__file__).resolve().parents[2] / "shared" / "data" / "allsides_conflict"
    if not articles.exists():
        print("origins: skipped, ../shared/data/allsides_conflict is not here")
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        # Vectors take no part in the grouping, so that the embedder without a model does.
        KnowledgeBase.open(Path(folder, "kb"), model=HashEmbedder(), create=True) as base,
    ):
        begun = time.perf_counter()
        count = sum(1 for _ in ingest(base, [articles]))
        print(f"{count} articles grouped as they came, {time.perf_counter() - begun:.1f} s in all")
        _show_groups(base)
        _compare(base)


def _show_groups(base: KnowledgeBase) -> None:
    groups = defaultdict(list)
    found = {article.id: article for article in base.articles()}
    for article_id, origin in base.origins(found).items():
        groups[origin].append(found[article_id])
    sizes = Counter(len(group) for group in groups.values())
    print(f"{len(groups)} origins; articles in each: {dict(sorted(sizes.items()))}")
    for group in groups.values():
        if len(group) > 1:
            print("; ".join(f"{a.outlet}, {a.published or 'undated'}: {a.title[:60]}" for a in group))
            for copy in base.copies(group[0].id):
                known = f"{len(copy.sentences)} sentences, {copy.share:.0%} of the words, {copy.agency or 'no agency'}"
                print(f"    {copy.kind}: {known}, {copy.article.id[:8]}")


def _compare(base: KnowledgeBase) -> None:
    with _LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    origins = base.origins([row[side] for row in rows for side in ("left", "right")])
    missing = [row for row in rows if base.find(row["left"]) is None or base.find(row["right"]) is None]
    if missing:
        raise SystemExit(f"{len(missing)} of the labelled pairs are not among these articles")
    for drawn in ("vectors", "words", ""):
        counts = Counter(
            (row["one_origin"] == "1", origins[row["left"]] == origins[row["right"]])
            for row in rows
            if row["drawn_by"].startswith(drawn)
        )
        right, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
        precision, recall = right / max(right + wrong, 1), right / max(right + missed, 1)
        print(
            f"{f'drawn by {drawn}' if drawn else 'all':16} {counts.total()} pairs, {right + missed} of one origin: "
            f"precision {precision:.3f} ({right} of {right + wrong}), recall {recall:.3f} ({right} of {right + missed})"
        )
    for row in rows:
        same = origins[row["left"]] == origins[row["right"]]
        if same != (row["one_origin"] == "1"):
            print(f"    {'wrongly one' if same else 'missed'}: {row['left'][:8]} {row['right'][:8]}")
    print("wanted: precision 0.95, recall 0.80")


if __name__ == "__main__":
    main()
