"""The entities of the simulated QuickBooks, one small declaration each."""

from __future__ import annotations

from .account import ACCOUNT
from .company_info import COMPANY_INFO
from .customer import CUSTOMER
from .employee import EMPLOYEE
from .item import ITEM
from .lists import CLASS, CUSTOMER_TYPE, DEPARTMENT, PAYMENT_METHOD, TERM
from .preferences import PREFERENCES
from .spec import Entity
from .taxes import TAX_AGENCY, TAX_CODE, TAX_RATE
from .vendor import VENDOR

__all__ = [
    "ACCOUNT",
    "CLASS",
    "COMPANY_INFO",
    "CUSTOMER",
    "CUSTOMER_TYPE",
    "DEPARTMENT",
    "EMPLOYEE",
    "ENTITIES",
    "ITEM",
    "PAYMENT_METHOD",
    "PREFERENCES",
    "TAX_AGENCY",
    "TAX_CODE",
    "TAX_RATE",
    "TERM",
    "VENDOR",
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
    TAX_CODE,
    TAX_RATE,
    TAX_AGENCY,
)

_BY_NAME = {entity.name.lower(): entity for entity in ENTITIES}


def entity_named(name: str) -> Entity | None:
    """Return the entity with this name, in any spelling of its letters' case."""
    return _BY_NAME.get(name.lower())
