"""Whether a server was found silent a moment ago, so that not everybody waits for it anew.

One that refuses connections says so at once, and is simply asked again. One that hangs costs each who
asks it the whole time-out; in the seconds after the first, this process does without it.
"""

from __future__ import annotations

from time import monotonic

FOR_S = 5.0
_until: dict[str, float] = {}


def note(server: str) -> None:
    _until[server] = monotonic() + FOR_S


def is_silent(server: str) -> bool:
    return _until.get(server, 0.0) > monotonic()
