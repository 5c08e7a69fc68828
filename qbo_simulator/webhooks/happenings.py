"""What webhooks tell of: a change in one company, in the words of Intuit's notifications."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Happening:
    """A change in one company; `number` is its place in the company's journal."""

    realm: str
    number: int
    entity: str
    id: str
    operation: str
    at: datetime
    deleted_id: str | None = None
    """After a merge, the Id that is gone; `id` is the one that stayed."""

    def as_json(self) -> dict[str, Any]:
        told = {**self.__dict__, "at": self.at.isoformat()}
        return {name: value for name, value in told.items() if value is not None}


OPERATIONS = ("Create", "Update", "Delete", "Merge", "Void", "Emailed")

ENTITIES = frozenset(
    "Account Bill BillPayment Budget Class CreditMemo Currency Customer Department Deposit Employee "
    "Estimate Invoice Item JournalCode JournalEntry Payment PaymentMethod Preferences Purchase "
    "PurchaseOrder RefundReceipt SalesReceipt TaxAgency Term TimeActivity Transfer Vendor VendorCredit".split()
)
"""What Intuit tells of. Not CustomerType, TaxCode, TaxRate, CompanyInfo and others."""

_VOIDABLE = frozenset(
    "BillPayment CreditMemo Invoice Payment Purchase RefundReceipt SalesReceipt Transfer".split()
)
_OTHER_NAMES = {"CompanyCurrency": "Currency"}


def as_told(change: Happening) -> Happening | None:
    """Return a change under the name and operation webhooks have for it; None if they are silent of it."""
    entity = _OTHER_NAMES.get(change.entity, change.entity)
    if entity not in ENTITIES:
        return None
    operation = change.operation
    if operation == "Void" and entity not in _VOIDABLE:
        operation = "Update"
    return replace(change, entity=entity, operation=operation)
