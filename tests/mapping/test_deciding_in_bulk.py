"""Excluding and including very many is a run: nobody waits for it, and it can be taken back (B-22)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Firm, User
from mapping.models import Book, Exclusion, RemoteRecord, Run, RunKind, RunState
from mapping.services import deciding, runs, undoing
from tests.conftest import SignIn
from tests.mapping.books import customer, mirrored

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(book: Book, monkeypatch: pytest.MonkeyPatch) -> Book:
    """Nine customers are many, and two make a batch."""
    monkeypatch.setattr(deciding, "AT_ONCE", 5)
    monkeypatch.setattr(deciding, "BATCH", 2)
    mirrored(book, *(customer(str(number), f"Bakery {number}") for number in range(9)))
    mirrored(book, *(customer(f"1{number}", f"Mill {number}") for number in range(3)))
    return book


def choose_all(signed_in: SignIn, firm: Firm, person: User, action: str, text: str) -> None:
    address = reverse("manage_selected", kwargs={"slug": firm.slug})
    answer = signed_in(person).post(address, {"action": action, "everything": "1", "show": "all", "q": text})
    assert answer.status_code == 302


def worked_out(run: Run) -> Run:
    claimed = runs.claim(run.pk)
    assert claimed
    while deciding.carry_on(claimed, batches=1):
        claimed.refresh_from_db()
    return Run.objects.get(pk=run.pk)


def excluded() -> set[str]:
    return {
        name.split()[0]
        for name in RemoteRecord.objects.filter(standing="excluded").values_list("name", flat=True)
    }


def test_a_few_are_excluded_at_once(many: Book, firm: Firm, staff: User, signed_in: SignIn) -> None:
    choose_all(signed_in, firm, staff, "exclude", "mill")
    assert (excluded(), Run.objects.count()) == ({"Mill"}, 0)


def test_very_many_are_left_to_a_run_that_undoes_and_takes_nothing_new(
    many: Book, firm: Firm, staff: User, signed_in: SignIn
) -> None:
    choose_all(signed_in, firm, staff, "exclude", "bakery")
    run = Run.objects.get()
    assert (run.kind, run.expected, run.started_by, excluded()) == (RunKind.MAP, 9, staff, set())
    mirrored(many, customer("99", "Bakery that came later"))
    run = worked_out(run)
    assert (run.state, run.handled, run.excluded) == (RunState.DONE, 9, 9)
    assert Exclusion.objects.filter(run_id=run.pk, excluded_by=staff).count() == 9
    undo = runs.claim(undoing.begin(run, by=staff).pk)
    assert undo
    while undoing.carry_on(undo, batches=1):
        pass
    assert (excluded(), Exclusion.objects.count()) == (set(), 0)


def test_very_many_are_included_again(many: Book, firm: Firm, staff: User, signed_in: SignIn) -> None:
    deciding.exclude_many(RemoteRecord.objects.of(many, "customer"), by=staff)
    choose_all(signed_in, firm, staff, "include", "bakery")
    run = worked_out(Run.objects.get())
    assert (run.state, run.updated, run.excluded, excluded()) == (RunState.DONE, 9, 0, {"Mill"})


def test_it_goes_on_where_it_broke_off_and_stops_where_it_is_told_to(
    many: Book, staff: User, in_firm: Firm
) -> None:
    run = runs.claim(deciding.start(many, "customer", "exclude", text="bakery", by=staff).pk)
    assert run
    assert deciding.carry_on(run, batches=2)
    late = Run.objects.get(pk=run.pk)
    mine = RemoteRecord.objects.filter(standing="excluded").order_by("pk").first()
    assert mine
    deciding.include_many(RemoteRecord.objects.filter(pk=mine.pk))
    assert deciding.carry_on(late, batches=1)
    runs.ask_to_cancel(late)
    assert not deciding.carry_on(late, batches=1)
    late.refresh_from_db()
    assert (late.state, late.handled, late.excluded) == (RunState.CANCELLED, 6, 6)
    mine.refresh_from_db()
    assert mine.standing == "unmapped", "what somebody decided since stays decided"
