"""RecurringTransaction: a template for transactions, travelling under the transaction's own name."""

from __future__ import annotations

from .spec import Entity, Flag, Group, Kind, Number, Text

RECURRING_INFO = Group(
    {
        "Name": Text(100),
        "RecurType": Text(),
        "Active": Flag(),
        "ScheduleInfo": Group(
            {
                "StartDate": Text(),
                "EndDate": Text(),
                "NextDate": Text(),
                "PreviousDate": Text(),
                "DaysBefore": Number(),
                "MaxOccurrences": Number(),
                "RemindDays": Number(),
                "IntervalType": Text(),
                "NumInterval": Number(),
                "DayOfMonth": Number(),
                "DayOfWeek": Text(),
                "MonthOfYear": Text(),
                "WeekOfMonth": Text(),
            }
        ),
    }
)

TEMPLATE_OF = (
    "Bill",
    "Purchase",
    "CreditMemo",
    "Deposit",
    "Estimate",
    "Invoice",
    "JournalEntry",
    "RefundReceipt",
    "SalesReceipt",
    "Transfer",
    "VendorCredit",
    "PurchaseOrder",
)

_FIELDS: dict[str, Kind] = {"Type": Text(), "Name": Text()}


RECURRING_TRANSACTION = Entity(
    "RecurringTransaction",
    _FIELDS,
    is_list=False,
    wrapped=True,
    numbering="transactions",
    in_cdc=False,
    columns={"Type": "owner", "Name": "name"},
)
