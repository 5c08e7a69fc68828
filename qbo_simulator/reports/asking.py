"""What a report was asked for: its days, its basis, its columns and its filters."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from ..faults import INVALID_DATE, INVALID_ENUMERATION, refuse

FILTERS = {
    "customer": "customer",
    "vendor": "vendor",
    "item": "item",
    "class": "class",
    "department": "department",
    "account": "account",
}
"""Parameter: what of a posting it is held against."""

METHODS = ("Accrual", "Cash")
TIME = ("Total", "Days", "Week", "Month", "Quarter", "Year")
KINDS = ("Customers", "Vendors", "Employees", "Classes", "Departments", "ProductsAndServices")
_OTHER_SPELLINGS = {"Day": "Days", "Weeks": "Week", "Months": "Month", "Quarters": "Quarter", "Years": "Year"}

Span = tuple[date, date]


@dataclass(frozen=True)
class Asked:
    """A request for a report, understood."""

    report: str
    start: date
    end: date
    macro: str
    method: str
    summarize: str
    today: date
    fiscal_month: int
    filters: Mapping[str, tuple[str, ...]]
    columns: tuple[str, ...]
    descending: bool
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_day(self) -> date:
        """The last day that is meant, where the end is left open."""
        return self.today if self.end.year == date.max.year else self.end

    def fiscal_start(self, day: date) -> date:
        """Return the first day of the fiscal year a day lies in."""
        year = day.year if day.month >= self.fiscal_month else day.year - 1
        return date(year, self.fiscal_month, 1)

    def number(self, name: str, usual: int) -> int:
        text = self.parameters.get(name, "")
        return int(text) if text.isdigit() else usual


def understand(
    report: str, parameters: Mapping[str, str], *, today: date, fiscal_month: int, usual: str
) -> Asked:
    """Read the parameters of a report. Raises Fault for what makes no sense."""
    given = {name.lower(): value.strip() for name, value in parameters.items()}
    macro, (start, end) = _days(given, today, fiscal_month, usual)
    method = _one_of(given, "accounting_method", METHODS, "Accrual")
    summarize = given.get("summarize_column_by", "")
    summarize = _OTHER_SPELLINGS.get(summarize.title(), summarize)
    summarize = _one_of({"summarize_column_by": summarize}, "summarize_column_by", (*TIME, *KINDS), "Total")
    return Asked(
        report=report,
        start=start,
        end=end,
        macro=macro,
        method=method,
        summarize=summarize,
        today=today,
        fiscal_month=fiscal_month,
        filters={
            column: tuple(id.strip() for id in given[name].split(",") if id.strip())
            for name, column in FILTERS.items()
            if given.get(name)
        },
        columns=tuple(c.strip() for c in given.get("columns", "").split(",") if c.strip()),
        descending=given.get("sort_order", "").lower() == "descend",
        parameters=given,
    )


def _one_of(given: Mapping[str, str], name: str, options: tuple[str, ...], usual: str) -> str:
    text = given.get(name) or usual
    known = {option.lower(): option for option in options}
    if text.lower() not in known:
        raise refuse(INVALID_ENUMERATION, f"Invalid Enumeration : {name}={text}", name)
    return known[text.lower()]


def _days(given: Mapping[str, str], today: date, fiscal_month: int, usual: str) -> tuple[str, Span]:
    start, end = (_day(given, name) for name in ("start_date", "end_date"))
    if report_date := _day(given, "report_date"):
        end = report_date
    if start or end:
        end = end or today
        first = start or date(end.year, 1, 1)
        if first > end:
            raise refuse(INVALID_DATE, f"start_date {first} lies after end_date {end}", "start_date")
        return "", (first, end)
    macro = given.get("date_macro") or usual
    maker = MACROS.get(macro.lower())
    if maker is None:
        raise refuse(INVALID_ENUMERATION, f"Invalid Enumeration : date_macro={macro}", "date_macro")
    return macro.lower(), maker(today, fiscal_month)


def _day(given: Mapping[str, str], name: str) -> date | None:
    text = given.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise refuse(INVALID_DATE, f"Invalid Date : {text}", name) from None


# Predefined spans of days


def _week(today: date, by: int = 0) -> Span:
    # QuickBooks' weeks begin on Sunday.
    start = today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=by)
    return start, start + timedelta(days=6)


def months_on(day: date, months: int) -> date:
    """Return the first of the month that lies so many months further."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _span(first: date, months: int) -> Span:
    return first, months_on(first, months) - timedelta(days=1)


def _month(today: date, by: int = 0) -> Span:
    return _span(months_on(today, by), 1)


def _quarter(today: date, first_month: int, by: int = 0) -> Span:
    into = (today.month - first_month) % 3
    return _span(months_on(today, -into + 3 * by), 3)


def _year(today: date, first_month: int, by: int = 0) -> Span:
    into = (today.month - first_month) % 12
    return _span(months_on(today, -into + 12 * by), 12)


def _until(span: Span, today: date, *, of_the_last: bool = False) -> Span:
    """Cut a span at today, or an earlier one at the same day of its month."""
    if not of_the_last:
        return span[0], min(span[1], today)
    last_day = monthrange(span[1].year, span[1].month)[1]
    return span[0], span[1].replace(day=min(today.day, last_day))


MACROS: dict[str, Callable[[date, int], Span]] = {
    "all": lambda t, m: (date(1900, 1, 1), date(9999, 12, 31)),
    "today": lambda t, m: (t, t),
    "yesterday": lambda t, m: (t - timedelta(days=1),) * 2,
    "this week": lambda t, m: _week(t),
    "this week-to-date": lambda t, m: _until(_week(t), t),
    "last week": lambda t, m: _week(t, -1),
    "last week-to-date": lambda t, m: (_week(t, -1)[0], t - timedelta(weeks=1)),
    "next week": lambda t, m: _week(t, 1),
    "next 4 weeks": lambda t, m: (_week(t, 1)[0], _week(t, 4)[1]),
    "this month": lambda t, m: _month(t),
    "this month-to-date": lambda t, m: _until(_month(t), t),
    "last month": lambda t, m: _month(t, -1),
    "last month-to-date": lambda t, m: _until(_month(t, -1), t, of_the_last=True),
    "next month": lambda t, m: _month(t, 1),
    "this fiscal quarter": lambda t, m: _quarter(t, m),
    "this fiscal quarter-to-date": lambda t, m: _until(_quarter(t, m), t),
    "last fiscal quarter": lambda t, m: _quarter(t, m, -1),
    "last fiscal quarter-to-date": lambda t, m: _until(_quarter(t, m, -1), t, of_the_last=True),
    "next fiscal quarter": lambda t, m: _quarter(t, m, 1),
    "this calendar quarter": lambda t, m: _quarter(t, 1),
    "this calendar quarter-to-date": lambda t, m: _until(_quarter(t, 1), t),
    "last calendar quarter": lambda t, m: _quarter(t, 1, -1),
    "next calendar quarter": lambda t, m: _quarter(t, 1, 1),
    "this fiscal year": lambda t, m: _year(t, m),
    "this fiscal year-to-date": lambda t, m: _until(_year(t, m), t),
    "last fiscal year": lambda t, m: _year(t, m, -1),
    "last fiscal year-to-date": lambda t, m: (
        _year(t, m, -1)[0],
        months_on(t, -12) + timedelta(days=t.day - 1),
    ),
    "next fiscal year": lambda t, m: _year(t, m, 1),
    "this calendar year": lambda t, m: _year(t, 1),
    "this calendar year-to-date": lambda t, m: _until(_year(t, 1), t),
    "last calendar year": lambda t, m: _year(t, 1, -1),
    "last calendar year-to-date": lambda t, m: (
        date(t.year - 1, 1, 1),
        months_on(t, -12) + timedelta(days=t.day - 1),
    ),
    "next calendar year": lambda t, m: _year(t, 1, 1),
}
