"""Holds the modules of kb that do no I/O to full branch coverage. Run it after the tests: it reads their .coverage."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]
PURE = ("kb/article.py", "kb/errors.py", "kb/origins.py", "kb/passages.py", "kb/search.py")


def shortfalls(measured: Coverage) -> list[str]:
    """One line for each pure module of which a line or a branch was never taken: its statements, branches, missing."""
    found = []
    for name in PURE:
        table = io.StringIO()
        if measured.report([str(ROOT / name)], show_missing=True, skip_covered=False, file=table) < 100:
            found.append(next(line for line in table.getvalue().splitlines() if line.startswith(name)))
    return found


def main(data: Path = ROOT / ".coverage") -> int:
    measured = Coverage(data_file=data, config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    if not measured.get_data().measured_files():
        print(f"{data} holds no coverage to judge; run: make test", file=sys.stderr)  # noqa: T201 - this is a program
        return 1
    missing = shortfalls(measured)
    for line in missing:
        print(f"not wholly tested: {line}", file=sys.stderr)  # noqa: T201 - this is a program
    if not missing:
        print(f"branch coverage of {', '.join(PURE)}: 100 %")  # noqa: T201 - this is a program
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
