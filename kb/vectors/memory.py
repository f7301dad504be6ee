"""Memory that is handed out empty, for a library that writes to disk what it has reserved and not yet used."""

from __future__ import annotations

import ctypes
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

__all__ = ["overwriting"]

_PERTURB = -6  # M_PERTURB of malloc.h
_FILL = 0x5A
_counting = threading.Lock()
_inside = 0


@contextmanager
def overwriting() -> Iterator[None]:
    """While any block runs, what is freed is overwritten, and so is what is reserved before it is handed out. For the
    whole process, since its memory is one.

    By mallopt(3) of the GNU C library; without it, a block does nothing.
    """
    global _inside
    with _counting:
        _inside += 1
        if _inside == 1:
            _fill_with(_FILL)
    try:
        yield
    finally:
        with _counting:
            _inside -= 1
            if _inside == 0:
                _fill_with(0)


def _fill_with(byte: int) -> None:
    library = _c_library()
    if library is not None:
        library.mallopt(_PERTURB, byte)


@cache
def _c_library() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
