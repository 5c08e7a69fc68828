"""The console: look at a company and edit it as its bookkeeper would, and throw the switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .bookkeeping import make_active, make_inactive
from .books import Books
from .calls import CallLog
from .clock import stamp_with_ms
from .entities import ACCOUNT, CUSTOMER, EMPLOYEE, INVOICE, ITEM, PAYMENT, VENDOR
from .entities.spec import Body, Entity
from .faults import Fault
from .pages import Pages
from .registry import Company
from .simulator import Simulator
from .switches import FAILURES, Switches
from .writing import amend, create_as_bookkeeper

ROWS = 50

_LISTS: dict[str, tuple[Entity, tuple[tuple[str, str], ...]]] = {
    "customers": (
        CUSTOMER,
        (
            ("Name", "FullyQualifiedName"),
            ("Company", "CompanyName"),
            ("E-mail", "PrimaryEmailAddr.Address"),
            ("Phone", "PrimaryPhone.FreeFormNumber"),
            ("City", "BillAddr.City"),
            ("Balance", "Balance"),
        ),
    ),
    "invoices": (
        INVOICE,
        (
            ("Number", "DocNumber"),
            ("Customer", "CustomerRef.name"),
            ("Date", "TxnDate"),
            ("Due", "DueDate"),
            ("Total", "TotalAmt"),
            ("Balance", "Balance"),
            ("E-mail", "EmailStatus"),
        ),
    ),
    "payments": (
        PAYMENT,
        (
            ("Number", "PaymentRefNum"),
            ("Customer", "CustomerRef.name"),
            ("Date", "TxnDate"),
            ("Total", "TotalAmt"),
            ("Unapplied", "UnappliedAmt"),
        ),
    ),
    "vendors": (
        VENDOR,
        (("Name", "DisplayName"), ("E-mail", "PrimaryEmailAddr.Address"), ("Balance", "Balance")),
    ),
    "employees": (
        EMPLOYEE,
        (
            ("Name", "DisplayName"),
            ("E-mail", "PrimaryEmailAddr.Address"),
            ("Phone", "PrimaryPhone.FreeFormNumber"),
            ("Hired", "HiredDate"),
        ),
    ),
    "items": (
        ITEM,
        (
            ("Name", "FullyQualifiedName"),
            ("Type", "Type"),
            ("SKU", "Sku"),
            ("Price", "UnitPrice"),
            ("On hand", "QtyOnHand"),
            ("Income account", "IncomeAccountRef.name"),
        ),
    ),
    "accounts": (
        ACCOUNT,
        (
            ("Name", "FullyQualifiedName"),
            ("Type", "AccountType"),
            ("Detail type", "AccountSubType"),
            ("Balance", "CurrentBalance"),
        ),
    ),
}

_NUMERIC = ("Balance", "Price", "On hand", "Total", "Unapplied")

# The form of a customer: (legend, ((label, path of the field, input type), …))
_FORM: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Name",
        (
            ("Display name", "DisplayName", "text"),
            ("Company", "CompanyName", "text"),
            ("Title", "Title", "text"),
            ("First name", "GivenName", "text"),
            ("Middle name", "MiddleName", "text"),
            ("Last name", "FamilyName", "text"),
            ("Suffix", "Suffix", "text"),
            ("Parent customer (Id)", "ParentRef.value", "text"),
        ),
    ),
    (
        "Contact",
        (
            ("E-mail", "PrimaryEmailAddr.Address", "text"),
            ("Phone", "PrimaryPhone.FreeFormNumber", "text"),
            ("Mobile", "Mobile.FreeFormNumber", "text"),
            ("Website", "WebAddr.URI", "text"),
        ),
    ),
    *(
        (
            legend,
            (
                ("Street", f"{field}.Line1", "text"),
                ("Street, second line", f"{field}.Line2", "text"),
                ("City", f"{field}.City", "text"),
                ("State", f"{field}.CountrySubDivisionCode", "text"),
                ("ZIP", f"{field}.PostalCode", "text"),
                ("Country", f"{field}.Country", "text"),
            ),
        )
        for legend, field in (("Billing address", "BillAddr"), ("Shipping address", "ShipAddr"))
    ),
    ("Notes", (("Notes", "Notes", "textarea"),)),
)


def field_of(body: Body, path: str) -> Any:
    """Return the value at a dotted path, or an empty text."""
    value: Any = body
    for step in path.split("."):
        value = value.get(step, "") if isinstance(value, dict) else ""
    return value


def state_of(body: Body) -> str:
    """Say in a word how an object stands."""
    if "TxnDate" not in body:
        return "Active" if body.get("Active", True) else "Inactive"
    if str(body.get("PrivateNote", "")).startswith("Voided"):
        return "Voided"
    if "UnappliedAmt" in body:
        return "Unapplied" if body["UnappliedAmt"] else "Applied"
    if body["Balance"] == 0:
        return "Paid"
    return "Partly paid" if body["Balance"] < body["TotalAmt"] else "Open"


@dataclass
class Console:
    simulator: Simulator
    switches: Switches
    log: CallLog
    pages: Pages

    def routes(self) -> list[Route]:
        customers = "/console/{realm}/customers"
        return [
            Route("/", self.home),
            Route("/console", self.home),
            Route("/console/calls", self.calls),
            Route("/console/calls/{number:int}", self.call),
            Route("/console/switches", self.show_switches, methods=["GET"]),
            Route("/console/switches/delay", self.set_delay, methods=["POST"]),
            Route("/console/switches/fault", self.add_fault, methods=["POST"]),
            Route("/console/switches/throttle", self.set_throttle, methods=["POST"]),
            Route("/console/switches/clock", self.move_clock, methods=["POST"]),
            Route("/console/switches/expire", self.expire, methods=["POST"]),
            Route("/console/switches/clear", self.clear, methods=["POST"]),
            Route("/console/{realm}/disconnect", self.disconnect, methods=["POST"]),
            Route(f"{customers}/new", self.new_customer, methods=["GET", "POST"]),
            Route(f"{customers}/{{id}}", self.customer, methods=["GET", "POST"]),
            Route(f"{customers}/{{id}}/active", self.set_active, methods=["POST"]),
            Route("/console/{realm}/{list}", self.list),
            Route("/{anywhere:path}", self.lost),
        ]

    async def lost(self, request: Request) -> Response:
        return self._missing(request)

    # Companies

    async def home(self, request: Request) -> Response:
        companies = [
            {
                "company": company,
                "counts": self.simulator.books(company.realm).counts(),
                "connections": self.simulator.registry.live_connections(company.realm),
            }
            for company in self.simulator.registry.companies()
        ]
        return self._page(request, "companies.html", companies=companies)

    async def disconnect(self, request: Request) -> Response:
        self.simulator.registry.disconnect(request.path_params["realm"])
        return RedirectResponse("/", 303)

    async def list(self, request: Request) -> Response:
        company = self._company(request)
        name = request.path_params["list"]
        if company is None or name not in _LISTS:
            return self._missing(request)
        entity, columns = _LISTS[name]
        search = request.query_params.get("q", "")
        page = max(1, _whole(request.query_params.get("page"), 1))
        total, rows = self._books(company).search(entity, search, offset=(page - 1) * ROWS, rows=ROWS)
        first = (page - 1) * ROWS + 1
        return self._page(
            request,
            "list.html",
            company=company,
            lists=tuple(_LISTS),
            list=name,
            columns=columns,
            numeric=_NUMERIC,
            rows=rows,
            field_of=field_of,
            state_of=state_of,
            search=search,
            total=total,
            first=first,
            last=min(total, first + ROWS - 1),
            previous=_address(q=search, page=page - 1) if page > 1 else "",
            next=_address(q=search, page=page + 1) if page * ROWS < total else "",
        )

    # Customers

    async def new_customer(self, request: Request) -> Response:
        company = self._company(request)
        if company is None:
            return self._missing(request)
        if request.method == "GET":
            return self._form(request, company, {})
        fields = _fields(await request.form(), {})
        try:
            kept = create_as_bookkeeper(CUSTOMER, self._books(company), fields, at=self.simulator.clock.now())
        except Fault as fault:
            return self._form(request, company, fields, error=str(fault))
        return RedirectResponse(f"/console/{company.realm}/customers/{kept['Id']}?saved=1", 303)

    async def customer(self, request: Request) -> Response:
        company = self._company(request)
        id = request.path_params["id"]
        kept = self._books(company).get(CUSTOMER, id) if company else None
        if company is None or kept is None:
            return self._missing(request)
        if request.method == "GET":
            return self._form(request, company, kept)
        fields = _fields(await request.form(), kept)
        try:
            amend(CUSTOMER, self._books(company), id, fields, at=self.simulator.clock.now())
        except Fault as fault:
            return self._form(request, company, {**kept, **fields}, error=str(fault))
        return RedirectResponse(f"/console/{company.realm}/customers/{id}?saved=1", 303)

    async def set_active(self, request: Request) -> Response:
        company = self._company(request)
        id = request.path_params["id"]
        kept = self._books(company).get(CUSTOMER, id) if company else None
        if company is None or kept is None:
            return self._missing(request)
        active = (await request.form()).get("active") == "yes"
        turn = make_active if active else make_inactive
        try:
            turn(self._books(company), id, at=self.simulator.clock.now())
        except Fault as fault:
            return self._form(request, company, kept, error=str(fault))
        return RedirectResponse(f"/console/{company.realm}/customers/{id}?saved=1", 303)

    def _form(self, request: Request, company: Company, customer: Body, *, error: str = "") -> Response:
        return self._page(
            request,
            "customer.html",
            status=400 if error else 200,
            company=company,
            lists=tuple(_LISTS),
            list="customers",
            form=_FORM,
            customer=customer,
            field_of=field_of,
            error=error,
            saved="saved" in request.query_params and not error,
        )

    # Calls

    async def calls(self, request: Request) -> Response:
        realm = request.query_params.get("realm") or None
        path = request.query_params.get("path") or None
        return self._page(
            request,
            "calls.html",
            calls=self.log.latest(realm=realm, path=path, limit=100),
            counters=self.log.counters(),
            names={c.realm: c.name for c in self.simulator.registry.companies()},
            realm=realm or "",
            path=path or "",
        )

    async def call(self, request: Request) -> Response:
        call = self.log.find(request.path_params["number"])
        if call is None:
            return self._missing(request)
        return self._page(request, "call.html", call=call)

    # Switches

    async def show_switches(self, request: Request) -> Response:
        return self._page(
            request,
            "switches.html",
            switches=self.switches,
            failures=FAILURES,
            now=stamp_with_ms(self.simulator.clock.now()),
        )

    async def set_delay(self, request: Request) -> Response:
        form = await request.form()
        self.switches.set_delay(_whole(form.get("ms"), 0), path=str(form.get("path") or ""))
        return self._to_switches()

    async def add_fault(self, request: Request) -> Response:
        form = await request.form()
        kind = str(form.get("kind"))
        if kind in FAILURES:
            self.switches.add_failure(
                kind,
                count=_whole(form.get("count"), 1),
                path=str(form.get("path") or ""),
                when="after" if form.get("when") == "after" else "before",
            )
        return self._to_switches()

    async def set_throttle(self, request: Request) -> Response:
        self.switches.throttling = (await request.form()).get("enabled") == "yes"
        return self._to_switches()

    async def move_clock(self, request: Request) -> Response:
        hours = _whole((await request.form()).get("hours"), 0)
        self.simulator.registry.move_clock(hours * 3600)
        return self._to_switches()

    async def expire(self, request: Request) -> Response:
        self.simulator.registry.expire_access_tokens()
        return self._to_switches()

    async def clear(self, request: Request) -> Response:
        self.switches.reset()
        return self._to_switches()

    def _to_switches(self) -> Response:
        return RedirectResponse("/console/switches", 303)

    # Common to all pages

    def _company(self, request: Request) -> Company | None:
        return self.simulator.registry.company(request.path_params["realm"])

    def _books(self, company: Company) -> Books:
        return self.simulator.books(company.realm)

    def _missing(self, request: Request) -> Response:
        return self._page(request, "missing.html", status=404)

    def _page(self, request: Request, template: str, *, status: int = 200, **shown: Any) -> Response:
        return self.pages.page(request, template, status=status, here=request.url.path, **shown)


def _fields(form: FormData, before: Body) -> Body:
    """Return the fields of a submitted customer form; an emptied one is None."""
    fields: Body = {}
    for _, inputs in _FORM:
        for _, path, _ in inputs:
            _put(fields, path, str(form.get(path) or "").strip())
    for name, value in fields.items():
        if isinstance(value, dict) and not any(value.values()):
            fields[name] = None
        elif isinstance(value, dict) and "Line1" in value:
            fields[name] = {**_beyond_the_form(before.get(name)), **value}
    fields["Job"] = fields["ParentRef"] is not None
    fields["Taxable"] = form.get("Taxable") == "yes"
    return fields


def _beyond_the_form(address: Any) -> Body:
    kept = ("Id", "Line3", "Line4", "Line5", "Lat", "Long")
    return {k: v for k, v in (address or {}).items() if k in kept}


def _put(fields: Body, path: str, value: str) -> None:
    head, _, rest = path.partition(".")
    if rest:
        fields.setdefault(head, {})[rest] = value
    else:
        fields[head] = value or None


def _whole(value: object, default: int) -> int:
    text = str(value or "")
    return int(text) if text.isdigit() else default


def _address(**parameters: Any) -> str:
    return "?" + urlencode({k: v for k, v in parameters.items() if v})
