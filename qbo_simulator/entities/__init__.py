"""The entities of the simulated QuickBooks, one small declaration each."""

from __future__ import annotations

from .account import ACCOUNT
from .attachable import ATTACHABLE
from .bill_payment import BILL_PAYMENT
from .budget import BUDGET
from .company_info import COMPANY_INFO
from .credit_memo import CREDIT_MEMO
from .customer import CUSTOMER
from .deposit import DEPOSIT
from .employee import EMPLOYEE
from .estimate import ESTIMATE
from .invoice import INVOICE
from .item import ITEM
from .journal_entry import JOURNAL_ENTRY
from .lists import (
    CLASS,
    COMPANY_CURRENCY,
    CUSTOMER_TYPE,
    DEPARTMENT,
    EXCHANGE_RATE,
    PAYMENT_METHOD,
    TERM,
)
from .payables import BILL, VENDOR_CREDIT
from .payment import PAYMENT
from .preferences import PREFERENCES
from .purchases import PURCHASE, PURCHASE_ORDER
from .receipts import REFUND_RECEIPT, SALES_RECEIPT
from .recurring import RECURRING_TRANSACTION
from .spec import Entity
from .taxes import TAX_AGENCY, TAX_CODE, TAX_RATE
from .time_activity import TIME_ACTIVITY
from .transfers import CREDIT_CARD_PAYMENT, TRANSFER
from .vendor import VENDOR

__all__ = [
    "ACCOUNT",
    "ATTACHABLE",
    "BILL",
    "BILL_PAYMENT",
    "BUDGET",
    "CLASS",
    "COMPANY_CURRENCY",
    "COMPANY_INFO",
    "CREDIT_CARD_PAYMENT",
    "CREDIT_MEMO",
    "CUSTOMER",
    "CUSTOMER_TYPE",
    "DEPARTMENT",
    "DEPOSIT",
    "EMPLOYEE",
    "ENTITIES",
    "ESTIMATE",
    "EXCHANGE_RATE",
    "INVOICE",
    "ITEM",
    "JOURNAL_ENTRY",
    "PAYMENT",
    "PAYMENT_METHOD",
    "PREFERENCES",
    "PURCHASE",
    "PURCHASE_ORDER",
    "RECURRING_TRANSACTION",
    "REFUND_RECEIPT",
    "SALES_RECEIPT",
    "TAX_AGENCY",
    "TAX_CODE",
    "TAX_RATE",
    "TERM",
    "TIME_ACTIVITY",
    "TRANSFER",
    "VENDOR",
    "VENDOR_CREDIT",
    "entity_named",
]

ENTITIES: tuple[Entity, ...] = (
    COMPANY_INFO,
    PREFERENCES,
    CUSTOMER,
    VENDOR,
    EMPLOYEE,
    ITEM,
    ACCOUNT,
    CLASS,
    DEPARTMENT,
    TERM,
    PAYMENT_METHOD,
    CUSTOMER_TYPE,
    COMPANY_CURRENCY,
    EXCHANGE_RATE,
    TAX_CODE,
    TAX_RATE,
    TAX_AGENCY,
    INVOICE,
    PAYMENT,
    CREDIT_MEMO,
    SALES_RECEIPT,
    ESTIMATE,
    REFUND_RECEIPT,
    BILL,
    BILL_PAYMENT,
    VENDOR_CREDIT,
    PURCHASE,
    PURCHASE_ORDER,
    DEPOSIT,
    TRANSFER,
    JOURNAL_ENTRY,
    CREDIT_CARD_PAYMENT,
    TIME_ACTIVITY,
    ATTACHABLE,
    RECURRING_TRANSACTION,
    BUDGET,
)

_BY_NAME = {entity.name.lower(): entity for entity in ENTITIES}


def entity_named(name: str) -> Entity | None:
    """Return the entity with this name, in any spelling of its letters' case."""
    return _BY_NAME.get(name.lower())
