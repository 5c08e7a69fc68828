"""Let somebody who may not connect ask those who may (B-23)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Firm, User
from integrations.connect.telling import tell_that_it_is_connected, tell_that_somebody_asks
from integrations.models import AccessRequest, Connection

MAY_ASK_AGAIN_AFTER = timedelta(days=1)


def ask(firm: Firm, *, by: User) -> bool:
    """Send the wish to everybody who may connect; False where it was sent within the last day."""
    now = timezone.now()
    with transaction.atomic():
        request, is_new = AccessRequest.objects.get_or_create(firm=firm, person=by, answered_at=None)
        if not is_new and request.asked_at > now - MAY_ASK_AGAIN_AFTER:
            return False
        request.asked_at = now
        request.save(update_fields=["asked_at"])
        tell_that_somebody_asks(firm, by)
    return True


def open_requests() -> list[AccessRequest]:
    """Return who of the chosen firm still waits for an answer, longest first."""
    return list(AccessRequest.objects.select_related("person").filter(answered_at=None).order_by("asked_at"))


def answer_requests(connection: Connection) -> None:
    """Close all open wishes: QuickBooks is connected now, and those who asked are told."""
    waiting = open_requests()
    AccessRequest.objects.filter(pk__in=[one.pk for one in waiting]).update(answered_at=timezone.now())
    tell_that_it_is_connected(connection, [one.person for one in waiting])
