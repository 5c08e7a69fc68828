"""The bookkeeper receives payments: chooses the customer, sees what is open, shares the amount out."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from .conftest import TIMEOUT_S, Connected, Simulated, applied, line
from .console_forms import HERE, fill_in, id_in, page, process, record_form, submit
from .test_writing_customers import new_name

__all__ = ["process"]

NEW = f"{HERE}/payments/new"


@pytest.fixture
def customer(books: Connected) -> str:
    return str(books.write(DisplayName=new_name())["Id"])


def bill(books: Connected, customer: str, amount: float) -> dict[str, Any]:
    return books.make("Invoice", CustomerRef={"value": customer}, Line=[line(amount)])


def test_the_customer_is_chosen_first(simulated: Simulated, books: Connected, customer: str) -> None:
    assert "Show what is open" in page(simulated, NEW)
    chosen = page(simulated, NEW, CustomerRef=customer)
    assert "Nothing of" in chosen
    nobody = requests.get(simulated.url + NEW, params={"CustomerRef": ""}, timeout=TIMEOUT_S)
    assert (nobody.status_code, "Customer is needed." in nobody.text) == (400, True)


def test_an_amount_is_shared_out_and_the_rest_stays_unapplied(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    first, second = bill(books, customer, 100), bill(books, customer, 50)
    made = fill_in(
        simulated,
        f"{NEW}?customer={customer}",
        **{"TotalAmt": "200", f"apply.Invoice.{first['Id']}": "100", f"apply.Invoice.{second['Id']}": "20"},
    )
    kept = books.fetch("Payment", id_in(made))
    assert (kept["TotalAmt"], kept["UnappliedAmt"]) == (200, 80)
    assert books.fetch("Invoice", first["Id"])["Balance"] == 0
    assert books.fetch("Invoice", second["Id"])["Balance"] == 30


def test_without_an_amount_it_is_what_is_paid(simulated: Simulated, books: Connected, customer: str) -> None:
    owed = bill(books, customer, 75)
    shown = page(simulated, NEW, customer=customer, invoice=owed["Id"])
    assert record_form(shown).fields[f"apply.Invoice.{owed['Id']}"] == "75"
    made = fill_in(simulated, f"{NEW}?customer={customer}&invoice={owed['Id']}")
    kept = books.fetch("Payment", id_in(made))
    assert (kept["TotalAmt"], kept["UnappliedAmt"]) == (75, 0)


def test_a_credit_memo_helps_to_pay(simulated: Simulated, books: Connected, customer: str) -> None:
    owed = bill(books, customer, 75)
    credit = books.make("CreditMemo", CustomerRef={"value": customer}, Line=[line(25)])
    made = fill_in(
        simulated,
        f"{NEW}?customer={customer}",
        **{f"apply.Invoice.{owed['Id']}": "75", f"apply.CreditMemo.{credit['Id']}": "25"},
    )
    assert books.fetch("Payment", id_in(made))["TotalAmt"] == 50
    assert books.fetch("CreditMemo", credit["Id"])["Balance"] == 0


def test_invoices_of_jobs_billed_with_the_customer_are_open_here_too(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    job = books.write(DisplayName=new_name(), ParentRef={"value": customer}, Job=True, BillWithParent=True)
    other = books.write(DisplayName=new_name(), ParentRef={"value": customer}, Job=True)
    here, there = bill(books, job["Id"], 10), bill(books, other["Id"], 10)
    named = record_form(page(simulated, NEW, customer=customer)).named
    assert f"apply.Invoice.{here['Id']}" in named
    assert f"apply.Invoice.{there['Id']}" not in named


def test_more_than_is_open_or_received_is_refused(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    owed = bill(books, customer, 40)
    here, name = f"{NEW}?customer={customer}", f"apply.Invoice.{owed['Id']}"
    more = fill_in(simulated, here, **{name: "41", "PrivateNote": "typed"})
    assert (more.status_code, "Only 40.0 is open." in more.text) == (400, True)
    assert record_form(more.text).fields["PrivateNote"] == "typed"
    less = fill_in(simulated, here, **{name: "40", "TotalAmt": "30"})
    assert "The amount applied is larger than the payment." in less.text
    assert "This has to be an amount." in fill_in(simulated, here, **{name: "-1"}).text


def test_saving_any_built_in_payment_untouched_writes_nothing(simulated: Simulated, books: Connected) -> None:
    for kept in books.rows("SELECT * FROM Payment ORDERBY TxnDate MAXRESULTS 20"):
        assert "nothing was saved" in fill_in(simulated, f"{HERE}/payments/{kept['Id']}").text
        assert books.fetch("Payment", kept["Id"]) == kept


def test_what_a_payment_pays_can_be_changed(simulated: Simulated, books: Connected, customer: str) -> None:
    first, second = bill(books, customer, 40), bill(books, customer, 60)
    paid = books.make("Payment", CustomerRef={"value": customer}, TotalAmt=40, Line=[applied(40, first)])
    fill_in(
        simulated,
        f"{HERE}/payments/{paid['Id']}",
        **{f"apply.Invoice.{first['Id']}": "", f"apply.Invoice.{second['Id']}": "40"},
    )
    assert books.fetch("Invoice", first["Id"])["Balance"] == 40
    assert books.fetch("Invoice", second["Id"])["Balance"] == 20


def test_a_payment_is_voided_and_deleted_after_being_told(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    owed = bill(books, customer, 40)
    paid = books.make("Payment", CustomerRef={"value": customer}, TotalAmt=40, Line=[applied(40, owed)])
    here = f"{HERE}/payments/{paid['Id']}"
    assert "The 1 transactions it paid are open again." in page(simulated, f"{here}/void")
    submit(simulated, f"{here}/void")
    assert books.fetch("Invoice", owed["Id"])["Balance"] == 40
    assert "Voided" in page(simulated, here)
    submit(simulated, f"{here}/delete")
    assert books.call("GET", f"/payment/{paid['Id']}").status_code == 400


def test_a_deposited_payment_is_refused_in_a_sentence(simulated: Simulated, books: Connected) -> None:
    deposited = next(
        kept
        for kept in books.rows("SELECT * FROM Payment")
        if any(link["TxnType"] == "Deposit" for link in kept["LinkedTxn"])
    )
    answer = submit(simulated, f"{HERE}/payments/{deposited['Id']}/void")
    assert (answer.status_code, "in a deposit already" in answer.text) == (400, True)
