"""Valkey only queues, limits and caches: without it pages answer, edits are kept, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

import pytest
from django.test import Client as Web
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import Client, Firm, User
from accounts.tenancy import across_firms
from integrations.models import Announcement, Cursor, Push
from integrations.tasks import pick_up_stalled_runs
from mapping.models import Book, RemoteRecord, Run, RunKind
from mapping.services import linking, runs
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import
from tests.sync.conftest import Refresh
from tests.sync.pushing import decide
from tests.sync.test_pull import follow_customers_only
from tests.sync.test_webhooks import deliver, event
from tests.valkey import WithoutValkey

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = (
    "dashboard",
    "palette",
    "clients",
    "client_new",
    "clients_csv",
    "settings",
    "firm_settings",
    "team",
    "integrations",
    "quickbooks",
    "quickbooks_settings",
    "quickbooks_reset",
    "quickbooks_disconnect",
    "sync_settings",
    "freshness",
    "not_sent",
    "import_customers",
    "import_counts",
    "manage",
    "map_customers",
    "map_clients",
    "conflicts",
    "runs",
    "api",
)


def at(name: str, **more: object) -> str:
    return reverse(name, kwargs={"slug": "bright-ledger", **more})


@pytest.fixture
def amy(company: Company, book: Book, import_all: Import, staff: User) -> Client:
    """A mapped client in books that were read too long ago, so that showing them begins a look."""
    follow_customers_only(book)
    company.add("Amy", PrimaryPhone={"FreeFormNumber": "111"})
    company.add("Bea")
    import_all()
    client = Client.objects.get(
        pk=linking.link_to_new(RemoteRecord.objects.get(name="Amy"), by=staff).local_id
    )
    Cursor.objects.update(read_at=timezone.now() - timedelta(minutes=16))
    return client


either_way = pytest.mark.parametrize("how", ["refuses", "hangs"])


@either_way
def test_every_page_answers(
    amy: Client, partner: User, signed_in: SignIn, without_valkey: WithoutValkey, how: str
) -> None:
    web = signed_in(partner)
    record = RemoteRecord.objects.get(name="Bea")
    addresses = [at(name) for name in PAGES] + [at("client", pk=amy.pk), at("record_map", pk=record.pk)]
    with without_valkey(how):
        answers = {address: web.get(address).status_code for address in addresses}
    assert {address: status for address, status in answers.items() if status >= 400} == {}


def test_a_server_that_hangs_is_not_waited_for_again_and_again(
    amy: Client, partner: User, signed_in: SignIn, without_valkey: WithoutValkey
) -> None:
    web = signed_in(partner)
    with without_valkey("hangs"):
        begun = monotonic()
        assert web.get(at("clients")).status_code == 200
        first = monotonic()
        assert web.get(at("manage")).status_code == 200
        assert (first - begun, monotonic() - first) < (4, 1)


def test_a_hanging_broker_alone_holds_nobody_up(without_valkey: WithoutValkey) -> None:
    with without_valkey("hangs"):
        for at_most_s in (8, 0.5):
            begun = monotonic()
            with pytest.raises(OperationalError):
                pick_up_stalled_runs.delay()
            assert monotonic() - begun < at_most_s


def test_what_is_stale_is_looked_at_by_one_run_that_the_sweep_announces_later(
    amy: Client, viewer: User, signed_in: SignIn, without_valkey: WithoutValkey
) -> None:
    web = signed_in(viewer)
    with without_valkey("refuses"):
        web.get(at("clients"))
        web.get(at("client", pk=amy.pk))
    run = Run.objects.get(kind=RunKind.REFRESH)
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    with across_firms(reason="as the sweep does"):
        assert (run.firm_id, run) in runs.stalled()


@either_way
def test_an_edit_is_kept_and_found_by_the_next_look(
    amy: Client,
    book: Book,
    staff: User,
    signed_in: SignIn,
    without_valkey: WithoutValkey,
    refresh: Refresh,
    how: str,
) -> None:
    decide(book)
    refresh()
    web = signed_in(staff)
    shown = {f"initial-{name}": "" for name in ("email", "address", "address_2", "notes")}
    with without_valkey(how):
        answer = web.post(
            at("client_edit", pk=amy.pk),
            {"name": "Amy", "initial-name": "Amy", "phone": "222", "initial-phone": "111", "kind": amy.kind}
            | shown,
        )
    assert answer.status_code == 302
    amy.refresh_from_db()
    assert amy.phone == "222"
    assert not Push.objects.exists()
    refresh()
    assert Push.objects.get().values["phone"] == "222"


@either_way
def test_people_sign_in_and_limits_hold(
    partner: User, firm: Firm, without_valkey: WithoutValkey, how: str
) -> None:
    web = Web()
    with without_valkey(how):
        wrong = {"login": partner.email, "password": "not it"}
        answers = [web.post(reverse("account_login"), wrong) for _ in range(8)]
        assert "Too many failed" in answers[-1].content.decode()
        web.force_login(partner, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert web.get(at("clients")).status_code == 200


@either_way
def test_what_quickbooks_announces_is_written_down(
    company: Company, amy: Client, without_valkey: WithoutValkey, how: str
) -> None:
    with without_valkey(how):
        assert deliver(event(company.realm, "1")) == 200
    assert Announcement.objects.exists()
