"""Following QuickBooks after the first import: one call, however much changed, and never a step back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Client, Firm, User
from integrations.models import Cursor, Push
from integrations.quickbooks import Item, QuickBooks, Verb, answers, composed
from integrations.sync import changes, cursors, refreshing
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import (
    Book,
    Cause,
    Change,
    EntityPolicy,
    Link,
    RemoteRecord,
    Run,
    RunKind,
    RunOutcome,
    RunState,
)
from mapping.policy import DEFAULT, PRESETS, Policy
from mapping.services import linking, mirroring, runs
from tests.importing.conftest import Company, Import, worked_out
from tests.sync.conftest import Refresh

pytestmark = pytest.mark.django_db(transaction=True)


def decide(book: Book, policy: Policy, *, preset: str = "", since: Any = None) -> EntityPolicy:
    stored = EntityPolicy(firm_id=book.firm_id, book=book, entity="customer", since=since or timezone.now())
    stored.take(policy, preset=PRESETS.get(preset))
    stored.save()
    return stored


def follow_customers_only(book: Book) -> None:
    """Leave the lists, which are read whole at first, aside."""
    for entity in (
        "employee",
        "item",
        "account",
        "term",
        "payment_method",
        "tax_code",
        "tax_rate",
        "department",
        "class",
    ):
        EntityPolicy.objects.create(firm_id=book.firm_id, book=book, entity=entity, direction="off")


@pytest.fixture
def imported(company: Company, book: Book, import_all: Import) -> Book:
    follow_customers_only(book)
    import_all()
    company.simulator.post("/_control/reset")
    return book


def calls(company: Company) -> list[str]:
    return [call["path"].rsplit("/", 1)[-1].split("?")[0] for call in company.queries()]


def test_without_a_change_a_refresh_is_one_call_and_writes_nothing(
    company: Company, book: Book, import_all: Import, refresh: Refresh
) -> None:
    """The issue's numbers: one call without changes, one or two with 200."""
    follow_customers_only(book)
    company.generate(200)
    import_all()
    before = Cursor.objects.get()
    already = len(calls(company))
    run = refresh()
    assert (run.state, run.calls, run.updated, run.created) == (RunState.DONE, 1, 0, 0)
    assert calls(company)[already:] == ["cdc"]
    after = Cursor.objects.get()
    assert before.changed_until
    assert after.changed_until
    assert after.changed_until > before.changed_until


def test_what_changed_there_reaches_clients_with_its_history(
    company: Company, imported: Book, import_all: Import, refresh: Refresh, staff: User
) -> None:
    """CV-14, JR-51, B-17: changed, inactivated, made active again."""
    amy, bob = company.add("Amy")["Id"], company.add("Bob")["Id"]
    refresh()
    linking.link_to_new(RemoteRecord.objects.get(remote_id=amy), by=staff)
    linking.exclude(RemoteRecord.objects.get(remote_id=bob), by=staff)
    company.change(amy, PrimaryPhone={"FreeFormNumber": "1"})
    company.change(bob, CompanyName="Bob & Sons")
    company.inactivate(bob)
    run = refresh()
    client = Client.objects.get()
    assert (client.phone, run.pulled, run.cause) == ("1", 1, "person")
    assert Change.objects.get(run_id=run.pk).fields == {"phone": ["", "1"]}
    excluded = RemoteRecord.objects.get(remote_id=bob)
    assert (excluded.standing, excluded.is_active) == ("excluded", False), "mirrored and left alone"
    company.control(f"/companies/{company.realm}/customers/{bob}/activate")
    refresh()
    excluded.refresh_from_db()
    assert excluded.is_active


def test_a_customer_merged_into_another_is_gone_and_its_client_stays(
    company: Company, imported: Book, refresh: Refresh, staff: User
) -> None:
    """B-17: the link is kept and it is said; the survivor is followed."""
    lost, kept = company.add("Amy")["Id"], company.add("Amy B")["Id"]
    refresh()
    linking.link_to_new(RemoteRecord.objects.get(remote_id=lost), by=staff)
    company.control(f"/companies/{company.realm}/customer/{lost}/merge", into=kept)
    run = refresh()
    assert RemoteRecord.objects.get(remote_id=lost).gone_at
    assert not RemoteRecord.objects.get(remote_id=kept).gone_at
    assert Link.objects.get().record.remote_id == lost
    assert RunOutcome.objects.get(run=run).reason == "gone_there"
    assert Client.objects.current().count() == 1


def test_merged_customers_are_found_among_more_changes_than_one_answer_holds(
    company: Company, imported: Book, refresh: Refresh, quickbooks: QuickBooks, staff: User
) -> None:
    """B-17; facts, change data capture: what is gone comes last in an answer, and is cut off with its end."""
    for batch in range(34):
        items = [
            Item(str(number), Verb.CREATE, "Customer", {"DisplayName": f"New {batch}.{number}"})
            for number in range(30)
        ]
        quickbooks.batch(composed(items), request_id=str(uuid4()))
    pairs = [
        (company.add(f"Lost {number}")["Id"], company.add(f"Kept {number}")["Id"]) for number in range(2)
    ]
    assert refresh().calls == 4, "the changes, two pages and the proof that nothing is gone"
    linking.link_to_new(RemoteRecord.objects.get(name="Lost 0"), by=staff)
    for lost, kept in pairs:
        company.control(f"/companies/{company.realm}/customer/{lost}/merge", into=kept)
    run = refresh()
    assert (run.state, run.problem, run.skipped, run.calls) == (RunState.DONE, "", 1, 6)
    gone = RemoteRecord.objects.exclude(gone_at=None)
    assert sorted(gone.values_list("name", flat=True)) == ["Lost 0", "Lost 1"]
    assert RunOutcome.objects.get(run=run).reason == "gone_there"
    assert refresh().calls == 4


def test_more_changes_than_one_answer_holds_are_read_page_by_page(
    company: Company, imported: Book, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts, change data capture: 1000 objects, and no continuing."""
    monkeypatch.setattr(answers, "CDC_LIMIT", 6)
    pages_of(3, monkeypatch)
    EntityPolicy.objects.filter(entity="term").delete()
    cursors.read_until(imported, ["term"], timezone.now())
    for number in range(5):
        company.add(f"Customer {number}")
    company.control(f"/companies/{company.realm}/term", Name="Net 7", DueDays=7)
    run = refresh()
    assert (run.state, run.created, run.problem) == (RunState.DONE, 6, "")
    assert RemoteRecord.objects.get(entity="term").name == "Net 7"
    asked = calls(company)[-run.calls :]
    assert asked[:2] == ["cdc", "cdc"], "the others are asked for once more, without the many"
    assert set(asked[2:]) == {"query"}


def pages_of(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = QuickBooks.page
    monkeypatch.setattr(changes, "PAGE", size)
    monkeypatch.setattr(
        QuickBooks,
        "page",
        lambda self, entity, start, **how: whole(self, entity, start, **{**how, "size": size}),
    )


def test_a_row_that_moves_while_pages_are_read_hides_no_other(
    company: Company, imported: Book, quickbooks: QuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By position a changed row would move to the end and one would be passed over."""
    pages_of(2, monkeypatch)
    ids = []
    for number in range(5):
        ids.append(company.add(f"Customer {number}")["Id"])
        company.control("/clock", forward_s=2)
    seen: set[str] = set()
    since = timezone.now() - timedelta(hours=1)
    for number, rows in enumerate(changes.by_query(quickbooks, ENTITIES["customer"], since=since)):
        seen |= {row["Id"] for row in rows}
        if number == 0:
            company.change(ids[0], CompanyName="Moved to the end")
    assert seen == set(ids)


def test_a_cursor_too_old_or_taken_away_is_an_import_instead(
    company: Company, imported: Book, refresh: Refresh, quickbooks: QuickBooks
) -> None:
    """Facts, change data capture: thirty days and no more. KP-34: a reset reads all anew."""
    company.add("Amy")
    for until in (timezone.now() - timedelta(days=40), None):
        Cursor.objects.update(changed_until=until)
        assert refresh().calls == 0
        anew = Run.objects.filter(kind=RunKind.IMPORT).latest("created_at")
        assert (anew.state, anew.options["scope"]) == (RunState.QUEUED, "all")
        assert worked_out(anew, quickbooks).count_here == 1
        assert refresh().calls == 1


def test_a_refresh_that_lay_for_a_month_does_not_ask_for_what_quickbooks_no_longer_tells(
    company: Company, imported: Book, refresh: Refresh
) -> None:
    """As where the connection was lost in the middle of it, and somebody reconnects weeks later (B-24)."""
    company.add("Amy")
    company.fail("cut", fraction=1.0, path="cdc")
    begun = refresh()
    company.simulator.post("/_control/reset")
    assert "told" in begun.options
    month = timedelta(days=31)
    begun.options["since"] = (timezone.now() - month).isoformat()
    begun.save(update_fields=["options"])
    Cursor.objects.update(changed_until=timezone.now() - month)
    runs.resume(begun)
    assert refresh() == begun
    begun.refresh_from_db()
    assert (begun.state, begun.problem) == (RunState.DONE, "")
    assert Run.objects.unfinished().get().kind == RunKind.IMPORT


def test_nothing_moves_while_quickbooks_is_down_and_the_next_look_finds_all(
    company: Company, imported: Book, refresh: Refresh
) -> None:
    until = Cursor.objects.get().changed_until
    company.add("Amy")
    company.fail("500", fraction=1.0, path="cdc")
    run = refresh()
    assert (run.state, run.problem) == (RunState.FAILED, "quickbooks_down")
    assert Cursor.objects.get().changed_until == until
    company.simulator.post("/_control/reset")
    assert refresh().created == 1


def test_before_the_first_import_nothing_is_read_without_a_persons_word(
    company: Company, book: Book, refresh: Refresh
) -> None:
    """JR-16; KP-5 and KP-32 where new ones come in by themselves."""
    follow_customers_only(book)
    company.add("Amy")
    assert refresh().calls == 0
    assert not Run.objects.filter(kind=RunKind.IMPORT).exists()
    decide(book, PRESETS["contact_sync"].policy, preset="contact_sync")
    refresh()
    assert Run.objects.get(kind=RunKind.IMPORT).entity == "customer"


def test_an_inactive_customer_nobody_asked_for_stays_out(
    company: Company, book: Book, import_all: Import, refresh: Refresh
) -> None:
    """JR-16: the import's choice holds for what follows."""
    follow_customers_only(book)
    import_all(Scope.ACTIVE)
    company.inactivate(company.add("Old friend")["Id"])
    refresh()
    assert not RemoteRecord.objects.exists()


def test_edits_and_new_clients_of_ours_are_planned_to_be_sent(
    company: Company, imported: Book, in_firm: Firm, refresh: Refresh, staff: User
) -> None:
    """JR-47, JR-50, and a change of the policy looks at everything once more."""
    company.add("Amy")
    refresh()
    linking.link_to_new(RemoteRecord.objects.get(), by=staff)
    Client.objects.update(phone="22")
    Client.objects.create(firm=in_firm, name="Before the decision")
    refresh()
    assert not Push.objects.exists(), "the default sends nothing"
    stored = decide(imported, PRESETS["push_ours"].policy, preset="push_ours")
    new = Client.objects.create(firm=in_firm, name="New here")
    refresh()
    planned = {push.operation: (push.local_id, push.values) for push in Push.objects.all()}
    assert planned["update"][1] == {"phone": "22"}
    assert planned["create"] == (new.pk, {"name": "New here"})
    until = Cursor.objects.get(entity="customer").ours_until
    assert until
    assert until > stored.changed_at


def test_an_older_version_never_overwrites_a_newer_one(
    company: Company, imported: Book, refresh: Refresh
) -> None:
    """Imports, refreshes and announcements run side by side."""
    id = company.add("Amy")["Id"]
    refresh()
    old = RemoteRecord.objects.get().payload
    company.change(id, DisplayName="Amy's Birds")
    refresh()
    stored = mirroring.store(imported, ENTITIES["customer"], [old])
    assert (stored.changed_ids, stored.unchanged) == ([], 1)
    assert RemoteRecord.objects.get().name == "Amy's Birds"


def test_presses_and_looks_join_the_refresh_under_way(book: Book) -> None:
    first = refreshing.begin(book, cause=Cause.VIEW)
    assert refreshing.begin(book, cause=Cause.PERSON) == first


def test_new_customers_become_clients_where_the_firm_wants_it(
    company: Company, imported: Book, in_firm: Firm, refresh: Refresh
) -> None:
    """JP-16, KP-4, KP-6..8: added, found by e-mail, or left for a person; never a second client for one customer."""
    company.add("Before the decision")
    refresh()
    decide(imported, PRESETS["contact_sync"].policy, preset="contact_sync")
    known = Client.objects.create(firm=in_firm, name="Amy Known", email="AMY@example.com")
    twins = [Client.objects.create(firm=in_firm, name=name, email="twin@example.com") for name in ("A", "B")]
    namesake = Client.objects.create(firm=in_firm, name="Cool Cars")
    Client.objects.create(firm=in_firm, name="Misspelled", email="misspeled@example.com")
    for name, email in (
        ("Amy's Birds", "amy@example.com"),
        ("Twin", "twin@example.com"),
        ("Cool cars", "cars@example.com"),
        ("Misspelled", "misspelled@example.com"),
        ("New Customer", "new@example.com"),
    ):
        company.add(name, PrimaryEmailAddr={"Address": email})
    run = refresh()
    said = dict(RunOutcome.objects.filter(run=run).values_list("name", "reason"))
    assert said == {"Twin": "looks_alike", "Cool cars": "looks_alike"}
    known.refresh_from_db()
    assert (known.name, known.is_linked) == ("Amy's Birds", True)
    added = Client.objects.filter(is_linked=True).exclude(pk=known.pk)
    assert sorted(added.values_list("name", flat=True)) == ["Misspelled", "New Customer"]
    assert not Client.objects.filter(pk__in=[*(twin.pk for twin in twins), namesake.pk], is_linked=True)
    assert (run.linked, Change.objects.filter(run_id=run.pk).count()) == (3, 3)
    EntityPolicy.objects.filter(entity="customer").update(needs_email=True)
    company.add("No address")
    company.change(company.add("Late address")["Id"], PrimaryEmailAddr={"Address": "late@example.com"})
    run = refresh()
    assert dict(RunOutcome.objects.filter(run=run).values_list("name", "reason")) == {
        "No address": "no_email"
    }
    assert Client.objects.filter(name="Late address", is_linked=True).exists()


def test_nothing_comes_in_by_itself_by_default(company: Company, imported: Book, refresh: Refresh) -> None:
    assert DEFAULT.new_there == "wait"
    company.add("New Customer")
    assert (refresh().created, Client.objects.count()) == (1, 0)
