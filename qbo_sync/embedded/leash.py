"""Processes that do not outlive their parent."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def on_parents_death(number: signal.Signals) -> Callable[[], None]:
    """Return a ``preexec_fn`` by which Linux sends the child this signal when its parent dies.

    The parent is the thread that starts the child. Elsewhere than on Linux it does nothing.
    """

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(number))

    return ask
