"""What every page's frame needs: the firm, the person's other firms, what they may do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Membership
from accounts.roles import Permission
from accounts.tenancy import across_firms


def frame(request: HttpRequest) -> dict[str, Any]:
    membership: Membership | None = getattr(request, "membership", None)
    context: dict[str, Any] = {"demo": settings.DEMO, "styleguide": settings.STYLEGUIDE}
    if membership is None:
        return context
    return context | {
        "firm": membership.firm,
        "membership": membership,
        "palette_url": reverse("palette", kwargs={"slug": membership.firm.slug}),
        "may": {permission.value: membership.may(permission) for permission in Permission},
        "memberships": lambda: _memberships(membership),
    }


def _memberships(mine: Membership) -> list[Membership]:
    with across_firms(reason="the firm switcher lists all of one person's firms"):
        return list(
            Membership.objects.select_related("firm").filter(user_id=mine.user_id).order_by("firm__name")
        )
