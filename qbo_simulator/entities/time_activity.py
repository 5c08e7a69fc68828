"""Time activity: hours somebody worked."""

from __future__ import annotations

from ..rules import forms, lines
from ..rules.company import business, check_open_period
from ..rules.money import exact
from .spec import Change, Choice, Day, Flag, Kind, Number, Opaque, Ref, Text
from .transaction import transaction

_WORKERS = {"Employee": "EmployeeRef", "Vendor": "VendorRef"}


def _prepare_time(change: Change) -> None:
    after = change.after
    forms.settle_date(change)
    check_open_period(change)
    worker = _WORKERS[after["NameOf"]]
    if not after.get(worker):
        raise lines.missing(worker)
    by_clock = after.get("StartTime") and after.get("EndTime")
    if not by_clock and not exact(after.get("Hours")) and not exact(after.get("Minutes")):
        raise lines.missing("Hours")
    if after.get("BillableStatus") == "Billable" and not after.get("CustomerRef"):
        raise business("Choose a customer for billable time.", "CustomerRef")


_TIME: dict[str, Kind] = {
    "TxnDate": Day(),
    "NameOf": Choice(("Employee", "Vendor")),
    "EmployeeRef": Ref("Employee"),
    "VendorRef": Ref("Vendor"),
    "CustomerRef": Ref("Customer"),
    "ProjectRef": Ref("Customer", queryable=False),
    "DepartmentRef": Ref("Department", queryable=False),
    "ItemRef": Ref("Item"),
    "ClassRef": Ref("Class"),
    "PayrollItemRef": Ref(),
    "BillableStatus": Choice(("Billable", "NotBillable", "HasBeenBilled")),
    "Taxable": Flag(),
    "HourlyRate": Number(),
    "CostRate": Number(),
    "Hours": Number(8760),
    "Minutes": Number(59),
    "Seconds": Number(59),
    "BreakHours": Number(8760),
    "BreakMinutes": Number(59),
    "BreakSeconds": Number(59),
    "StartTime": Text(),
    "EndTime": Text(),
    "TimeZone": Text(),
    "Description": Text(4000, queryable=False),
    "TransactionLocationType": Text(),
    "AttachableRef": Opaque(),
}

TIME_ACTIVITY = transaction(
    "TimeActivity",
    _TIME,
    numbering="time activities",
    required=("NameOf",),
    in_cdc=False,
    defaults=lambda books: {"BillableStatus": "NotBillable", "Taxable": False},
    prepare=_prepare_time,
)
