"""Numbers in sentences."""

from __future__ import annotations

from django.contrib.humanize.templatetags.humanize import intcomma


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 customer" or "3,204 customers"."""
    return f"{intcomma(number)} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Return "12 seconds", "about 4 minutes" or "about 2 hours"."""
    if seconds < 60:
        return counted(max(round(seconds), 1), "second")
    if seconds < 5400:
        return f"about {counted(round(seconds / 60), 'minute')}"
    return f"about {counted(round(seconds / 3600), 'hour')}"
