"""Every transaction posts: debits are credits, and all balances follow from the postings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qbo_simulator.bookkeeping import merge
from qbo_simulator.books import Books
from qbo_simulator.companies.invention import found_company
from qbo_simulator.entities import (
    ACCOUNT,
    BILL,
    BILL_PAYMENT,
    CREDIT_MEMO,
    CUSTOMER,
    DEPOSIT,
    INVOICE,
    ITEM,
    JOURNAL_ENTRY,
    PAYMENT,
    PURCHASE,
    REFUND_RECEIPT,
    SALES_RECEIPT,
    TRANSFER,
    VENDOR,
    VENDOR_CREDIT,
    entity_named,
)
from qbo_simulator.entities.spec import Body, Entity
from qbo_simulator.faults import Fault
from qbo_simulator.ledger.chart import accounts_of
from qbo_simulator.ledger.completing import complete
from qbo_simulator.ledger.costing import Movement, values
from qbo_simulator.ledger.keeping import mark
from qbo_simulator.writing import delete, void, write

from .conftest import Connected, Simulated, applied, fault_code, line, version

AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("300"), places=2).map(float)
PICK = st.integers(min_value=0, max_value=999)
POSTING = (
    INVOICE,
    CREDIT_MEMO,
    SALES_RECEIPT,
    REFUND_RECEIPT,
    PAYMENT,
    BILL,
    VENDOR_CREDIT,
    BILL_PAYMENT,
    PURCHASE,
    DEPOSIT,
    TRANSFER,
    JOURNAL_ENTRY,
)


def cents(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def check_ledger(books: Books) -> None:
    """Hold every balance against the postings."""
    unbalanced = books.rows(
        "SELECT entity, id, sum(amount) FROM postings GROUP BY 1, 2 HAVING sum(amount) != 0"
    )
    assert unbalanced == []
    facts = accounts_of(books).by_id
    posted = {
        r[0].decode(): Decimal(r[1]) / 100
        for r in books.rows("SELECT account, sum(amount) FROM postings GROUP BY 1")
    }
    accounts = {a["Id"]: a for a in books.everything(ACCOUNT)}
    assert posted.keys() <= accounts.keys()
    for id, account in accounts.items():
        own = posted.get(id, Decimal(0)) * facts[id].side if facts[id].has_balance else Decimal(0)
        assert cents(account["CurrentBalance"]) == own, account["Name"]
        below = [a for a in accounts.values() if a.get("ParentRef", {}).get("value") == id]
        together = own + sum(cents(a["CurrentBalanceWithSubAccounts"]) for a in below)
        assert cents(account["CurrentBalanceWithSubAccounts"]) == together, account["Name"]
    for entity, type, side in ((CUSTOMER, "Accounts Receivable", 1), (VENDOR, "Accounts Payable", -1)):
        owed = sum(posted.get(id, Decimal(0)) for id in accounts if facts[id].type == type)
        assert sum(cents(body["Balance"]) for body in books.everything(entity)) == owed * side
    stock = {
        r[0].decode(): Decimal(r[1]) / 10_000_000
        for r in books.rows("SELECT item, sum(quantity) FROM postings WHERE stock != '' GROUP BY 1")
    }
    for item in books.everything(ITEM):
        if item["Type"] == "Inventory":
            assert Decimal(str(item["QtyOnHand"])) == stock.get(item["Id"], 0)
            check_costs(books, item)


def check_costs(books: Books, item: Body) -> None:
    """Hold what went out of stock against a reckoning from the start."""
    rows = books.rows(
        "SELECT quantity, amount, stock FROM postings WHERE item = ? AND stock IN ('own', 'fifo') "
        "ORDER BY day, quantity < 0, CAST(id AS INTEGER), line",
        (item["Id"],),
    )
    moves = [
        Movement(Decimal(q) / 10_000_000, None if kind == b"fifo" else Decimal(amount) / 100)
        for q, amount, kind in rows
    ]
    worth = values(moves, usual_cost=Decimal(str(item["PurchaseCost"])))
    assert [Decimal(amount) / 100 for _, amount, _ in rows] == worth


class Trade(RuleBasedStateMachine):
    """Two customers, two vendors, a service, something in stock, and anything an app may do with them."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.books = Books(Path(self.folder.name) / "books")
        self.at = datetime(2026, 11, 1, tzinfo=UTC)
        found_company(self.books, name="Trade")
        self.who = [self.write(CUSTOMER, {"DisplayName": n}) for n in ("A", "B")]
        self.from_whom = [self.write(VENDOR, {"DisplayName": n}) for n in ("V", "W")]
        types = ("Bank", "Income", "Expense", "Other Current Asset", "Cost of Goods Sold")
        sub_types = {
            types[1]: "SalesOfProductIncome",
            types[3]: "Inventory",
            types[4]: "SuppliesMaterialsCogs",
        }
        for type in types:
            fields = {"Name": f"My {type}", "AccountType": type, "AccountSubType": sub_types.get(type)}
            self.write(ACCOUNT, {**fields, "OpeningBalance": 50 if type == "Bank" else None})
        self.chart = {a["Name"]: {"value": a["Id"]} for a in self.books.everything(ACCOUNT)}
        self.write(ACCOUNT, {"Name": "Till", "AccountType": "Bank", "ParentRef": self.chart["My Bank"]})
        self.chart["Till"] = {"value": self.named(ACCOUNT, "Till")["Id"]}
        service = {"Name": "Work", "Type": "Service", "IncomeAccountRef": self.chart["My Income"]}
        self.write(ITEM, {**service, "ExpenseAccountRef": self.chart["My Expense"]})
        for name in ("Pump", "Pipe"):
            self.write(
                ITEM,
                {
                    "Name": name,
                    "Type": "Inventory",
                    "QtyOnHand": 5,
                    "InvStartDate": "2026-01-01",
                    "PurchaseCost": 4,
                    "IncomeAccountRef": self.chart["My Income"],
                    "ExpenseAccountRef": self.chart["My Cost of Goods Sold"],
                    "AssetAccountRef": self.chart["My Other Current Asset"],
                },
            )
        self.goods = [{"value": self.named(ITEM, n)["Id"]} for n in ("Work", "Pump", "Pipe")]

    def teardown(self) -> None:
        if hasattr(self, "books"):
            self.books.close()
            self.folder.cleanup()

    def named(self, entity: Entity, name: str) -> Body:
        return next(body for body in self.books.everything(entity) if body["Name"] == name)

    def write(self, entity: Entity, body: Body) -> Body:
        self.at += timedelta(seconds=1)
        return write(entity, self.books, body, at=self.at)

    def attempt(self, deed: Callable[[], Any]) -> None:
        """Do what may be refused; what is refused leaves nothing behind, as the invariants show."""
        try:
            deed()
        except Fault:
            return

    def one(self, entity: Entity, number: int) -> Body | None:
        known = list(self.books.everything(entity))
        return known[number % len(known)] if known else None

    def sold(self, pick: int, amount: float) -> Body:
        return line(
            round(amount * (1 + pick % 3), 2),
            ItemRef=self.goods[pick % 3],
            Qty=1 + pick % 3,
            UnitPrice=amount,
        )

    @rule(
        kind=st.sampled_from((INVOICE, CREDIT_MEMO, SALES_RECEIPT, REFUND_RECEIPT)),
        pick=PICK,
        amounts=st.lists(AMOUNTS, min_size=1, max_size=3),
        day=st.integers(min_value=1, max_value=28),
    )
    def sell(self, kind: Entity, pick: int, amounts: list[float], day: int) -> None:
        body: Body = {
            "CustomerRef": {"value": self.who[pick % 2]["Id"]},
            "TxnDate": f"2026-10-{day:02d}",
            "Line": [self.sold(pick + n, amount) for n, amount in enumerate(amounts)],
        }
        if kind is REFUND_RECEIPT:
            body["DepositToAccountRef"] = self.chart["Till"]
        if kind is INVOICE and pick % 5 == 0:
            body["Deposit"] = min(amounts)
        if pick % 4 == 0:
            body["TxnTaxDetail"] = {"TotalTax": 1.23}
        self.attempt(lambda: self.write(kind, body))

    @rule(pick=PICK, total=AMOUNTS, to_journal=st.booleans())
    def get_paid(self, pick: int, total: float, to_journal: bool) -> None:
        target = self.one(JOURNAL_ENTRY if to_journal else INVOICE, pick)
        parts = [applied(total, target, "JournalEntry" if to_journal else "Invoice")] if target else []
        body = {"CustomerRef": {"value": self.who[pick % 2]["Id"]}, "TotalAmt": total, "Line": parts}
        self.attempt(lambda: self.write(PAYMENT, body))

    @rule(
        kind=st.sampled_from((BILL, VENDOR_CREDIT, PURCHASE)), pick=PICK, amount=AMOUNTS, stock=st.booleans()
    )
    def buy(self, kind: Entity, pick: int, amount: float, stock: bool) -> None:
        detail: Body = {"AccountRef": self.chart["My Expense"]}
        if stock:
            detail = {"ItemRef": self.goods[pick % 3], "Qty": 1 + pick % 4}
        name = "ItemBasedExpenseLineDetail" if stock else "AccountBasedExpenseLineDetail"
        body: Body = {"Line": [{"Amount": amount, "DetailType": name, name: detail}]}
        if kind is PURCHASE:
            body |= {"AccountRef": self.chart["Till"], "PaymentType": "Cash", "Credit": pick % 3 == 0}
        else:
            body["VendorRef"] = {"value": self.from_whom[pick % 2]["Id"]}
        self.attempt(lambda: self.write(kind, body))

    @rule(pick=PICK, total=AMOUNTS)
    def pay_a_bill(self, pick: int, total: float) -> None:
        owed = self.one(BILL, pick)
        body = {
            "VendorRef": {"value": self.from_whom[pick % 2]["Id"]},
            "TotalAmt": total,
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": self.chart["My Bank"]},
            "Line": [applied(total, owed, "Bill")] if owed else [],
        }
        self.attempt(lambda: self.write(BILL_PAYMENT, body))

    @rule(pick=PICK, amount=AMOUNTS)
    def bring_to_the_bank(self, pick: int, amount: float) -> None:
        held = self.one(PAYMENT, pick)
        detail = {"AccountRef": self.chart["My Income"]}
        lines: list[Body] = [{"Amount": amount, "DepositLineDetail": detail}]
        if held and held["TotalAmt"]:
            lines.append(applied(held["TotalAmt"], held, "Payment"))
        body: Body = {"DepositToAccountRef": self.chart["My Bank"], "Line": lines}
        if pick % 3 == 0:
            body["CashBack"] = {"AccountRef": self.chart["Till"], "Amount": round(amount / 2, 2)}
        self.attempt(lambda: self.write(DEPOSIT, body))

    @rule(amount=AMOUNTS)
    def transfer(self, amount: float) -> None:
        ends = {"FromAccountRef": self.chart["My Bank"], "ToAccountRef": self.chart["Till"]}
        self.write(TRANSFER, {**ends, "Amount": amount})

    @rule(pick=PICK, amount=AMOUNTS, sides=st.sampled_from((("Debit", "Credit"), ("Credit", "Debit"))))
    def note_by_hand(self, pick: int, amount: float, sides: tuple[str, str]) -> None:
        receivable = next(
            (a for a in self.books.everything(ACCOUNT) if a["AccountType"] == "Accounts Receivable"), None
        )
        ref = {"value": receivable["Id"]} if receivable and pick % 2 else self.chart["Till"]
        somebody = {"Entity": {"Type": "Customer", "EntityRef": {"value": self.who[pick % 3 % 2]["Id"]}}}
        first: Body = {"PostingType": sides[0], "AccountRef": ref, **somebody}
        second: Body = {"PostingType": sides[1], "AccountRef": self.chart["My Expense"]}
        lines = [
            {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}
            for detail in (first, second)
        ]
        self.write(JOURNAL_ENTRY, {"Line": lines})

    @rule(
        kind=st.sampled_from(POSTING),
        pick=PICK,
        day=st.integers(min_value=1, max_value=28),
        other=st.booleans(),
    )
    def edit(self, kind: Entity, pick: int, day: int, other: bool) -> None:
        kept = self.one(kind, pick)
        if kept is None:
            return
        body: Body = {**version(kept), "sparse": True, "TxnDate": f"2026-10-{day:02d}"}
        if other and kind in (INVOICE, CREDIT_MEMO, SALES_RECEIPT):
            body["Line"] = [self.sold(pick, 7.5)]
        self.attempt(lambda: self.write(kind, body))

    @rule(kind=st.sampled_from(POSTING), pick=PICK, deed=st.sampled_from((void, delete)))
    def take_away(self, kind: Entity, pick: int, deed: Any) -> None:
        if kept := self.one(kind, pick):
            self.attempt(lambda: deed(kind, self.books, version(kept), at=self.at))

    @rule(pick=PICK, there=st.integers(min_value=0, max_value=20))
    def count_the_stock(self, pick: int, there: int) -> None:
        kept = self.books.get(ITEM, self.goods[1 + pick % 2]["value"])
        assert kept is not None
        kept = self.write(ITEM, {**version(kept), "sparse": True, "QtyOnHand": there})
        assert kept["QtyOnHand"] == there

    @rule(pick=PICK)
    def merge_two_accounts(self, pick: int) -> None:
        lost = self.one(ACCOUNT, pick)
        ours = {ref["value"] for ref in self.chart.values()}
        if lost and lost["Id"] not in ours and pick % 4 == 0:
            into = next(a for a in self.books.everything(ACCOUNT) if a["Id"] != lost["Id"])
            same = into["AccountType"] == lost["AccountType"]
            if same:
                self.attempt(lambda: merge(self.books, ACCOUNT, lost["Id"], into=into["Id"], at=self.at))

    @invariant()
    def all_balances_follow_from_the_postings(self) -> None:
        if hasattr(self, "goods"):
            check_ledger(self.books)


TestTrade = Trade.TestCase
TestTrade.settings = settings(
    max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


PIECES = st.integers(min_value=1, max_value=50).map(Decimal)


@given(st.lists(st.tuples(PIECES, st.one_of(st.none(), PIECES)), max_size=12))
def test_stock_that_is_all_sold_is_worth_nothing(bought: list[tuple[Decimal, Decimal | None]]) -> None:
    movements = [Movement(quantity, value) for quantity, value in bought]
    out = Movement(-sum((m.quantity for m in movements), Decimal(0)), None)
    worth = values([*movements, out], usual_cost=Decimal(3)) if movements else [Decimal(0)]
    assert abs(sum(worth, Decimal(0))) <= Decimal("0.01")


def test_the_oldest_pieces_go_first() -> None:
    movements = [(4, 40), (4, 80), (-6, None), (-4, None), (1, None)]
    moves = [Movement(Decimal(q), None if v is None else Decimal(v)) for q, v in movements]
    assert values(moves, usual_cost=Decimal(1)) == [40, 80, -80, -80, 20]


def balance(books: Connected, name: str) -> float:
    return float(books.one(f"SELECT * FROM Account WHERE Name = '{name}'")["CurrentBalance"])


def test_an_invoice_and_its_payment_move_the_accounts(books: Connected) -> None:
    """Facts §4.6: CurrentBalance is read-only and QuickBooks' own."""
    receivable = books.one("SELECT * FROM Account WHERE AccountType = 'Accounts Receivable'")
    drawer = balance(books, "Undeposited Funds")
    who = {"value": books.write(DisplayName="Moves the accounts")["Id"]}
    sold = books.make("Invoice", CustomerRef=who, Line=[line(80)])
    after = books.fetch("Account", receivable["Id"])
    assert after["CurrentBalance"] == round(receivable["CurrentBalance"] + 80, 2)
    assert (after["SyncToken"], after["MetaData"]) == (receivable["SyncToken"], receivable["MetaData"])
    books.make("Payment", CustomerRef=who, TotalAmt=80, Line=[applied(80, sold)])
    assert balance(books, receivable["Name"]) == receivable["CurrentBalance"]
    assert balance(books, "Undeposited Funds") == round(drawer + 80, 2)


def test_an_account_begins_with_what_it_is_said_to_hold(books: Connected) -> None:
    equity = balance(books, "Opening Balance Equity")
    made = books.make("Account", Name="Second till", AccountType="Bank", OpeningBalance=120.5)
    assert made["CurrentBalance"] == 120.5
    assert balance(books, "Opening Balance Equity") == round(equity + 120.5, 2)
    owed = books.make("Account", Name="Second loan", AccountType="Long Term Liability", OpeningBalance=-90)
    assert owed["CurrentBalance"] == -90
    assert balance(books, "Opening Balance Equity") == round(equity + 30.5, 2)


def test_what_is_sold_leaves_the_stock_and_what_is_voided_comes_back(books: Connected) -> None:
    item = books.one("SELECT * FROM Item WHERE Type = 'Inventory' AND QtyOnHand > 5")
    cost = balance(books, "Inventory Asset")
    who = {"value": books.write(DisplayName="Buys from stock")["Id"]}
    detail: dict[str, Any] = {"ItemRef": {"value": item["Id"]}, "Qty": 2, "UnitPrice": 50}
    sold = books.make("Invoice", CustomerRef=who, Line=[line(100, **detail)])
    assert books.fetch("Item", item["Id"])["QtyOnHand"] == item["QtyOnHand"] - 2
    assert balance(books, "Inventory Asset") < cost
    books.done("Invoice", books.post("Invoice", version(sold), operation="void"))
    assert books.fetch("Item", item["Id"])["QtyOnHand"] == item["QtyOnHand"]
    assert balance(books, "Inventory Asset") == cost


def journal(books: Connected, who: dict[str, str], amount: float, side: str = "Debit") -> dict[str, Any]:
    """Make an entry that says a customer owes more, or less."""
    accounts = [
        books.one("SELECT * FROM Account WHERE AccountType = 'Accounts Receivable'"),
        books.one("SELECT * FROM Account WHERE AccountType = 'Income'"),
    ]
    other = "Credit" if side == "Debit" else "Debit"
    entity = {"Entity": {"Type": "Customer", "EntityRef": who}}
    details = [
        {"PostingType": side, "AccountRef": {"value": accounts[0]["Id"]}, **entity},
        {"PostingType": other, "AccountRef": {"value": accounts[1]["Id"]}},
    ]
    lines = [
        {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}
        for detail in details
    ]
    return books.make("JournalEntry", Line=lines)


def test_a_journal_entry_on_receivables_counts_and_can_be_paid(books: Connected) -> None:
    """Facts §4.5: a payment's lines may name journal entries."""
    who = {"value": books.write(DisplayName="Owes by journal")["Id"]}
    entry = journal(books, who, 60)
    assert books.read(who["value"])["Balance"] == 60
    too_much = {"CustomerRef": who, "TotalAmt": 70, "Line": [applied(70, entry, "JournalEntry")]}
    assert fault_code(books.post("Payment", too_much)) == "6000"
    part = [applied(45, entry, "JournalEntry")]
    paid = books.make("Payment", CustomerRef=who, TotalAmt=50, Line=part)
    assert (paid["UnappliedAmt"], books.read(who["value"])["Balance"]) == (5, 10)
    again = {"CustomerRef": who, "TotalAmt": 20, "Line": [applied(20, entry, "JournalEntry")]}
    assert fault_code(books.post("Payment", again)) == "6000"
    latest = books.fetch("JournalEntry", entry["Id"])
    assert latest["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "Payment"}]
    assert fault_code(books.post("JournalEntry", version(latest), operation="delete")) == "6000"


def test_a_credit_by_journal_entry_pays_an_invoice(books: Connected) -> None:
    who = {"value": books.write(DisplayName="Credited by journal")["Id"]}
    sold = books.make("Invoice", CustomerRef=who, Line=[line(100)])
    entry = journal(books, who, 30, side="Credit")
    assert books.read(who["value"])["Balance"] == 70
    parts = [applied(100, sold), applied(30, entry, "JournalEntry")]
    paid = books.make("Payment", CustomerRef=who, TotalAmt=70, Line=parts)
    assert (paid["UnappliedAmt"], books.read(who["value"])["Balance"]) == (0, 0)
    assert books.fetch("Invoice", sold["Id"])["Balance"] == 0


def test_a_rate_that_moved_between_invoice_and_payment_is_a_gain_or_a_loss(books: Connected) -> None:
    who = {"value": books.write(DisplayName="Pays in euros", CurrencyRef={"value": "EUR"})["Id"]}
    euros = {"CustomerRef": who, "CurrencyRef": {"value": "EUR"}}
    receivable = balance(books, "Accounts Receivable (A/R)")
    sold = books.make("Invoice", **euros, ExchangeRate=1.10, Line=[line(100)])
    assert balance(books, "Accounts Receivable (A/R)") == round(receivable + 110, 2)
    books.make("Payment", **euros, ExchangeRate=1.25, TotalAmt=100, Line=[applied(100, sold)])
    assert balance(books, "Accounts Receivable (A/R)") == receivable


def test_books_made_without_the_ledger_are_completed_and_left_as_they_are(
    simulated: Simulated, tmp_path: Path
) -> None:
    """What recorded transactions do not explain of a balance is an opening balance."""
    books = Books(tmp_path / "books")
    found_company(books, name="Recorded")
    with books.transaction():
        bank = {
            "Id": "500",
            "Name": "Bank",
            "AccountType": "Bank",
            "Classification": "Asset",
            "CurrentBalance": 75,
        }
        who = {"Id": "900", "DisplayName": "Recorded", "Balance": 130.5, "Active": True, "SyncToken": "3"}
        sold = {
            "Id": "77",
            "TxnDate": "2026-02-03",
            "CustomerRef": {"value": "900"},
            "TotalAmt": 100,
            "Balance": 100,
            "Line": [line(100, ItemRef={"value": "unknown"})],
        }
        for entity, body in ((ACCOUNT, bank), (CUSTOMER, who), (INVOICE, sold)):
            books.put(entity, body)
        mark(books, complete=False)
    before = [books.get(ACCOUNT, "500"), books.get(CUSTOMER, "900"), books.get(INVOICE, "77")]
    complete(books, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert [books.get(ACCOUNT, "500"), books.get(CUSTOMER, "900"), books.get(INVOICE, "77")] == before
    owed = books.rows(
        "SELECT sum(amount) FROM postings WHERE name = '900' AND name_kind = 'Customer' AND owed > 0"
    )
    assert owed == [(13050,)]
    assert books.rows("SELECT sum(amount) FROM postings WHERE account = '500'") == [(7500,)]
    assert books.rows("SELECT sum(amount) FROM postings") == [(0,)]
    books.close()


def test_a_recorded_invoice_is_paid_and_deleted_like_any_other(tmp_path: Path) -> None:
    books = Books(tmp_path / "books")
    found_company(books, name="Recorded")
    at = datetime(2026, 11, 1, tzinfo=UTC)
    receivable = next(a for a in books.everything(ACCOUNT) if a["AccountType"] == "Accounts Receivable")
    with books.transaction():
        who = {"Id": "900", "DisplayName": "Recorded", "Balance": 160, "Active": True, "SyncToken": "3"}
        common = {"CustomerRef": {"value": "900"}, "LinkedTxn": [], "SyncToken": "0", "TxnDate": "2026-02-03"}
        for entity, body in (
            (CUSTOMER, who),
            (ACCOUNT, {**receivable, "CurrentBalance": 160, "CurrentBalanceWithSubAccounts": 160}),
            (INVOICE, {**common, "Id": "77", "TotalAmt": 100, "Balance": 100, "Line": [line(100)]}),
            (INVOICE, {**common, "Id": "78", "TotalAmt": 60, "Balance": 60, "Line": [line(60)]}),
        ):
            books.put(entity, body)
        mark(books, complete=False)
        books.skip_ids(INVOICE, 100)
    paid = {"CustomerRef": {"value": "900"}, "TotalAmt": 100, "Line": [applied(100, {"Id": "77"})]}
    write(PAYMENT, books, paid, at=at)
    delete(INVOICE, books, {"Id": "78", "SyncToken": "0"}, at=at)
    owed = [books.get(CUSTOMER, "900"), books.get(ACCOUNT, receivable["Id"])]
    assert [(body or {}).get("Balance", (body or {}).get("CurrentBalance")) for body in owed] == [0, 0]
    complete(books, at=at)
    check_ledger(books)
    books.close()


def test_every_kind_of_transaction_says_what_it_posts() -> None:
    silent = {"Estimate", "PurchaseOrder", "TimeActivity"}
    for name in ("Invoice", "Bill", "Deposit", "Transfer", "CreditCardPayment", "JournalEntry", *silent):
        entity = entity_named(name)
        assert entity is not None
        assert (entity.posts is None) == (name in silent), name
