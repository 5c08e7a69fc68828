"""What a run says of itself fits what it looks after: nobody is told to import what has no import button."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Firm, User
from mapping import runlist
from mapping.models import Run, RunKind, RunOutcome, RunState
from mapping.runwords import about
from tests.conftest import SignIn
from tests.mapping.books import open_book

pytestmark = pytest.mark.django_db


def test_many_missed_records_are_not_all_named_in_the_list(in_firm: Firm) -> None:
    book = open_book(in_firm)
    made = {"firm_id": book.firm_id, "book": book, "kind": RunKind.CHECK, "state": RunState.DONE}
    run = Run.objects.create(entity="customer", options={"drift": {"gone": 40}}, **made)
    RunOutcome.objects.bulk_create(
        [
            RunOutcome(firm=in_firm, run=run, name=f"Gone {number}", outcome="missed", reason="missed_gone")
            for number in range(40)
        ]
    )
    (line,) = runlist.lines([run])
    assert isinstance(line, runlist.Line)
    assert line.names == []
    same = [Run.objects.create(entity="term", unchanged=4, **made) for _ in range(2)]
    (folded,) = runlist.lines(same)
    assert isinstance(folded, runlist.Fold)
    assert folded.says == "2 weekly checks without news"


def test_a_night_that_only_compares_our_side_says_so(in_firm: Firm) -> None:
    book = open_book(in_firm)
    run = Run(
        firm_id=book.firm_id, book=book, kind=RunKind.REFRESH, entity="changes", options={"only": "ours"}
    )
    assert about(run) == "Changes made here"


@pytest.mark.parametrize(
    ("kind", "entity", "says", "not_said"),
    [
        (RunKind.CHECK, "account", "a different number of accounts", "Import again"),
        (RunKind.CHECK, "customer", "with the next weekly check at the latest", "Import again"),
        (RunKind.IMPORT, "term", "a different number of payment terms", "Continue the import"),
        (RunKind.IMPORT, "customer", "Import again; only what is missing", "by itself"),
    ],
)
def test_counts_that_disagree(
    in_firm: Firm, staff: User, signed_in: SignIn, kind: RunKind, entity: str, says: str, not_said: str
) -> None:
    book = open_book(in_firm)
    run = Run.objects.create(
        firm_id=book.firm_id,
        book=book,
        kind=kind,
        entity=entity,
        state=RunState.DONE,
        problem="incomplete",
        count_here=1,
        count_there=2,
        options={"scope": "all"},
    )
    page = signed_in(staff).get(reverse("run", kwargs={"slug": "bright-ledger", "pk": run.pk}))
    shown = page.content.decode()
    assert says in shown
    assert not_said not in shown
