"""What is installed, which model is used, where the data is; one line a finding, with its mend."""

from __future__ import annotations

import importlib.metadata
import platform
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.errors import UnusableModel
from assistant.rendering import counted
from assistant.settings import Settings
from kb import KnowledgeBase, KnowledgeBaseError
from kb.embedding import embedder

__all__ = ["Finding", "examine"]

_LIBRARIES = ("chromadb", "gradio", "langchain-core", "sentence-transformers", "sqlalchemy", "torch", "trafilatura")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. The text of a bad one names the mend."""

    ok: bool
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Looks at everything an answer needs, cheapest first."""
    yield Finding(True, f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    yield _full_text()
    for name in _LIBRARIES:
        yield _library(name)
    yield _model(settings)
    yield _chat_model(settings)
    yield _knowledge_base(settings)


def _full_text() -> Finding:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
    except sqlite3.OperationalError:
        return Finding(
            False, "this Python's SQLite has no FTS5; use a Python whose SQLite has it, such as python.org's"
        )
    finally:
        connection.close()
    return Finding(True, "full-text search: FTS5")


def _library(name: str) -> Finding:
    try:
        return Finding(True, f"{name} {importlib.metadata.version(name)}")
    except importlib.metadata.PackageNotFoundError:
        return Finding(False, f"{name} is not installed; run: pip install {name}")


def _model(settings: Settings) -> Finding:
    try:
        vector = embedder(settings.embedding_model).questions(["Who says so?"])
    except KnowledgeBaseError as error:
        return Finding(False, str(error))
    return Finding(True, f"embedding model {settings.embedding_model}, {vector.shape[1]} dimensions")


def _chat_model(settings: Settings) -> Finding:
    """Whether the chat model can be set up. It is not asked anything: that may cost, and leaves the machine."""
    if settings.writes_by_quoting:
        return Finding(True, "answers are quoted; no chat model is set")
    from assistant.models import chat_model

    try:
        chat_model(settings)
    except UnusableModel as error:
        return Finding(False, str(error))
    return Finding(True, f"chat model {settings.model}, at {settings.base_url or 'its provider'}")


def _knowledge_base(settings: Settings) -> Finding:
    try:
        model = embedder(settings.embedding_model)
        with KnowledgeBase.open(settings.kb, model=model, database=settings.database) as base:
            problems = base.check()
            text = f"knowledge base in {base.place}: {counted(len(base), 'article')}"
    except KnowledgeBaseError as error:
        return Finding(False, str(error))
    if not problems:
        return Finding(True, text)
    mend = "run: accordingto check --repair" if problems[0].derived else "restore a backup, or ingest anew"
    return Finding(False, f"{text}; {problems[0].text}; {mend}")
