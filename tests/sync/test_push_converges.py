"""Edits on both sides, in whatever order, come to agree and then rest: no edit is thrown back and forth (CV-14).

Over a model of QuickBooks' habits, as pure functions and many times; what only QuickBooks' writing shows, over
HTTP. Whole histories are in ``tests/faults``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Client, User
from integrations.models import Push
from integrations.quickbooks import QuickBooks
from integrations.sync import composing
from mapping.merge import confirmed
from mapping.models import Book, Change
from mapping.plans import Reconcile, plan_reconcile
from mapping.policy import Direction, Policy, Winner
from mapping.services import linking
from mapping.spec import Values
from mapping.transform import to_local, to_remote
from tests.importing.conftest import Company, Import
from tests.sync.conftest import Refresh
from tests.sync.pushing import CONFIRMED, CUSTOMER, decide, edit, send

FIELDS = [each.local for each in CUSTOMER.fields]
WORDS = ["a", "B", "  c", "d ", "e  f", "x@y.co, z@y.co", "1 (2) 3", "O'Brien", "é", "name (deleted) x"]


def values_of(name: str) -> st.SearchStrategy[str]:
    text = st.sampled_from(WORDS)
    if name == "address_2":
        return st.lists(st.sampled_from([*WORDS, ""]), max_size=7).map("\n".join) | st.just("a\r\nb")
    return text if name == "name" else text | st.just("")


def an_edit(side: str) -> st.SearchStrategy[tuple[str, str, str]]:
    return st.sampled_from(FIELDS).flatmap(
        lambda name: st.tuples(st.just(side), st.just(name), values_of(name))
    )


SYNC = ("sync", "", "")
STEPS = st.lists(an_edit("ours") | an_edit("theirs") | st.just(SYNC), max_size=25)


def as_stored(payload: dict[str, Any]) -> dict[str, Any]:
    """What QuickBooks makes of a payload: outer blanks go, inner ones of the name are one, blanks are left out."""
    kept: dict[str, Any] = {}
    for name, value in payload.items():
        value = as_stored(value) if isinstance(value, dict) else value
        value = value.strip() if isinstance(value, str) else value
        value = " ".join(str(value).split()) if name == "DisplayName" else value
        if value not in ("", {}, None):
            kept[name] = value
    return kept


@dataclass
class Pair:
    """A client and a customer that are mapped, with a policy between them."""

    policy: Policy
    theirs: dict[str, Any] = field(default_factory=lambda: {"Id": "1", "DisplayName": "Amy"})
    ours: Values = field(default_factory=dict)
    base: Values = field(default_factory=dict)
    kept: Values = field(default_factory=dict)
    conflicts: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = to_local(CUSTOMER, self.theirs)
        self.ours = dict(self.base)

    def edit(self, side: str, name: str, value: str) -> None:
        if side == "ours":
            self.ours[name] = value
        else:
            self.write(to_remote(CUSTOMER, {name: value}))

    def write(self, said: dict[str, Any]) -> None:
        for name, value in said.items():
            beside = self.theirs.get(name) if isinstance(value, dict) else None
            said[name] = {**beside, **value} if isinstance(beside, dict) else value
        self.theirs = as_stored({**self.theirs, **said})

    def sync(self, *, ours_is_newer: bool = False) -> tuple[Values, Values]:
        """Do what a look at both sides and a push do; return what was taken over and what was sent."""
        step = plan_reconcile(
            CUSTOMER,
            self.theirs,
            policy=self.policy,
            ours=self.ours,
            base=self.base,
            kept=self.kept,
            ours_is_newer=ours_is_newer,
        )
        assert isinstance(step, Reconcile)
        self.ours, self.base, self.kept = {**self.ours, **step.take}, step.base, step.kept
        self.conflicts = step.conflicts
        if step.send:
            body = composing.change(CUSTOMER, self.theirs, "0", step.send)
            self.theirs = as_stored({**self.theirs, **body})
            answer = to_local(CUSTOMER, self.theirs)
            self.base, self.kept = confirmed(self.base, self.kept, sent=step.send, answer=answer)
        return step.take, step.send

    def stands_for(self, name: str) -> bool:
        """Whether ours, sent once more, would be what is there."""
        payload = as_stored({"Id": "1", "DisplayName": "Amy", **to_remote(CUSTOMER, {name: self.ours[name]})})
        return bool(to_local(CUSTOMER, payload)[name] == to_local(CUSTOMER, self.theirs)[name])


@given(
    steps=STEPS,
    winner=st.sampled_from([Winner.OURS, Winner.QUICKBOOKS, Winner.NEWEST]),
    ours_is_newer=st.booleans(),
)
def test_any_interleaving_of_edits_comes_to_agree_and_then_rests(
    steps: list[tuple[str, str, str]], winner: Winner, ours_is_newer: bool
) -> None:
    pair = Pair(Policy(direction=Direction.BOTH, conflict=winner))
    for side, name, value in steps:
        if side == "sync":
            pair.sync(ours_is_newer=ours_is_newer)
        else:
            pair.edit(side, name, value)
    pair.sync(ours_is_newer=ours_is_newer)
    assert pair.sync(ours_is_newer=ours_is_newer) == ({}, {})
    assert pair.sync(ours_is_newer=not ours_is_newer) == ({}, {})
    assert all(pair.stands_for(name) for name in FIELDS)
    assert not pair.conflicts


@given(steps=STEPS)
def test_where_a_person_is_asked_no_edit_is_dropped_and_every_conflict_is_told(
    steps: list[tuple[str, str, str]],
) -> None:
    pair = Pair(Policy(direction=Direction.BOTH, conflict=Winner.ASK))
    for side, name, value in [*steps, SYNC, SYNC]:
        if side == "sync":
            pair.sync()
        else:
            pair.edit(side, name, value)
    assert pair.sync() == ({}, {})
    assert {name for name in FIELDS if not pair.stands_for(name)} <= pair.conflicts.keys()
    for name, (_, ours, theirs) in pair.conflicts.items():
        assert (ours, theirs) == (pair.ours[name], to_local(CUSTOMER, pair.theirs)[name])


@given(edits=st.lists(an_edit("ours"), max_size=10))
def test_what_one_side_alone_says_arrives(edits: list[tuple[str, str, str]]) -> None:
    pair = Pair(Policy(direction=Direction.BOTH))
    for edit_ in edits:
        pair.edit(*edit_)
    said = dict(pair.ours)
    pair.sync()
    assert pair.ours == said, "being written differently there is no reason to change it here"
    assert all(pair.stands_for(name) for name in FIELDS)
    assert pair.sync() == ({}, {})


@given(edits=st.lists(an_edit("theirs"), max_size=10))
def test_what_quickbooks_alone_says_is_taken_and_never_sent_back(edits: list[tuple[str, str, str]]) -> None:
    pair = Pair(Policy(direction=Direction.BOTH))
    for edit_ in edits:
        pair.edit(*edit_)
    _, sent = pair.sync()
    assert sent == {}
    assert pair.ours == to_local(CUSTOMER, pair.theirs)
    assert pair.sync() == ({}, {})


# Through the whole engine, over HTTP.


class Watch:
    """What was written on either side since it was last asked."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.seen = self._now()

    def _now(self) -> tuple[int, int]:
        answer = self.company.simulator.get("/_control/counters").json()["by_realm"][self.company.realm]
        return sum(number for name, number in answer.items() if "batch" in name), Change.objects.count()

    def writes(self) -> tuple[int, int]:
        """Return (calls that write there, changes noted here)."""
        (there, here), self.seen = self.seen, self._now()
        return self.seen[0] - there, self.seen[1] - here


WRITTEN_HERE = {
    "name": {"name": "  Amy   Lauterbach "},
    "phone": {"phone": " 650 555 ext. 12 / mobile 555  "},
    "emails": {"email": "a@b.co, c@d.co"},
    "address": {
        "address": " 1 Main St ",
        "address_2": "Suite 9\n\n  Back door \nThird\nFourth\nFifth\nSixth",
    },
    "line breaks": {"address_2": "Suite 9\r\nBack door", "city": " Bayshore", "zip": "94326 "},
    "names": {"company_name": " O'Brien & Söhne ", "first_name": " Amy ", "last_name": "Lauter  bach"},
    "emptied": {"phone": "", "address_2": "", "country": "U.S.A"},
}


@pytest.mark.django_db(transaction=True)
def test_quickbooks_way_of_writing_things_causes_no_second_push(
    book: Book,
    company: Company,
    quickbooks: QuickBooks,
    refresh: Refresh,
    import_all: Import,
    staff: User,
    subtests: pytest.Subtests,
) -> None:
    """B-5, CV-14: after a push, a refresh and another push write nothing on either side."""
    decide(book)
    address = {"Line1": "1 Main", "Line2": "Suite 1", "City": "Bayshore"}
    for what in WRITTEN_HERE:
        company.add(what, PrimaryPhone={"FreeFormNumber": "1"}, BillAddr=address)
    import_all()
    clients: dict[str, Client] = {}
    for record in book.remoterecord_set.all():
        amy = Client.objects.get(pk=linking.link_to_new(record, by=staff).local_id)
        # Past the form's own tidying, as imports and others may write it.
        Client.objects.filter(pk=amy.pk).update(**WRITTEN_HERE[record.name])
        edit(amy, staff, notes="looked at")
        clients[record.name] = amy
    watch = Watch(company)
    send(book, quickbooks)
    assert watch.writes() == (1, len(WRITTEN_HERE))
    before = list(Change.objects.values_list("pk", flat=True))
    refresh()
    send(book, quickbooks)
    refresh()
    for what, fields in WRITTEN_HERE.items():
        with subtests.test(what):
            amy = clients[what]
            assert [one.state for one in Push.objects.filter(local_id=amy.pk)] == [CONFIRMED]
            assert not Change.objects.filter(local_id=amy.pk).exclude(pk__in=before).exists()
            amy.refresh_from_db()
            assert {name: getattr(amy, name) for name in fields} == fields
    assert watch.writes() == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_the_mark_of_an_inactive_customer_is_nobodys_edit(
    book: Book,
    company: Company,
    quickbooks: QuickBooks,
    refresh: Refresh,
    import_all: Import,
    staff: User,
) -> None:
    """B-17: the name gets " (deleted)" there, and neither side hears of it."""
    decide(book)
    customer = company.add("Amy")
    import_all()
    linking.link_to_new(book.remoterecord_set.get(), by=staff)
    watch = Watch(company)
    company.inactivate(customer["Id"])
    refresh()
    send(book, quickbooks)
    assert watch.writes() == (0, 0)
    assert Client.objects.get().name == "Amy"
