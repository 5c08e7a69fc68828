"""Whatever is done in whatever order, the books stay consistent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qbo_simulator.bookkeeping import merge
from qbo_simulator.books import Books
from qbo_simulator.companies.invention import found_company
from qbo_simulator.entities import CREDIT_MEMO, CUSTOMER, INVOICE, PAYMENT
from qbo_simulator.entities.spec import Body, Entity
from qbo_simulator.faults import Fault
from qbo_simulator.simulator import Simulator
from qbo_simulator.writing import delete, void, write

from .conftest import Connected, applied, line, version

AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("500"), places=2).map(float)
CHOICES = st.integers(min_value=0, max_value=999)
OPEN = {INVOICE: ("Balance", 1), PAYMENT: ("UnappliedAmt", -1), CREDIT_MEMO: ("Balance", -1)}


def cents(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


class Trade(RuleBasedStateMachine):
    """Three customers, one of them another's job, and anything an app may do to their forms."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.books = Books(Path(self.folder.name) / "books")
        self.at = datetime(2026, 11, 1, tzinfo=UTC)
        self.gone: set[tuple[str, str]] = set()
        self.tokens: dict[tuple[str, str], int] = {}
        found_company(self.books, name="Trade")
        top = self.write(CUSTOMER, {"DisplayName": "Top"})
        self.write(
            CUSTOMER, {"DisplayName": "Job", "ParentRef": {"value": top["Id"]}, "BillWithParent": True}
        )
        self.write(CUSTOMER, {"DisplayName": "Other"})

    def teardown(self) -> None:
        if hasattr(self, "books"):
            self.books.close()
            self.folder.cleanup()

    def write(self, entity: Entity, body: Body) -> Body:
        self.at += timedelta(seconds=1)
        return write(entity, self.books, body, at=self.at)

    def try_to(self, deed: Any, entity: Entity, body: Body) -> None:
        before = self.everything()
        try:
            deed(entity, body)
        except Fault:
            assert self.everything() == before

    def everything(self) -> list[Body]:
        return [body for entity in (CUSTOMER, *OPEN) for body in self.books.everything(entity)]

    def one(self, entity: Entity, number: int) -> Body | None:
        known = list(self.books.everything(entity))
        return known[number % len(known)] if known else None

    def customer(self, number: int) -> dict[str, str]:
        kept = self.one(CUSTOMER, number)
        assert kept is not None
        return {"value": kept["Id"]}

    @rule(who=CHOICES, amounts=st.lists(AMOUNTS, min_size=1, max_size=3), credit=st.booleans())
    def sell(self, who: int, amounts: list[float], credit: bool) -> None:
        entity = CREDIT_MEMO if credit else INVOICE
        self.write(entity, {"CustomerRef": self.customer(who), "Line": [line(a) for a in amounts]})

    @rule(who=CHOICES, total=AMOUNTS, parts=st.lists(st.tuples(CHOICES, AMOUNTS), max_size=3), memo=CHOICES)
    def pay(self, who: int, total: float, parts: list[tuple[int, float]], memo: int) -> None:
        body = {"CustomerRef": self.customer(who), "TotalAmt": total, "Line": self.lines(parts, memo)}
        self.try_to(self.write, PAYMENT, body)

    @rule(which=CHOICES, total=AMOUNTS, parts=st.lists(st.tuples(CHOICES, AMOUNTS), max_size=3), memo=CHOICES)
    def pay_otherwise(self, which: int, total: float, parts: list[tuple[int, float]], memo: int) -> None:
        if kept := self.one(PAYMENT, which):
            body = {**version(kept), "sparse": True, "TotalAmt": total, "Line": self.lines(parts, memo)}
            self.try_to(self.write, PAYMENT, body)

    def lines(self, parts: list[tuple[int, float]], memo: int) -> list[Body]:
        found = []
        for number, amount in parts:
            if sold := self.one(INVOICE, number):
                found.append(applied(min(amount, sold["Balance"] or amount), sold))
        credit = self.one(CREDIT_MEMO, memo)
        if credit and memo % 3 == 0:
            found.append(applied(credit["Balance"], credit, "CreditMemo"))
        return found

    @rule(which=CHOICES, amount=AMOUNTS, credit=st.booleans())
    def reprice(self, which: int, amount: float, credit: bool) -> None:
        entity = CREDIT_MEMO if credit else INVOICE
        if kept := self.one(entity, which):
            self.try_to(self.write, entity, {**version(kept), "sparse": True, "Line": [line(amount)]})

    @rule(
        which=CHOICES,
        kind=st.sampled_from(list(OPEN)),
        deed=st.sampled_from([void, delete]),
        old=st.booleans(),
    )
    def take_away(self, which: int, kind: Entity, deed: Any, old: bool) -> None:
        kept = self.one(kind, which)
        if kept is None:
            return
        body = {"Id": kept["Id"], "SyncToken": "0" if old else kept["SyncToken"]}
        before = self.everything()
        try:
            answer = deed(kind, self.books, body, at=self.at)
        except Fault:
            assert self.everything() == before
            return
        if answer.get("status") == "Deleted":
            self.gone.add((kind.name, kept["Id"]))

    @rule(which=CHOICES, under=CHOICES)
    def move(self, which: int, under: int) -> None:
        kept = self.one(CUSTOMER, which)
        assert kept is not None
        self.try_to(
            self.write, CUSTOMER, {**version(kept), "sparse": True, "ParentRef": self.customer(under)}
        )

    @rule(lost=CHOICES, into=CHOICES)
    def merge_two(self, lost: int, into: int) -> None:
        first, second = self.one(CUSTOMER, lost), self.one(CUSTOMER, into)
        if first and second and lost % 5 == 0 and len(list(self.books.everything(CUSTOMER))) > 2:
            try:
                merge(self.books, CUSTOMER, first["Id"], into=second["Id"], at=self.at)
            except Fault:
                return
            self.gone.add(("Customer", first["Id"]))

    @invariant()
    def balances_are_what_is_open(self) -> None:
        if not hasattr(self, "books"):
            return
        owed: dict[str, Decimal] = {}
        for entity, (field, sign) in OPEN.items():
            for body in self.books.everything(entity):
                assert body[field] >= 0, body
                owner = body["CustomerRef"]["value"]
                owed[owner] = owed.get(owner, Decimal(0)) + sign * cents(body[field])
        customers = {c["Id"]: c for c in self.books.everything(CUSTOMER)}
        for id, customer in customers.items():
            assert cents(customer["Balance"]) == owed.get(id, 0), customer["DisplayName"]
        for id, customer in customers.items():
            below = [c for c in customers.values() if c.get("ParentRef", {}).get("value") == id]
            together = cents(customer["Balance"]) + sum(cents(c["BalanceWithJobs"]) for c in below)
            assert cents(customer["BalanceWithJobs"]) == together, customer["DisplayName"]

    @invariant()
    def invoices_owe_what_payments_leave(self) -> None:
        if not hasattr(self, "books"):
            return
        paid: dict[tuple[str, str], Decimal] = {}
        for payment in self.books.everything(PAYMENT):
            for part in payment["Line"]:
                link = part["LinkedTxn"][0]
                key = link["TxnType"], link["TxnId"]
                paid[key] = paid.get(key, Decimal(0)) + cents(part["Amount"])
        for entity in (INVOICE, CREDIT_MEMO):
            for body in self.books.everything(entity):
                left = cents(body["TotalAmt"]) - paid.pop((entity.name, body["Id"]), Decimal(0))
                assert cents(body["Balance"]) == left
        assert not any(paid.values())

    @invariant()
    def versions_grow_one_by_one_and_nothing_comes_back(self) -> None:
        if not hasattr(self, "books"):
            return
        for entity in (CUSTOMER, *OPEN):
            for body in self.books.everything(entity):
                key, token = (entity.name, body["Id"]), int(body["SyncToken"])
                assert key not in self.gone
                assert self.tokens.get(key, -1) <= token
                self.tokens[key] = token
        events = self.books.events(most=100_000)
        made: dict[tuple[str, str], int] = {}
        for event in events:
            if event.operation != "Delete" and event.operation != "Merge":
                key = event.entity, event.id
                made[key] = made.get(key, -1) + 1
        for key, token in self.tokens.items():
            if key not in self.gone:
                assert made[key] == token, key


TestTrade = Trade.TestCase
TestTrade.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path_factory.mktemp("fresh"))
    yield simulator
    simulator.close()


def test_every_built_in_company_adds_up_from_the_start(fresh: Simulator) -> None:
    for company in fresh.registry.companies():
        books = fresh.books(company.realm)
        for customer in books.everything(CUSTOMER):
            owed = Decimal(0)
            for entity, (field, sign) in OPEN.items():
                mine = [body for _, body in books.owned(customer["Id"], [entity.name])]
                owed += sum(sign * cents(body[field]) for body in mine)
            assert cents(customer["Balance"]) == owed, (company.name, customer["DisplayName"])


@pytest.mark.parametrize("realm", ["9341453100000017", "9341453100000058", "9341453100000066"])
def test_a_built_in_company_has_something_of_everything(fresh: Simulator, realm: str) -> None:
    from qbo_simulator.entities import ENTITIES

    counts = fresh.books(realm).counts()
    assert [e.name for e in ENTITIES if not counts.get(e.name)] == []
    assert counts["Invoice"] >= 60


def test_of_twenty_payments_at_once_only_what_is_owed_is_taken(books: Connected) -> None:
    who = {"value": books.write(DisplayName="Twenty at once")["Id"]}
    sold = books.make("Invoice", CustomerRef=who, Line=[line(100)])

    def pay(number: int) -> int:
        body = {"CustomerRef": who, "TotalAmt": 30, "Line": [applied(30, sold)]}
        return replace(books, http=requests.Session()).post("Payment", body).status_code

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(pay, range(20))) == [200] * 3 + [400] * 17
    left = books.fetch("Invoice", sold["Id"])
    assert (left["Balance"], left["SyncToken"], len(left["LinkedTxn"])) == (10, "3", 3)
    assert books.read(who["value"])["Balance"] == 10
