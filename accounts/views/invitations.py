"""Answer an invitation."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import Invitation, User
from accounts.services.team import TeamProblem, accept, addresses_of, find_invitation, invitations_for


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show who asks whom to join, and let the right person do it."""
    found = find_invitation(token)
    if found is None or not found.is_open:
        return render(request, "accounts/invitation_over.html", {"invitation": found}, status=410)
    if not isinstance(request.user, User):
        # The secret came by e-mail, so whoever brings it reads that address: no second proof is asked.
        get_adapter(request).stash_verified_email(request, found.email)
        return render(request, "accounts/invitation.html", {"invitation": found, "door": "signed_out"})
    if found.email not in addresses_of(request.user):
        return render(
            request, "accounts/invitation.html", {"invitation": found, "door": "somebody_else"}, status=403
        )
    if request.method != "POST":
        return render(request, "accounts/invitation.html", {"invitation": found, "door": "open"})
    return _join(request, found, request.user)


@require_POST
@login_required
def invitation_join(request: HttpRequest, pk: int) -> HttpResponse:
    """Join from one's own list of invitations, where the verified address is the proof."""
    assert isinstance(request.user, User)
    found = next((each for each in invitations_for(request.user) if each.pk == pk), None)
    if found is None:
        raise Http404
    return _join(request, found, request.user)


def _join(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    try:
        accept(invitation=found, user=user)
    except TeamProblem as problem:
        messages.error(request, str(problem))
        return redirect("home")
    messages.success(request, f"Welcome to {found.firm.name}.")
    return redirect("dashboard", slug=found.firm.slug)
