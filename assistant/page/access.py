"""Who may do what, and how much at once."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.errors import AssistantError
from assistant.page.words import say
from assistant.settings import Settings

__all__ = ["Access", "Gate", "TooBusy"]

_AFTER_A_WRONG_PASSWORD = 1.0  # seconds: nobody types faster, and who guesses gets one guess a second
_LONGEST_WAIT = 120.0  # seconds


class TooBusy(AssistantError):
    """More is asked at once than the settings allow."""


class Access:
    """Who may read, and who may add and remove articles."""

    def __init__(self, settings: Settings) -> None:
        self._logins = {name: secret.get_secret_value() for name, secret in settings.logins.items()}
        self._editors = settings.editors
        self._guessing = threading.Lock()

    @property
    def needs_login(self) -> bool:
        return bool(self._logins)

    def admits(self, user: str, password: str) -> bool:
        """Whether this is a reader's name with their password. Wrong ones take a second each, one after the other."""
        expected = self._logins.get(user)
        # Compared even if there is no such name, so that time does not tell which names there are.
        right = hmac.compare_digest((expected or "").encode(), password.encode())
        if expected and right:
            return True
        with self._guessing:
            time.sleep(_AFTER_A_WRONG_PASSWORD)
        return False

    def may_edit(self, user: str | None) -> bool:
        """Whether they may add and remove articles. Without a setting, whoever may read may."""
        return self._editors is None or (user is not None and user in self._editors)


class Gate:
    """Lets so many in at once; so many more may wait; the others are told."""

    def __init__(self, running: int, waiting: int) -> None:
        self._running, self._waiting = running, waiting
        self._slots = threading.BoundedSemaphore(running)
        self._counting = threading.Lock()
        self._here = 0
        self.turned_away = 0
        """How many found too many waiting."""

    @property
    def here(self) -> int:
        """How many are in or wait."""
        return self._here

    @contextmanager
    def entered(self) -> Iterator[None]:
        """A place for the length of a `with` block.

        Raises:
            TooBusy: so many wait already, or the wait took too long.
        """
        with self._counting:
            if self._here >= self._running + self._waiting:
                self.turned_away += 1
                raise TooBusy(say("page.too_busy", running=self._running, waiting=self._waiting))
            self._here += 1
        try:
            if not self._slots.acquire(timeout=_LONGEST_WAIT):
                raise TooBusy(say("page.too_busy", running=self._running, waiting=self._here - self._running))
            try:
                yield
            finally:
                self._slots.release()
        finally:
            with self._counting:
                self._here -= 1
