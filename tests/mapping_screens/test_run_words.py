"""What a run says of itself fits what it looks after: nobody is told to import what has no import button."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from mapping.models import Run, RunKind, RunState
from tests.conftest import SignIn
from tests.mapping.books import open_book

pytestmark = pytest.mark.django_db


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
    in_firm: object, staff: User, signed_in: SignIn, kind: RunKind, entity: str, says: str, not_said: str
) -> None:
    book = open_book(in_firm)  # type: ignore[arg-type]
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
