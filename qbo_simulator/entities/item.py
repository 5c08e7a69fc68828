"""Item: products and services, bundles, and the categories they are filed under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..faults import BUSINESS_RULE, REQUIRED_MISSING, Fault, refuse
from ..ledger.opening import adjust_stock, open_stock
from ..rules.money import exact
from .names import rename_children, settle_name
from .spec import Body, Change, Choice, Day, Entity, Flag, Number, Opaque, Ref, Text

if TYPE_CHECKING:
    from ..books import Books


def _defaults(books: Books) -> Body:
    return {
        "Active": True,
        "Type": "Service",
        "Taxable": False,
        "UnitPrice": 0,
        "PurchaseCost": 0,
        "TrackQtyOnHand": False,
    }


# Field: the account types, and the sub-types, it may refer to.
_INCOME = ("Income", "Other Income")
_EXPENSE = ("Expense", "Other Expense", "Cost of Goods Sold")
_ACCOUNTS: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "Inventory": {
        "IncomeAccountRef": (("Income",), ("SalesOfProductIncome",)),
        "ExpenseAccountRef": (("Cost of Goods Sold",), ("SuppliesMaterialsCogs",)),
        "AssetAccountRef": (("Other Current Asset",), ("Inventory",)),
    },
    "Service": {"IncomeAccountRef": (_INCOME, ()), "ExpenseAccountRef": (_EXPENSE, ())},
    "NonInventory": {"IncomeAccountRef": (_INCOME, ()), "ExpenseAccountRef": (_EXPENSE, ())},
}
_CATEGORY_HAS = {"Name", "Type", "Active", "SubItem", "ParentRef", "FullyQualifiedName", "Level", "Id"}
_META = {"SyncToken", "MetaData", "domain", "sparse"}


def _prepare(change: Change) -> None:
    before, after = change.before, change.after
    if before and before.get("Type") == "Inventory" and after["Type"] != "Inventory":
        raise _rule("The type of an inventory item cannot be changed.", "Type")
    if before is None and after["Type"] == "Group":
        raise _rule("Bundles cannot be created by an app.", "Type")
    if after["Type"] == "Category":
        for name in after.keys() - _CATEGORY_HAS - _META:
            after.pop(name)
    else:
        _check_accounts(change)
    settle_name(change)
    after["SubItem"] = "ParentRef" in after
    if not after["SubItem"]:
        after.pop("SubItem")


def _check_accounts(change: Change) -> None:
    after = change.after
    if after["Type"] == "Inventory":
        after["TrackQtyOnHand"] = True
        for name in ("QtyOnHand", "InvStartDate", *_ACCOUNTS["Inventory"]):
            if name not in after:
                raise refuse(REQUIRED_MISSING, f"Required parameter {name} is missing in the request", name)
    elif after["Type"] != "Group" and not ({"IncomeAccountRef", "ExpenseAccountRef"} & after.keys()):
        raise refuse(
            REQUIRED_MISSING,
            "Required parameter IncomeAccountRef is missing in the request",
            "IncomeAccountRef",
        )
    for name, (types, sub_types) in _ACCOUNTS.get(after["Type"], {}).items():
        account = change.books.look("Account", after.get(name, {}).get("value", ""))
        if account is None:
            continue
        if account["AccountType"] not in types or (sub_types and account["AccountSubType"] not in sub_types):
            raise _rule(
                f"{name} has to be an account of the type {' or '.join(types)}"
                + (f" and the sub-type {sub_types[0]}." if sub_types else "."),
                name,
            )


def _settle(change: Change) -> None:
    """Carry a new name down; let new stock begin, and a new quantity be an adjustment."""
    rename_children(change)
    before, after = change.before, change.after
    if after["Type"] != "Inventory":
        return
    if before is None or before["Type"] != "Inventory":
        open_stock(change.books, after, at=change.at)
        return
    more = exact(after.get("QtyOnHand")) - exact(before.get("QtyOnHand"))
    if more:
        change.books.rewrite("Item", {**after, "QtyOnHand": before.get("QtyOnHand", 0)})
        adjust_stock(change.books, after, more, change.at.date().isoformat(), at=change.at)


def _rule(detail: str, element: str) -> Fault:
    return refuse(BUSINESS_RULE, f"Business Validation Error: {detail}", element)


ITEM = Entity(
    "Item",
    {
        "Name": Text(100, forbids=":\t\n\r"),
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
        "DeferredRevenue": Flag(),
        "AbatementRate": Number(),
        "ReverseChargeRate": Number(),
        "ServiceType": Text(),
        "UQCDisplayText": Text(),
        "UQCId": Text(),
        "Source": Text(),
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
    duplicate_text="Another product or service is already using this name. Please use a different name.",
    writable=True,
    names_references=True,
    defaults=_defaults,
    prepare=_prepare,
    settle=_settle,
)
