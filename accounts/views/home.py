"""Where sign-in leads: the firm opened last, an invitation, or a firm of one's own."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.http import FirmRequest, needs
from accounts.models import Client, Membership, User
from accounts.roles import Permission
from accounts.services.firms import memberships_of
from accounts.services.team import invitations_for
from accounts.slots import fillers

RECENT = 8


@login_required
def home(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    memberships = memberships_of(request.user)
    wants_own = bool(memberships) and "later" in request.GET
    if not wants_own and (invitations := invitations_for(request.user)):
        return render(
            request, "accounts/invited.html", {"invitations": invitations, "has_firm": bool(memberships)}
        )
    if memberships:
        return redirect("dashboard", slug=memberships[0].firm.slug)
    return redirect("firm_new")


@needs(Permission.VIEW)
def dashboard(request: FirmRequest) -> HttpResponse:
    counts = Client.objects.tally()
    context = {
        "counts": counts,
        "members": Membership.objects.count(),
        "panels": [filler.home_panel(request) for filler in fillers()],
        "recent": Client.objects.current().recently_changed()[:RECENT] if counts["current"] else [],
    }
    return render(request, "accounts/home.html", context)
