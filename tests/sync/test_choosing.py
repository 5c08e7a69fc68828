"""A way of working that brings customers in does so when it is chosen, not with some later night."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Client, Firm, User
from integrations.models import Schedule
from integrations.quickbooks import QuickBooks
from integrations.sync import refreshing
from mapping.models import Book, Run, RunKind, RunState
from mapping.services import runs
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import, worked_out
from tests.sync.test_pull import follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


def reviewed(web: SignIn, partner: User, preset: str) -> str:
    where = reverse("sync_settings_review", kwargs={"slug": "bright-ledger"})
    return str(web(partner).post(where, {"preset": preset}).content.decode())


def choose(web: SignIn, partner: User, preset: str) -> str:
    where = reverse("sync_settings_review", kwargs={"slug": "bright-ledger"})
    answer = web(partner).post(where, {"preset": preset, "reviewed": "yes"}, follow=True)
    return str(answer.content.decode())


@pytest.mark.parametrize("preset", ["contact_sync", "new_only", "push_ours"])
def test_choosing_it_brings_customers_in_at_once_where_nothing_was_imported(
    company: Company,
    book: Book,
    in_firm: Firm,
    quickbooks: QuickBooks,
    partner: User,
    signed_in: SignIn,
    preset: str,
) -> None:
    """KP-5, KP-32, JP-14."""
    follow_customers_only(book)
    company.add("Amy", PrimaryEmailAddr={"Address": "amy@example.com"})
    assert "An import starts when you save" in reviewed(signed_in, partner, preset)
    assert not Run.objects.exists(), "nothing begins before it is saved"
    assert "are being brought in now" in choose(signed_in, partner, preset)
    run = runs.claim(Run.objects.get(kind=RunKind.REFRESH).pk)
    assert run
    assert run.started_by == partner
    refreshing.work(run, quickbooks)
    worked_out(Run.objects.get(kind=RunKind.IMPORT), quickbooks)
    assert Client.objects.get().is_linked


@pytest.mark.parametrize("preset", ["two_way", "invoices_only"])
def test_others_wait_for_a_persons_import(
    company: Company, book: Book, partner: User, signed_in: SignIn, quickbooks: QuickBooks, preset: str
) -> None:
    """JR-16: which customers are read first is a person's choice."""
    follow_customers_only(book)
    assert "being brought in" not in choose(signed_in, partner, preset)
    for run in Run.objects.filter(kind=RunKind.REFRESH):
        claimed = runs.claim(run.pk)
        assert claimed
        refreshing.work(claimed, quickbooks)
    assert not Run.objects.filter(kind=RunKind.IMPORT).exists()


def test_what_reads_only_when_asked_reads_nothing_again_by_itself(
    company: Company, book: Book, import_all: Import, partner: User, signed_in: SignIn
) -> None:
    """JP-16, JR-51: neither at once, nor at night, nor once a week, until the firm switches one on."""
    follow_customers_only(book)
    import_all()
    beforehand = reviewed(signed_in, partner, "new_only")
    assert "Nothing happens at once" in beforehand
    assert "Reading QuickBooks every night is switched off" in beforehand
    assert "The weekly check of all records is switched off" in beforehand
    assert "from the next refresh or import" in choose(signed_in, partner, "new_only")
    assert not Run.objects.exclude(state=RunState.DONE).exists()
    hours = Schedule.objects.get()
    assert (hours.is_nightly, hours.is_weekly, hours.next_weekly_at) == (False, False, None)
    Schedule.objects.update(is_weekly=True)
    assert "is switched" not in reviewed(signed_in, partner, "push_ours")
    choose(signed_in, partner, "push_ours")
    assert Schedule.objects.get().is_weekly, "what somebody switched on stays on"
    Schedule.objects.update(is_weekly=False)
    beforehand = reviewed(signed_in, partner, "two_way")
    assert "Both sides are compared when you save" in beforehand
    assert "Reading QuickBooks every night is switched on" in beforehand
    assert "The weekly check of all records is switched on" in beforehand
    choose(signed_in, partner, "two_way")
    hours = Schedule.objects.get()
    assert (hours.is_nightly, hours.is_weekly) == (True, True)
    assert hours.next_weekly_at
