"""Preferences: the company's switches, one object whose Id is "1"."""

from __future__ import annotations

from datetime import date
from typing import Any

from ..faults import INVALID_DATE, INVALID_TYPE, refuse
from ..rules.company import business
from .spec import Body, Change, Entity, Opaque

SECTIONS = (
    "AccountingInfoPrefs",
    "ProductAndServicesPrefs",
    "SalesFormsPrefs",
    "EmailMessagesPrefs",
    "VendorAndPurchasesPrefs",
    "TimeTrackingPrefs",
    "TaxPrefs",
    "CurrencyPrefs",
    "ReportPrefs",
    "OtherPrefs",
)


def _prepare(change: Change) -> None:
    """Lay what was sent over what is kept: no update switches off what it does not name."""
    before, after = change.before or {}, change.after
    for section in SECTIONS:
        sent = after.get(section) if section in change.given else None
        kept = before.get(section, {})
        if sent is not None and not isinstance(sent, dict):
            raise refuse(INVALID_TYPE, f"Invalid type for {section}", section)
        after[section] = _laid_over(kept, sent or {}, section)
    _check(before, after)


def _laid_over(kept: Body, sent: Body, path: str) -> Body:
    merged = dict(kept)
    for name, value in sent.items():
        was = kept.get(name)
        if isinstance(was, dict) and isinstance(value, dict):
            merged[name] = _laid_over(was, value, f"{path}.{name}")
        elif name == "NameValue" and isinstance(was, list) and isinstance(value, list):
            merged[name] = _pairs(was, value)
        elif isinstance(was, bool) and not isinstance(value, bool):
            merged[name] = _as_flag(value, f"{path}.{name}")
        elif value is None:
            merged.pop(name, None)
        elif isinstance(was, dict | list) and not isinstance(value, type(was)):
            raise refuse(INVALID_TYPE, f"Invalid type for {path}.{name}", name)
        else:
            merged[name] = value
    return merged


def _pairs(kept: list[Body], sent: list[Any]) -> list[Body]:
    values = {p["Name"]: p for p in kept}
    values |= {p["Name"]: p for p in sent if isinstance(p, dict) and isinstance(p.get("Name"), str)}
    return list(values.values())


def _as_flag(value: Any, path: str) -> bool:
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise refuse(INVALID_TYPE, f"Invalid type for {path}: {type(value).__name__} was given", path)


def _check(before: Body, after: Body) -> None:
    had, has = before.get("CurrencyPrefs", {}), after["CurrencyPrefs"]
    if (had.get("HomeCurrency") or {}).get("value") != (has.get("HomeCurrency") or {}).get("value"):
        raise business("The home currency of a company cannot be changed.", "HomeCurrency")
    if "HomeCurrency" in had:
        has["HomeCurrency"] = had["HomeCurrency"]
    if had.get("MultiCurrencyEnabled") and not has.get("MultiCurrencyEnabled"):
        raise business("Multicurrency cannot be switched off again.", "MultiCurrencyEnabled")
    closed = after["AccountingInfoPrefs"].get("BookCloseDate")
    try:
        if closed:
            date.fromisoformat(closed)
        elif "BookCloseDate" in after["AccountingInfoPrefs"]:
            del after["AccountingInfoPrefs"]["BookCloseDate"]
    except (TypeError, ValueError):
        raise refuse(INVALID_DATE, f"Invalid Date : {closed}", "BookCloseDate") from None


PREFERENCES = Entity(
    "Preferences",
    {section: Opaque() for section in SECTIONS},
    is_list=False,
    singleton=True,
    writable=True,
    prepare=_prepare,
)
