"""Who belongs to a firm: roles, leaving, and invitations by e-mail."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.functions import Lower
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import Firm, Invitation, Membership, User
from accounts.roles import Permission, Role, roles_that_may
from accounts.tenancy import across_firms, working_for

INVITATION_LASTS = timedelta(days=14)


class TeamProblem(Exception):
    """Something about the team that cannot be done; the message is for the person who tried."""


@transaction.atomic
def change_role(*, membership: Membership, role: Role) -> Membership:
    """Give a member another role. Raises TeamProblem when nobody would be left to manage the firm."""
    _lock(membership.firm_id)
    if role not in roles_that_may(Permission.MANAGE_TEAM):
        _keep_a_manager(membership, "Make somebody else a partner or an admin first.")
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(*, membership: Membership) -> None:
    """Take somebody out of the firm. Their account stays; what they did stays theirs."""
    _lock(membership.firm_id)
    _keep_a_manager(membership, "Make somebody else a partner or an admin before removing them.")
    membership.delete()


def _lock(firm_id: int) -> None:
    # Two managers demoting each other at once would leave none: they wait for each other here.
    Firm.objects.select_for_update(no_key=True).get(pk=firm_id)


def _keep_a_manager(leaving: Membership, way_on: str) -> None:
    managers = Membership.objects.filter(role__in=roles_that_may(Permission.MANAGE_TEAM))
    if not managers.exclude(pk=leaving.pk).exists():
        raise TeamProblem(f"{leaving.user} is the only one who can manage the firm. {way_on}")


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite(*, firm: Firm, email: str, role: Role, by: User) -> Invitation:
    """Ask somebody to join, by e-mail. Whoever was asked before gets a new link and the new role.

    Raises TeamProblem when the address is a member's already.
    """
    email = email.strip().lower()
    _lock(firm.pk)
    if Membership.objects.filter(user__in=_people_of(email)).exists():
        raise TeamProblem(f"{email} is already in {firm.name}.")
    invitation = Invitation.objects.filter(email=email, accepted_at=None, withdrawn_at=None).first()
    return _send(invitation or Invitation(firm=firm, email=email), role=role, by=by)


def resend(*, invitation: Invitation, by: User) -> Invitation:
    """Send an unanswered invitation again, with a new link; the old link stops working."""
    return _send(invitation, role=Role(invitation.role), by=by)


def _send(invitation: Invitation, *, role: Role, by: User) -> Invitation:
    token = secrets.token_urlsafe(32)
    invitation.role, invitation.invited_by = role, by
    invitation.token_digest = token_digest(token)
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + INVITATION_LASTS
    invitation.save()
    transaction.on_commit(lambda: _mail(invitation, token))
    return invitation


def _mail(invitation: Invitation, token: str) -> None:
    context = {
        "invitation": invitation,
        "firm": invitation.firm,
        "days": INVITATION_LASTS.days,
        "link": settings.SITE_URL + reverse("invitation", kwargs={"token": token}),
    }
    subject = f"Join {invitation.firm.name} on QBO Sync".replace("\n", " ")
    body = render_to_string("accounts/mail/invitation.txt", context)
    send_mail(subject, body, None, [invitation.email])


@transaction.atomic
def withdraw(*, invitation: Invitation) -> None:
    """Make an invitation's link useless. Withdrawing twice, or after the answer, does nothing."""
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(
        withdrawn_at=timezone.now()
    )


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation a link's secret belongs to, of whichever firm, answered or not."""
    with across_firms(reason="an invitation's link names no firm"):
        return (
            Invitation.objects.select_related("firm", "invited_by")
            .filter(token_digest=token_digest(token))
            .first()
        )


def invitations_for(user: User) -> list[Invitation]:
    """Return the open invitations to any address this person has verified."""
    with across_firms(reason="a newcomer's invitations may be of any firm"):
        invitations = Invitation.objects.select_related("firm", "invited_by").filter(
            email__in=addresses_of(user), accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
        )
        return list(invitations.order_by("-sent_at"))


@transaction.atomic
def accept(*, invitation: Invitation, user: User) -> Membership:
    """Make the person a member. Raises TeamProblem when the invitation is over or not theirs.

    Whoever is a member already keeps their role.
    """
    with working_for(invitation.firm_id):
        current = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if not current.is_open:
            raise TeamProblem("This invitation is no longer open. Ask for a new one.")
        if current.email not in addresses_of(user):
            raise TeamProblem(f"This invitation is for {current.email}.")
        membership, _ = Membership.objects.get_or_create(
            firm_id=current.firm_id, user=user, defaults={"role": current.role}
        )
        current.accepted_at = timezone.now()
        current.save(update_fields=["accepted_at"])
        return membership


def addresses_of(user: User) -> set[str]:
    """Return the addresses this person has proved to read, in lower case."""
    verified = EmailAddress.objects.filter(user=user, verified=True)
    return set(verified.values_list(Lower("email"), flat=True))


def _people_of(email: str) -> list[int]:
    verified = EmailAddress.objects.filter(email__iexact=email, verified=True)
    return list(verified.values_list("user_id", flat=True))
