"""Does the cited page support the sentence? The checker and plain word overlap on WiCE (Kamoi et al. 2023).

    python bench/wice.py ../shared/data/wice_dev/dev.jsonl

A claim of Wikipedia is supported by the page that it cites, partly, or not; "supported" is told from the rest. What has
a threshold gets it on every other claim and is reported on the others. Wikipedia rewords, and joins what a page says
in several places: the checker is made to refuse that.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant.verification import Doubt, Source, doubts
from kb.words import stems

_SENTENCES = 3  # of one page, taken together


def by_checker(claim: str, page: Sequence[str]) -> float:
    """1 if one sentence of the page says it, by the rules as they ship."""
    return float(any(not doubts(claim, Source(sentence)) for sentence in page))


def by_particulars(claim: str, page: Sequence[str]) -> float:
    """Minus the number of words of the claim, as the checker compares them, that no run of three sentences has."""
    return -min(_missing(doubts(claim, Source(" ".join(page[n : n + _SENTENCES]))), claim) for n in range(len(page)))


def _missing(found: Sequence[Doubt], claim: str) -> float:
    """Numbers, names, dates and negations count in full, other words as a part."""
    weights = {"number": 1.0, "name": 1.0, "date": 1.0, "negation": 1.0, "hedge": 0.5, "words": 0.5}
    return sum(weights.get(doubt.kind, 0.0) for doubt in found) / len(claim.split())


def by_overlap(claim: str, page: Sequence[str]) -> float:
    """The share of the claim's content words that the page has."""
    wanted = stems(claim)
    return len(wanted & stems(" ".join(page))) / max(len(wanted), 1)


def balanced(said: Sequence[bool], true: Sequence[bool]) -> float:
    right = [s for s, t in zip(said, true, strict=True) if t]
    wrong = [not s for s, t in zip(said, true, strict=True) if not t]
    return (sum(right) / len(right) + sum(wrong) / len(wrong)) / 2


def main(file: Path) -> None:
    rows: list[dict[str, Any]] = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    pages = [[s for s in row["evidence"] if re.search(r"\w", s)] for row in rows]
    true = [row["label"] == "supported" for row in rows]
    print(f"{len(rows)} claims, {sum(true)} supported")
    ways: tuple[tuple[str, Callable[[str, Sequence[str]], float], bool], ...] = (
        ("the checker", by_checker, False),
        ("what the checker misses in it", by_particulars, True),
        ("word overlap", by_overlap, True),
    )
    for name, way, has_threshold in ways:
        scores = [way(row["claim"], page) for row, page in zip(rows, pages, strict=True)]
        cuts = sorted(set(scores[::2])) if has_threshold else [1.0]
        cut = max(cuts, key=lambda c: balanced([s >= c for s in scores[::2]], true[::2]))
        half = balanced([s >= cut for s in scores[1::2]], true[1::2])
        said = [s >= cut for s in scores]
        held = sum(s for s, t in zip(said, true, strict=True) if t)
        let = sum(s for s, t in zip(said, true, strict=True) if not t)
        print(
            f"{name:30} balanced accuracy {half:.3f} on the other half; of all it holds {held} supported, {let} others"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
