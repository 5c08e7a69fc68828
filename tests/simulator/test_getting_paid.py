"""Apps get paid: what a payment settles, what is left over, and what cannot be undone."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Connected, applied, fault_code, line, version
from .test_selling import buyer
from .test_writing_customers import new_name

__all__ = ["buyer"]

VOID = {"operation": "update", "include": "void"}


def sell(books: Connected, customer: dict[str, str], amount: float) -> dict[str, Any]:
    return books.make("Invoice", CustomerRef=customer, Line=[line(amount)])


def owes(books: Connected, customer: dict[str, str]) -> tuple[float, float]:
    kept = books.read(customer["value"])
    return kept["Balance"], kept["BalanceWithJobs"]


def test_a_payment_lowers_what_it_settles(books: Connected, buyer: dict[str, str]) -> None:
    sold, token = sell(books, buyer, 100), books.read(buyer["value"])["SyncToken"]
    assert owes(books, buyer) == (100, 100)
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=70, Line=[applied(60, sold)])
    assert (paid["UnappliedAmt"], paid["ProcessPayment"]) == (10, False)
    assert paid["DepositToAccountRef"]["name"] == "Undeposited Funds"
    left = books.fetch("Invoice", sold["Id"])
    assert (left["Balance"], left["SyncToken"]) == (40, "1")
    assert left["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "Payment"}]
    assert owes(books, buyer) == (30, 30)
    assert books.read(buyer["value"])["SyncToken"] == token


def test_a_payment_is_moved_from_one_invoice_to_another(books: Connected, buyer: dict[str, str]) -> None:
    first, second = sell(books, buyer, 50), sell(books, buyer, 80)
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=50, Line=[applied(50, first)])
    same = books.edit("Payment", paid, PrivateNote="only the note")
    assert same["UnappliedAmt"] == 0
    moved = books.edit("Payment", same, Line=[applied(30, second)])
    assert moved["UnappliedAmt"] == 20
    assert books.fetch("Invoice", first["Id"])["Balance"] == 50
    assert books.fetch("Invoice", first["Id"])["LinkedTxn"] == []
    assert books.fetch("Invoice", second["Id"])["Balance"] == 50
    loose = books.edit("Payment", moved, Line=[])
    assert loose["UnappliedAmt"] == 50
    assert owes(books, buyer) == (80, 80)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"TotalAmt": None}, "2020"),
        ({"CustomerRef": None}, "2020"),
        ({"Line": [{"Amount": 5}]}, "2020"),
        ({"TotalAmt": 500, "Line": "INVOICE 101"}, "6000"),
        ({"TotalAmt": 5, "Line": "INVOICE 20"}, "6000"),
        ({"TotalAmt": -5}, "6000"),
        ({"Line": [{"Amount": 5, "LinkedTxn": [{"TxnId": "999999", "TxnType": "Invoice"}]}]}, "610"),
        ({"Line": [{"Amount": 5, "LinkedTxn": [{"TxnId": "1", "TxnType": "Transfer"}]}]}, "620"),
        ({"PaymentRefNum": "9" * 22}, "2050"),
        ({"CustomerRef": {"value": "12"}, "TotalAmt": 50, "Line": "INVOICE 5"}, "6000"),
        ({"Line": "INVOICE -5"}, "6000"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(
    books: Connected, buyer: dict[str, str], fields: dict[str, Any], code: str
) -> None:
    sold = sell(books, buyer, 100)
    body: dict[str, Any] = {"CustomerRef": buyer, "TotalAmt": 10, **fields}
    if isinstance(body.get("Line"), str):
        body["Line"] = [applied(float(body["Line"].split()[1]), sold)]
    assert fault_code(books.post("Payment", body)) == code
    assert books.fetch("Invoice", sold["Id"]) == sold
    assert owes(books, buyer) == (100, 100)


@pytest.mark.parametrize("form", [VOID, {"operation": "void"}], ids=["include", "operation"])
def test_a_voided_payment_settles_nothing(
    books: Connected, buyer: dict[str, str], form: dict[str, str]
) -> None:
    sold = sell(books, buyer, 100)
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=100, Line=[applied(100, sold)])
    gone = books.done("Payment", books.post("Payment", {**version(paid), "sparse": True}, **form))
    assert (gone["TotalAmt"], gone["UnappliedAmt"], gone["PrivateNote"]) == (0, 0, "Voided")
    assert books.fetch("Invoice", sold["Id"])["Balance"] == 100
    assert owes(books, buyer) == (100, 100)


def test_a_paid_invoice_is_not_deleted_but_its_payment_is(books: Connected, buyer: dict[str, str]) -> None:
    sold = sell(books, buyer, 100)
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=100, Line=[applied(100, sold)])
    now = books.fetch("Invoice", sold["Id"])
    assert fault_code(books.post("Invoice", version(now), operation="delete")) == "6000"
    assert books.post("Payment", version(paid), operation="delete").status_code == 200
    now = books.fetch("Invoice", sold["Id"])
    assert (now["Balance"], now["LinkedTxn"]) == (100, [])
    assert books.post("Invoice", version(now), operation="delete").status_code == 200
    assert owes(books, buyer) == (0, 0)


def test_voiding_a_paid_invoice_leaves_the_money_over(books: Connected, buyer: dict[str, str]) -> None:
    sold = sell(books, buyer, 100)
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=60, Line=[applied(60, sold)])
    books.post("Invoice", version(books.fetch("Invoice", sold["Id"])), operation="void")
    assert books.fetch("Payment", paid["Id"])["UnappliedAmt"] == 60
    assert owes(books, buyer) == (-60, -60)


def test_a_smaller_invoice_needs_less_of_its_payment(books: Connected, buyer: dict[str, str]) -> None:
    sold = sell(books, buyer, 100)
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=90, Line=[applied(90, sold)])
    cheaper = books.edit("Invoice", books.fetch("Invoice", sold["Id"]), Line=[line(50)])
    assert cheaper["Balance"] == 0
    assert books.fetch("Payment", paid["Id"])["UnappliedAmt"] == 40
    assert owes(books, buyer) == (-40, -40)


def test_a_credit_memo_pays_too(books: Connected, buyer: dict[str, str]) -> None:
    sold = sell(books, buyer, 100)
    credit = books.make("CreditMemo", CustomerRef=buyer, Line=[line(30)])
    assert (credit["RemainingCredit"], owes(books, buyer)) == (30, (70, 70))
    lines = [applied(100, sold), applied(30, credit, "CreditMemo")]
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=70, Line=lines)
    assert paid["UnappliedAmt"] == 0
    assert books.fetch("CreditMemo", credit["Id"])["RemainingCredit"] == 0
    assert owes(books, buyer) == (0, 0)
    used = books.fetch("CreditMemo", credit["Id"])
    assert fault_code(books.post("CreditMemo", version(used), operation="delete")) == "6000"


def test_a_deposited_payment_stays_as_it_is(books: Connected, buyer: dict[str, str]) -> None:
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=45)
    bank = books.one("SELECT * FROM Account WHERE AccountType = 'Bank'")
    link = {"Amount": 45, "LinkedTxn": [{"TxnId": paid["Id"], "TxnType": "Payment"}]}
    made = books.make("Deposit", DepositToAccountRef={"value": bank["Id"]}, Line=[link])
    held = books.fetch("Payment", paid["Id"])
    for how in ({"operation": "delete"}, VOID):
        assert fault_code(books.post("Payment", version(held), **how)) == "6540"
    assert fault_code(books.post("Payment", {**version(held), "sparse": True, "TotalAmt": 44})) == "6540"
    books.post("Deposit", version(made), operation="delete")
    held = books.fetch("Payment", paid["Id"])
    assert books.post("Payment", version(held), operation="delete").status_code == 200


def test_what_jobs_owe_is_known_above(books: Connected, buyer: dict[str, str]) -> None:
    job = books.write(DisplayName=new_name(), ParentRef=buyer, BillWithParent=True)
    sold = sell(books, {"value": job["Id"]}, 100)
    assert owes(books, buyer) == (0, 100)
    books.make("Payment", CustomerRef=buyer, TotalAmt=100, Line=[applied(25, sold)])
    assert owes(books, {"value": job["Id"]}) == (75, 75)
    assert owes(books, buyer) == (-75, 0)
    alone = books.write(DisplayName=new_name(), ParentRef=buyer)
    other = sell(books, {"value": alone["Id"]}, 10)
    body = {"CustomerRef": buyer, "TotalAmt": 10, "Line": [applied(10, other)]}
    assert fault_code(books.post("Payment", body)) == "6000"
    books.change(books.read(job["Id"]), ParentRef=None, Job=False)
    assert owes(books, buyer) == (-75, -65)


def test_a_customer_who_owes_is_not_made_inactive(books: Connected, buyer: dict[str, str]) -> None:
    sell(books, buyer, 5)
    kept = books.read(buyer["value"])
    assert fault_code(books.try_write({**version(kept), "sparse": True, "Active": False})) == "6000"
