"""Work of one firm goes on side by side: whoever holds its books keeps nobody from referring to them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Firm, User
from accounts.tenancy import working_for
from integrations.sync import refreshing, sending
from mapping.models import Book, Cause, Run, RunKind
from mapping.services import policies, runs

pytestmark = pytest.mark.django_db(transaction=True)

HOLDS: dict[str, Callable[[Book], Any]] = {
    "a refresh is asked for": lambda book: refreshing.begin(book, cause=Cause.PERSON),
    "a push is asked for": sending.begin,
    "an import is asked for": lambda book: runs.start_run(book, RunKind.IMPORT, "customer", by=None),
    "the policy changes": lambda book: policies.choose_preset(
        book, "customer", "two_way", by=User.objects.earliest("pk")
    ),
}


@pytest.mark.parametrize("hold", HOLDS.values(), ids=HOLDS)
def test_a_row_about_the_books_is_stored_while_somebody_holds_them(
    hold: Callable[[Book], Any], in_firm: Firm, book: Book, partner: User
) -> None:
    """PostgreSQL checks references when a transaction ends; two that wait for each other there are a deadlock."""
    held, done, holding = Event(), Event(), []

    def somebody() -> None:
        try:
            with working_for(in_firm.pk), transaction.atomic():
                hold(book)
                holding.append(book)
                held.set()
                done.wait(20)
        finally:
            held.set()
            connection.close()

    other = Thread(target=somebody)
    other.start()
    held.wait(20)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            run = Run.objects.create(firm=in_firm, book=book, kind=RunKind.UNDO, entity="customer")
            connection.check_constraints()
    finally:
        done.set()
        other.join()
    assert holding
    assert Run.objects.filter(pk=run.pk).exists()
