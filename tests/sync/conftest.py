"""A firm connected to a company of its own, and our side's ways to follow it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.quickbooks import QuickBooks
from integrations.sync import refreshing
from integrations.sync.enduring import More
from mapping.models import Book, Cause, Run
from mapping.services import runs
from tests.importing.conftest import book, company, connection, import_all, quickbooks

__all__ = ["book", "company", "connection", "import_all", "quickbooks"]

Refresh = Callable[..., Run]


@pytest.fixture
def refresh(book: Book, quickbooks: QuickBooks) -> Refresh:
    """Look at what changed in this process, as a worker would, until the run ends."""

    def refresh_now(cause: Cause = Cause.PERSON) -> Run:
        run = runs.claim(refreshing.begin(book, cause=cause).pk)
        assert run
        for _ in range(20):
            if not isinstance(refreshing.work(run, quickbooks, for_s=30), More):
                break
            run.refresh_from_db()
        run.refresh_from_db()
        return run

    return refresh_now
