"""The settings of a company: its switches in words, its name and address, its subscription."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response
from starlette.routing import Route

from ..control import SUBSCRIPTION_STATES
from ..entities import COMPANY_INFO, PREFERENCES
from ..entities.spec import Body
from ..faults import Fault
from ..rules.company import other_preference
from ..writing import amend
from .choices import Choices
from .desk import CompanyVisit, Desk, go
from .fields import Entries, Field, Form, Section, changed, check_one_by_one, shown, typed
from .forms import address
from .values import value_at

COMPANY_FORM = Form(
    (
        Section(
            "Company",
            (
                Field("Company name", "CompanyName", needed=True),
                Field("Legal name", "LegalName"),
                Field("E-mail", "Email.Address"),
                Field("Phone", "PrimaryPhone.FreeFormNumber"),
            ),
        ),
        address("Address", "CompanyAddr", folded=True),
    )
)


@dataclass(frozen=True)
class Switch:
    """One preference that is on or off, in words."""

    words: str
    path: str
    """Of the preference; one of OtherPrefs begins with `OtherPrefs:`."""
    hint: str = ""
    initially: bool = False
    for_good: bool = False
    """Cannot be switched off again."""

    def is_on(self, visit: CompanyVisit, preferences: Body) -> bool:
        if other := self.other:
            return other_preference(visit.books, other, "true" if self.initially else "false") == "true"
        return bool(value_at(preferences, self.path))

    @property
    def other(self) -> str:
        return self.path.partition("OtherPrefs:")[2]

    def put(self, asked: Body, *, on: bool) -> None:
        if other := self.other:
            pairs = asked.setdefault("OtherPrefs", {}).setdefault("NameValue", [])
            pairs.append({"Name": other, "Value": "true" if on else "false"})
        else:
            section, name = self.path.split(".")
            asked.setdefault(section, {})[name] = on


SWITCHES: tuple[tuple[str, tuple[Switch, ...]], ...] = (
    (
        "Sales forms",
        (
            Switch(
                "Custom transaction numbers",
                "SalesFormsPrefs.CustomTxnNumbers",
                "The bookkeeper numbers forms. Off: QuickBooks counts.",
            ),
            Switch(
                "Warn of duplicate numbers",
                "OtherPrefs:SalesFormsPrefs.WarnDuplicateDocNumber",
                "An app's duplicate is refused with 6140. Off: duplicates are taken.",
                initially=True,
            ),
            Switch("Discounts", "SalesFormsPrefs.AllowDiscount"),
            Switch("Shipping", "SalesFormsPrefs.AllowShipping"),
            Switch("Deposits", "SalesFormsPrefs.AllowDeposit"),
            Switch("Tips", "OtherPrefs:SalesFormsPrefs.AllowGratuity"),
        ),
    ),
    (
        "Sales tax",
        (
            Switch("Sales tax", "TaxPrefs.UsingSalesTax", "Off: no line is taxed."),
            Switch(
                "Automated sales tax",
                "TaxPrefs.PartnerTaxEnabled",
                "QuickBooks finds the rate by the address, whatever code an app sends.",
            ),
        ),
    ),
    (
        "Currencies",
        (
            Switch(
                "Several currencies",
                "CurrencyPrefs.MultiCurrencyEnabled",
                "Cannot be switched off again.",
                for_good=True,
            ),
        ),
    ),
    (
        "Tracking",
        (
            Switch("A class for each form", "AccountingInfoPrefs.ClassTrackingPerTxn"),
            Switch("A class for each line", "AccountingInfoPrefs.ClassTrackingPerTxnLine"),
            Switch("Locations (departments)", "AccountingInfoPrefs.TrackDepartments"),
        ),
    ),
)

VALUES = Form(
    (
        Section(
            "Books",
            (
                Field(
                    "Books are closed up to",
                    "AccountingInfoPrefs.BookCloseDate",
                    "day",
                    hint="Transactions of this day and before cannot be changed. Empty: all are open.",
                ),
                Field("Usual terms", "SalesFormsPrefs.DefaultTerms", "ref", to="Term"),
            ),
        ),
    )
)

STATE_WORDS = {
    "TRIAL": "Trial",
    "TRIALOPTIN": "Trial, to be paid afterwards",
    "SUBSCRIBED": "Subscribed",
    "EXPIRED": "Expired: read only",
    "RESTRICTED": "Restricted: read only",
    "SUSPENDED": "Suspended: read only",
    "CANCELED": "Canceled: read only",
}


def routes(desk: Desk) -> list[Route]:
    return [
        desk.company_route("/settings", show),
        desk.company_route("/settings/company", save_company, "POST"),
        desk.company_route("/settings/preferences", save_preferences, "POST"),
        desk.company_route("/settings/subscription", save_subscription, "POST"),
    ]


async def show(visit: CompanyVisit) -> Response:
    return _page(visit)


async def save_company(visit: CompanyVisit) -> Response:
    info = visit.books.look("CompanyInfo", "1") or {}
    entries = typed(COMPANY_FORM, await visit.form(), visit.books, info)
    check_one_by_one(COMPANY_INFO, COMPANY_FORM, entries)
    if entries.are_wrong:
        return _page(visit, company=entries)
    fields = changed(COMPANY_FORM, entries, info)
    if not fields:
        return go(f"{visit.here}/settings?done=nothing")
    try:
        amend(COMPANY_INFO, visit.books, "1", fields, at=visit.at)
    except Fault as fault:
        entries.blame(fault, COMPANY_FORM)
        return _page(visit, company=entries)
    if "CompanyName" in fields:
        visit.desk.simulator.registry.rename(visit.company.realm, fields["CompanyName"])
    return go(f"{visit.here}/settings?done=saved")


async def save_preferences(visit: CompanyVisit) -> Response:
    sent = await visit.form()
    preferences = visit.books.look("Preferences", "1") or {}
    entries = typed(VALUES, sent, visit.books, preferences)
    asked = _switched(visit, sent, preferences)
    _add_values(asked, entries, preferences)
    if not asked:
        return go(f"{visit.here}/settings?done=nothing")
    try:
        amend(PREFERENCES, visit.books, "1", asked, at=visit.at)
    except Fault as fault:
        entries.blame(fault, VALUES)
        return _page(visit, values=entries, ticked={name for name in sent if sent[name] == "yes"})
    return go(f"{visit.here}/settings?done=saved")


def _switched(visit: CompanyVisit, sent: FormData, preferences: Body) -> Body:
    asked: Body = {}
    for _, switches in SWITCHES:
        for switch in switches:
            on = sent.get(switch.path) == "yes"
            was = switch.is_on(visit, preferences)
            if on != was and not (was and switch.for_good):
                switch.put(asked, on=on)
    return asked


def _add_values(asked: Body, entries: Entries, preferences: Body) -> None:
    """Add what is no switch; only what changed, for a preference that is not named stays."""
    was = shown(VALUES, preferences).texts
    for one in VALUES.fields:
        if entries.texts[one.path] != was[one.path]:
            section, name = one.path.split(".")
            text: Any = entries.texts[one.path]
            asked.setdefault(section, {})[name] = _AS[one.kind](text)


_AS: dict[str, Callable[[str], Any]] = {
    "day": lambda text: text or None,
    "ref": lambda text: {"value": text} if text else None,
}


async def save_subscription(visit: CompanyVisit) -> Response:
    state = str((await visit.form()).get("state") or "")
    if state in SUBSCRIPTION_STATES:
        visit.desk.control.set_subscription(visit.request, {"state": state})
    return go(f"{visit.here}/settings?done=saved")


def _page(
    visit: CompanyVisit,
    *,
    company: Entries | None = None,
    values: Entries | None = None,
    ticked: set[str] | None = None,
) -> Response:
    info = visit.books.look("CompanyInfo", "1") or {}
    preferences = visit.books.look("Preferences", "1") or {}
    company = company or shown(COMPANY_FORM, info)
    values = values or shown(VALUES, preferences)
    on = {s.path for _, group in SWITCHES for s in group if s.is_on(visit, preferences)}
    pairs = {pair.get("Name"): pair.get("Value") for pair in info.get("NameValue") or []}
    return visit.page(
        "settings.html",
        status=400 if company.are_wrong or values.are_wrong else 200,
        list="settings",
        info=info,
        company_form=COMPANY_FORM,
        company_entries=company,
        switches=SWITCHES,
        ticked=on if ticked is None else ticked,
        switched_on=on,
        values_form=VALUES,
        values=values,
        choices=Choices(visit.books),
        states=[(state, STATE_WORDS.get(state, state.capitalize())) for state in SUBSCRIPTION_STATES],
        state=pairs.get("SubscriptionStatus", ""),
        home=value_at(preferences, "CurrencyPrefs.HomeCurrency.value") or "USD",
        connections=visit.desk.simulator.registry.live_connections(visit.company.realm),
    )
