"""Writes the screens of the README anew, from real runs on the sample articles.

.venv/bin/python docs/make_screens.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from kb.samples import samples

_README = Path(__file__).resolve().parents[1] / "README.md"
_SHOWN = 28  # lines of a screen; the rest is more of the same


def main() -> None:
    """Runs the commands and puts what they print between the README's marks."""
    accordingto = str(Path(sys.executable).with_name("accordingto"))
    readme = _README.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ACCORDINGTO_KB": f"{folder}/kb"}

        def run(*arguments: str) -> str:
            command = [accordingto, *arguments]
            return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

        run("ingest", str(samples()))
        wire = next(line.split()[0] for line in run("articles", "list").splitlines() if "Three countries" in line)
        screens = {
            "ask": ("ask", "Who is accused of laying the mines?"),
            "figures": ("ask", "How many military dead were counted in 2020?"),
            "abstain": ("ask", "How many people were killed in Yerevan?"),
            "show": ("articles", "show", wire[:8]),
        }
        for name, command in screens.items():
            shown = " ".join(f'"{word}"' if " " in word else word for word in command)
            printed = run(*command).replace(str(samples()), "kb/samples/articles")
            lines = [f"$ accordingto {shown}", *printed.rstrip().splitlines()[:_SHOWN]]
            block = "\n".join(f"    {line}".rstrip() for line in lines).rstrip()
            before, rest = readme.split(f"<!-- {name} -->")
            after = rest.split(f"<!-- /{name} -->")[1]
            readme = f"{before}<!-- {name} -->\n\n{block}\n\n<!-- /{name} -->{after}"
    _README.write_text(readme, "utf-8")


if __name__ == "__main__":
    main()
