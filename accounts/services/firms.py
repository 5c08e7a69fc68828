"""Open a firm and keep what it says about itself."""

from __future__ import annotations

from itertools import count

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Firm, Membership, User
from accounts.roles import Role
from accounts.signals import firm_moved
from accounts.tenancy import across_firms, working_for


@transaction.atomic
def create_firm(*, name: str, time_zone: str, by: User) -> Firm:
    """Open a firm with its founder as partner, at an address made from its name."""
    firm = _with_free_slug(name, time_zone)
    with working_for(firm.pk):
        Membership.objects.create(firm=firm, user=by, role=Role.PARTNER, last_opened_at=timezone.now())
    return firm


def _with_free_slug(name: str, time_zone: str) -> Firm:
    stem = slugify(name)[:50].strip("-") or "firm"
    for number in count(1):
        firm = Firm(name=name, time_zone=time_zone, slug=stem if number == 1 else f"{stem}-{number}")
        if Firm.objects.filter(slug=firm.slug).exists():
            continue
        firm.full_clean()
        try:
            with transaction.atomic():
                firm.save()
        except IntegrityError:  # Somebody took the address a moment ago.
            continue
        return firm
    raise AssertionError("counting has no end")


def note_opening(*, membership: Membership) -> None:
    """Remember that the person turned to this firm, so that the next sign-in leads there."""
    Membership.objects.filter(pk=membership.pk).update(last_opened_at=timezone.now())


def memberships_of(user: User) -> list[Membership]:
    """Return all of one person's firms, the one opened last first."""
    with across_firms(reason="a person's firms are listed before one is chosen"):
        memberships = Membership.objects.select_related("firm").filter(user=user)
        return list(memberships.order_by(F("last_opened_at").desc(nulls_last=True), "-joined_at"))


@transaction.atomic
def change_firm(*, firm: Firm, name: str, time_zone: str) -> Firm:
    """Rename the firm or move its clock. Its address stays, so that links keep working."""
    # A form may have written the new values into the row already.
    before = Firm.objects.values_list("time_zone", flat=True).get(pk=firm.pk)
    firm.name, firm.time_zone = name, time_zone
    firm.full_clean()
    firm.save(update_fields=["name", "time_zone"])
    if time_zone != before:
        firm_moved.send(Firm, firm=firm)
    return firm
