"""Who gets in where: every address of a firm, for every kind of person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from accounts.models import Firm
from accounts.tenancy import working_for
from mapping.models import RemoteRecord, Standing
from tests.cast import Cast
from tests.conftest import SignIn
from tests.doors.conftest import House
from tests.doors.table import DOORS, EVERYBODY, ROOMS, Door

OF_A_FIRM = "f/<slug:slug>/"
OPEN, REFUSED, NOT_THERE, SIGN_IN = "open", "refused", "not there", "asked to sign in"
MEANING = {200: OPEN, 204: OPEN, 286: OPEN, 302: OPEN, 422: OPEN, 403: REFUSED, 404: NOT_THERE}
STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
UNDO = "quickbooks/manage/undo/{word}/"
"""Its word is none elsewhere, and that is said; see below."""


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


class Anything(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "1"


def route(door: Door) -> str:
    """Return which pattern answers this door's address, whatever stands in its braces."""
    return resolve("/f/a-firm/" + door.path.partition("?")[0].format_map(Anything())).route


def test_every_address_is_in_the_table() -> None:
    there = {each for each in routes(get_resolver().url_patterns) if each.startswith(OF_A_FIRM)}
    assert {route(door) for door in DOORS} == there


@pytest.mark.parametrize("doors", ROOMS.values(), ids=list(ROOMS))
def test_doors_open_to_those_they_should(house: House, signed_in: SignIn, doors: list[Door]) -> None:
    browsers = {who: signed_in(getattr(house.cast, who)) for who in (*EVERYBODY, "rival", "stranger")}
    met = {
        (str(door), who): answer(browser, house, door) for door in doors for who, browser in browsers.items()
    }
    assert met == {(str(door), who): promised(door, who) for door in doors for who in browsers}


def promised(door: Door, who: str) -> str:
    if who not in EVERYBODY:
        return NOT_THERE
    return OPEN if who in door.open_to else REFUSED


def test_the_signed_out_are_asked_to_sign_in(house: House) -> None:
    met = {str(door): answer(Client(), house, door) for door in DOORS}
    assert met == {str(door): SIGN_IN for door in DOORS}


def test_another_firms_things_are_not_there(house: House, signed_in: SignIn) -> None:
    """A partner of the other firm asks for our things at their own firm's address."""
    rival, theirs = signed_in(house.cast.rival), house.cast.other_firm
    doors = [door for door in DOORS if "{" in door.path.partition("?")[0] and door.path != UNDO]
    met = {str(door): answer(rival, house, door, firm=theirs) for door in doors}
    assert met == {str(door): NOT_THERE for door in doors}


def test_what_we_did_cannot_be_undone_elsewhere(house: House, signed_in: SignIn) -> None:
    (door,) = [door for door in DOORS if door.path == UNDO]
    signed_in(house.cast.rival).post(house.address(door, firm=house.cast.other_firm))
    with working_for(house.cast.firm.pk):
        record = RemoteRecord.objects.get(pk=house.things["record"])
        assert record.standing == Standing.UNMAPPED


def test_changes_are_not_made_by_a_link(house: House, signed_in: SignIn) -> None:
    readable = {route(door) for door in DOORS if door.method == "get"}
    browser = signed_in(house.cast.partner)
    met = {str(door): browser.get(house.address(door)) for door in DOORS if route(door) not in readable}
    assert met
    assert {name for name, answered in met.items() if answered.status_code != 405} == set()


def test_a_refusal_names_who_may(cast: Cast, signed_in: SignIn) -> None:
    refused = signed_in(cast.viewer).get(f"/f/{cast.firm.slug}/clients/new/")
    assert refused.status_code == 403
    assert "Only Partners, Admins and Staff can add and change clients" in refused.content.decode()


def answer(browser: Client, house: House, door: Door, *, firm: Firm | None = None) -> str:
    """Try the door, and leave everything behind it as it was for the next one."""
    with transaction.atomic():
        met = getattr(browser, door.method)(house.address(door, firm=firm), house.form(door))
        # What is streamed is read while the database is as it was.
        assert met.getvalue() is not None
        transaction.set_rollback(True)
    policy = set(met.headers["Content-Security-Policy"].split("; "))
    assert policy >= STRICT, f"{door} loosens the policy"
    assert "unsafe" not in " ".join(policy)
    if met.status_code == 302 and met["Location"].startswith("/accounts/login/?next=/f/"):
        return SIGN_IN
    return MEANING.get(met.status_code, f"answered {met.status_code}")
