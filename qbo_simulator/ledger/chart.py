"""The chart of accounts as the ledger needs it: known accounts, the parts they play, what items post to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..clock import stamp
from ..rules.company import home_currency

if TYPE_CHECKING:
    from datetime import datetime

    from ..books import Books
    from ..entities.spec import Body

# Part: (usual name, type, sub-type, whether the name decides).
PARTS: dict[str, tuple[str, str, str, bool]] = {
    "receivable": ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", False),
    "payable": ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable", False),
    "bank": ("Checking", "Bank", "Checking", False),
    "card": ("Credit Card", "Credit Card", "CreditCard", False),
    "undeposited": ("Undeposited Funds", "Other Current Asset", "UndepositedFunds", False),
    "inventory": ("Inventory Asset", "Other Current Asset", "Inventory", False),
    "tax": ("Sales Tax Payable", "Other Current Liability", "SalesTaxPayable", False),
    "tips": ("Undistributed Tips", "Other Current Liability", "UndistributedTips", False),
    "opening": ("Opening Balance Equity", "Equity", "OpeningBalanceEquity", False),
    "retained": ("Retained Earnings", "Equity", "RetainedEarnings", False),
    "income": ("Uncategorized Income", "Income", "ServiceFeeIncome", True),
    "shipping": ("Shipping Income", "Income", "OtherPrimaryIncome", True),
    "discount": ("Discounts given", "Income", "DiscountsRefundsGiven", False),
    "cost": ("Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", False),
    "shrinkage": ("Inventory Shrinkage", "Cost of Goods Sold", "SuppliesMaterialsCogs", True),
    "expense": ("Uncategorized Expense", "Expense", "OtherMiscellaneousServiceCost", True),
    "exchange": ("Exchange Gain or Loss", "Other Expense", "ExchangeGainOrLoss", False),
}
_TAXES = ("SalesTaxPayable", "GlobalTaxPayable")

ON_BALANCE_SHEET = ("Asset", "Liability", "Equity")


@dataclass(frozen=True)
class Account:
    id: str
    name: str
    path: str
    type: str
    sub_type: str
    classification: str
    parent: str
    number: str
    active: bool

    @property
    def side(self) -> int:
        """1 where a debit raises the balance that QuickBooks tells, -1 where a credit does.

        What is owed is told as a negative balance, an owner's equity as a positive one.
        """
        return -1 if self.classification == "Equity" else 1

    @property
    def has_balance(self) -> bool:
        return self.classification in ON_BALANCE_SHEET


class Accounts:
    """The accounts of one company, remembered until one of them is written."""

    def __init__(self, books: Books) -> None:
        self.version = version_of(books)
        self.by_id = {str(body["Id"]): _account(body) for body in books.all_named("Account")}
        self.home = home_currency(books)["value"]
        self.roles: dict[str, str] = {}
        self.taxes: dict[str, str] = {}
        self.items: dict[str, Body] = {}

    def find(self, *, type: str = "", sub_type: str = "", name: str = "") -> Account | None:
        """Return the first active account of a type, sub-type or name."""
        for account in self.by_id.values():
            if (
                account.active
                and type in ("", account.type)
                and sub_type in ("", account.sub_type)
                and name.casefold() in ("", account.name.casefold())
            ):
                return account
        return None


_REMEMBERED: WeakKeyDictionary[Books, Accounts] = WeakKeyDictionary()


def version_of(books: Books) -> tuple[Any, ...]:
    return books.structure("Account", "Item", "TaxRate", "TaxAgency", "Preferences")


def accounts_of(books: Books) -> Accounts:
    known = _REMEMBERED.get(books)
    if known is None or known.version != version_of(books):
        known = _REMEMBERED[books] = Accounts(books)
    return known


class CompanyChart:
    """What posting rules ask, answered from a company's books. Makes accounts that are missing."""

    def __init__(self, books: Books, at: datetime) -> None:
        self.books, self.at = books, at
        self.accounts = accounts_of(books)
        self.home: str = self.accounts.home

    def knows(self, account: str) -> bool:
        return account in self.accounts.by_id

    def role(self, name: str) -> str:
        known = self.accounts.roles.get(name)
        if known is None:
            known = self._cast(name)
            self.accounts.roles[name] = known
        return known

    def _cast(self, part: str) -> str:
        name, type, sub_type, by_name = PARTS[part]
        if by_name:
            found = self.accounts.find(type=type, name=name)
        elif part == "tax":
            found = next((a for s in _TAXES if (a := self.accounts.find(sub_type=s))), None)
        else:
            found = self.accounts.find(type=type, sub_type=sub_type) or self.accounts.find(
                type=type if type in ("Bank", "Credit Card") else "-"
            )
        return found.id if found else self._make(name, type, sub_type)

    def _make(self, name: str, type: str, sub_type: str) -> str:
        """Add an account that QuickBooks adds by itself when it is first needed."""
        from ..entities import ACCOUNT

        taken = {account.path.casefold() for account in self.accounts.by_id.values()}
        while name.casefold() in taken:
            name += " (2)"
        body: Body = {
            "Id": self.books.next_id(ACCOUNT),
            "Name": name,
            "FullyQualifiedName": name,
            "SubAccount": False,
            "Active": True,
            "AccountType": type,
            "AccountSubType": sub_type,
            "Classification": classification_of(type),
            "CurrentBalance": 0,
            "CurrentBalanceWithSubAccounts": 0,
            "CurrencyRef": home_currency(self.books),
            "domain": "QBO",
            "sparse": False,
            "SyncToken": "0",
            "MetaData": {"CreateTime": stamp(self.at), "LastUpdatedTime": stamp(self.at)},
        }
        self.books.put(ACCOUNT, body)
        self.books.announce("Account", body["Id"], "Create", at=self.at)
        self.accounts.by_id[body["Id"]] = _account(body)
        self.accounts.version = version_of(self.books)
        return str(body["Id"])

    def item(self, id: str) -> Body:
        if not id:
            return {}
        known = self.accounts.items.get(id)
        if known is None:
            known = self.accounts.items[id] = self.books.look("Item", id) or {}
        return known

    def tax_account(self, rate: str) -> str:
        """Return the account of the agency that a rate's tax is owed to."""
        known = self.accounts.taxes.get(rate)
        if known is None:
            known = self.accounts.taxes[rate] = self._agency_account(rate) or self.role("tax")
        return known

    def _agency_account(self, rate: str) -> str:
        body = self.books.look("TaxRate", rate) if rate else None
        if body is None:
            return ""
        agency = self.books.look("TaxAgency", (body.get("AgencyRef") or {}).get("value", "")) or {}
        words = [str(agency.get("DisplayName") or ""), str(body.get("Name") or "")]
        for account in self.accounts.by_id.values():
            named = any(word and word.casefold() in account.name.casefold() for word in words)
            if named and account.active and account.sub_type in _TAXES:
                return account.id
        return ""

    def type_of(self, account: str) -> str:
        known = self.accounts.by_id.get(account)
        return known.type if known else ""

    def transaction(self, kind: str, id: str) -> Body:
        return self.books.look(kind, id) or {}


def classification_of(type: str) -> str:
    from ..entities.account import TYPES

    return TYPES[type][0]


def _account(body: Body) -> Account:
    type = str(body.get("AccountType") or "")
    name = str(body.get("Name") or "")
    return Account(
        id=str(body["Id"]),
        name=name,
        path=str(body.get("FullyQualifiedName") or name),
        type=type,
        sub_type=str(body.get("AccountSubType") or ""),
        classification=str(body.get("Classification") or _classified(type)),
        parent=str((body.get("ParentRef") or {}).get("value") or ""),
        number=str(body.get("AcctNum") or ""),
        active=body.get("Active", True) is not False,
    )


def _classified(type: str) -> str:
    from ..entities.account import TYPES

    return TYPES[type][0] if type in TYPES else "Expense"
