"""A trip to Intuit and back: single use, ten minutes long, tied to the person who set out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

from django.utils import timezone

from accounts.models import Firm, User
from accounts.tenancy import across_firms
from integrations.connect.obstacles import CannotConnect
from integrations.models import AuthorizationAttempt

LASTS = timedelta(minutes=10)


def set_out(firm: Firm, person: User) -> str:
    """Return the state to send along. Only its digest is kept."""
    state = secrets.token_urlsafe(32)
    AuthorizationAttempt.objects.create(
        firm=firm, person=person, state_digest=_digest(state), expires_at=timezone.now() + LASTS
    )
    return state


def come_back(state: str, person: User) -> AuthorizationAttempt:
    """Return the attempt this state belongs to, using it up. Raises CannotConnect.

    The answer comes to an address without a firm: the state alone says whose trip it was.
    """
    with across_firms(reason="Intuit's answer names no firm; the state does"):
        attempts = AuthorizationAttempt.objects.select_related("firm", "person")
        attempt = attempts.filter(state_digest=_digest(state)).first()
        if attempt is None:
            raise CannotConnect("unknown_state")
        if attempt.person_id != person.pk:
            # Not used up: whoever set out may still arrive.
            raise CannotConnect("other_person")
        now = timezone.now()
        if not attempts.filter(pk=attempt.pk, used_at=None).update(used_at=now):
            raise CannotConnect("used", firm=attempt.firm)
        if attempt.expires_at < now:
            raise CannotConnect("expired", firm=attempt.firm)
    return attempt


def _digest(state: str) -> str:
    return sha256(state.encode()).hexdigest()
