"""Excluding and including very many is a run: nobody waits for it, and it can be taken back (B-22)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Firm, User
from mapping.models import Book, Exclusion, Inclusion, RemoteRecord, Run, RunKind, RunState
from mapping.runwords import result
from mapping.services import deciding, linking, runs, taking_back, undoing
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


def taken_back(run: Run, by: User) -> Run:
    undo = runs.claim(undoing.begin(run, by=by).pk)
    assert undo
    while undoing.carry_on(undo, batches=1):
        pass
    return Run.objects.get(pk=undo.pk)


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
    assert result(taken_back(run, staff)) == "9 included again"
    assert (excluded(), Exclusion.objects.count()) == (set(), 0)


def test_very_many_are_included_again(many: Book, firm: Firm, staff: User, signed_in: SignIn) -> None:
    deciding.exclude_many(RemoteRecord.objects.of(many, "customer"), by=staff)
    choose_all(signed_in, firm, staff, "include", "bakery")
    run = worked_out(Run.objects.get())
    assert (run.state, run.updated, run.excluded, excluded()) == (RunState.DONE, 9, 0, {"Mill"})


def test_very_many_that_were_included_are_excluded_again_as_they_were(
    many: Book, firm: Firm, staff: User, partner: User, signed_in: SignIn
) -> None:
    everybody = RemoteRecord.objects.of(many, "customer")
    linking.exclude(everybody.get(name="Bakery 0"), by=partner, reason="Pays in cash")
    deciding.exclude_many(everybody, by=staff)
    when = Exclusion.objects.get(reason="Pays in cash").excluded_at
    choose_all(signed_in, firm, staff, "include", "bakery")
    run = worked_out(Run.objects.get())
    assert Inclusion.objects.count() == 9
    linking.link_to_new(everybody.get(name="Bakery 8"), by=staff)
    assert undoing.preview(run).excluded_again == 8
    shown = signed_in(staff).get(reverse("run_undo", kwargs={"slug": firm.slug, "pk": run.pk}))
    assert "8 included customers are excluded from mapping again" in shown.content.decode()
    undo = taken_back(run, staff)
    assert (undo.state, undo.handled, undo.expected, undo.excluded) == (RunState.DONE, 8, 8, 8)
    assert result(undo) == "8 excluded again"
    assert everybody.get(name="Bakery 8").standing == "mapped", "what somebody decided since stays decided"
    again = Exclusion.objects.get(record__name="Bakery 0")
    assert (again.reason, again.excluded_by, again.excluded_at) == ("Pays in cash", partner, when)
    assert (excluded(), Exclusion.objects.count()) == ({"Bakery", "Mill"}, 11)
    assert undoing.refusal(Run.objects.get(pk=run.pk))


def test_an_undo_that_breaks_off_goes_on_and_excludes_nobody_twice(
    many: Book, staff: User, in_firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_back, "BATCH", 2)
    deciding.exclude_many(RemoteRecord.objects.of(many, "customer"), by=staff)
    run = worked_out(deciding.start(many, "customer", "include", text="bakery", by=staff))
    undo = runs.claim(undoing.begin(run, by=staff).pk)
    assert undo
    assert undoing.carry_on(undo, batches=2)
    runs.ask_to_cancel(undo)
    assert not undoing.carry_on(undo, batches=1)
    assert Inclusion.objects.count() == 5
    taken_back(run, staff)
    assert (excluded(), Exclusion.objects.count()) == ({"Bakery", "Mill"}, 12)


@pytest.mark.parametrize(
    ("action", "title", "going", "came"),
    [
        ("exclude", "Exclude customers", "Excluding 9 customers is under way: 2 of 9.", "9 excluded"),
        (
            "include",
            "Include customers again",
            "Including 9 customers again is under way: 2 of 9.",
            "9 included again",
        ),
    ],
)
def test_the_run_says_what_it_is_in_its_banner_its_page_the_list_and_its_result(
    many: Book, firm: Firm, staff: User, signed_in: SignIn, action: str, title: str, going: str, came: str
) -> None:
    if action == "include":
        deciding.exclude_many(RemoteRecord.objects.of(many, "customer"), by=staff)
    choose_all(signed_in, firm, staff, action, "bakery")
    run, web = runs.claim(Run.objects.get().pk), signed_in(staff)
    assert run
    deciding.carry_on(run, batches=1)

    def seen(name: str, **more: int) -> str:
        return web.get(reverse(name, kwargs={"slug": firm.slug, **more})).content.decode()

    assert going in seen("manage")
    assert f"{title}</h1>" in seen("run", pk=run.pk)
    assert f">{title}</a>" in seen("runs")
    assert "Mapping of customers" not in seen("manage") + seen("run", pk=run.pk)
    assert result(worked_out(run)) == came
    assert came in seen("run_status", pk=run.pk) + seen("runs")


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
