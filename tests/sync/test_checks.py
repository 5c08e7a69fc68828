"""What a look at everything must not pass over, and what it tells of what following had missed (B-11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Client, User
from integrations.models import Cursor
from integrations.quickbooks import QuickBooks
from integrations.sync.scope import Scope
from mapping.models import Book, Cause, RemoteRecord, Run, RunKind
from mapping.services import linking
from tests.importing.conftest import Company, Import, worked_out
from tests.sync.conftest import Refresh
from tests.sync.test_pull import follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def ago(company: Company, **back: float) -> Iterator[None]:
    """Do things in QuickBooks that happened some time ago."""
    company.control("/clock", at=(timezone.now() - timedelta(**back)).isoformat())
    try:
        yield
    finally:
        company.control("/clock", at=timezone.now().isoformat())


def weekly_check(book: Book, scope: Scope = Scope.ALL) -> Run:
    return Run.objects.create(
        firm_id=book.firm_id,
        book=book,
        kind=RunKind.CHECK,
        entity="customer",
        cause=Cause.WEEKLY,
        options={"scope": scope.value},
    )


@pytest.mark.parametrize("cursor_days", [0.2, 40, None])
@pytest.mark.parametrize("kind", ["check", "import"])
def test_reading_the_active_ones_passes_over_no_change_of_an_inactive_one(
    company: Company,
    book: Book,
    quickbooks: QuickBooks,
    import_all: Import,
    refresh: Refresh,
    staff: User,
    kind: str,
    cursor_days: float | None,
) -> None:
    """A cursor moves only past what was read: a mapped customer made inactive is still followed."""
    follow_customers_only(book)
    amy = company.add("Amy", PrimaryPhone={"FreeFormNumber": "111"})["Id"]
    company.add("Bea")
    import_all(Scope.ACTIVE)
    linking.link_to_new(RemoteRecord.objects.get(remote_id=amy), by=staff)
    company.inactivate(amy)
    refresh()
    assert not RemoteRecord.objects.get(remote_id=amy).is_active
    with ago(company, hours=3):
        company.change(amy, PrimaryPhone={"FreeFormNumber": "222"})
    until = timezone.now() - timedelta(days=cursor_days) if cursor_days else None
    Cursor.objects.update(changed_until=until)
    if kind == "check":
        worked_out(weekly_check(book, Scope.ACTIVE), quickbooks)
    else:
        import_all(Scope.ACTIVE)
    now = Cursor.objects.get().changed_until
    assert now
    assert now > timezone.now() - timedelta(minutes=10)
    refresh()
    assert Client.objects.get().phone == "222"
