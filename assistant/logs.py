"""The log of a program that serves: one line an event on standard error, for people or for machines."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

from assistant.settings import Settings

__all__ = ["JsonLines", "Text", "set_up"]

_OURS = ("assistant", "ingest", "kb")


def set_up(settings: Settings, stream: TextIO | None = None) -> None:
    """Has everything logged in the form that is set: ours from INFO on, what libraries say from WARNING on. For doors
    that serve; whoever uses the packages from Python sets up logging of their own."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the event's own fields, and the trace if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            document["trace"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(document, ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """One line for a reader. A trace follows below it, indented, so that nothing in it can pass for another line."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname.lower():7} {_one_line(record.getMessage())}"
        if record.exc_info and record.exc_info[0]:
            trace = "".join(traceback.format_exception(*record.exc_info)).splitlines()
            line = "\n".join([line, *(f"    {_one_line(part)}" for part in trace)])
        return line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _one_line(text: str) -> str:
    """The text without what could begin another line, or move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
