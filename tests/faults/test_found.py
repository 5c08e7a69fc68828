"""What random histories have found, each as short as can be."""

from __future__ import annotations

import pytest

from accounts.models import Client, User
from integrations.models import PushState
from integrations.quickbooks import QuickBooks
from mapping.models import Book, Change, ChangeKind, Link
from mapping.policy import Direction, NewThere, Policy, Winner
from tests.importing.conftest import Company, Import
from tests.sync.conftest import Refresh
from tests.sync.pushing import decide, edit, mapped, push_of, send
from tests.sync.test_pull import follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_history_says_what_a_value_of_ours_overwrote_there(
    book: Book,
    company: Company,
    quickbooks: QuickBooks,
    import_all: Import,
    refresh: Refresh,
    staff: User,
) -> None:
    """Where ours win, the bookkeeper's value is gone from QuickBooks; it must be found here."""
    follow_customers_only(book)
    decide(book, Policy(direction=Direction.BOTH, conflict=Winner.OURS))
    customer = company.add("Amy", PrimaryPhone={"FreeFormNumber": "1"})
    import_all()
    amy = mapped(book, customer)
    company.change(customer["Id"], PrimaryPhone={"FreeFormNumber": "2"})
    refresh()
    edit(amy, staff, phone="3")
    refresh()
    send(book, quickbooks)
    sent = Change.objects.filter(kind=ChangeKind.SENT).latest("pk")
    assert sent.fields == {"phone": ["2", "3"]}
    company.change(customer["Id"], PrimaryPhone={"FreeFormNumber": "4"})
    edit(amy, staff, phone="5")
    refresh()
    send(book, quickbooks)
    sent = Change.objects.filter(kind=ChangeKind.SENT).latest("pk")
    assert sent.fields == {"phone": ["4", "5"]}


def test_a_customer_met_in_the_way_of_a_name_comes_in_like_any_new_one(
    book: Book, company: Company, quickbooks: QuickBooks, staff: User
) -> None:
    """Asking who has the name brings it into the mirror, and no refresh then finds it new."""
    decide(book, Policy(direction=Direction.BOTH, new_there=NewThere.CREATE))
    amy = mapped(book, company.add("Amy"))
    bo = company.add("Bo")
    edit(amy, staff, name="Bo")
    send(book, quickbooks)
    assert (push_of(amy).state, push_of(amy).reason) == (PushState.HELD, "duplicate_name")
    made = Link.objects.get(record__remote_id=bo["Id"])
    assert made.local_id != amy.pk
    assert Client.objects.get(pk=made.local_id).name == "Bo"
