"""Make and change invoices as on screen: customer, lines, what stands under them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..books import Books
from ..entities import INVOICE
from ..entities.spec import Body
from ..faults import DUPLICATE_NUMBER, Complaint, Fault
from ..rules.company import is_in_the_us, other_preference, preference
from ..writing import amend, create_as_bookkeeper
from .choices import Choices
from .deeds import deeds_for
from .desk import CompanyVisit, Desk, go
from .fields import Entries, Field, Form, changed, check_one_by_one, name_referred, shown, typed
from .invoice_form import EXTRAS, INVOICE_FORM, taxes_sales
from .invoice_lines import MOST, SPARE, Row, blank, extras_of, lines_asked_for, read_rows, rows_of
from .lists import BY_ENTITY, LISTS, state_of
from .records import changed_meanwhile
from .values import read_number

_ITEM = Field("Product or service", "item", "ref", to="Item", among=lambda i: i.get("Type") != "Category")
_TAX_CODE = Field("Tax", "tax", "ref", to="TaxCode")
_CLASS = Field("Class", "class", "ref", to="Class")


@dataclass
class Sheet:
    """An invoice on its way: what stands in all its inputs."""

    form: Form
    entries: Entries
    rows: list[Row]
    extras: dict[str, str]
    body: Body
    spare: int = SPARE
    number_in_use: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_wrong(self) -> bool:
        return self.entries.are_wrong or bool(self.errors) or any(row.errors for row in self.rows)


def routes(desk: Desk) -> list[Route]:
    return [
        desk.company_route("/invoices/new", new),
        desk.company_route("/invoices/new", create, "POST"),
        desk.company_route("/invoices/{id}", show),
        desk.company_route("/invoices/{id}", save, "POST"),
        desk.company_route("/price/{item}", price),
    ]


async def new(visit: CompanyVisit) -> Response:
    form = INVOICE_FORM.used_by(visit.books)
    start: Body = {"TxnDate": visit.today.isoformat(), "EmailStatus": "NotSet"}
    if customer := visit.books.look("Customer", visit.asked("customer")):
        start["CustomerRef"] = {"value": customer["Id"], "name": customer["FullyQualifiedName"]}
    if not is_in_the_us(visit.books):
        start["GlobalTaxCalculation"] = "TaxExcluded"
    return _page(visit, Sheet(form, shown(form, start), [], extras_of({}), {}))


async def show(visit: CompanyVisit) -> Response:
    body = _kept(visit)
    form = INVOICE_FORM.used_by(visit.books)
    sheet = Sheet(form, shown(form, body), rows_of(body), extras_of(body), body, spare=1)
    return _page(visit, sheet)


async def create(visit: CompanyVisit) -> Response:
    sent = await visit.form()
    sheet = _read(visit, sent, {})
    if sent.get("more"):
        return _page(visit, sheet)
    given = _asked(visit, sheet, sent)
    if sheet.is_wrong:
        return _page(visit, sheet)
    given = {name: value for name, value in given.items() if value is not None}
    try:
        kept = create_as_bookkeeper(INVOICE, visit.books, given, at=visit.at)
    except Fault as fault:
        return _refused(visit, sheet, fault)
    return go(visit.address(LISTS["invoices"], kept["Id"], done="made"))


async def save(visit: CompanyVisit) -> Response:
    sent, body = await visit.form(), _kept(visit)
    sheet = _read(visit, sent, body)
    if sent.get("more"):
        return _page(visit, sheet)
    if newer := changed_meanwhile(sent.get("_version"), body):
        sheet.entries.troubles.append(newer)
    given = _asked(visit, sheet, sent)
    if sheet.is_wrong:
        return _page(visit, sheet)
    if not given:
        return go(visit.address(LISTS["invoices"], body["Id"], done="nothing"))
    try:
        amend(INVOICE, visit.books, body["Id"], given, at=visit.at)
    except Fault as fault:
        return _refused(visit, sheet, fault)
    return go(visit.address(LISTS["invoices"], body["Id"], done="saved"))


async def price(visit: CompanyVisit) -> Response:
    """Answer what a chosen product or service puts on its line."""
    item = visit.books.look("Item", visit.request.path_params["item"]) or {}
    return JSONResponse({"description": item.get("Description", ""), "rate": item.get("UnitPrice", 0)})


def _kept(visit: CompanyVisit) -> Body:
    return visit.kept(LISTS["invoices"])


def _read(visit: CompanyVisit, sent: FormData, body: Body) -> Sheet:
    form = INVOICE_FORM.used_by(visit.books)
    entries = typed(form, sent, visit.books, body)
    extras = extras_of(body)
    for one in EXTRAS:
        if one.when(visit.books):
            extras[one.path] = str(sent.get(one.path) or "").strip()
    extras["discount_kind"] = extras["discount_kind"] or "percent"
    return Sheet(form, entries, read_rows(sent, body, visit.books), extras, body)


def _asked(visit: CompanyVisit, sheet: Sheet, sent: FormData) -> Body:
    """Return the fields to write; what is wrong with the entries is noted on the sheet."""
    check_one_by_one(INVOICE, sheet.form, sheet.entries)
    for one in EXTRAS:
        text = sheet.extras.get(one.path, "")
        if one.kind == "money" and text and isinstance(read_number(text), str):
            sheet.errors[one.path] = "This has to be a number."
    if sheet.errors:
        return {}
    given = changed(sheet.form, sheet.entries, sheet.body)
    lines = lines_asked_for(sheet.rows, sheet.extras, sheet.body, visit.books)
    if lines is not None or not sheet.body:
        given["Line"] = lines or []
    if sheet.extras["deposit"] != extras_of(sheet.body)["deposit"]:
        given["Deposit"] = read_number(sheet.extras["deposit"] or "0")
    _take_currency(visit.books, sheet, given)
    _warn_of_number(visit.books, sheet, given, sent)
    return given


def _take_currency(books: Books, sheet: Sheet, given: Body) -> None:
    """Bill a foreign customer in its own currency, as the screen does by itself."""
    if given.get("CustomerRef"):
        customer = books.look("Customer", given["CustomerRef"]["value"]) or {}
        if customer.get("CurrencyRef"):
            given["CurrencyRef"] = {"value": customer["CurrencyRef"]["value"]}


def _warn_of_number(books: Books, sheet: Sheet, given: Body, sent: FormData) -> None:
    """Ask back before a number is used twice, where the company wants to be warned."""
    number = given.get("DocNumber")
    warned = other_preference(books, "SalesFormsPrefs.WarnDuplicateDocNumber", "true") == "true"
    if not number or not warned or sent.get("number_again") == str(number):
        return
    if books.id_numbered("Invoice", str(number), besides=sheet.body.get("Id")) is not None:
        sheet.number_in_use = str(number)
        detail = f"Another invoice has the number {number} already"
        sheet.entries.blame(Fault([Complaint(DUPLICATE_NUMBER, detail, "DocNumber")]), sheet.form)


_AT_EXTRAS = {"Deposit": "deposit"}


def _refused(visit: CompanyVisit, sheet: Sheet, fault: Fault) -> Response:
    sheet.entries.blame(fault, sheet.form)
    for complaint in fault.complaints:
        if path := _AT_EXTRAS.get(complaint.element):
            sheet.errors[path] = sheet.entries.troubles.pop(0)
    return _page(visit, sheet)


def _page(visit: CompanyVisit, sheet: Sheet) -> Response:
    books, body = visit.books, sheet.body
    rows = (sheet.rows + [blank() for _ in range(sheet.spare)])[:MOST]
    for row in rows:
        row.item_name = row.item_name or name_referred(books, "Item", row.texts["item"])
    return visit.page(
        "invoice.html",
        status=400 if sheet.is_wrong else 200,
        list="invoices",
        listing=BY_ENTITY["Invoice"],
        sheet=sheet,
        form=sheet.form,
        entries=sheet.entries,
        rows=rows,
        extras=[one for one in EXTRAS if one.when(books)],
        body=body,
        is_new=not body,
        name=f"Invoice {body.get('DocNumber') or body.get('Id')}" if body else "New invoice",
        choices=Choices(books),
        item_field=_ITEM,
        tax_options=_tax_options(books),
        class_field=_CLASS if preference(books, "AccountingInfoPrefs", "ClassTrackingPerTxnLine") else None,
        deeds=deeds_for(INVOICE, body) if body else [],
        state=state_of(INVOICE, body, today=visit.today) if body else "",
        linked=_linked(books, body),
    )


def _tax_options(books: Books) -> list[tuple[str, str]]:
    """Return what a line's tax can be set to; nothing where the company taxes no sales."""
    if is_in_the_us(books):
        usual = [("", "As usual"), ("TAX", "Taxed"), ("NON", "Not taxed")]
        return usual if taxes_sales(books) else []
    codes = Choices(books).of(_TAX_CODE) or []
    return [("", "Choose"), *codes]


def _linked(books: Books, body: Body) -> list[dict[str, Any]]:
    """Return what an invoice is linked to, with a way there."""
    found = []
    for link in body.get("LinkedTxn") or []:
        listing = BY_ENTITY.get(str(link.get("TxnType")))
        other = books.look(str(link.get("TxnType")), str(link.get("TxnId")))
        if listing and other:
            found.append({"listing": listing, "id": other["Id"], "body": other})
    return found
