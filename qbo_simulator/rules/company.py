"""What a company has decided about itself: its preferences, country, currency, closing date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..faults import BUSINESS_RULE, PERIOD_CLOSED, READ_ONLY_COMPANY, Fault, refuse

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body, Change

READ_ONLY_STATES = ("EXPIRED", "RESTRICTED", "SUSPENDED", "CANCELED", "CANCELLED")

CURRENCIES = {
    "USD": "United States Dollar",
    "CAD": "Canadian Dollar",
    "GBP": "British Pound Sterling",
    "EUR": "Euro",
    "AUD": "Australian Dollar",
    "JPY": "Japanese Yen",
    "MXN": "Mexican Peso",
    "CHF": "Swiss Franc",
    "INR": "Indian Rupee",
    "NZD": "New Zealand Dollar",
    "SEK": "Swedish Krona",
    "NOK": "Norwegian Krone",
    "DKK": "Danish Krone",
    "SGD": "Singapore Dollar",
    "HKD": "Hong Kong Dollar",
    "CNY": "Chinese Yuan",
    "ZAR": "South African Rand",
    "BRL": "Brazilian Real",
}


def preference(books: Books, section: str, name: str, default: Any = None) -> Any:
    """Return one preference, such as `AllowDeposit` of `SalesFormsPrefs`."""
    preferences = books.look("Preferences", "1") or {}
    return (preferences.get(section) or {}).get(name, default)


def other_preference(books: Books, name: str, default: str = "") -> str:
    """Return a preference of `OtherPrefs`, which are texts under a dotted name."""
    pairs = preference(books, "OtherPrefs", "NameValue", [])
    return next((str(p.get("Value", "")) for p in pairs if p.get("Name") == name), default)


def home_currency(books: Books) -> Body:
    """Return the company's home currency as a reference."""
    home = preference(books, "CurrencyPrefs", "HomeCurrency", {}).get("value", "USD")
    return currency_ref(home)


def currency_ref(code: str) -> Body:
    return {"value": code, "name": CURRENCIES.get(code, code)}


def has_many_currencies(books: Books) -> bool:
    return bool(preference(books, "CurrencyPrefs", "MultiCurrencyEnabled", False))


def country(books: Books) -> str:
    return str((books.look("CompanyInfo", "1") or {}).get("Country", "US"))


def is_in_the_us(books: Books) -> bool:
    return country(books) in ("US", "USA")


def check_subscription(books: Books) -> None:
    """Refuse writes to a company whose subscription has run out."""
    info = books.look("CompanyInfo", "1") or {}
    status = next(
        (p.get("Value") for p in info.get("NameValue") or [] if p.get("Name") == "SubscriptionStatus"), ""
    )
    if str(status).upper() in READ_ONLY_STATES:
        raise refuse(
            READ_ONLY_COMPANY,
            "Invalid company status : Subscription period has ended or canceled or there was a billing problem",
        )


def check_open_period(change: Change) -> None:
    """Refuse to touch a transaction dated within closed books."""
    closed = preference(change.books, "AccountingInfoPrefs", "BookCloseDate")
    if not closed:
        return
    dates = [body.get("TxnDate") for body in (change.before, change.after) if body]
    if any(date and date <= closed for date in dates):
        raise refuse(
            PERIOD_CLOSED,
            "Account Period Closed, Cannot Update Through Services : The account period has closed "
            "and the account books cannot be updated through the QBO Services API. "
            "Please use the QBO website to make these changes.",
        )


def business(detail: str, element: str = "") -> Fault:
    return refuse(BUSINESS_RULE, f"Business Validation Error: {detail}", element)


def ref_to(body: Body) -> Body:
    """Return a reference to an object, with its name."""
    name = body.get("FullyQualifiedName") or body.get("DisplayName") or body.get("Name")
    found: Body = {"value": body["Id"]}
    if name:
        found["name"] = name
    return found


def account_of(books: Books, *, type: str = "", sub_type: str = "") -> Body | None:
    """Return a reference to the first active account of a type or sub-type."""
    from ..ledger.chart import accounts_of

    found = accounts_of(books).find(type=type, sub_type=sub_type)
    return {"value": found.id, "name": found.path} if found else None


def rate_noted(books: Books, source: str, home: str, day: str) -> Body | None:
    """Return the latest exchange rate noted on or before a day."""
    noted = [rate for rate in _rates_noted(books, source, home) if rate["AsOfDate"] <= day]
    return max(noted, key=_day_noted, default=None)


def first_rate_noted(books: Books, source: str, home: str) -> Body | None:
    """Return the exchange rate that stands for all days before the first one noted."""
    return min(_rates_noted(books, source, home), key=_day_noted, default=None)


def _rates_noted(books: Books, source: str, home: str) -> list[Body]:
    return [
        rate
        for rate in books.all_named("ExchangeRate")
        if (rate["SourceCurrencyCode"], rate["TargetCurrencyCode"]) == (source, home)
    ]


def _day_noted(rate: Body) -> str:
    return str(rate["AsOfDate"])
