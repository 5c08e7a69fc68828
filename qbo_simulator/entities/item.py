"""Item: products and services, and the categories they are filed under. Readable here."""

from __future__ import annotations

from .spec import Choice, Day, Entity, Flag, Number, Opaque, Ref, Text

ITEM = Entity(
    "Item",
    {
        "Name": Text(100, forbids=":"),
        "FullyQualifiedName": Text(read_only=True),
        "Type": Choice(("Service", "NonInventory", "Inventory", "Category", "Group")),
        "Sku": Text(100),
        "Description": Text(4000),
        "PurchaseDesc": Text(1000),
        "Active": Flag(),
        "Taxable": Flag(),
        "SalesTaxIncluded": Flag(),
        "PurchaseTaxIncluded": Flag(),
        "UnitPrice": Number(),
        "PurchaseCost": Number(),
        "QtyOnHand": Number(),
        "ReorderPoint": Number(),
        "TrackQtyOnHand": Flag(),
        "InvStartDate": Day(),
        "IncomeAccountRef": Ref("Account"),
        "ExpenseAccountRef": Ref("Account"),
        "AssetAccountRef": Ref("Account"),
        "SalesTaxCodeRef": Ref("TaxCode"),
        "PurchaseTaxCodeRef": Ref("TaxCode"),
        "TaxClassificationRef": Ref(),
        "ClassRef": Ref("Class"),
        "PrefVendorRef": Ref("Vendor"),
        "SubItem": Flag(),
        "ParentRef": Ref("Item"),
        "Level": Number(read_only=True),
        "ItemCategoryType": Text(),
        "ItemGroupDetail": Opaque(),
        "PrintGroupedItems": Flag(),
    },
    numbering="items",
)
