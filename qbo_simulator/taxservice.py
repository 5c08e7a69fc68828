"""The tax service: makes a tax code, with new rates or existing ones, in one call."""

from __future__ import annotations

from datetime import datetime

from .books import Books
from .clock import stamp
from .entities import TAX_AGENCY, TAX_CODE, TAX_RATE
from .entities.names import single_spaced
from .entities.spec import Body, Entity
from .faults import DUPLICATE_NAME, INVALID_REFERENCE, NUMBER_RANGE, REQUIRED_MISSING, Fault, refuse
from .rules.company import check_subscription
from .rules.lines import missing

SIDES = {"sales": "Sales", "purchase": "Purchase"}


def make_tax_code(books: Books, given: Body, *, at: datetime) -> Body:
    """Return {TaxCode, TaxCodeId, TaxRateDetails}, which travel unwrapped."""
    name = single_spaced(str(given.get("TaxCode") or ""))
    details = given.get("TaxRateDetails")
    if not name:
        raise missing("TaxCode")
    if not isinstance(details, list) or not details:
        raise missing("TaxRateDetails")
    with books.transaction():
        check_subscription(books)
        _check_free(books, "TaxCode", name)
        made = [_rate(books, detail if isinstance(detail, dict) else {}, at) for detail in details]
        code = _kept(TAX_CODE, books, at, _code(name, made))
        return {"TaxCode": name, "TaxCodeId": code["Id"], "TaxRateDetails": made}


def _check_free(books: Books, kind: str, name: str) -> None:
    if any(body["Name"].casefold() == name.casefold() for body in books.all_named(kind)):
        raise refuse(
            DUPLICATE_NAME, f"The name supplied already exists. : {name} is the name of another {kind}."
        )


def _rate(books: Books, detail: Body, at: datetime) -> Body:
    side = SIDES.get(str(detail.get("TaxApplicableOn") or "Sales").lower())
    if side is None:
        raise refuse(REQUIRED_MISSING, "TaxApplicableOn has to be Sales or Purchase", "TaxApplicableOn")
    if detail.get("TaxRateId"):
        rate = books.look("TaxRate", str(detail["TaxRateId"]))
        if rate is None:
            raise _unknown("TaxRateId", str(detail["TaxRateId"]))
        agency = rate.get("AgencyRef", {}).get("value", "")
        return _answer(rate, agency, side)
    name = single_spaced(str(detail.get("TaxRateName") or ""))
    if not name:
        raise missing("TaxRateName")
    agency = str(detail.get("TaxAgencyId") or "")
    if books.get(TAX_AGENCY, agency) is None:
        raise _unknown("TaxAgencyId", agency)
    _check_free(books, "TaxRate", name)
    fields = {
        "Name": name,
        "Description": name,
        "RateValue": _percent(detail.get("RateValue")),
        "AgencyRef": {"value": agency},
        "SpecialTaxType": "NONE",
        "DisplayType": "ReadOnly",
    }
    return _answer(_kept(TAX_RATE, books, at, fields), agency, side)


def _unknown(name: str, id: str) -> Fault:
    return refuse(INVALID_REFERENCE, f"Invalid Reference Id : {name} {id} not found", name)


def _percent(value: object) -> float:
    try:
        percent = float(str(value))
    except ValueError:
        percent = -1
    if not 0 <= percent <= 100:
        raise refuse(NUMBER_RANGE, f"RateValue has to lie between 0 and 100: {value}", "RateValue")
    return percent


def _answer(rate: Body, agency: str, side: str) -> Body:
    return {
        "TaxRateName": rate["Name"],
        "TaxRateId": rate["Id"],
        "RateValue": rate["RateValue"],
        "TaxAgencyId": str(agency),
        "TaxApplicableOn": side,
    }


def _code(name: str, rates: list[Body]) -> Body:
    lists = {
        f"{side}TaxRateList": {
            "TaxRateDetail": [
                {
                    "TaxRateRef": {"value": rate["TaxRateId"], "name": rate["TaxRateName"]},
                    "TaxTypeApplicable": "TaxOnAmount",
                    "TaxOrder": order,
                }
                for order, rate in enumerate(r for r in rates if r["TaxApplicableOn"] == side)
            ]
        }
        for side in SIDES.values()
    }
    return {"Name": name, "Description": name, "Taxable": True, "TaxGroup": True, "Hidden": False, **lists}


def _kept(entity: Entity, books: Books, at: datetime, fields: Body) -> Body:
    body = {
        **fields,
        "Id": books.next_id(entity),
        "Active": True,
        "SyncToken": "0",
        "domain": "QBO",
        "sparse": False,
        "MetaData": {"CreateTime": stamp(at), "LastUpdatedTime": stamp(at)},
    }
    books.put(entity, body)
    return body
