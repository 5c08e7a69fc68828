"""What pages outside of this app say about the sending to QuickBooks."""

from __future__ import annotations

from django import template

from integrations.models import Push, PushState
from integrations.sync.outbox import LEFT_HERE

register = template.Library()


@register.simple_tag
def held_pushes() -> int:
    """How many changes are held back and wait for somebody, in the books the firm works with now."""
    held = Push.objects.filter(state=PushState.HELD, book__is_current=True).exclude(reason=LEFT_HERE)
    return held.count()
