"""What waits for somebody's word, for the badges of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django import template
from django.db import connection
from django.http import HttpRequest
from django.template import Context

from accounts.forms import zone_name
from accounts.tenancy import chosen_firm_id
from integrations.models import PushState
from integrations.sync.outbox import LEFT_HERE

register = template.Library()


@dataclass(frozen=True)
class Attention:
    conflicts: int = 0
    not_sent: int = 0


_known: WeakKeyDictionary[HttpRequest, Attention] = WeakKeyDictionary()
"""Several places of one page ask; it is counted once, as long as the request lives."""


@register.filter
def article(noun: str) -> str:
    """Return "a vendor" or "an employee"."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


register.filter(zone_name)


@register.simple_tag(takes_context=True)
def attention(context: Context) -> Attention:
    """Count what waits in the books the firm works with now. One query a page."""
    request = context["request"]
    if request not in _known:
        _known[request] = _counted()
    return _known[request]


# Written out, as every page asks it: putting it together from parts takes longer than answering it.
_WAITING = """
    SELECT (
        SELECT count(*) FROM mapping_conflict conflict JOIN mapping_link link ON link.id = conflict.link_id
        WHERE conflict.firm_id = book.firm_id AND conflict.settled_at IS NULL AND link.book_id = book.id
    ), (
        SELECT count(*) FROM integrations_push push
        WHERE push.firm_id = book.firm_id AND push.book_id = book.id
          AND push.state = %(held)s AND push.reason <> %(left_here)s
    )
    FROM mapping_book book WHERE book.firm_id = %(firm)s AND book.is_current
"""


def _counted() -> Attention:
    asked: dict[str, Any] = {"firm": chosen_firm_id(), "held": PushState.HELD.value, "left_here": LEFT_HERE}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, asked)
        return Attention(*(cursor.fetchone() or ()))
