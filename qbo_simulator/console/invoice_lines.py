"""The lines of an invoice as rows of inputs, and back: what was not touched stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from starlette.datastructures import FormData

from ..books import Books
from ..entities.spec import Body
from ..rules.lines import DISCOUNT, GRATUITY, SALES, SHIPPING, SUBTOTAL, TEXT
from ..rules.money import cents, exact, fine, plain
from .fields import id_named, name_referred
from .values import as_text, read_number, value_at

PATHS = {
    "item": f"{SALES}.ItemRef",
    "description": "Description",
    "quantity": f"{SALES}.Qty",
    "rate": f"{SALES}.UnitPrice",
    "amount": "Amount",
    "tax": f"{SALES}.TaxCodeRef",
    "class": f"{SALES}.ClassRef",
}
SPARE = 3
MOST = 200


@dataclass
class Row:
    texts: dict[str, str]
    id: str = ""
    item_name: str = ""
    """What was typed where the item is chosen by its name."""
    kept: Body | None = None
    """The line as it is, where the row shows one."""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_fixed(self) -> bool:
        """A bundle or the like: shown, and kept as it is."""
        return self.kept is not None and self.kept.get("DetailType") not in (SALES, TEXT)

    @property
    def is_blank(self) -> bool:
        return not self.is_fixed and not any(
            self.texts[name] for name in PATHS if name not in ("tax", "class")
        )


def blank() -> Row:
    return Row(dict.fromkeys(PATHS, ""))


def rows_of(body: Body) -> list[Row]:
    """Return the rows that show an invoice's lines, without what stands under them."""
    return [_row(line) for line in _own_lines(body)]


def _own_lines(body: Body) -> Iterator[Body]:
    for line in body.get("Line") or []:
        if line.get("DetailType") not in (SUBTOTAL, DISCOUNT) and _special(line) is None:
            yield line


def _special(line: Body) -> str | None:
    item = value_at(line, f"{SALES}.ItemRef.value")
    return item if item in (SHIPPING, GRATUITY) else None


def _row(line: Body) -> Row:
    return Row(
        {name: as_text(value_at(line, path)) for name, path in PATHS.items()},
        id=str(line.get("Id", "")),
        kept=line,
    )


def read_rows(sent: FormData, body: Body, books: Books) -> list[Row]:
    """Return the rows that were sent, blank ones left out, each with the line it came from."""
    known = {str(line.get("Id")): line for line in _own_lines(body)}
    count = min(int(str(sent.get("lines") or "0")) if str(sent.get("lines") or "0").isdigit() else 0, MOST)
    rows = [_sent_row(sent, number, known, books) for number in range(count)]
    return [row for row in rows if not row.is_blank]


def _sent_row(sent: FormData, number: int, known: dict[str, Body], books: Books) -> Row:
    texts = {name: str(sent.get(f"line.{number}.{name}") or "").strip() for name in PATHS}
    texts["description"] = texts["description"].replace("\r\n", "\n")
    id = str(sent.get(f"line.{number}.id") or "")
    row = Row(texts, id=id if id in known else "", kept=known.get(id))
    if row.is_fixed:
        return _row(known[id])
    named = sent.get(f"line.{number}.item.name")
    if named is not None:
        _find_item(row, str(named).strip(), books)
    return row


def _find_item(row: Row, name: str, books: Books) -> None:
    row.item_name = name
    kept = str(value_at(row.kept or {}, f"{SALES}.ItemRef.value") or "")
    if name and name == name_referred(books, "Item", kept):
        row.texts["item"] = kept
    elif name:
        row.texts["item"] = id_named(books, "Item", name) or ""
        if not row.texts["item"]:
            row.errors["item"] = f"There is no active product or service named “{name}”."


def line_from(row: Row, books: Books) -> Body:
    """Return the line a row asks for; its errors say what cannot be read."""
    if row.is_fixed or (row.kept is not None and row.texts == _row(row.kept).texts):
        assert row.kept is not None
        return row.kept
    was = _row(row.kept).texts if row.kept is not None else blank().texts
    _fill_from_item(row, was, books)
    numbers = {name: _number(row, name) for name in ("quantity", "rate", "amount")}
    if not row.texts["item"] and not any(row.texts[n] for n in numbers):
        return {**_id(row), "DetailType": TEXT, "Description": row.texts["description"]}
    kept_detail = dict((row.kept or {}).get(SALES) or {})
    if row.kept is None or any(row.texts[name] != was[name] for name in numbers):
        _reckon(row, was, numbers)
        kept_detail.pop("TaxInclusiveAmt", None)
    detail: Body = {
        **kept_detail,
        "ItemRef": _ref(row.texts["item"]),
        "Qty": numbers["quantity"],
        "UnitPrice": numbers["rate"],
        "TaxCodeRef": _ref(row.texts["tax"]),
        "ClassRef": _ref(row.texts["class"]),
    }
    line = {
        **_id(row),
        "Description": row.texts["description"] or None,
        "Amount": numbers["amount"] or 0,
        "DetailType": SALES,
        SALES: {name: value for name, value in detail.items() if value is not None},
    }
    return {name: value for name, value in line.items() if value is not None}


def _fill_from_item(row: Row, was: dict[str, str], books: Books) -> None:
    """Take price and description from a newly chosen item where the row leaves them empty."""
    if row.texts["item"] == was["item"] or not row.texts["item"]:
        return
    item = books.look("Item", row.texts["item"]) or {}
    if not row.texts["description"]:
        row.texts["description"] = str(item.get("Description", ""))
    if not row.texts["rate"] and not row.texts["amount"]:
        row.texts["rate"] = as_text(item.get("UnitPrice") or 0)
        row.texts["quantity"] = row.texts["quantity"] or "1"


def _number(row: Row, name: str) -> float | None:
    if not row.texts[name]:
        return None
    value = read_number(row.texts[name])
    if isinstance(value, str):
        row.errors[name] = "This has to be a number."
        return None
    return value


def _reckon(row: Row, was: dict[str, str], numbers: dict[str, Any]) -> None:
    """Make quantity, rate and amount agree: what was changed last decides, as on screen."""
    quantity, rate = numbers["quantity"], numbers["rate"]
    amount_typed = row.texts["amount"] != was["amount"] and row.texts["amount"]
    if rate is not None and (not amount_typed or not row.texts["amount"]):
        numbers["amount"] = plain(cents(exact(rate) * _pieces(quantity)))
    elif amount_typed and row.kept is not None and row.texts["rate"] == was["rate"] and rate is not None:
        numbers["rate"] = plain(fine(exact(numbers["amount"]) / (_pieces(quantity) or Decimal(1))))
    elif (
        amount_typed
        and rate
        and quantity
        and cents(exact(rate) * exact(quantity)) != exact(numbers["amount"])
    ):
        row.errors["amount"] = f"Quantity times rate is {cents(exact(rate) * exact(quantity)):,}."


def _pieces(quantity: float | None) -> Decimal:
    return Decimal(1) if quantity is None else exact(quantity)


def _id(row: Row) -> Body:
    return {"Id": row.id} if row.id else {}


def _ref(id: str) -> Body | None:
    return {"value": id} if id else None


# What stands under the lines


def extras_of(body: Body) -> dict[str, str]:
    texts = {"shipping": "", "tip": "", "discount": "", "discount_kind": "percent"}
    for line in body.get("Line") or []:
        if name := {SHIPPING: "shipping", GRATUITY: "tip"}.get(str(_special(line))):
            texts[name] = as_text(line.get("Amount"))
        if line.get("DetailType") == DISCOUNT:
            by_percent = line[DISCOUNT].get("PercentBased")
            texts["discount_kind"] = "percent" if by_percent else "amount"
            texts["discount"] = as_text(
                line[DISCOUNT].get("DiscountPercent") if by_percent else line["Amount"]
            )
    texts["deposit"] = as_text(body.get("Deposit") or None)
    return texts


def extra_lines(texts: dict[str, str], body: Body) -> list[Body]:
    """Return the lines for shipping, tip and discount; those left alone as they were."""
    was = extras_of(body)
    kept = [line for line in body.get("Line") or [] if _special(line) or line.get("DetailType") == DISCOUNT]
    made: list[Body] = []
    for name, item in (("shipping", SHIPPING), ("tip", GRATUITY)):
        if texts[name] == was[name]:
            made += [line for line in kept if _special(line) == item]
        elif exact(read_number(texts[name] or "0")):
            detail = {"ItemRef": {"value": item}}
            made.append({"Amount": read_number(texts[name]), "DetailType": SALES, SALES: detail})
    if (texts["discount"], texts["discount_kind"]) == (was["discount"], was["discount_kind"]):
        return [*made, *(line for line in kept if line.get("DetailType") == DISCOUNT)]
    return [*made, *_discount(texts)]


def _discount(texts: dict[str, str]) -> list[Body]:
    value = read_number(texts["discount"] or "0")
    if not exact(value):
        return []
    if texts["discount_kind"] == "percent":
        return [{"DetailType": DISCOUNT, DISCOUNT: {"PercentBased": True, "DiscountPercent": value}}]
    return [{"DetailType": DISCOUNT, "Amount": value, DISCOUNT: {"PercentBased": False}}]


def lines_asked_for(rows: list[Row], extras: dict[str, str], body: Body, books: Books) -> list[Body] | None:
    """Return the lines to write, or None where they stay as they are."""
    made = [line_from(row, books) for row in rows] + extra_lines(extras, body)
    kept = [line for line in body.get("Line") or [] if line.get("DetailType") != SUBTOTAL]
    return (
        None if sorted(map(_key, made)) == sorted(map(_key, kept)) and _order(made) == _order(kept) else made
    )


def _key(line: Body) -> str:
    return repr(sorted(line.items(), key=lambda pair: pair[0]))


def _order(lines: list[Body]) -> list[str]:
    return [str(line.get("Id", "")) for line in lines if line.get("DetailType") != DISCOUNT]
