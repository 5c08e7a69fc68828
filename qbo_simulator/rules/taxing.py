"""Sales tax: the American way, by taxable lines and one rate; elsewhere, by a code on each line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ..faults import INVALID_TAX_CODE, refuse
from .company import business, country, is_in_the_us, preference
from .lines import SALES, discount_of, item_lines, subtotal_of
from .money import ZERO, cents, exact, fine, plain, total

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..books import Books
    from ..entities.spec import Body, Change

TAXED, UNTAXED = "TAX", "NON"
EXCLUDED, INCLUSIVE, NOT_APPLICABLE = "TaxExcluded", "TaxInclusive", "NotApplicable"


@dataclass(frozen=True)
class Rate:
    id: str
    name: str
    percent: Decimal


def settle_sales_tax(change: Change) -> Decimal:
    """Work out the tax of a sales form, write it in, and return what is added to the lines."""
    if is_in_the_us(change.books):
        change.after.pop("GlobalTaxCalculation", None)
        return _american(change)
    return _by_codes(change, list(item_lines(change.after)), SALES, side="Sales")


def settle_purchase_tax(change: Change) -> Decimal:
    """Do the same for what is bought. American companies track no tax on it."""
    if is_in_the_us(change.books):
        change.after.pop("GlobalTaxCalculation", None)
        return ZERO
    lines = [line for line in change.after["Line"] if line["DetailType"] in line]
    if not any("TaxCodeRef" in line[line["DetailType"]] for line in lines):
        change.after["GlobalTaxCalculation"] = NOT_APPLICABLE
    return _by_codes(change, lines, "", side="Purchase")


def rates_of(books: Books, code: Body, side: str) -> list[Rate]:
    """Return the rates behind a tax code, in the order they are reckoned."""
    listed = (code.get(f"{side}TaxRateList") or {}).get("TaxRateDetail") or []
    rates = []
    for entry in sorted(listed, key=lambda e: e.get("TaxOrder", 0)):
        rate = books.look("TaxRate", entry["TaxRateRef"]["value"])
        if rate is not None:
            rates.append(Rate(rate["Id"], rate["Name"], exact(rate.get("RateValue"))))
    return rates


# The United States


def _american(change: Change) -> Decimal:
    books, after = change.books, change.after
    if not preference(books, "TaxPrefs", "UsingSalesTax", False):
        for line in item_lines(after):
            line[SALES]["TaxCodeRef"] = {"value": UNTAXED}
        after["TxnTaxDetail"] = {"TotalTax": 0}
        return ZERO
    automated = bool(preference(books, "TaxPrefs", "PartnerTaxEnabled", False))
    customer = books.look("Customer", after.get("CustomerRef", {}).get("value", "")) or {}
    taxable = _taxable(books, after, customer, automated=automated)
    asked = after.get("TxnTaxDetail") or {}
    named_total = "TxnTaxDetail" in change.given and exact(asked.get("TotalTax"))
    if automated:
        return _automated(change, taxable, customer, named_total or ZERO)
    code = books.look("TaxCode", asked.get("TxnTaxCodeRef", {}).get("value", ""))
    if code is not None and customer.get("Taxable", True):
        return _write_tax(after, code, taxable, rates_of(books, code, "Sales"))
    honoured = cents(exact(asked.get("TotalTax"))) if code is None and customer.get("Taxable", True) else ZERO
    after["TxnTaxDetail"] = {"TotalTax": plain(honoured)}
    return honoured


def _taxable(books: Books, after: Body, customer: Body, *, automated: bool) -> Decimal:
    """Settle TAX or NON on each line and return what is taxed, less its share of a discount."""
    sums = ZERO
    for line in item_lines(after):
        detail = line[SALES]
        code = detail.get("TaxCodeRef", {}).get("value") or _usual_code(books, detail, customer)
        if code not in (TAXED, UNTAXED):
            if not automated:
                raise refuse(INVALID_TAX_CODE, f"Invalid tax code {code} on a line.", "TaxCodeRef")
            code = TAXED
        detail["TaxCodeRef"] = {"value": code}
        sums += exact(line["Amount"]) if code == TAXED else ZERO
    if after.get("ApplyTaxAfterDiscount"):
        sums = cents(sums * _share_kept(after))
    return sums


def _usual_code(books: Books, detail: Body, customer: Body) -> str:
    item = books.look("Item", detail.get("ItemRef", {}).get("value", "")) or {}
    return TAXED if item.get("Taxable") and customer.get("Taxable", True) else UNTAXED


def _share_kept(after: Body) -> Decimal:
    """Return which part of the lines is left after the discount."""
    sums = subtotal_of(after)
    return 1 - discount_of(after) / sums if sums else Decimal(1)


def _automated(change: Change, taxable: Decimal, customer: Body, named_total: Decimal) -> Decimal:
    """Tax by where the goods go, whatever code was sent; a total that was named is honoured."""
    books, after = change.books, change.after
    code = _code_for_place(books, after)
    rates = rates_of(books, code, "Sales") if code else []
    if not customer.get("Taxable", True) or not taxable:
        rates = []
    if not named_total or not code:
        if code is None:
            after["TxnTaxDetail"] = {"TotalTax": plain(cents(named_total))}
            return cents(named_total)
        return _write_tax(after, code, taxable, rates)
    tax = cents(named_total)
    lines = _spread(tax, rates, taxable)
    after["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": code["Id"]}, "TotalTax": plain(tax), "TaxLine": lines}
    return tax


def _code_for_place(books: Books, after: Body) -> Body | None:
    """Return the company's own code when the goods stay in its state, else none."""
    home = ((books.look("CompanyInfo", "1") or {}).get("CompanyAddr") or {}).get("CountrySubDivisionCode")
    where = after.get("ShipAddr") or after.get("BillAddr") or {}
    group = preference(books, "TaxPrefs", "TaxGroupCodeRef", {}).get("value", "")
    if where.get("CountrySubDivisionCode", home) != home:
        return None
    return books.look("TaxCode", group)


def _write_tax(after: Body, code: Body, taxable: Decimal, rates: Iterable[Rate]) -> Decimal:
    lines = [_tax_line(rate, cents(taxable * rate.percent / 100), taxable) for rate in rates]
    tax = total(exact(line["Amount"]) for line in lines)
    after["TxnTaxDetail"] = {
        "TxnTaxCodeRef": {"value": code["Id"], "name": code["Name"]},
        "TotalTax": plain(tax),
        "TaxLine": lines,
    }
    return tax


def _spread(tax: Decimal, rates: list[Rate], taxable: Decimal) -> list[Body]:
    """Spread a named tax over the rates by their size."""
    together, left, lines = total(r.percent for r in rates), tax, []
    for position, rate in enumerate(rates, start=1):
        is_last = position == len(rates)
        amount = left if is_last or not together else cents(tax * rate.percent / together)
        left -= amount
        lines.append(_tax_line(rate, amount, taxable))
    return lines


def _tax_line(rate: Rate, amount: Decimal, net: Decimal) -> Body:
    return {
        "Amount": plain(amount),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": rate.id},
            "PercentBased": True,
            "TaxPercent": plain(rate.percent),
            "NetAmountTaxable": plain(net),
        },
    }


# Everywhere else


def _by_codes(change: Change, lines: list[Body], detail_name: str, *, side: str) -> Decimal:
    books, after = change.books, change.after
    way = after.setdefault("GlobalTaxCalculation", EXCLUDED)
    details = [line[detail_name or line["DetailType"]] for line in lines]
    if way == NOT_APPLICABLE:
        for detail in details:
            detail.pop("TaxCodeRef", None)
            detail.pop("TaxInclusiveAmt", None)
        after["TxnTaxDetail"] = {"TotalTax": 0}
        return ZERO
    net: dict[str, Decimal] = defaultdict(Decimal)
    gross: dict[str, Decimal] = defaultdict(Decimal)
    rates: dict[str, list[Rate]] = {}
    for line, detail in zip(lines, details, strict=True):
        code = _code_on(books, detail)
        rates.setdefault(code["Id"], rates_of(books, code, side))
        percent = total(rate.percent for rate in rates[code["Id"]])
        if way == INCLUSIVE:
            _take_tax_out(line, detail, percent)
            gross[code["Id"]] += exact(detail["TaxInclusiveAmt"])
        else:
            detail.pop("TaxInclusiveAmt", None)
        net[code["Id"]] += exact(line["Amount"])
    _refresh_subtotal(after)
    return _write_taxes(after, net, gross, rates)


def _code_on(books: Books, detail: Body) -> Body:
    id = detail.get("TaxCodeRef", {}).get("value")
    if not id:
        tax = "VAT" if country(books) in ("GB", "UK") else "GST/HST"
        raise business(f"Make sure all your transactions have a {tax} rate before you save.", "TaxCodeRef")
    code = books.look("TaxCode", id)
    if code is None or code.get("Active") is False:
        raise refuse(INVALID_TAX_CODE, f"Invalid tax code {id} on a line.", "TaxCodeRef")
    return code


def _take_tax_out(line: Body, detail: Body, percent: Decimal) -> None:
    """Turn an amount with tax into the net amount and what it was with tax."""
    gross = exact(detail.get("TaxInclusiveAmt")) or exact(line["Amount"])
    amount = cents(gross / (1 + percent / 100))
    line["Amount"], detail["TaxInclusiveAmt"] = plain(amount), plain(cents(gross))
    if detail.get("Qty"):
        detail["UnitPrice"] = plain(fine(amount / exact(detail["Qty"])))


def _refresh_subtotal(after: Body) -> None:
    for line in after["Line"]:
        if line["DetailType"] == "SubTotalLineDetail":
            line["Amount"] = plain(subtotal_of(after))


def _write_taxes(
    after: Body, net: dict[str, Decimal], gross: dict[str, Decimal], rates: dict[str, list[Rate]]
) -> Decimal:
    share, lines = _share_kept(after), []
    for code, amount in net.items():
        kept = cents(amount * share)
        if code in gross:
            lines += _spread(cents((gross[code] - amount) * share), rates[code], kept)
        else:
            lines += [_tax_line(rate, cents(kept * rate.percent / 100), kept) for rate in rates[code]]
    tax = total(exact(line["Amount"]) for line in lines)
    after["TxnTaxDetail"] = {"TotalTax": plain(tax), "TaxLine": lines}
    return tax
