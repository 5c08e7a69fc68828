"""Choices made in Map Customers, saved once for all pages and carried out in the background."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Client, Firm, User
from mapping.matching import Found
from mapping.models import (
    Book,
    Change,
    ChangeKind,
    Choice,
    Draft,
    Exclusion,
    Link,
    RemoteRecord,
    Run,
    RunOutcome,
    RunState,
)
from mapping.services import carrying_out, drafts, linking, runs
from tests.mapping.books import AMY, CUSTOMER, client, customer, mirrored

pytestmark = pytest.mark.django_db


def carried_out(run: Run) -> Run:
    """Work a run to its end, as the worker does."""
    claimed = runs.claim(run.pk)
    assert claimed
    while carrying_out.carry_out(claimed, parts=1):
        pass
    run.refresh_from_db()
    return run


@pytest.fixture
def draft(book: Book, staff: User) -> Draft:
    client(book.firm, "Somebody else")
    return drafts.open_draft(book, "customer", person=staff)


def test_a_firm_without_clients_starts_with_add_as_new_client(book: Book, staff: User) -> None:
    """JP-10."""
    assert drafts.open_draft(book, "customer", person=staff).default == Choice.NEW


def test_an_exact_match_is_preselected(draft: Draft) -> None:
    """CV-32."""
    ours = client(draft.firm, "amy's  bird sanctuary")
    (row,) = drafts.rows(draft, mirrored(draft.book, AMY))
    assert (row.choice, row.is_own_choice) == (Choice.EXISTING, False)
    assert row.ours
    assert row.ours.local_id == ours.pk


def test_the_default_leaves_exact_matches_alone_and_says_how_many(draft: Draft) -> None:
    """CV-36, CV-37."""
    client(draft.firm, "Amy's Bird Sanctuary")
    mirrored(draft.book, AMY, customer("2", "Cool Cars"), customer("3", "Diego Rodriguez"))
    drafts.set_default(draft, Choice.EXCLUDE)
    summary = drafts.summary(draft)
    assert (summary.existing, summary.exclude, summary.exact_matches, summary.undecided) == (1, 2, 1, 0)


def test_choices_are_found_again_by_another_tab(draft: Draft, book: Book, staff: User) -> None:
    """B-22."""
    amy, cars = mirrored(draft.book, AMY, customer("2", "Cool Cars"))
    drafts.choose(draft, amy, Choice.EXCLUDE)
    again = drafts.open_draft(book, "customer", person=staff)
    assert [row.choice for row in drafts.rows(again, [amy, cars])] == [Choice.EXCLUDE, Choice.LATER]


def test_two_people_do_not_see_each_others_open_choices(draft: Draft, book: Book, partner: User) -> None:
    (amy,) = mirrored(draft.book, AMY)
    drafts.choose(draft, amy, Choice.EXCLUDE)
    other = drafts.open_draft(book, "customer", person=partner)
    assert drafts.rows(other, [amy])[0].choice == Choice.LATER


def test_one_save_carries_out_every_choice(draft: Draft, staff: User) -> None:
    """CV-31 to CV-35, CV-39."""
    ours = client(draft.firm, "Cool Cars", email="old@example.com")
    chosen = client(draft.firm, "D. Rodriguez")
    amy, cars, diego, left_out = mirrored(
        draft.book,
        AMY,
        customer("2", "Cool Cars", PrimaryEmailAddr={"Address": "new@example.com"}),
        customer("3", "Diego Rodriguez"),
        customer("4", "Walk-in"),
    )
    drafts.set_default(draft, Choice.NEW)
    drafts.choose(draft, diego, Choice.EXISTING, local_id=chosen.pk)
    drafts.choose(draft, left_out, Choice.EXCLUDE)
    run = carried_out(drafts.save(draft, by=staff))
    assert (run.state, run.created, run.linked, run.excluded, run.skipped) == (RunState.DONE, 1, 2, 1, 0)
    ours.refresh_from_db()
    chosen.refresh_from_db()
    assert (ours.email, chosen.name) == ("new@example.com", "Diego Rodriguez")
    assert Change.objects.get(local_id=ours.pk).fields == {"email": ["old@example.com", "new@example.com"]}
    assert Client.objects.get(name="Amy's Bird Sanctuary").is_linked
    assert Exclusion.objects.get().record == left_out
    assert {link.record_id for link in Link.objects.all()} == {amy.pk, cars.pk, diego.pk}
    assert Change.objects.filter(kind=ChangeKind.CREATED).count() == 1


def test_rows_left_for_later_stay_as_they_are(draft: Draft, staff: User) -> None:
    mirrored(draft.book, AMY)
    run = carried_out(drafts.save(draft, by=staff))
    assert (run.state, run.created, RemoteRecord.objects.get().standing) == (RunState.DONE, 0, "unmapped")


def test_saving_twice_is_saving_once(draft: Draft, staff: User) -> None:
    mirrored(draft.book, AMY)
    assert drafts.save(draft, by=staff) == drafts.save(draft, by=staff)


def test_customers_that_arrive_after_save_are_not_decided_unseen(draft: Draft, staff: User) -> None:
    mirrored(draft.book, AMY)
    drafts.set_default(draft, Choice.NEW)
    run = drafts.save(draft, by=staff)
    (late,) = mirrored(draft.book, customer("2", "Cool Cars"))
    carried_out(run)
    late.refresh_from_db()
    assert late.standing == "unmapped"


def test_sub_customers_of_one_name_are_not_matched_by_elimination(
    draft: Draft, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two called Test Project and one client of that name: neither is guessed, in whatever batches."""
    monkeypatch.setattr(carrying_out, "BATCH", 1)
    client(draft.firm, "Test Project")
    mirrored(
        draft.book,
        customer("1", "Test Project", FullyQualifiedName="Amy:Test Project"),
        customer("2", "Test Project", FullyQualifiedName="Bill:Test Project"),
    )
    drafts.set_default(draft, Choice.NEW)
    run = carried_out(drafts.save(draft, by=staff))
    assert (run.created, run.linked) == (2, 0)


def test_a_client_somebody_took_meanwhile_is_skipped_with_the_reason(draft: Draft, staff: User) -> None:
    ours = client(draft.firm, "Amy")
    amy, cars = mirrored(draft.book, AMY, customer("2", "Cool Cars"))
    drafts.choose(draft, amy, Choice.EXISTING, local_id=ours.pk)
    run = drafts.save(draft, by=staff)
    linking.link(cars, ours.pk, by=staff)
    carried_out(run)
    told = RunOutcome.objects.get()
    assert (told.reason, told.record) == ("client_taken", amy)


def test_one_client_chosen_for_two_customers_goes_to_the_first(draft: Draft, staff: User) -> None:
    ours = client(draft.firm, "Amy")
    for record in mirrored(draft.book, AMY, customer("2", "Cool Cars")):
        drafts.choose(draft, record, Choice.EXISTING, local_id=ours.pk)
    run = carried_out(drafts.save(draft, by=staff))
    assert (run.linked, run.skipped) == (1, 1)


def test_a_cancelled_run_keeps_what_it_did_and_stops(
    draft: Draft, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying_out, "BATCH", 1)
    mirrored(draft.book, AMY, customer("2", "Cool Cars"))
    drafts.set_default(draft, Choice.NEW)
    run = runs.claim(drafts.save(draft, by=staff).pk)
    assert run
    carrying_out.carry_out(run, parts=1)
    runs.ask_to_cancel(run)
    assert not carrying_out.carry_out(run, parts=1)
    run.refresh_from_db()
    assert (run.state, run.created, Link.objects.count()) == (RunState.CANCELLED, 1, 1)


def test_work_that_waits_starts_when_the_one_before_ends(draft: Draft, staff: User, partner: User) -> None:
    first = drafts.save(draft, by=staff)
    second = drafts.save(drafts.open_draft(draft.book, "customer", person=partner), by=partner)
    assert runs.claim(first.pk)
    assert runs.claim(second.pk) is None
    runs.finish(first, RunState.DONE)
    assert runs.claim(second.pk)


NAMES = st.sampled_from(["Ann", "ann ", "Ánn", "Bob", "BOB", "Cy"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(theirs=st.lists(NAMES, max_size=6), ours=st.lists(NAMES, max_size=6))
def test_the_set_and_the_single_row_agree_on_what_is_an_exact_match(
    draft: Draft, in_firm: Firm, theirs: list[str], ours: list[str]
) -> None:
    RemoteRecord.objects.all().delete()
    Client.objects.all().delete()
    for name in ours:
        client(in_firm, name)
    records = mirrored(draft.book, *[customer(str(number), name) for number, name in enumerate(theirs)])
    one_by_one = {
        pk: match.local_id
        for pk, match in drafts.matches(CUSTOMER, records).items()
        if isinstance(match, Found)
    }
    assert dict(drafts.exact_matches(draft)) == one_by_one
