"""Fifty questions to a real, small chat model: what of its statements is verified, repaired and left out.

    python bench/serve_gguf.py SmolLM2-135M-Instruct.Q4_1.gguf --port 8123 &
    python bench/small_model.py http://127.0.0.1:8123/v1 [--seed ../shared/seeds] [--show]

The samples, and the articles in `--seed` if given, are asked; ten of the questions have no answer there. The answers
are looked at by the same code that the tests run against a scripted model.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from assistant import Assistant
from assistant.rendering import plain
from ingest import ingest
from kb.samples import samples
from tests.model_questions import ANSWERABLE, UNANSWERABLE, asked, counted, unsupported


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("url")
    options.add_argument("--seed", type=Path)
    options.add_argument("--show", action="store_true", help="print every answer")
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Assistant.open(
            folder, create=True, model="openai:small", base_url=chosen.url, prompt_tokens=900, reply_tokens=160,
            reply_timeout=300,
        ) as assistant,
    ):  # fmt: skip
        sources = [samples(), *([chosen.seed] if chosen.seed else [])]
        print(sum(o.status == "added" for o in ingest(assistant.base, sources)), "articles")
        wrong = []
        for name, questions in (("answerable", ANSWERABLE), ("unanswerable", UNANSWERABLE)):
            begun, answers, failed = time.perf_counter(), [], list[str]()
            for answer in asked(assistant, questions, failed):
                answers.append(answer)
                wrong += unsupported(assistant, answer)
                if chosen.show:
                    print(f"\n> {answer.question}\n{plain(answer)}")
            took = time.perf_counter() - begun
            print(f"{len(questions)} {name}: {dict(counted(answers))}, {len(failed)} failed, {took:.0f} s")
    print(f"unsupported statements in any text: {len(wrong)}", *wrong, sep="\n  ")


if __name__ == "__main__":
    main()
