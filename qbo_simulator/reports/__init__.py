"""Reports: one declaration each, worked out from the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ..clock import PACIFIC, stamp
from ..faults import FEATURE_MISSING, UNSUPPORTED, refuse
from ..ledger.completing import complete
from ..rules.company import home_currency, preference
from . import details, people, statements, sums
from .asking import understand
from .figures import Ledger
from .shape import Table

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body

YEAR_TO_DATE, MONTH_TO_DATE, ALL = "this calendar year-to-date", "this month-to-date", "all"


@dataclass(frozen=True)
class Report:
    name: str
    make: Callable[[Ledger], Table]
    usual_days: str = YEAR_TO_DATE
    by_cash: bool = True
    """Knows the cash basis."""
    totals: bool = True
    """Adds up its columns; balances cannot be added up."""


REPORTS = (
    Report("ProfitAndLoss", statements.profit_and_loss),
    Report("ProfitAndLossDetail", details.profit_and_loss_detail, MONTH_TO_DATE),
    Report("BalanceSheet", statements.balance_sheet, totals=False),
    Report("TrialBalance", statements.trial_balance, MONTH_TO_DATE),
    Report("CashFlow", statements.cash_flow, by_cash=False),
    Report("GeneralLedger", details.general_ledger, MONTH_TO_DATE),
    Report("JournalReport", details.journal_report, MONTH_TO_DATE),
    Report("TransactionList", details.transaction_list, MONTH_TO_DATE),
    Report(
        "TransactionListByCustomer",
        partial(details.transaction_list_by, kind="Customer"),
        MONTH_TO_DATE,
    ),
    Report("TransactionListByVendor", partial(details.transaction_list_by, kind="Vendor"), MONTH_TO_DATE),
    Report("CustomerBalance", partial(people.balances, side=people.CUSTOMERS), ALL, by_cash=False),
    Report(
        "CustomerBalanceDetail", partial(people.balance_detail, side=people.CUSTOMERS), ALL, by_cash=False
    ),
    Report("AgedReceivables", partial(people.aged, side=people.CUSTOMERS), "today", by_cash=False),
    Report(
        "AgedReceivableDetail", partial(people.aged_detail, side=people.CUSTOMERS), "today", by_cash=False
    ),
    Report("VendorBalance", partial(people.balances, side=people.VENDORS), ALL, by_cash=False),
    Report("VendorBalanceDetail", partial(people.balance_detail, side=people.VENDORS), ALL, by_cash=False),
    Report("AgedPayables", partial(people.aged, side=people.VENDORS), "today", by_cash=False),
    Report("AgedPayableDetail", partial(people.aged_detail, side=people.VENDORS), "today", by_cash=False),
    Report("CustomerIncome", sums.customer_income),
    Report("CustomerSales", sums.customer_sales),
    Report("ItemSales", sums.item_sales, MONTH_TO_DATE),
    Report("ClassSales", sums.class_sales),
    Report("DepartmentSales", sums.department_sales),
    Report("VendorExpenses", sums.vendor_expenses),
    Report("InventoryValuationSummary", sums.inventory_valuation, "today", by_cash=False),
    Report("AccountList", sums.account_list, ALL, by_cash=False),
)
_BY_NAME = {report.name.lower(): report for report in REPORTS}

NOT_SIMULATED = (
    "FECReport",
    "GeneralLedgerFR",
    "InventoryValuationDetail",
    "JournalReportFR",
    "TaxSummary",
    "TransactionListWithSplits",
)


def report(books: Books, name: str, parameters: Mapping[str, str], *, at: datetime) -> Body:
    """Work a report out. Raises Fault for one that is unknown or not simulated, and for wrong parameters."""
    declared = _declared(name)
    first_month = preference(books, "AccountingInfoPrefs", "FirstMonthOfFiscalYear", "January")
    asked = understand(
        declared.name,
        parameters,
        today=at.astimezone(PACIFIC).date(),
        fiscal_month=_MONTHS.index(first_month) + 1 if first_month in _MONTHS else 1,
        usual=declared.usual_days,
    )
    if asked.method == "Cash" and not declared.by_cash:
        asked = replace(asked, method="Accrual")
    complete(books, at=at)
    ledger = Ledger(books, asked, totals=declared.totals)
    return _document(declared.make(ledger), ledger, at)


_MONTHS = "January February March April May June July August September October November December".split()


def _declared(name: str) -> Report:
    known = _BY_NAME.get(name.lower())
    if known is not None:
        return known
    missing = next((other for other in NOT_SIMULATED if other.lower() == name.lower()), None)
    if missing is not None:
        raise refuse(FEATURE_MISSING, f"Feature Not Supported : the report {missing} is not simulated.")
    raise refuse(UNSUPPORTED, f"Unsupported Operation : there is no report {name}.")


def _document(table: Table, ledger: Ledger, at: datetime) -> Body:
    asked = ledger.asked
    header: Body = {"Time": stamp(at), "ReportName": asked.report}
    if asked.macro:
        header["DateMacro"] = asked.macro
    if table.shows_basis:
        header["ReportBasis"] = asked.method
    if table.shows_start and asked.end.year != 9999:
        header["StartPeriod"] = asked.start.isoformat()
    if asked.end.year != 9999:
        header["EndPeriod"] = asked.end.isoformat()
    if table.shows_basis:
        header["SummarizeColumnsBy"] = asked.summarize
    header["Currency"] = home_currency(ledger.books)["value"]
    for column, ids in asked.filters.items():
        header[column.title()] = ",".join(ids)
    empty = not any(row.get("type") == "Data" or row.get("Rows", {}).get("Row") for row in table.rows)
    options = [*table.options, ("NoReportData", str(empty).lower())]
    header["Option"] = [{"Name": name, "Value": value} for name, value in options]
    return {
        "Header": header,
        "Columns": {"Column": [column.as_json() for column in table.columns]},
        "Rows": {"Row": table.rows} if table.rows else {},
    }
