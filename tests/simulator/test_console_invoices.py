"""The bookkeeper writes invoices: lines, tax, discount, terms; sends, voids and deletes them."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_simulator.simulator import CEDAR_SOUND, CRAIG_HOLT

from .conftest import Connected, Simulated, line
from .console_forms import HERE, fill_in, id_in, page, process, record_form, submit
from .test_writing_customers import new_name

__all__ = ["process"]

NEW = f"{HERE}/invoices/new"


@pytest.fixture
def customer(books: Connected) -> str:
    email = {"Address": "pay@somebody.example"}
    return str(books.write(DisplayName=new_name(), PrimaryEmailAddr=email)["Id"])


def item(books: Connected, **besides: Any) -> dict[str, Any]:
    income = books.one("SELECT * FROM Account WHERE AccountType = 'Income'")["Id"]
    return books.make(
        "Item", Name=new_name(), Type="Service", IncomeAccountRef={"value": income}, UnitPrice=40, **besides
    )


def test_an_invoice_takes_price_and_words_from_the_product_and_dates_from_the_terms(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    sold = item(books, Description="An hour of it")
    made = fill_in(
        simulated, NEW, **{"CustomerRef": customer, "line.0.item": sold["Id"], "line.0.quantity": "2.5"}
    )
    kept = books.fetch("Invoice", id_in(made))
    first = kept["Line"][0]
    assert (first["Amount"], first["Description"]) == (100, "An hour of it")
    assert first["SalesItemLineDetail"]["Qty"] == 2.5
    assert (kept["TotalAmt"], kept["BillEmail"]["Address"]) == (100, "pay@somebody.example")
    assert kept["DueDate"] > kept["TxnDate"]
    assert kept["DocNumber"]


def test_tax_and_discount_are_reckoned_as_for_an_app(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    sold = item(books, Taxable=True)
    made = fill_in(
        simulated,
        NEW,
        **{
            "CustomerRef": customer,
            "line.0.item": sold["Id"],
            "line.0.amount": "200",
            "line.1.item": sold["Id"],
            "line.1.amount": "50",
            "line.1.tax": "NON",
            "discount": "10",
            "TxnTaxDetail.TxnTaxCodeRef": "2",
        },
    )
    kept = books.fetch("Invoice", id_in(made))
    codes = [x["SalesItemLineDetail"]["TaxCodeRef"]["value"] for x in kept["Line"][:2]]
    assert codes == ["TAX", "NON"]
    assert kept["Line"][-1]["DiscountLineDetail"]["DiscountPercent"] == 10
    assert kept["TotalAmt"] == pytest.approx(225 + kept["TxnTaxDetail"]["TotalTax"])
    assert kept["TxnTaxDetail"]["TotalTax"] > 0


def test_saving_any_built_in_invoice_untouched_writes_nothing(simulated: Simulated, books: Connected) -> None:
    for kept in books.rows("SELECT * FROM Invoice ORDERBY TxnDate MAXRESULTS 25"):
        answer = fill_in(simulated, f"{HERE}/invoices/{kept['Id']}")
        assert "nothing was saved" in answer.text, kept["Id"]
        assert books.fetch("Invoice", kept["Id"]) == kept


def test_a_line_is_changed_and_the_others_keep_what_the_form_does_not_show(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    made = books.make(
        "Invoice",
        CustomerRef={"value": customer},
        Line=[line(10, ServiceDate="2026-03-04"), line(20, Qty=2, UnitPrice=10)],
    )
    fill_in(simulated, f"{HERE}/invoices/{made['Id']}", **{"line.1.quantity": "3"})
    kept = books.fetch("Invoice", made["Id"])
    assert kept["Line"][0] == made["Line"][0]
    assert (kept["Line"][1]["Id"], kept["Line"][1]["Amount"]) == (made["Line"][1]["Id"], 30)
    assert kept["TotalAmt"] == 40


def test_an_emptied_line_goes(simulated: Simulated, books: Connected, customer: str) -> None:
    made = books.make("Invoice", CustomerRef={"value": customer}, Line=[line(10), line(20)])
    blank = {f"line.0.{name}": "" for name in ("item", "description", "quantity", "rate", "amount", "tax")}
    fill_in(simulated, f"{HERE}/invoices/{made['Id']}", **blank)
    assert books.fetch("Invoice", made["Id"])["TotalAmt"] == 20


def test_other_terms_mean_another_due_date(simulated: Simulated, books: Connected, customer: str) -> None:
    made = books.make("Invoice", CustomerRef={"value": customer}, Line=[line(10)], TxnDate="2026-03-01")
    term = books.one("SELECT * FROM Term WHERE Name = 'Net 60'")
    fill_in(simulated, f"{HERE}/invoices/{made['Id']}", SalesTermRef=term["Id"])
    assert books.fetch("Invoice", made["Id"])["DueDate"] == "2026-04-30"


def test_what_cannot_be_saved_is_said_where_it_stands(simulated: Simulated, books: Connected) -> None:
    answer = fill_in(simulated, NEW, **{"line.0.amount": "much", "line.0.description": "typed"})
    assert answer.status_code == 400
    assert "Customer is needed." in answer.text
    assert 'id="line-0-amount-wrong">This has to be a number.' in answer.text
    assert record_form(answer.text).fields["line.0.description"] == "typed"
    nothing = fill_in(simulated, NEW, CustomerRef="12")
    assert "At least one line is needed." in nothing.text


def test_contradicting_amounts_are_refused_with_the_right_one(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    three = {"line.0.quantity": "3", "line.0.rate": "10", "line.0.amount": "31"}
    answer = fill_in(simulated, NEW, CustomerRef=customer, **three)
    assert "Quantity times rate is 30.00." in answer.text


def test_more_lines_are_offered_without_losing_what_was_typed(simulated: Simulated) -> None:
    form = record_form(page(simulated, NEW)).fields
    more = submit(simulated, NEW, **{**form, "line.0.description": "first", "more": "yes"})
    again = record_form(more.text)
    assert (more.status_code, again.fields["line.0.description"]) == (200, "first")
    assert int(again.fields["lines"]) > int(form["lines"]) - 1


def test_a_number_used_twice_is_asked_about(simulated: Simulated, books: Connected, customer: str) -> None:
    used = books.make("Invoice", CustomerRef={"value": customer}, Line=[line(10)])["DocNumber"]
    wish = {"CustomerRef": customer, "DocNumber": used, "line.0.amount": "5"}
    asked = fill_in(simulated, NEW, **wish)
    assert f"Another invoice has the number {used} already." in asked.text
    form = record_form(asked.text)
    assert "number_again" in form.named
    made = submit(simulated, NEW, **{**form.fields, "number_again": used})
    assert books.fetch("Invoice", id_in(made))["DocNumber"] == used


def test_switched_off_preferences_take_their_inputs_away(simulated: Simulated) -> None:
    def offered() -> set[str]:
        return record_form(page(simulated, NEW)).named

    assert {"discount", "deposit"} <= offered()
    assert not {"shipping", "tip"} & offered()
    preferences = f"/companies/{CRAIG_HOLT}/preferences"
    simulated.control(preferences, SalesFormsPrefs={"AllowShipping": True, "AllowDeposit": False})
    assert "shipping" in offered()
    assert "deposit" not in offered()
    simulated.control(preferences, SalesFormsPrefs={"AllowShipping": False, "AllowDeposit": True})


def test_a_foreign_customer_is_billed_in_its_currency(simulated: Simulated, books: Connected) -> None:
    euro = books.write(DisplayName=new_name(), CurrencyRef={"value": "EUR"})
    made = fill_in(simulated, NEW, **{"CustomerRef": euro["Id"], "line.0.amount": "5"})
    assert books.fetch("Invoice", id_in(made))["CurrencyRef"]["value"] == "EUR"


def test_abroad_each_line_has_a_tax_code(simulated: Simulated) -> None:
    books, here = simulated.connected(CEDAR_SOUND), f"/console/{CEDAR_SOUND}"
    customer = books.one("SELECT * FROM Customer")["Id"]
    bare = fill_in(simulated, f"{here}/invoices/new", **{"CustomerRef": customer, "line.0.amount": "100"})
    assert "GST/HST rate before you save" in bare.text
    code = books.one("SELECT * FROM TaxCode WHERE Name LIKE '%HST ON%'")["Id"]
    made = submit(simulated, f"{here}/invoices/new", **{**record_form(bare.text).fields, "line.0.tax": code})
    assert books.fetch("Invoice", id_in(made))["TxnTaxDetail"]["TotalTax"] == 13
    for kept in books.rows("SELECT * FROM Invoice ORDERBY TxnDate MAXRESULTS 15"):
        assert "nothing was saved" in fill_in(simulated, f"{here}/invoices/{kept['Id']}").text


def test_an_invoice_is_sent_voided_and_deleted_after_being_told(
    simulated: Simulated, books: Connected, customer: str
) -> None:
    made = books.make("Invoice", CustomerRef={"value": customer}, Line=[line(80)])
    here = f"{HERE}/invoices/{made['Id']}"
    assert 'value="pay@somebody.example"' in page(simulated, f"{here}/send")
    submit(simulated, f"{here}/send", email="other@somebody.example")
    sent = books.fetch("Invoice", made["Id"])
    assert (sent["EmailStatus"], sent["BillEmail"]["Address"]) == ("EmailSent", "other@somebody.example")
    assert "Its total of 80.00 becomes 0" in page(simulated, f"{here}/void")
    assert books.fetch("Invoice", made["Id"])["TotalAmt"] == 80
    submit(simulated, f"{here}/void")
    assert books.fetch("Invoice", made["Id"])["TotalAmt"] == 0
    assert "gone for good" in page(simulated, f"{here}/delete")
    deleted = submit(simulated, f"{here}/delete")
    assert "It is deleted." in deleted.text
    assert books.call("GET", f"/invoice/{made['Id']}").status_code == 400


def test_sending_without_an_address_is_refused_on_the_page(simulated: Simulated, books: Connected) -> None:
    nobody = books.write(DisplayName=new_name())
    made = books.make("Invoice", CustomerRef={"value": nobody["Id"]}, Line=[line(80)])
    answer = submit(simulated, f"{HERE}/invoices/{made['Id']}/send", email="")
    assert (answer.status_code, "An e-mail address is needed" in answer.text) == (400, True)
