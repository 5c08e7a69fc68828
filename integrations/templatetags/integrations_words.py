"""What waits for somebody's word, for the badges of every page."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from django import template
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template import Context

from integrations.models import Push, PushState
from integrations.sync.outbox import LEFT_HERE
from mapping.models import Book, Conflict

register = template.Library()


@dataclass(frozen=True)
class Attention:
    conflicts: int = 0
    not_sent: int = 0


_known: WeakKeyDictionary[HttpRequest, Attention] = WeakKeyDictionary()
"""Several places of one page ask; it is counted once, as long as the request lives."""


@register.simple_tag(takes_context=True)
def attention(context: Context) -> Attention:
    """Count what waits in the books the firm works with now. One query a page."""
    request = context["request"]
    if request not in _known:
        _known[request] = _counted()
    return _known[request]


def _counted() -> Attention:
    conflicts = Conflict.objects.filter(settled_at=None, link__book=OuterRef("pk"))
    held = Push.objects.filter(state=PushState.HELD, book=OuterRef("pk")).exclude(reason=LEFT_HERE)
    waiting = Book.objects.filter(is_current=True).values_list(
        Coalesce(_number(conflicts), 0), Coalesce(_number(held), 0)
    )
    return Attention(*(waiting.first() or ()))


def _number(rows: QuerySet[Conflict] | QuerySet[Push]) -> Subquery:
    return Subquery(rows.order_by().values("firm").annotate(number=Count("pk")).values("number"))
