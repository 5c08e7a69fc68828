"""Asking those who may, keys, and what the screens show in each state."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from accounts.tenancy import working_for
from integrations.connect import counting_calls, gateway_for
from integrations.connect.vault import Unreadable, lock, unlock
from integrations.models import AccessRequest, Connection, ConnectionState
from mapping.entities import ENTITIES
from mapping.models import EntityPolicy, RemoteRecord
from tests.connect.conftest import Traveller
from tests.connect.test_connecting import text
from tests.processes import Simulator

pytestmark = pytest.mark.django_db


def test_staff_see_who_can_connect_and_ask_with_one_click(
    simulator: Simulator,
    stella: Traveller,
    partner: User,
    admin: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    page = text(stella.client.get(stella.url("integrations")))
    assert "Paula Partner" in page
    assert "Adam Admin" in page
    assert stella.url("quickbooks_connect") not in page
    with django_capture_on_commit_callbacks(execute=True):
        page = text(stella.client.post(stella.url("quickbooks_ask"), follow=True))
    assert "You asked them" in page
    assert sorted(one.to[0] for one in mail.outbox) == sorted([partner.email, admin.email])
    assert "Stella Staff" in mail.outbox[0].subject
    assert stella.url("integrations") in mail.outbox[0].body


def test_asking_again_the_same_day_sends_nothing(
    stella: Traveller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        stella.client.post(stella.url("quickbooks_ask"))
        page = text(stella.client.post(stella.url("quickbooks_ask"), follow=True))
    assert "within the last day" in page
    assert len(mail.outbox) == 2


def test_a_partner_sees_who_asked_and_connecting_answers_them(
    simulator: Simulator,
    stella: Traveller,
    paula: Traveller,
    staff: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    stella.client.post(stella.url("quickbooks_ask"))
    assert "Stella Staff" in text(paula.client.get(paula.url("integrations")))
    paula.connect()
    with django_capture_on_commit_callbacks(execute=True):
        paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"})
    assert [one.to for one in mail.outbox] == [[staff.email]]
    with working_for(paula.firm.pk):
        assert not AccessRequest.objects.filter(answered_at=None).exists()


def test_before_connecting_it_says_what_is_read_written_and_never_touched(paula: Traveller) -> None:
    page = text(paula.client.get(paula.url("integrations")))
    for words in (
        "What we read",
        "What we write",
        "What we never touch",
        "QuickBooks Desktop",
        "admin",
        "Pop-ups",
    ):
        assert words in page


def test_it_promises_no_more_than_is_declared_and_decided(paula: Traveller) -> None:
    page = text(paula.client.get(paula.url("integrations")))
    declared = page.split("What we read")[1].split("You need")[0]
    for entity in ENTITIES.values():
        assert entity.plural in declared.lower()
        for field in entity.fields:
            assert field.label.lower() in declared.lower()
    assert "until then nothing at all" in declared
    assert "invoice" not in declared.lower()


def test_it_says_what_the_firms_settings_have_sent(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    whose = {"firm_id": connection.firm_id, "book": connection.book, "entity": "customer"}
    with working_for(paula.firm.pk):
        fields = {"phone": {"direction": "off", "conflict": "ask"}}
        EntityPolicy.objects.create(**whose, direction="both", new_here="create", fields=fields)
        RemoteRecord.objects.create(**whose, remote_id="1", sync_token="0", digest=uuid4(), name="Amy")
    paula.client.post(paula.url("quickbooks_disconnect"), {"data_choice": "keep"})
    written = text(paula.client.get(paula.url("integrations"))).split("What we write")[1]
    written = written.split("What we never touch")[0]
    assert "Mapped and new customers, as your Sync settings say: name, company name" in written
    assert "phone" not in written
    assert "until then nothing at all" not in written


def test_the_integrations_own_screen_shows_the_connection(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk), gateway_for(connection) as quickbooks:
        quickbooks.count("Customer")
    counting_calls.keep()
    page = text(paula.client.get(paula.url("quickbooks")))
    for words in (
        "Craig &amp; Holt Landscaping",
        connection.realm_id,
        "Paula Partner",
        "Import customers",
        "Disconnect",
    ):
        assert words in page
    assert "2 reads" in page


def test_staff_see_the_connection_but_cannot_end_it(
    simulator: Simulator, stella: Traveller, connection: Connection
) -> None:
    page = text(stella.client.get(stella.url("quickbooks")))
    assert "Craig &amp; Holt" in page
    assert stella.url("quickbooks_disconnect") not in page


def test_a_lost_connection_offers_to_reconnect(
    simulator: Simulator, paula: Traveller, stella: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        Connection.objects.update(state=ConnectionState.NEEDS_RECONNECT)
    page = text(paula.client.get(paula.url("quickbooks")))
    assert "QuickBooks needs to be reconnected" in page
    assert paula.url("quickbooks_connect") in page
    assert "Ask" in text(stella.client.get(stella.url("quickbooks")))


def test_a_new_key_reads_the_old_keys_tokens_and_rotation_frees_the_old_key(
    simulator: Simulator, connection: Connection, settings: Settings
) -> None:
    (old,), new = settings.FIELD_ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert connection.refresh_token
    before = unlock(connection.refresh_token)
    out = StringIO()
    call_command("rotate_token_keys", stdout=out)
    assert "1 connections" in out.getvalue()
    settings.FIELD_ENCRYPTION_KEYS = [new]
    with working_for(connection.firm_id):
        connection.refresh_from_db()
    assert connection.refresh_token
    assert unlock(connection.refresh_token) == before


def test_rotation_says_what_it_cannot_read(
    simulator: Simulator, connection: Connection, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="1 connections cannot be read"):
        call_command("rotate_token_keys", stdout=StringIO())


def test_a_key_that_is_none_is_refused_with_a_way_to_make_one(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["demo-only-words"]
    assert unlock(lock("secret")) == "secret"
    settings.FIELD_ENCRYPTION_KEYS = ["not a fernet key"]
    with pytest.raises(ImproperlyConfigured, match="Fernet"):
        lock("secret")


def test_a_changed_key_makes_tokens_unreadable_not_wrong(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    locked = lock("secret")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Unreadable):
        unlock(locked)
