"""The entities of the simulated QuickBooks, one small declaration each."""

from __future__ import annotations

from .account import ACCOUNT
from .attachable import ATTACHABLE
from .bookkeeping import CREDIT_CARD_PAYMENT, DEPOSIT, JOURNAL_ENTRY, TIME_ACTIVITY, TRANSFER
from .budget import BUDGET
from .company_info import COMPANY_INFO
from .customer import CUSTOMER
from .employee import EMPLOYEE
from .item import ITEM
from .lists import (
    CLASS,
    COMPANY_CURRENCY,
    CUSTOMER_TYPE,
    DEPARTMENT,
    EXCHANGE_RATE,
    PAYMENT_METHOD,
    TERM,
)
from .payment import PAYMENT
from .preferences import PREFERENCES
from .purchases import BILL, BILL_PAYMENT, PURCHASE, PURCHASE_ORDER, VENDOR_CREDIT
from .recurring import RECURRING_TRANSACTION
from .sales import CREDIT_MEMO, ESTIMATE, INVOICE, REFUND_RECEIPT, SALES_RECEIPT
from .spec import Entity
from .taxes import TAX_AGENCY, TAX_CODE, TAX_RATE
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
