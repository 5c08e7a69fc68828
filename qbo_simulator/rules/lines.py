"""Lines of a transaction: checked, numbered, sub-totalled, discounted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from ..faults import (
    INVALID_ENUMERATION,
    LINE_AMOUNT,
    OBJECT_NOT_FOUND,
    REQUIRED_MISSING,
    Fault,
    refuse,
)
from .company import account_of, business, other_preference, preference, ref_to
from .money import ZERO, cents, exact, plain, total

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body, Change

SALES = "SalesItemLineDetail"
GROUP = "GroupLineDetail"
TEXT = "DescriptionOnly"
SUBTOTAL = "SubTotalLineDetail"
DISCOUNT = "DiscountLineDetail"

SHIPPING = "SHIPPING_ITEM_ID"
GRATUITY = "GRATUITY_ITEM_ID"

SALES_KINDS = (SALES, GROUP, TEXT, SUBTOTAL, DISCOUNT, "DescriptionLineDetail")


MOST_LINES, MOST_TAXABLE_LINES = 10_000, 750


def settle_sales_lines(change: Change) -> None:
    """Check and complete the lines of a sales form, with its SubTotal line and its discount."""
    _check_count(change.after.get("Line") or [], MOST_LINES)
    given = [line for line in change.after.get("Line") or [] if line.get("DetailType") != SUBTOTAL]
    for line in given:
        _check_kind(line, SALES_KINDS)
    items = [line for line in given if line["DetailType"] != DISCOUNT]
    discounts = [line for line in given if line["DetailType"] == DISCOUNT]
    if not items:
        raise missing("Line")
    for line in items:
        _settle_item(change, line)
    number(items, before=change.before)
    sums = total(exact(line.get("Amount")) for line in items)
    subtotal: Body = {"Amount": plain(sums), "DetailType": SUBTOTAL, SUBTOTAL: {}}
    change.after["Line"] = [*items, subtotal, *(_discounted(change, d, sums) for d in discounts)]


def check_taxable_count(body: Body) -> None:
    """Refuse more taxed lines than a sales form may have."""
    taxed = [line for line in item_lines(body) if _is_taxed(line)]
    _check_count(taxed, MOST_TAXABLE_LINES)


def _is_taxed(line: Body) -> bool:
    return line[SALES].get("TaxCodeRef", {}).get("value") not in (None, "NON")


def _check_count(lines: list[Body], most: int) -> None:
    if len(lines) > most:
        raise business(
            f"A transaction can have {most:,} such lines at most; {len(lines):,} were sent.", "Line"
        )


def settle_expense_lines(change: Change, kinds: tuple[str, ...]) -> None:
    """Check and number the lines of a bill, a purchase and the like; set the total."""
    lines = change.after.get("Line") or []
    if not lines:
        raise missing("Line")
    _check_count(lines, MOST_LINES)
    for line in lines:
        _check_kind(line, kinds)
        detail = line.get(line["DetailType"], {})
        _check_amount(line, detail)
        _refuse_category(change.books, detail)
    number(lines, before=change.before)


def number(lines: list[Body], *, before: Body | None) -> None:
    """Give each line its number in order, and an Id of its own to each new one."""
    known = {str(line["Id"]) for line in (before or {}).get("Line") or [] if "Id" in line}
    taken = known | {str(line["Id"]) for line in lines if line.get("Id")}
    fresh = (n for n in count(1) if str(n) not in taken)
    for position, line in enumerate(lines, start=1):
        id = line.pop("Id", None)
        line.pop("LineNum", None)
        rest = dict(line)
        line.clear()
        line |= {"Id": str(id) if id and str(id) in known else str(next(fresh)), "LineNum": position, **rest}


def item_lines(body: Body) -> Iterator[Body]:
    """Yield the lines that sell something, those within groups too."""
    for line in body.get("Line") or []:
        if line.get("DetailType") == SALES:
            yield line
        elif line.get("DetailType") == GROUP:
            yield from item_lines(line[GROUP])


def subtotal_of(body: Body) -> Decimal:
    return total(
        exact(line.get("Amount")) for line in body["Line"] if line["DetailType"] not in (SUBTOTAL, DISCOUNT)
    )


def discount_of(body: Body) -> Decimal:
    return total(exact(line.get("Amount")) for line in body["Line"] if line["DetailType"] == DISCOUNT)


def missing(name: str) -> Fault:
    return refuse(REQUIRED_MISSING, f"Required parameter {name} is missing in the request", name)


def _check_kind(line: Body, kinds: tuple[str, ...]) -> None:
    kind = line.get("DetailType")
    if not kind:
        raise missing("Line.DetailType")
    if kind not in kinds:
        raise refuse(INVALID_ENUMERATION, f"Invalid Enumeration : {kind}", "Line.DetailType")


def _settle_item(change: Change, line: Body) -> None:
    kind = line["DetailType"]
    if kind in (TEXT, "DescriptionLineDetail"):
        line["DetailType"] = TEXT
        line["Amount"] = 0
        line.setdefault("DescriptionLineDetail", {})
        return
    if kind == GROUP:
        _settle_group(change, line)
        return
    detail = line.setdefault(SALES, {})
    _allow_special(change.books, detail)
    _check_amount(line, detail)
    _refuse_category(change.books, detail)
    _name_default_item(change.books, detail)


def _check_amount(line: Body, detail: Body) -> None:
    if "Amount" not in line:
        raise missing("Line.Amount")
    amount = cents(exact(line["Amount"]))
    price, quantity = exact(detail.get("UnitPrice")), exact(detail.get("Qty"))
    gross = cents(exact(detail.get("TaxInclusiveAmt")))
    # Clients that know neither send both as 0; only two real factors can contradict.
    if price and quantity and cents(price * quantity) not in (amount, gross):
        raise refuse(
            LINE_AMOUNT,
            f"Amount is not equal to UnitPrice * Qty. Supplied value:{plain(amount)}",
            "Line.Amount",
        )
    line["Amount"] = plain(amount)


def _allow_special(books: Books, detail: Body) -> None:
    item = detail.get("ItemRef", {}).get("value")
    if item == SHIPPING and not preference(books, "SalesFormsPrefs", "AllowShipping"):
        raise business("Shipping is switched off in the company's preferences.", "Line.ItemRef")
    if item == GRATUITY and other_preference(books, "SalesFormsPrefs.AllowGratuity") != "true":
        raise business("Tips are switched off in the company's preferences.", "Line.ItemRef")


def _refuse_category(books: Books, detail: Body) -> None:
    item = books.look("Item", detail.get("ItemRef", {}).get("value", ""))
    if item is not None and item.get("Type") == "Category":
        raise business(f"{item['Name']} is a category and can be neither bought nor sold.", "Line.ItemRef")


def _name_default_item(books: Books, detail: Body) -> None:
    """Sell "Services", or the first item there is, on a line that names none."""
    if detail.get("ItemRef"):
        return
    sold = [i for i in books.all_named("Item") if i.get("Active", True) and i.get("Type") == "Service"]
    if sold:
        detail["ItemRef"] = ref_to(next((i for i in sold if i["Name"] == "Services"), sold[0]))


def _settle_group(change: Change, line: Body) -> None:
    detail = line.setdefault(GROUP, {})
    group = change.books.look("Item", detail.get("GroupItemRef", {}).get("value", ""))
    if group is None or group.get("Type") != "Group":
        raise refuse(OBJECT_NOT_FOUND, "Object Not Found : the bundle of a line.", "GroupItemRef")
    quantity = exact(detail.get("Quantity") or 1)
    inner = detail.get("Line") or [
        _member(change.books, member, quantity)
        for member in (group.get("ItemGroupDetail") or {}).get("ItemGroupLine", [])
    ]
    for one in inner:
        one.setdefault("DetailType", SALES)
        _check_kind(one, (SALES,))
        _settle_item(change, one)
    before: Body = next(
        (ln for ln in (change.before or {}).get("Line", []) if ln.get("Id") == line.get("Id")), {}
    )
    number(inner, before=before.get(GROUP))
    detail |= {"GroupItemRef": ref_to(group), "Quantity": plain(quantity), "Line": inner}
    line["Amount"] = plain(total(exact(one["Amount"]) for one in inner))


def _member(books: Books, member: Body, quantity: Decimal) -> Body:
    item = books.look("Item", member["ItemRef"]["value"]) or {}
    price, pieces = exact(item.get("UnitPrice")), exact(member.get("Qty") or 1) * quantity
    return {
        "Amount": plain(cents(price * pieces)),
        "DetailType": SALES,
        SALES: {"ItemRef": dict(member["ItemRef"]), "UnitPrice": plain(price), "Qty": plain(pieces)},
    }


def _discounted(change: Change, line: Body, sums: Decimal) -> Body:
    """Return a discount line with its amount. It stands after the sub-total and has no number."""
    if not preference(change.books, "SalesFormsPrefs", "AllowDiscount", True):
        raise business("Discounts are switched off in the company's preferences.", "Line")
    detail = line.setdefault(DISCOUNT, {})
    if detail.get("PercentBased"):
        line["Amount"] = plain(cents(sums * exact(detail.get("DiscountPercent")) / 100))
    elif "Amount" not in line:
        raise missing("Line.Amount")
    else:
        line["Amount"] = plain(cents(exact(line["Amount"])))
        detail["PercentBased"] = False
    if exact(line["Amount"]) > max(sums, ZERO):
        raise business("The discount is larger than what it is taken from.", "Line.Amount")
    if not detail.get("DiscountAccountRef"):
        account = account_of(change.books, sub_type="DiscountsRefundsGiven")
        detail |= {"DiscountAccountRef": account} if account else {}
    for position in ("Id", "LineNum"):
        line.pop(position, None)
    return line
