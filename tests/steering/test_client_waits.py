"""A client whose changes wait says so on its own page (B-5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Client, User
from mapping.policy import PRESETS, Direction, NewHere, Policy
from tests.conftest import SignIn
from tests.steering.conftest import Desk, client, edited

pytestmark = pytest.mark.django_db
WITH_INVOICE = PRESETS["contact_sync"].policy


def page(desk: Desk, ours: Client, by: User, signed_in: SignIn) -> str:
    address = reverse("client", kwargs={"slug": desk.book.firm.slug, "pk": ours.pk})
    return str(signed_in(by).get(address).content.decode())


def test_a_client_that_waits_for_its_invoice_says_so(desk: Desk, staff: User, signed_in: SignIn) -> None:
    ours = client(desk.book.firm, "Amy")
    words = "go to QuickBooks together with an invoice"
    assert words not in page(desk, ours, staff, signed_in)
    desk.policy(WITH_INVOICE)
    assert words in page(desk, ours, staff, signed_in)


def test_the_client_list_says_it_too_and_asks_no_question_per_row(
    desk: Desk, staff: User, signed_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """CV-48."""
    client(desk.book.firm, "Amy")
    desk.mapped("1", "Ben")
    address = reverse("clients", kwargs={"slug": desk.book.firm.slug})
    web = signed_in(staff)
    desk.policy(replace(WITH_INVOICE, new_here=NewHere.WAIT))
    assert "Waits for an invoice" not in web.get(address).text
    desk.policy(WITH_INVOICE)
    with CaptureQueriesContext(connection) as asked:
        assert web.get(address).text.count("Waits for an invoice</span>") == 1
    for number in range(20):
        client(desk.book.firm, f"Client {number}")
    with django_assert_num_queries(len(asked)):
        assert web.get(address).text.count("Waits for an invoice</span>") == 21
    desk.policy(Policy(direction=Direction.BOTH, new_here=NewHere.CREATE, needs_email=True))
    assert "Left alone: no e-mail</span>" in web.get(address).text


def test_a_mapped_client_names_the_changes_that_wait(desk: Desk, staff: User, signed_in: SignIn) -> None:
    ours = desk.mapped("1", "Amy")
    desk.policy(WITH_INVOICE)
    assert "Not sent yet" not in page(desk, ours, staff, signed_in)
    edited(ours, phone="3", city="Bayshore")
    assert "Not sent yet: Phone, City." in page(desk, ours, staff, signed_in)


def test_a_client_without_an_address_says_that_it_is_left_alone(
    desk: Desk, staff: User, signed_in: SignIn
) -> None:
    ours = client(desk.book.firm, "Amy")
    policy = Policy(direction=Direction.BOTH, new_here=NewHere.CREATE, needs_email=True)
    desk.policy(policy)
    assert "There is no e-mail address" in page(desk, ours, staff, signed_in)
    desk.policy(replace(policy, needs_email=False))
    assert "There is no e-mail address" not in page(desk, ours, staff, signed_in)
