"""Who may do what, and how much at once."""

from __future__ import annotations

import hmac
import threading
import time
from collections import deque
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
    """Lets so many in at once, in the order in which they came; so many more may wait; the others are told."""

    def __init__(self, running: int, waiting: int) -> None:
        self._running, self._waiting = running, waiting
        self._changing = threading.Lock()
        self._free = running
        self._line: deque[threading.Event] = deque()  # a semaphore would let who comes just now past those who wait
        self.turned_away = 0
        """How many found too many waiting."""

    @property
    def here(self) -> int:
        """How many are in or wait."""
        return self._running - self._free + len(self._line)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """A place for the length of a `with` block.

        Raises:
            TooBusy: so many wait already, or the wait took too long.
        """
        turn = threading.Event()
        with self._changing:
            if self._free:
                self._free -= 1
                turn.set()
            elif len(self._line) < self._waiting:
                self._line.append(turn)
            else:
                self.turned_away += 1
                raise TooBusy(say("page.too_busy", running=self._running, waiting=self._waiting))
        if not turn.wait(_LONGEST_WAIT):
            with self._changing:
                if not turn.is_set():  # nor just now
                    self._line.remove(turn)
                    raise TooBusy(say("page.too_busy", running=self._running, waiting=len(self._line)))
        try:
            yield
        finally:
            with self._changing:
                if self._line:
                    self._line.popleft().set()
                else:
                    self._free += 1
