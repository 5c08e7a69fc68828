"""Close conflicts that nobody needs to decide any more, and keep why.

If there is cause again, the next look at the two sides opens another.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from mapping.models import Conflict


def close(reason: str, **which: Any) -> int:
    """Close the open ones among these (lookups of ``Conflict``) for a reason, by its code; return how many."""
    return Conflict.objects.filter(settled_at=None, **which).update(
        settled_at=timezone.now(), moot_for=reason
    )
