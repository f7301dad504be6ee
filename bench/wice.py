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

from assistant.verification import Source, doubts
from kb.words import stems

_SENTENCES = 3  # of the page, which together may tell it
_PARTICULAR = 3  # times a word: what a name or number weighs. Both were chosen on the half that thresholds come from
_NAME_OR_NUMBER = re.compile(r"(?<=\s)[A-Z][\w’'-]+|\d[\d,.]*\d|\d")


def by_checker(claim: str, page: Sequence[str]) -> float:
    """1 if one sentence of the page says it, by the rules as they ship."""
    return float(any(not doubts(claim, Source(sentence)) for sentence in page))


def by_share(claim: str, page: Sequence[str]) -> float:
    """How much of the claim three sentences of the page have, names and numbers weighing more than other words."""
    particular = stems(" ".join(_NAME_OR_NUMBER.findall(claim)))
    weights: dict[str, int] = {word: _PARTICULAR if word in particular else 1 for word in stems(claim)}
    left, held = set(weights), [stems(sentence) for sentence in page]
    for _ in range(_SENTENCES):
        left -= max(((sum(weights[w] for w in words & left), n, words) for n, words in enumerate(held)))[2]
    return 1 - sum(weights[word] for word in left) / max(1, sum(weights.values()))


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
        ("share found, names before words", by_share, True),
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
            f"{name:32} balanced accuracy {half:.3f} on the other half; of all it holds {held} supported, {let} others"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
