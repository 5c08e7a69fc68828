"""Reports are worked out from the ledger, in the shape of QuickBooks' own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qbo_simulator.reports import NOT_SIMULATED, REPORTS
from qbo_simulator.reports.asking import MACROS
from qbo_simulator.simulator import CEDAR_SOUND, THORNBURY

from .conftest import Connected, Simulated, a_simulator, applied, fault, fault_code, line

Row = dict[str, Any]
EVER = {"start_date": "2000-01-01", "end_date": "2030-12-31"}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """Books that other tests have not filled: a report reads all of them."""
    yield from a_simulator(tmp_path_factory)


def report(books: Connected, name: str, **parameters: str) -> dict[str, Any]:
    answer = books.call("GET", f"/reports/{name}", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows_of(document: dict[str, Any]) -> Iterator[Row]:
    """Yield all rows, those within sections too."""

    def walk(rows: list[Row]) -> Iterator[Row]:
        for row in rows:
            yield row
            yield from walk(row.get("Rows", {}).get("Row", []))

    return walk(document["Rows"].get("Row", []))


def group(document: dict[str, Any], name: str) -> list[Decimal]:
    """Return the sums of a group."""
    row = next(row for row in rows_of(document) if row.get("group") == name)
    cells = row["Summary"]["ColData"] if "Summary" in row else row["ColData"]
    return [Decimal(cell["value"] or 0) for cell in cells[1:]]


def amounts(document: dict[str, Any], name: str) -> list[str]:
    """Return the cells beside a name."""
    for row in rows_of(document):
        for cells in (row.get("ColData"), row.get("Header", {}).get("ColData")):
            if cells and cells[0]["value"] == name:
                return [cell["value"] for cell in cells[1:]]
    raise AssertionError(name)


@pytest.mark.parametrize("name", [declared.name for declared in REPORTS])
@pytest.mark.parametrize("realm", ["", CEDAR_SOUND])
def test_every_report_has_a_header_columns_and_rows_as_wide(
    simulated: Simulated, name: str, realm: str
) -> None:
    books = simulated.connected(realm) if realm else simulated.connected()
    document = report(books, name, **EVER)
    assert document["Header"]["ReportName"] == name
    assert {"Name": "NoReportData", "Value": "false"} in document["Header"]["Option"]
    width = len(document["Columns"]["Column"])
    for row in rows_of(document):
        assert row["type"] in ("Data", "Section")
        for cells in (
            row.get("ColData"),
            row.get("Summary", {}).get("ColData"),
            row.get("Header", {}).get("ColData"),
        ):
            assert cells is None or len(cells) == width, row


@pytest.mark.parametrize("realm", ["", CEDAR_SOUND, THORNBURY])
@pytest.mark.parametrize("method", ["Accrual", "Cash"])
@pytest.mark.parametrize("summarize", ["Total", "Month", "Quarter"])
def test_the_balance_sheet_balances(simulated: Simulated, realm: str, method: str, summarize: str) -> None:
    books = simulated.connected(realm) if realm else simulated.connected()
    how = {"start_date": "2025-11-01", "end_date": "2026-10-31", "summarize_column_by": summarize}
    sheet = report(books, "BalanceSheet", accounting_method=method, **how)
    assert group(sheet, "TotalAssets") == group(sheet, "TotalLiabilitiesAndEquity")
    profit = report(
        books, "ProfitAndLoss", accounting_method=method, start_date="2026-01-01", end_date="2026-10-31"
    )
    assert group(sheet, "NetIncome")[-1] == group(profit, "NetIncome")[0]


def test_reports_agree_with_the_accounts_and_with_one_another(books: Connected) -> None:
    accounts = books.rows("SELECT * FROM Account MAXRESULTS 1000")
    receivable = sum(
        Decimal(str(a["CurrentBalance"])) for a in accounts if a["AccountType"] == "Accounts Receivable"
    )
    payable = -sum(
        Decimal(str(a["CurrentBalance"])) for a in accounts if a["AccountType"] == "Accounts Payable"
    )
    sheet = report(books, "BalanceSheet", **EVER)
    assert group(sheet, "AR") == [receivable]
    assert group(sheet, "AP") == [payable]
    for name, owed in (("CustomerBalance", receivable), ("VendorBalance", payable)):
        assert group(report(books, name), "GrandTotal") == [owed]
        assert group(report(books, f"{name}Detail"), "GrandTotal")[-1] == owed
    for name, owed in (("AgedReceivables", receivable), ("AgedPayables", payable)):
        assert group(report(books, name, report_date="2030-12-31"), "GrandTotal")[-1] == owed
    for name, owed in (("AgedReceivableDetail", receivable), ("AgedPayableDetail", payable)):
        assert group(report(books, name, report_date="2030-12-31"), "GrandTotal")[-1] == owed
    debit, credit = group(report(books, "TrialBalance", **EVER), "GrandTotal")
    assert debit == credit > 0
    stock = group(report(books, "InventoryValuationSummary", report_date="2030-12-31"), "GrandTotal")
    assert Decimal(amounts(sheet, "Inventory Asset")[0]) == stock[2]
    flow = report(books, "CashFlow", **EVER)
    opened = group(flow, "BeginningCash")[0] + group(flow, "CashIncrease")[0]
    drawer = Decimal(amounts(sheet, "Undeposited Funds")[0])
    assert opened == group(flow, "EndingCash")[0] == group(sheet, "BankAccounts")[0] + drawer


def test_sums_by_somebody_are_the_sums_of_profit_and_loss(books: Connected) -> None:
    profit = report(books, "ProfitAndLoss", **EVER)
    by_customer = report(books, "ProfitAndLoss", summarize_column_by="Customers", **EVER)
    assert group(by_customer, "NetIncome")[-1] == group(profit, "NetIncome")[0]
    assert sum(group(by_customer, "NetIncome")[:-1]) == group(profit, "NetIncome")[0]
    monthly = report(books, "ProfitAndLoss", summarize_column_by="Month", **EVER)
    assert sum(group(monthly, "Income")[:-1]) == group(monthly, "Income")[-1] == group(profit, "Income")[0]
    detail = report(books, "ProfitAndLossDetail", **EVER)
    assert group(detail, "Income")[-2] == group(profit, "Income")[0]
    journal = group(report(books, "JournalReport", **EVER), "GrandTotal")
    assert journal[-1] == journal[-2] > 0


def test_an_invoice_is_seen_where_it_should_be(books: Connected) -> None:
    name = "Seen in reports"
    who = {"value": books.write(DisplayName=name)["Id"]}
    item = books.one("SELECT * FROM Item WHERE Type = 'Service' AND UnitPrice > 0")
    kind = books.one("SELECT * FROM Class")
    place = books.one("SELECT * FROM Department")
    detail: dict[str, Any] = {
        "ItemRef": {"value": item["Id"]},
        "Qty": 2,
        "UnitPrice": 150,
        "ClassRef": {"value": kind["Id"]},
    }
    before = report(books, "ProfitAndLoss", start_date="2027-03-01", end_date="2027-03-31")
    assert {"Name": "NoReportData", "Value": "true"} in before["Header"]["Option"]
    sold = books.make(
        "Invoice",
        CustomerRef=who,
        TxnDate="2027-03-10",
        DueDate="2027-03-20",
        DepartmentRef={"value": place["Id"]},
        Line=[line(300, **detail)],
    )
    march = {"start_date": "2027-03-01", "end_date": "2027-03-31"}
    assert group(report(books, "ProfitAndLoss", **march), "NetIncome") == [300]
    assert group(report(books, "ProfitAndLoss", accounting_method="Cash", **march), "NetIncome") == [0]
    assert amounts(report(books, "CustomerIncome", **march), name) == ["300.00", "0.00", "300.00"]
    assert amounts(report(books, "CustomerSales", **march), name) == ["300.00"]
    assert amounts(report(books, "ClassSales", **march), kind["Name"]) == ["300.00"]
    assert amounts(report(books, "DepartmentSales", **march), place["Name"]) == ["300.00"]
    assert amounts(report(books, "ItemSales", **march), item["Name"])[:2] == ["2.00", "300.00"]
    aged = report(books, "AgedReceivables", report_date="2027-04-25", customer=who["value"])
    assert amounts(aged, name) == ["", "", "300.00", "", "", "300.00"]
    assert aged["Header"]["Customer"] == who["value"]
    listed = [row for row in rows_of(report(books, "TransactionList", **march)) if row["type"] == "Data"]
    assert [cell["value"] for cell in listed[0]["ColData"][:3]] == [
        "2027-03-10",
        "Invoice",
        sold["DocNumber"],
    ]
    assert listed[0]["ColData"][1]["id"] == sold["Id"]
    books.make("Payment", CustomerRef=who, TotalAmt=100, TxnDate="2027-03-25", Line=[applied(100, sold)])
    assert group(report(books, "ProfitAndLoss", accounting_method="Cash", **march), "NetIncome") == [100]
    aged = report(books, "AgedReceivableDetail", report_date="2027-04-25", customer=who["value"])
    assert group(aged, "GrandTotal") == [0, 0, 0, 0, 300, 200]
    books.done("Invoice", books.post("Invoice", {**sold, "SyncToken": "1"}, operation="void"))
    assert group(report(books, "ProfitAndLoss", **march), "NetIncome") == [0]


def test_columns_can_be_chosen_and_days_named(books: Connected) -> None:
    document = report(
        books, "GeneralLedger", columns="tx_date,name,subt_nat_amount", date_macro="Last Fiscal Year"
    )
    keys = [column["MetaData"][0]["Value"] for column in document["Columns"]["Column"]]
    assert keys == ["tx_date", "name", "subt_nat_amount"]
    assert document["Header"]["DateMacro"] == "last fiscal year"
    assert document["Header"]["StartPeriod"].endswith("-01-01")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"start_date": "yesterday"}, "2100"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-01"}, "2100"),
        ({"date_macro": "Next Decade"}, "2170"),
        ({"accounting_method": "Guess"}, "2170"),
        ({"summarize_column_by": "Moods"}, "2170"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(
    books: Connected, parameters: dict[str, str], code: str
) -> None:
    assert fault_code(books.call("GET", "/reports/ProfitAndLoss", params=parameters)) == code


def test_a_report_that_is_not_simulated_is_named(books: Connected) -> None:
    for name in NOT_SIMULATED:
        answer = books.call("GET", f"/reports/{name}")
        assert (fault_code(answer), name in fault(answer)["Detail"]) == ("5030", True)
    assert fault_code(books.call("GET", "/reports/Horoscope")) == "500"


def test_spans_of_days_are_counted_as_quickbooks_names_them() -> None:
    today = date(2026, 11, 18)
    spans = {name: tuple(day.isoformat() for day in make(today, 7)) for name, make in MACROS.items()}
    assert spans["this week"] == ("2026-11-15", "2026-11-21")
    assert spans["last week"] == ("2026-11-08", "2026-11-14")
    assert spans["this month"] == ("2026-11-01", "2026-11-30")
    assert spans["last month"] == ("2026-10-01", "2026-10-31")
    assert spans["this fiscal quarter"] == ("2026-10-01", "2026-12-31")
    assert spans["last fiscal quarter"] == ("2026-07-01", "2026-09-30")
    assert spans["this fiscal year"] == ("2026-07-01", "2027-06-30")
    assert spans["last fiscal year"] == ("2025-07-01", "2026-06-30")
    assert spans["this fiscal year-to-date"] == ("2026-07-01", "2026-11-18")
    assert spans["last fiscal year-to-date"] == ("2025-07-01", "2025-11-18")
    assert spans["last calendar year-to-date"] == ("2025-01-01", "2025-11-18")


def test_a_report_in_xml_says_the_same(books: Connected) -> None:
    answer = books.call("GET", "/reports/TrialBalance", headers={"Accept": "application/xml"})
    assert answer.status_code == 200
    assert "<ReportName>TrialBalance</ReportName>" in answer.text
