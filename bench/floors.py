"""Floors under what the benches of quality measure: kept beside them in floors.json, and never lowered silently."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FLOORS = Path(__file__).with_name("floors.json")
_MARGIN = 0.01  # by how much a value may stay below its floor: texts are embedded in what the processor has


def digest_of(data: Any) -> str:
    """Tells by what was measured on whether two runs can be compared."""
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()[:16]


def held(name: str, digest: str, questions: int, means: Mapping[str, float], *, update: bool, lower: bool) -> list[str]:
    """What is below its floor by more than one question; with `update` floors are raised, and lowered only if that is
    said too."""
    floors = json.loads(FLOORS.read_text("utf-8")) if FLOORS.exists() else {}
    known = floors.get(name)
    margin = max(_MARGIN, 1.0 / questions)
    below = [
        f"{name}: {measure} {means[measure]:.3f} is below its floor of {floor:.3f}"
        for measure, floor in (known or {"floors": {}})["floors"].items()
        if means[measure] < floor - margin
    ]
    if known and known["data"] != digest:
        below.append(f"{name}: the data is not that of the floors ({digest}, not {known['data']})")
    if update and (lower or not below):
        before = {} if lower or not known else known["floors"]
        floors[name] = {"data": digest, "floors": {m: round(max(v, before.get(m, 0.0)), 3) for m, v in means.items()}}
        partial = FLOORS.with_suffix(".partial")
        partial.write_text(json.dumps(floors, indent=2) + "\n", "utf-8")
        partial.replace(FLOORS)
        return []
    return below
