"""A refresh that breaks off anywhere and is taken up again ends as an undisturbed one: each thing done and told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from accounts.models import Client, Firm, User
from integrations.models import Push
from integrations.quickbooks import QuickBooks
from integrations.sync import importing, refreshing
from integrations.sync.enduring import More, Over
from integrations.sync.scope import Scope
from mapping.models import Book, Cause, Choice, Conflict, RemoteRecord, Run, RunOutcome, RunState
from mapping.services import drafts, runs
from tests.importing.conftest import Company, Import
from tests.importing.test_killed_worker import followed
from tests.processes import Worker
from tests.sync import pushing
from tests.sync.test_pull import follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)

COUNTED = ("created", "updated", "pulled", "conflicts", "skipped", "failed", "linked", "handled", "unchanged")


class Broken(Exception):
    """The worker is gone: whatever its transaction held is rolled back."""


@contextmanager
def breaking_at(statement: int) -> Iterator[list[int]]:
    """Raise instead of this statement; gives the number of those that were sent."""
    sent = [0]

    def count(execute: Callable[..., Any], *given: Any) -> Any:
        sent[0] += 1
        if sent[0] == statement:
            raise Broken
        return execute(*given)

    with database.execute_wrapper(count):
        yield sent


class Story:
    """The same changes on both sides, told anew each time it is asked for."""

    def __init__(self, company: Company, book: Book, staff: User) -> None:
        self.company, self.book, self.staff = company, book, staff
        self.chapter = 0
        self.people = {
            name: pushing.mapped(book, company.add(name)) for name in ("Amy", "Bob", "Carl", "Heir")
        }
        company.inactivate(self.id("Carl"))

    def id(self, name: str) -> str:
        return RemoteRecord.objects.get(name=name).remote_id

    def go_on(self) -> None:
        """Amy moves there, Bob on both sides, Carl here though inactive there; one is new, one merged away."""
        self.chapter += 1
        moved = str(self.chapter)
        lost = pushing.mapped(self.book, self.company.add(f"Lost {moved}"))
        self.company.control(
            f"/companies/{self.company.realm}/customer/{self.id(lost.name)}/merge", into=self.id("Heir")
        )
        self.company.change(self.id("Amy"), CompanyName=moved)
        self.company.change(self.id("Bob"), CompanyName=moved)
        self.company.add(f"New {moved}")
        for name in ("Bob", "Carl"):
            Client.objects.filter(pk=self.people[name].pk).update(company_name=f"ours {moved}")
        assert Client.objects.exclude(pk=lost.pk).filter(is_linked=True).count() >= 4


def told(run: Run) -> tuple[dict[str, int], Counter[tuple[str, str]]]:
    said = RunOutcome.objects.filter(run=run).values_list("record__name", "reason")
    names = Counter((name.split()[0], reason) for name, reason in said if name)
    return {name: getattr(run, name) for name in COUNTED}, names


@pytest.mark.timeout(300)
def test_broken_off_anywhere_it_tells_and_counts_everything_once(
    company: Company, book: Book, import_all: Import, quickbooks: QuickBooks, staff: User
) -> None:
    follow_customers_only(book)
    import_all()
    pushing.decide(book)
    story = Story(company, book, staff)
    refreshing_until_over(book, quickbooks)
    statement, whole = 0, 0
    expected: Any = None
    while statement <= whole:
        story.go_on()
        run = runs.claim(refreshing.begin(book, cause=Cause.PERSON).pk)
        assert run
        try:
            with breaking_at(statement) as sent:
                assert not isinstance(refreshing.work(run, quickbooks, for_s=60), More)
                whole = whole or sent[0]
        except Broken:
            again = runs.claim(run.pk)
            assert again is None or not isinstance(refreshing.work(again, quickbooks, for_s=60), More)
        run = Run.objects.get(pk=run.pk)
        assert run.state == RunState.DONE
        found = told(run)
        there = len(pushing.there(quickbooks))
        assert (found[0].pop("handled"), found[0].pop("unchanged")) == (there, there - 4), statement
        expected = expected or found
        assert found == expected, f"broken off at statement {statement} of {whole}"
        statement += 7
    assert whole > 40, "there was something to break"
    assert expected[1] == {
        ("Bob", "both_changed"): 1,
        ("Carl", "inactive_there"): 1,
        ("Lost", "gone_there"): 1,
    }
    assert Conflict.objects.filter(settled_at=None).count() == 1
    assert Push.objects.filter(state="held").count() == 1


def refreshing_until_over(book: Book, quickbooks: QuickBooks) -> None:
    run = runs.claim(refreshing.begin(book, cause=Cause.PERSON).pk)
    assert run
    refreshing.work(run, quickbooks, for_s=60)


def test_a_worker_that_comes_late_goes_on_where_the_run_is(
    company: Company,
    book: Book,
    import_all: Import,
    quickbooks: QuickBooks,
    staff: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A message may be delivered twice: two workers then hold the same run."""
    follow_customers_only(book)
    import_all()
    pushing.decide(book)
    Story(company, book, staff).go_on()
    run_id = refreshing.begin(book, cause=Cause.PERSON).pk
    first, late = runs.claim(run_id), runs.claim(run_id)
    assert first
    assert late
    with monkeypatch.context() as patched:
        patched.setattr(refreshing, "_end", lambda run: None)
        refreshing.work(first, quickbooks, for_s=60)
    before = told(Run.objects.get(pk=run_id))
    refreshing.work(late, quickbooks, for_s=60)
    run = Run.objects.get(pk=run_id)
    assert (run.state, told(run)) == (RunState.DONE, before)
    assert refreshing.work(first, quickbooks, for_s=60) == Over()
    assert told(Run.objects.get(pk=run_id)) == before


@pytest.mark.timeout(300)
def test_a_killed_refresh_tells_everything_once(
    company: Company, book: Book, worker: Worker, staff: User, in_firm: Firm
) -> None:
    """A real worker and a real SIGKILL: edits of ours that QuickBooks does not take, and changes there."""
    follow_customers_only(book)
    company.generate(120)
    followed(importing.begin(book, "customer", scope=Scope.ALL, by=None), worker, kills=0, seed=1)
    pushing.decide(book)
    draft = drafts.open_draft(book, "customer", person=staff)
    drafts.set_default(draft, Choice.NEW)
    assert followed(drafts.save(draft, by=staff), worker, kills=0, seed=1).created == 120
    inactive = sorted(RemoteRecord.objects.filter(is_active=True).values_list("remote_id", flat=True))[:40]
    for id in inactive:
        company.inactivate(id)
    Client.objects.update(company_name="ours", updated_at=timezone.now())
    company.control("/delay", ms=400)
    run = followed(refreshing.begin(book, cause=Cause.PERSON), worker, kills=2, seed=2)
    assert (run.state, run.problem) == (RunState.DONE, "")
    there = RemoteRecord.objects.filter(is_active=False).count()
    said = RunOutcome.objects.filter(run=run)
    assert set(said.values_list("reason", flat=True)) == {"inactive_there"}
    assert run.skipped == said.count() == said.values("record").distinct().count() == there
    assert run.updated == 40
