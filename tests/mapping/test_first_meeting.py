"""What mapping takes over follows the directions the firm chose, for the whole record and for single fields (B-7, X1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.models import Client, User
from mapping import choices
from mapping.merge import first_meeting, merge
from mapping.models import Book, Choice, EntityPolicy, Link, RemoteRecord, Run, RunKind
from mapping.policy import DEFAULT, PRESETS, Direction, FieldRule, Policy, Winner
from mapping.services import bringing_in, carrying_out, drafts, linking, runs
from mapping.views.bulk import _summary
from tests.mapping.books import AMY, CUSTOMER, client, mirrored

pytestmark = pytest.mark.django_db

NOTHING_COMES_IN = PRESETS["invoices_only"].policy
EMAIL_STAYS = replace(PRESETS["two_way"].policy, fields={"email": FieldRule(Direction.OFF, Winner.ASK)})


def decide(book: Book, policy: Policy) -> EntityPolicy:
    stored, _ = EntityPolicy.objects.get_or_create(firm=book.firm, book=book, entity="customer")
    stored.take(policy)
    stored.save()
    return stored


def amy_there(book: Book) -> RemoteRecord:
    return mirrored(book, AMY)[0]


def amy_here(book: Book) -> Client:
    return client(book.firm, "Amy's Bird Sanctuary", email="ours@example.com", phone="999", zip="94326")


def map_in_bulk(book: Book, by: User, choice: Choice, ours: Client | None = None) -> Run:
    draft = drafts.open_draft(book, "customer", person=by)
    drafts.choose(draft, RemoteRecord.objects.get(), choice, local_id=ours.pk if ours else None)
    run = drafts.save(draft, by=by)
    claimed = runs.claim(run.pk)
    assert claimed
    while carrying_out.carry_out(claimed, parts=1):
        pass
    return claimed


def test_until_somebody_decides_quickbooks_overwrites_the_listed_fields(book: Book, staff: User) -> None:
    """CV-38, CV-39."""
    ours = amy_here(book)
    linking.link(amy_there(book), ours.pk, by=staff)
    ours.refresh_from_db()
    assert (ours.email, ours.phone) == ("birds@example.com", "(650) 555-3311")


@pytest.mark.parametrize("in_bulk", [False, True])
def test_where_nothing_comes_in_mapping_leaves_the_client_as_it_is(
    book: Book, staff: User, in_bulk: bool
) -> None:
    decide(book, NOTHING_COMES_IN)
    ours, record = amy_here(book), amy_there(book)
    if in_bulk:
        map_in_bulk(book, staff, Choice.EXISTING, ours)
    else:
        linking.link(record, ours.pk, by=staff)
    ours.refresh_from_db()
    assert (ours.email, ours.phone, ours.city) == ("ours@example.com", "999", "")
    link = Link.objects.get()
    assert link.base["zip"] == "94326", "both say the same, so it is agreed"
    assert "phone" not in link.base, "what did not come in was never agreed"


@pytest.mark.parametrize("in_bulk", [False, True])
def test_a_field_that_is_off_is_not_filled_in_a_new_client(book: Book, staff: User, in_bulk: bool) -> None:
    decide(book, EMAIL_STAYS)
    record = amy_there(book)
    if in_bulk:
        map_in_bulk(book, staff, Choice.NEW)
    else:
        linking.link_to_new(record, by=staff)
    new = Client.objects.get()
    assert (new.name, new.phone, new.email) == ("Amy's Bird Sanctuary", "(650) 555-3311", "")


def test_a_new_client_has_its_name_even_where_nothing_else_comes_in(book: Book, staff: User) -> None:
    decide(book, NOTHING_COMES_IN)
    linking.link_to_new(amy_there(book), by=staff)
    new = Client.objects.get()
    assert (new.name, new.email, new.phone, new.city) == ("Amy's Bird Sanctuary", "", "", "")


def test_what_comes_in_by_itself_leaves_a_field_that_is_off_alone(book: Book, staff: User) -> None:
    decide(book, replace(PRESETS["contact_sync"].policy, fields=EMAIL_STAYS.fields))
    run = runs.claim(runs.start_run(book, RunKind.REFRESH, "customer", by=staff).pk)
    assert run
    bringing_in.bring_in(run, CUSTOMER, [amy_there(book).pk])
    new = Client.objects.get()
    assert (new.phone, new.email) == ("(650) 555-3311", "")


@pytest.mark.parametrize("policy", [DEFAULT, EMAIL_STAYS, NOTHING_COMES_IN])
def test_the_preview_says_what_mapping_then_does(book: Book, staff: User, policy: Policy) -> None:
    decide(book, policy)
    ours, record = amy_here(book), amy_there(book)
    labels = {field.label: field.local for field in CUSTOMER.fields}
    said = {labels[one.field]: one.after for one in choices.overwritten(record, ours.pk)}
    before = CUSTOMER.local.glance([ours.pk])[ours.pk]
    linking.link(record, ours.pk, by=staff)
    after = CUSTOMER.local.glance([ours.pk])[ours.pk]
    assert said == {name: value for name, value in after.items() if value != before[name]}


def test_what_was_not_let_in_is_no_edit_of_anybody() -> None:
    met = first_meeting({"phone": "999"}, {"phone": "111"}, lets_in=frozenset())
    rules = {"phone": FieldRule(Direction.PUSH, Winner.OURS)}
    merged = merge(met.base, {"phone": "999"}, {"phone": "111"}, rules=rules, kept=met.kept)
    assert (merged.push, merged.pull, merged.conflicts) == ({}, {}, {})


def test_an_edit_after_the_meeting_is_not_lost_though_nothing_was_agreed() -> None:
    """QuickBooks' value was never ours to overwrite unseen: where the firm wants to be asked, it is."""
    met = first_meeting({"phone": "999"}, {"phone": "111"}, lets_in=frozenset())
    for winner, send, ask in ((Winner.OURS, {"phone": "333"}, set()), (Winner.ASK, {}, {"phone"})):
        rules = {"phone": FieldRule(Direction.PUSH, winner)}
        merged = merge(met.base, {"phone": "333"}, {"phone": "111"}, rules=rules, kept=met.kept)
        assert (merged.push, set(merged.conflicts)) == (send, ask)


def test_a_field_let_in_later_is_met_then() -> None:
    met = first_meeting({"phone": ""}, {"phone": "111"}, lets_in=frozenset())
    merged = merge(met.base, {"phone": ""}, {"phone": "111"}, kept=met.kept)
    assert merged.pull == {"phone": "111"}


def test_map_customers_names_only_what_comes_in(book: Book, staff: User) -> None:
    decide(book, EMAIL_STAYS)
    draft = drafts.open_draft(book, "customer", person=staff)
    said = _summary(draft, drafts.known_matches(draft))
    assert "E-mail" not in [field.label for field in said["fields"]]
    assert "Phone" in [field.label for field in said["fields"]]
