"""A conversation as the page keeps it: in the browser, or in a folder of the server. From and to JSON.

The server holds none of it between two events: what a browser sends is the conversation. So a page may stay open over
night, and several servers may answer it. What comes from there is a claim, as good as any: its marks open slices of
stored articles, whatever it says about them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.answer import Answer
from assistant.conversation import Conversation
from kb import Filters
from kb.article import days_between

__all__ = ["Asked", "Folder", "Kept", "Wanted"]

_ID = re.compile(r"[0-9a-f]{16,64}")
_TITLE = 200  # characters


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader restricts the answers to. None is no restriction."""

    since: str | None = None
    until: str | None = None
    outlet: str | None = None
    side: str | None = None
    writer: str | None = None
    """"quoting" for quotes where a chat model is set; it shapes the answer, and leaves nothing out of the articles."""

    @classmethod
    def of(cls, document: Any) -> Wanted:
        """From what a browser sends.

        Raises:
            ValueError: a date is none, or the first one comes after the last one.
        """
        told = document if isinstance(document, Mapping) else {}
        values = {name: str(told[name]).strip()[:200] for name in cls.__slots__ if told.get(name)}
        days_between(values.get("since") or None, values.get("until") or None)
        return cls(**{name: value or None for name, value in values.items()})

    def __bool__(self) -> bool:
        return any((self.since, self.until, self.outlet, self.side))

    @property
    def filters(self) -> Filters:
        """What of it the search can see to."""
        return Filters(self.since, self.until, self.outlet)

    def to_json(self) -> dict[str, str]:
        return {name: value for name in Wanted.__slots__ if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer, and what it was restricted to."""

    answer: Answer
    wanted: Wanted = Wanted()


@dataclass(frozen=True, slots=True)
class Kept:
    """One conversation with its name. Immutable."""

    id: str = ""
    """Empty until something is asked."""
    title: str = ""
    updated: str = ""
    exchanges: tuple[Asked, ...] = ()

    @classmethod
    def of(cls, document: Any) -> Kept:
        """The conversation that `to_json` wrote.

        Raises:
            ValueError: it is none.
        """
        if not document:
            return cls()
        if not isinstance(document, Mapping):
            raise ValueError(f"it is a {type(document).__name__}, not an object")
        try:
            number = str(document.get("id") or "")
            if number and not _ID.fullmatch(number):
                raise ValueError("its id is none")
            return cls(
                id=number,
                title=str(document.get("title") or "")[:_TITLE],
                updated=str(document.get("updated") or "")[:40],
                exchanges=tuple(
                    Asked(Answer.from_json(each["answer"]), Wanted.of(each.get("wanted")))
                    for each in document.get("exchanges") or ()
                ),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "updated": self.updated,
            "exchanges": [{"answer": a.answer.to_json(), "wanted": a.wanted.to_json()} for a in self.exchanges],
        }

    @property
    def conversation(self) -> Conversation:
        """What a question is understood in."""
        so_far = Conversation()
        for asked in self.exchanges:
            so_far = so_far.with_answer(asked.answer)
        return so_far

    def upto(self, exchanges: int) -> Kept:
        """Its first exchanges."""
        return replace(self, exchanges=self.exchanges[: max(exchanges, 0)])

    def with_answer(self, answer: Answer, wanted: Wanted) -> Kept:
        """The longer one. A first answer gives it an id and a name."""
        return Kept(
            id=self.id or secrets.token_hex(16),
            title=self.title or " ".join(answer.question.split())[:_TITLE],
            updated=datetime.now(UTC).isoformat(timespec="milliseconds"),
            exchanges=(*self.exchanges, Asked(answer, wanted)),
        )

    def cites(self, article_id: str) -> bool:
        """Whether words of this article are in it."""
        return any(c.article_id == article_id for asked in self.exchanges for c in asked.answer.citations)


class Folder:
    """Conversations in a folder of the server, each in a file of its own, each reader's in a folder of theirs. Safe to
    use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser()
        self._writing = threading.Lock()

    def all(self, user: str | None) -> list[dict[str, Any]]:
        """All of one reader's, newest first."""
        found = []
        for file in self._of(user).glob("*.json"):
            try:
                found.append(json.loads(file.read_text("utf-8")))
            except (OSError, ValueError):
                continue  # removed meanwhile, or half of a restored backup: no reason to show none of the others
        return sorted(found, key=lambda one: str(one.get("updated")), reverse=True)

    def put(self, user: str | None, document: Any) -> None:
        """Keeps one, in place of what it was before.

        Raises:
            ValueError: it is no conversation.
        """
        kept = Kept.of(document)
        if not kept.id:
            raise ValueError("a conversation without an id cannot be kept")
        folder = self._of(user)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._writing:
            handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as part:
                json.dump(kept.to_json(), part, ensure_ascii=False)
            Path(name).replace(folder / f"{kept.id}.json")

    def remove(self, user: str | None, kept_id: str) -> None:
        """Deletes one; nothing happens if there is none."""
        if _ID.fullmatch(kept_id):
            (self._of(user) / f"{kept_id}.json").unlink(missing_ok=True)

    def forget(self, article_id: str) -> None:
        """Takes out, of everybody's, the exchanges that quote an article: it is to be erased."""
        for file in self._folder.glob("*/*.json"):
            try:
                kept = Kept.of(json.loads(file.read_text("utf-8")))
            except (OSError, ValueError):
                continue
            if kept.cites(article_id):
                left = tuple(a for a in kept.exchanges if all(c.article_id != article_id for c in a.answer.citations))
                with self._writing:
                    file.write_text(json.dumps(replace(kept, exchanges=left).to_json(), ensure_ascii=False), "utf-8")

    def _of(self, user: str | None) -> Path:
        # A name may hold anything; a digest of it is always the name of a folder.
        return self._folder / hashlib.sha256((user or "").encode()).hexdigest()[:24]
