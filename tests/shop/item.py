"""QuickBooks' products and services are products here: the one file that declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from mapping.models import RemoteRecord
from mapping.spec import Convert, Entity, Field, Payload, Values
from mapping.table import Table
from mapping.transform import NAME, TEXT
from tests.shop.models import Product


def _price(parts: Sequence[Any]) -> str:
    return f"{Decimal(str(parts[0] or 0)):.2f}"


PRICE = Convert(to_local=_price, to_remote=lambda value: [float(value or 0)])
FIELDS = (
    Field("name", "Name", NAME, "Name", max_length=100),
    Field("sku", "Sku", TEXT, "SKU", max_length=100),
    Field("price", "UnitPrice", PRICE, "Price"),
)


class Products(Table):
    def values(self, rows: QuerySet[Any]) -> Mapping[int, Values]:
        # As JSON can hold it.
        found = super().values(rows)
        return {pk: {**row, "price": f"{row['price']:.2f}"} for pk, row in found.items()}


def _born(values: Values) -> Payload:
    income = RemoteRecord.objects.filter(entity="account", name="Sales").values_list("remote_id", flat=True)
    return {"Type": "Service", "IncomeAccountRef": {"value": income.get()}}


ENTITY = Entity(
    name="item",
    remote="Item",
    label="item",
    plural="items",
    local=Products(Product, FIELDS),
    local_label="product",
    local_plural="products",
    fields=FIELDS,
    born=_born,
    title="Name",
    after=("account", "tax_code"),
)
