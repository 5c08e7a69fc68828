"""A firm that has one of everything, and another firm that is connected too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Firm, Membership
from accounts.roles import Role
from accounts.services.team import invite
from accounts.tenancy import working_for
from integrations.models import Connection, ConnectionState, Cursor, Operation, Push, PushState
from mapping.models import Book, Conflict
from mapping.policy import Direction, Policy, Winner
from mapping.services import deciding
from tests.accounts.clients import a_client
from tests.cast import Cast
from tests.doors.table import Door
from tests.mapping.books import open_book
from tests.steering.conftest import Desk, edited

ASKS = Policy(direction=Direction.BOTH, conflict=Winner.ASK)


@dataclass
class House:
    cast: Cast
    things: Mapping[str, int | str]

    def address(self, door: Door, *, firm: Firm | None = None) -> str:
        return f"/f/{(firm or self.cast.firm).slug}/{door.path.format(**self.things)}"

    def form(self, door: Door) -> dict[str, str]:
        return {name: value.format(**self.things) for name, value in door.form.items()}


@pytest.fixture
def house(cast: Cast, settings: Settings) -> House:
    settings.QBO_SIMULATOR_URL = (
        "http://127.0.0.1:9"  # Nobody answers there; being let in is all that counts.
    )
    with working_for(cast.other_firm.pk):
        connected(cast.other_firm)
    with working_for(cast.firm.pk):
        return House(cast, furnished(cast))


def connected(firm: Firm) -> Book:
    book = open_book(firm)
    Connection.objects.create(
        firm=firm,
        state=ConnectionState.CONNECTED,
        realm_id=book.realm_id,
        company_name=book.company_name,
        book=book,
    )
    Cursor.objects.create(firm=firm, book=book, entity="customer", read_at=timezone.now())
    return book


def furnished(cast: Cast) -> dict[str, int | str]:
    """Return one of everything, by the words of the table."""
    desk = Desk(connected(cast.firm), cast.staff)
    desk.policy(ASKS)
    amy = desk.mapped("1", "Amy's Bird Sanctuary", PrimaryPhone={"FreeFormNumber": "1"})
    edited(amy, phone="2")
    run, _ = desk.refresh(desk.there("1", "Amy's Bird Sanctuary", PrimaryPhone={"FreeFormNumber": "3"}))
    record = desk.there("2", "Cool Cars")
    client = a_client(cast.firm, "Cool Cars")
    return {
        "client": client.pk,
        "member": Membership.objects.get(user=cast.viewer).pk,
        "invitation": invite(firm=cast.firm, email="new@example.com", role=Role.STAFF, by=cast.partner).pk,
        "book": desk.book.pk,
        "record": record.pk,
        "remote_id": record.remote_id,
        "word": deciding.remember("exclude", [record.pk]),
        "conflict": Conflict.objects.get().pk,
        "push": Push.objects.create(
            firm=cast.firm,
            book=desk.book,
            entity="customer",
            local_id=client.pk,
            operation=Operation.CREATE,
            state=PushState.HELD,
            values={"name": client.name},
            reason="duplicate_name",
        ).pk,
        "run": run.pk,
    }
