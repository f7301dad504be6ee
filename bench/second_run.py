"""What a second ingest of the same articles costs beside the first, as whole processes.

Reads the Wikinews articles of ../shared; says so and stops where they are absent. The second run is to take at most a
twentieth of the first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Prints what both runs said, their seconds and the ratio."""
    articles = Path(__file__).resolve().parents[2] / "shared" / "data" / "wikinews"
    if not articles.exists():
        print("second run: skipped, ../shared/data/wikinews is not here")
        return
    accordingto = str(Path(sys.executable).with_name("accordingto"))
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ACCORDINGTO_KB": f"{folder}/kb", "HOME": folder}
        for run in ("first", "second"):
            begun = time.perf_counter()
            done = subprocess.run(
                [accordingto, "ingest", str(articles)], env=environment, check=True, capture_output=True, text=True
            )
            seconds.append(time.perf_counter() - begun)
            print(f"{run:6} ingest {seconds[-1]:6.2f} s: {done.stdout.strip()}")
    print(f"the second takes {seconds[1] / seconds[0]:.3f} of the first (wanted: at most 0.05)")


if __name__ == "__main__":
    main()
