"""Receive payments: choose the customer, see what is open, say what is paid; the rest stays unapplied."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from starlette.datastructures import FormData
from starlette.responses import Response
from starlette.routing import Route

from ..books import Books
from ..entities import CUSTOMER, PAYMENT
from ..entities.spec import Body
from ..faults import Fault
from ..rules.links import applied
from ..rules.money import ZERO, exact, plain
from ..writing import amend, create_as_bookkeeper
from .choices import Choices
from .deeds import deeds_for, is_voided
from .desk import CompanyVisit, Desk, go
from .fields import Entries, Field, Form, Section, changed, check_one_by_one, shown, typed
from .lists import BY_ENTITY, LISTS, state_of
from .records import changed_meanwhile
from .values import as_text, read_number

MOST = 300
"""Open transactions shown of one customer, the oldest."""


def _holds_money(account: Body) -> bool:
    return account.get("AccountType") in ("Bank", "Other Current Asset")


_CUSTOMER = Field("Customer", "CustomerRef", "ref", to="Customer", needed=True, wide=True)
PAYMENT_FORM = Form(
    (
        Section(
            "Payment",
            (
                _CUSTOMER,
                Field("Date", "TxnDate", "day"),
                Field("Amount received", "TotalAmt", "money", hint="Left empty, as much as is paid below."),
                Field("Method", "PaymentMethodRef", "ref", to="PaymentMethod"),
                Field("Reference number", "PaymentRefNum"),
                Field("Into account", "DepositToAccountRef", "ref", to="Account", among=_holds_money),
                Field("Note", "PrivateNote", "long", wide=True),
            ),
        ),
    )
)
CHOOSING = Form((Section("Customer", (_CUSTOMER,)),))


@dataclass
class OpenOne:
    """An invoice or a credit memo that a payment can settle, and how much of it does."""

    kind: str
    body: Body
    open: Decimal
    """Without this payment."""
    text: str
    error: str = ""

    @property
    def path(self) -> str:
        return f"apply.{self.kind}.{self.body['Id']}"


@dataclass
class Slip:
    entries: Entries
    open_ones: list[OpenOne]
    body: Body
    customer: Body
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def is_wrong(self) -> bool:
        return self.entries.are_wrong or any(one.error for one in self.open_ones)


def routes(desk: Desk) -> list[Route]:
    return [
        desk.company_route("/payments/new", new),
        desk.company_route("/payments/new", create, "POST"),
        desk.company_route("/payments/{id}", show),
        desk.company_route("/payments/{id}", save, "POST"),
    ]


async def new(visit: CompanyVisit) -> Response:
    customer, entries = _chosen(visit)
    if customer is None:
        return _choose(visit, entries)
    reference = {"value": customer["Id"], "name": customer["FullyQualifiedName"]}
    start: Body = {"TxnDate": visit.today.isoformat(), "CustomerRef": reference}
    open_ones = open_for(visit.books, customer, {})
    for one in open_ones:
        if one.kind == "Invoice" and one.body["Id"] == visit.asked("invoice"):
            one.text = as_text(plain(one.open))
    return _page(visit, Slip(shown(PAYMENT_FORM, start), open_ones, {}, customer))


def _chosen(visit: CompanyVisit) -> tuple[Body | None, Entries]:
    sent = FormData(dict(visit.request.query_params))
    if "customer" in sent:
        customer = visit.books.get(CUSTOMER, str(sent["customer"]))
        return customer, Entries(texts={"CustomerRef": ""}, names={"CustomerRef": ""})
    entries = typed(CHOOSING, sent, visit.books, {})
    if any(name.startswith("CustomerRef") for name in sent):
        check_one_by_one(PAYMENT, CHOOSING, entries)
    return visit.books.get(CUSTOMER, entries.texts["CustomerRef"]), entries


def _choose(visit: CompanyVisit, entries: Entries) -> Response:
    return visit.page(
        "payment_from.html",
        status=400 if entries.are_wrong else 200,
        list="payments",
        field=_CUSTOMER,
        entries=entries,
        choices=Choices(visit.books),
    )


async def create(visit: CompanyVisit) -> Response:
    slip, sent = _read(visit, {}, await visit.form()), await visit.form()
    given = _asked(slip, sent)
    if slip.is_wrong:
        return _page(visit, slip)
    given["CustomerRef"] = {"value": slip.customer["Id"]}
    if slip.customer.get("CurrencyRef"):
        given["CurrencyRef"] = {"value": slip.customer["CurrencyRef"]["value"]}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        kept = create_as_bookkeeper(PAYMENT, visit.books, given, at=visit.at)
    except Fault as fault:
        slip.entries.blame(fault, PAYMENT_FORM)
        return _page(visit, slip)
    return go(visit.address(LISTS["payments"], kept["Id"], done="made"))


async def show(visit: CompanyVisit) -> Response:
    body = visit.kept(LISTS["payments"])
    customer = _customer_of(visit.books, body)
    slip = Slip(shown(PAYMENT_FORM, body), open_for(visit.books, customer, body), body, customer)
    return _page(visit, slip)


async def save(visit: CompanyVisit) -> Response:
    body, sent = visit.kept(LISTS["payments"]), await visit.form()
    slip = _read(visit, body, sent)
    if newer := changed_meanwhile(sent.get("_version"), body):
        slip.entries.troubles.append(newer)
    given = _asked(slip, sent)
    if slip.is_wrong:
        return _page(visit, slip)
    if not given:
        return go(visit.address(LISTS["payments"], body["Id"], done="nothing"))
    try:
        amend(PAYMENT, visit.books, body["Id"], given, at=visit.at)
    except Fault as fault:
        slip.entries.blame(fault, PAYMENT_FORM)
        return _page(visit, slip)
    return go(visit.address(LISTS["payments"], body["Id"], done="saved"))


def _customer_of(books: Books, body: Body) -> Body:
    return books.look("Customer", body.get("CustomerRef", {}).get("value", "")) or {}


def open_for(books: Books, customer: Body, payment: Body) -> list[OpenOne]:
    """Return what a customer can settle: open, or settled by this payment; the oldest first."""
    settled = applied(payment)
    found = []
    for owner in _family(books, customer):
        for kind, body in books.owned(owner, ("Invoice", "CreditMemo")):
            mine = settled.get((kind, body["Id"]), ZERO)
            left = exact(body.get("Balance")) + mine
            if left > 0:
                found.append(OpenOne(kind, body, left, as_text(plain(mine)) if mine else ""))
    found.sort(key=lambda one: (one.kind != "Invoice", one.body.get("DueDate") or one.body["TxnDate"]))
    mine_first = [one for one in found if one.text] + [one for one in found if not one.text]
    return mine_first[:MOST] if len(found) > MOST else found


def _family(books: Books, customer: Body) -> list[str]:
    """Return a customer's Id and those of the sub-customers billed with it."""
    ids = [customer["Id"]] if customer else []
    for id in ids:
        ids += [child["Id"] for child in books.children(CUSTOMER, id) if child.get("BillWithParent")]
    return ids


def _read(visit: CompanyVisit, body: Body, sent: FormData) -> Slip:
    entries = typed(PAYMENT_FORM, sent, visit.books, body)
    if body:
        entries.texts["CustomerRef"] = body["CustomerRef"]["value"]
    customer = visit.books.look("Customer", entries.texts["CustomerRef"]) or {}
    entries.names["CustomerRef"] = str(customer.get("FullyQualifiedName", ""))
    open_ones = open_for(visit.books, customer, body)
    for one in open_ones:
        one.text = str(sent.get(one.path) or "").strip()
    return Slip(entries, open_ones, body, customer)


def _asked(slip: Slip, sent: FormData) -> Body:
    check_one_by_one(PAYMENT, PAYMENT_FORM, slip.entries)
    lines = _lines(slip)
    if slip.is_wrong:
        return {}
    if not slip.entries.texts["TotalAmt"]:
        charged = sum((exact(x["Amount"]) for x in lines if _kind(x) == "Invoice"), ZERO)
        credited = sum((exact(x["Amount"]) for x in lines if _kind(x) == "CreditMemo"), ZERO)
        slip.entries.texts["TotalAmt"] = as_text(plain(max(charged - credited, ZERO)))
    given = changed(PAYMENT_FORM, slip.entries, slip.body)
    given.pop("CustomerRef", None)
    if applied({"Line": lines}) != applied(slip.body):
        given["Line"] = lines
    return given


def _lines(slip: Slip) -> list[Body]:
    lines = []
    for one in slip.open_ones:
        amount = read_number(one.text or "0")
        if isinstance(amount, str) or amount < 0:
            one.error = "This has to be an amount."
        elif exact(amount) > one.open:
            one.error = f"Only {one.open:,} is open."
        elif amount:
            link = {"TxnId": one.body["Id"], "TxnType": one.kind}
            lines.append({"Amount": amount, "LinkedTxn": [link]})
    return lines


def _kind(line: Body) -> str:
    return str(line["LinkedTxn"][0]["TxnType"])


def _page(visit: CompanyVisit, slip: Slip) -> Response:
    body = slip.body
    return visit.page(
        "payment.html",
        status=400 if slip.is_wrong else 200,
        list="payments",
        listing=BY_ENTITY["Payment"],
        slip=slip,
        form=PAYMENT_FORM,
        entries=slip.entries,
        body=body,
        is_new=not body,
        is_voided=is_voided(body),
        name=f"Payment {body.get('PaymentRefNum') or body.get('Id')}" if body else "New payment",
        choices=Choices(visit.books),
        deeds=deeds_for(PAYMENT, body) if body else [],
        state=state_of(PAYMENT, body, today=visit.today) if body else "",
        most=MOST,
        lists=BY_ENTITY,
    )
