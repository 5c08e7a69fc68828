"""The team: members and their roles, invitations, and who can do what."""

from __future__ import annotations

from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.forms import InvitationForm, RoleForm
from accounts.http import FirmRequest, needs
from accounts.models import Invitation, Membership
from accounts.roles import GRANTS, Permission, Role
from accounts.services import team as services


@needs(Permission.VIEW)
def team(request: FirmRequest) -> HttpResponse:
    return _show(request, InvitationForm())


@require_POST
@needs(Permission.MANAGE_TEAM)
def team_invite(request: FirmRequest) -> HttpResponse:
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            _keep_measure(request, form.cleaned_data["email"])
            invitation = services.invite(
                firm=request.firm,
                email=form.cleaned_data["email"],
                role=Role(form.cleaned_data["role"]),
                by=request.user,
            )
        except services.TeamProblem as problem:
            form.add_error("email", str(problem))
        else:
            messages.success(request, f"Invitation sent to {invitation.email}.")
            return redirect("team", slug=request.firm.slug)
    return _show(request, form, status=422)


@require_POST
@needs(Permission.MANAGE_TEAM)
def team_role(request: FirmRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("user"), pk=pk)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            services.change_role(membership=membership, role=Role(form.cleaned_data["role"]))
        except services.TeamProblem as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, f"{membership.user} is now {membership.get_role_display()}.")
    return redirect("team", slug=request.firm.slug)


@require_POST
@needs(Permission.MANAGE_TEAM)
def team_remove(request: FirmRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("user"), pk=pk)
    is_oneself = membership.user_id == request.user.pk
    try:
        services.remove_member(membership=membership)
    except services.TeamProblem as problem:
        messages.error(request, str(problem))
        return redirect("team", slug=request.firm.slug)
    if is_oneself:
        messages.success(request, f"You have left {request.firm.name}.")
        return redirect("home")
    messages.success(request, f"{membership.user} is no longer in {request.firm.name}.")
    return redirect("team", slug=request.firm.slug)


@require_POST
@needs(Permission.MANAGE_TEAM)
def invitation_resend(request: FirmRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk, accepted_at=None, withdrawn_at=None)
    try:
        _keep_measure(request, invitation.email)
        services.resend(invitation=invitation, by=request.user)
    except services.TeamProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(
            request, f"Invitation sent again to {invitation.email}. The earlier link no longer works."
        )
    return redirect("team", slug=request.firm.slug)


@require_POST
@needs(Permission.MANAGE_TEAM)
def invitation_withdraw(request: FirmRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk)
    services.withdraw(invitation=invitation)
    messages.success(request, f"The invitation to {invitation.email} is withdrawn.")
    return redirect("team", slug=request.firm.slug)


def _keep_measure(request: FirmRequest, email: str) -> None:
    """Raise TeamProblem where somebody sends more invitations than a team has use for."""
    if not ratelimit.consume(request, action="invite", key=email.strip().lower(), user=request.user):
        raise services.TeamProblem(
            f"Nothing was sent to {email}: there were many invitations within the last hour. Try again in an hour."
        )


def _show(request: FirmRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "members": Membership.objects.select_related("user").order_by("joined_at", "pk"),
        "invitations": Invitation.objects.filter(accepted_at=None, withdrawn_at=None).order_by("-sent_at"),
        "roles": Role,
        "abilities": [
            (permission.label, [(role, permission in GRANTS[role]) for role in Role])
            for permission in Permission
        ],
    }
    return render(request, "accounts/team.html", context, status=status)
