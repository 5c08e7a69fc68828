"""Who gets in where: every address of the app, for every kind of person."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from django.db import transaction
from django.urls import get_resolver

from accounts.models import Invitation, Membership, User
from accounts.roles import Role
from accounts.services.team import invite
from accounts.tenancy import working_for
from accounts.urls import _of_a_firm
from tests.accounts.clients import a_client
from tests.cast import Cast
from tests.conftest import SignIn

EVERYBODY = {"partner", "admin", "staff", "viewer"}
WORKERS = {"partner", "admin", "staff"}
MANAGERS = {"partner", "admin"}
OUTSIDERS = {"rival", "stranger"}


class Door(NamedTuple):
    name: str
    method: str
    path: str
    open_to: set[str]


DOORS = [
    Door("dashboard", "get", "", EVERYBODY),
    Door("palette", "get", "palette.json?q=a", EVERYBODY),
    Door("clients", "get", "clients/", EVERYBODY),
    Door("clients_csv", "get", "clients/clients.csv", EVERYBODY),
    Door("client", "get", "clients/{client}/", EVERYBODY),
    Door("client_new", "get", "clients/new/", WORKERS),
    Door("client_new", "post", "clients/new/", WORKERS),
    Door("client_edit", "get", "clients/{client}/edit/", WORKERS),
    Door("client_edit", "post", "clients/{client}/edit/", WORKERS),
    Door("client_archive", "post", "clients/{client}/archive/", WORKERS),
    Door("client_restore", "post", "clients/{client}/restore/", WORKERS),
    Door("clients_bulk", "post", "clients/bulk/?", WORKERS),
    Door("clients_undo", "post", "clients/undo/?action=archive&moment=2026-11-01T10:00:00Z", WORKERS),
    Door("settings", "get", "settings/", EVERYBODY),
    Door("firm_settings", "get", "settings/firm/", EVERYBODY),
    Door("firm_settings", "post", "settings/firm/", MANAGERS),
    Door("team", "get", "settings/team/", EVERYBODY),
    Door("team_invite", "post", "settings/team/invite/", MANAGERS),
    Door("team_role", "post", "settings/team/{member}/role/", MANAGERS),
    Door("team_remove", "post", "settings/team/{member}/remove/", MANAGERS),
    Door("invitation_resend", "post", "settings/team/invitations/{invitation}/resend/", MANAGERS),
    Door("invitation_withdraw", "post", "settings/team/invitations/{invitation}/withdraw/", MANAGERS),
]
MEANING = {200: "open", 302: "open", 422: "open", 403: "refused", 404: "not there"}
FORM = {"action": "archive", "role": "staff", "email": "", "name": ""}


def test_every_address_is_in_the_table() -> None:
    assert {door.name for door in DOORS} == {pattern.name for pattern in _of_a_firm}  # type: ignore[union-attr]
    assert get_resolver()


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method}-{door.name}")
def test_doors_open_to_those_they_should(cast: Cast, signed_in: SignIn, door: Door) -> None:
    there = address(cast, door)
    met = {who: _answer(signed_in, getattr(cast, who), door, there) for who in EVERYBODY | OUTSIDERS}
    assert met == {who: _promised(door, who) for who in EVERYBODY | OUTSIDERS}


def _answer(signed_in: SignIn, person: User, door: Door, there: str) -> str:
    """Try the door, and leave everything behind it as it was for the next one."""
    with transaction.atomic():
        status = getattr(signed_in(person), door.method)(there, FORM).status_code
        transaction.set_rollback(True)
    return MEANING.get(status, f"answered {status}")


def _promised(door: Door, who: str) -> str:
    if who in OUTSIDERS:
        return "not there"
    return "open" if who in door.open_to else "refused"


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method}-{door.name}")
def test_the_signed_out_are_asked_to_sign_in(cast: Cast, client: object, door: Door) -> None:
    answer = getattr(client, door.method)(address(cast, door))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/f/")


@pytest.mark.parametrize("door", [door for door in DOORS if "{" in door.path], ids=lambda door: door.name)
def test_another_firms_things_are_not_there(cast: Cast, signed_in: SignIn, door: Door) -> None:
    """A partner of the other firm asks for our things at their own firm's address."""
    path = address(cast, door).replace(cast.firm.slug, cast.other_firm.slug)
    assert getattr(signed_in(cast.rival), door.method)(path, FORM).status_code == 404


@pytest.mark.parametrize(
    "door", [door for door in DOORS if door.method == "post"], ids=lambda door: door.name
)
def test_changes_are_not_made_by_a_link(cast: Cast, signed_in: SignIn, door: Door) -> None:
    if {other.method for other in DOORS if other.name == door.name} == {"post"}:
        assert signed_in(cast.partner).get(address(cast, door)).status_code == 405


def test_a_refusal_names_who_may(cast: Cast, signed_in: SignIn) -> None:
    answer = signed_in(cast.viewer).get(f"/f/{cast.firm.slug}/clients/new/")
    assert answer.status_code == 403
    assert "Only Partners, Admins and Staff can add and change clients" in answer.content.decode()


def address(cast: Cast, door: Door) -> str:
    with working_for(cast.firm.pk):
        things = {
            "client": a_client(cast.firm).pk,
            "member": Membership.objects.get(user=cast.viewer).pk,
            "invitation": (
                Invitation.objects.first()
                or invite(firm=cast.firm, email="new@example.com", role=Role.STAFF, by=cast.partner)
            ).pk,
        }
    return f"/f/{cast.firm.slug}/" + door.path.format(**things)
