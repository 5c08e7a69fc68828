"""Craig & Holt's products and services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..books import Books
from ..entities import ITEM
from ..entities.spec import Body
from .planting import plant, ref
from .short_lists import FOUNDED

# Items: (name, type, category, description, price, cost, income account, sku, on hand)
_CATEGORIES = ("Design", "Landscaping", "Pest Control")
_BUILT_IN: tuple[tuple[Any, ...], ...] = (
    ("Services", "Service", "", "", 0, 0, "Services", "", None),
    ("Hours", "Service", "", "", 0, 0, "Services", "", None),
)
_ITEMS: tuple[tuple[Any, ...], ...] = (
    ("Custom Design", "Service", "Design", "Custom garden design", 95, 0, "Design Income", "DES-1", None),
    (
        "Lighting Plan",
        "Service",
        "Design",
        "Evening lighting plan with fixtures list",
        240,
        0,
        "Design Income",
        "DES-2",
        None,
    ),
    (
        "Lawn Care, weekly",
        "Service",
        "Landscaping",
        "Mowing, edging, clean-up",
        65,
        0,
        "Maintenance and Repair",
        "",
        None,
    ),
    (
        "Gardening",
        "Service",
        "Landscaping",
        "Weekly gardening service",
        48,
        0,
        "Maintenance and Repair",
        "",
        None,
    ),
    (
        "Installation",
        "Service",
        "Landscaping",
        "Installation of landscape design",
        75,
        0,
        "Installation",
        "",
        None,
    ),
    (
        "Tree Trimming",
        "Service",
        "Landscaping",
        "Tree and shrub trimming",
        110,
        0,
        "Maintenance and Repair",
        "TRIM",
        None,
    ),
    ("Sod", "NonInventory", "Landscaping", "Sod, per square yard", 12, 7.25, "Plants and Soil", "SOD", None),
    (
        "Compost Mix",
        "NonInventory",
        "Landscaping",
        "Compost mix, per cubic yard",
        54,
        33,
        "Plants and Soil",
        "COMP",
        None,
    ),
    (
        "River Rock",
        "NonInventory",
        "Landscaping",
        "River rock, per ton",
        145,
        92,
        "Plants and Soil",
        "ROCK",
        None,
    ),
    (
        "Pest Control",
        "Service",
        "Pest Control",
        "Pest control visit",
        45,
        0,
        "Pest Control Services",
        "",
        None,
    ),
    (
        "Basalt Bird Bath",
        "Inventory",
        "Design",
        "Basalt bird bath",
        275,
        125,
        "Water Features and Lighting",
        "BATH",
        4,
    ),
    (
        "Pond Pump",
        "Inventory",
        "Design",
        "Pond pump, 600 gph",
        15,
        10,
        "Water Features and Lighting",
        "PUMP",
        25,
    ),
    (
        "Garden Light",
        "Inventory",
        "Design",
        "Low-voltage path light",
        32,
        17.4,
        "Water Features and Lighting",
        "LGT-1",
        60,
    ),
    ("Rotor Head", "Inventory", "Landscaping", "Irrigation rotor head", 14, 6.2, "Irrigation", "ROTOR", 40),
    (
        "Poly Pipe, 100 ft",
        "Inventory",
        "Landscaping",
        "Poly pipe, 100 ft coil",
        46,
        27.5,
        "Irrigation",
        "POLY",
        18,
    ),
    (
        "Drip Kit \u00bd\u2033",
        "Inventory",
        "Landscaping",
        "Drip line kit, half inch",
        58,
        31,
        "Irrigation",
        "DRIP",
        8,
    ),
)


def plant_items(books: Books, accounts: dict[str, Body]) -> None:
    # First what QuickBooks itself begins with: clients sell the first item of a query.
    planted = {row[0]: plant(ITEM, books, FOUNDED, **_item(row, {}, accounts)) for row in _BUILT_IN}
    categories = {
        name: plant(ITEM, books, FOUNDED, Name=name, FullyQualifiedName=name, Type="Category", SubItem=False)
        for name in _CATEGORIES
    }
    planted |= {
        row[0]: plant(ITEM, books, FOUNDED + timedelta(days=20), **_item(row, categories, accounts))
        for row in _ITEMS
    }
    parts = planted["Custom Design"], planted["Hours"]
    plant(
        ITEM,
        books,
        FOUNDED + timedelta(days=60),
        Name="Garden Starter Bundle",
        FullyQualifiedName="Garden Starter Bundle",
        Type="Group",
        Taxable=False,
        PrintGroupedItems=True,
        ItemGroupDetail={"ItemGroupLine": [{"ItemRef": ref(part), "Qty": 1} for part in parts]},
    )
    plant(
        ITEM,
        books,
        FOUNDED,
        Name="Snow Removal (deleted)",
        FullyQualifiedName="Snow Removal (deleted)",
        Type="Service",
        UnitPrice=80,
        PurchaseCost=0,
        Taxable=False,
        TrackQtyOnHand=False,
        IncomeAccountRef=ref(accounts["Services"]),
        Active=False,
    )


def _item(row: tuple[Any, ...], categories: dict[str, Body], accounts: dict[str, Body]) -> Body:
    name, type, category, description, price, cost, income, sku, on_hand = row
    fields: Body = {
        "Name": name,
        "FullyQualifiedName": f"{category}:{name}" if category else name,
        "Type": type,
        "Taxable": type != "Service",
        "SalesTaxIncluded": False,
        "UnitPrice": price,
        "PurchaseCost": cost,
        "TrackQtyOnHand": type == "Inventory",
        "IncomeAccountRef": ref(accounts[income]),
    }
    if description:
        fields["Description"] = description
    if sku:
        fields["Sku"] = sku
    if category:
        fields |= {"SubItem": True, "ParentRef": ref(categories[category]), "Level": 1}
    if cost:
        fields["ExpenseAccountRef"] = ref(accounts["Cost of Goods Sold"])
    if on_hand is not None:
        fields |= {
            "AssetAccountRef": ref(accounts["Inventory Asset"]),
            "QtyOnHand": on_hand,
            "InvStartDate": "2019-04-01",
        }
    return fields
