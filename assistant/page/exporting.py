"""An answer as a file to save. The formats themselves are the assistant's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from assistant import exports
from assistant.answer import Answer
from assistant.page.kept import Kept
from kb import Article

__all__ = ["exported"]

_Find = Callable[[str], Article | None]


def exported(request: Mapping[str, Any], find: _Find) -> dict[str, str]:
    """An answer in one of the formats: the file's name, its media type and its text. `find` gives stored articles.

    Raises:
        ValueError: there is no such format, or what was sent is no answer.
    """
    kept = Kept.of({"exchanges": [request.get("exchange")]})
    name = str(request.get("format"))
    if name not in _FORMATS:
        raise ValueError(f"{name!r} is no format; there are {', '.join(_FORMATS)}")
    ending, kind, write = _FORMATS[name]
    answer = kept.exchanges[0].answer
    stem = "-".join(re.findall(r"\w+", answer.question.lower()))[:60].strip("-") or "answer"
    return {"name": f"{stem}.{ending}", "kind": kind, "text": write(answer, find)}


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


_FORMATS: Mapping[str, tuple[str, str, Callable[[Answer, _Find], str]]] = {
    "markdown": ("md", "text/markdown", lambda answer, _: exports.answer_report(answer)),
    "json": ("json", "application/json", lambda answer, _: _json(answer.to_json())),
    "csv": ("csv", "text/csv", lambda answer, _: exports.evidence_csv(answer)),
    "bibtex": ("bib", "application/x-bibtex", exports.bibtex),
    "csl": ("csl.json", "application/vnd.citationstyles.csl+json", lambda a, find: _json(exports.csl_json(a, find))),
}
