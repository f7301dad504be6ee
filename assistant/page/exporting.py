"""An answer as a file to save. The formats themselves are the assistant's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from assistant.answer import Answer
from assistant.page.kept import Asked, Kept

__all__ = ["exported"]


def exported(request: Mapping[str, Any]) -> dict[str, str]:
    """An answer in one of the formats: the file's name, its media type and its text.

    Raises:
        ValueError: there is no such format, or what was sent is no answer.
    """
    kept = Kept.of({"exchanges": [request.get("exchange")]})
    name = str(request.get("format"))
    if name not in _FORMATS:
        raise ValueError(f"{name!r} is no format; there are {', '.join(_FORMATS)}")
    ending, kind, write = _FORMATS[name]
    asked: Asked = kept.exchanges[0]
    stem = "-".join(re.findall(r"\w+", asked.answer.question.lower()))[:60].strip("-") or "answer"
    return {"name": f"{stem}.{ending}", "kind": kind, "text": write(asked.answer)}


def _json(answer: Answer) -> str:
    return json.dumps(answer.to_json(), ensure_ascii=False, indent=2) + "\n"


def _markdown(answer: Answer) -> str:
    return answer.text


_FORMATS: Mapping[str, tuple[str, str, Callable[[Answer], str]]] = {
    "markdown": ("md", "text/markdown", _markdown),
    "json": ("json", "application/json", _json),
}
