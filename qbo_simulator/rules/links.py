"""Transactions that point at one another: payments at invoices, deposits at payments, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ..faults import (
    ALREADY_DEPOSITED,
    CANNOT_LINK,
    OBJECT_NOT_FOUND,
    REQUIRED_MISSING,
    UNSUPPORTED,
    Fault,
    refuse,
)
from .company import business
from .journal import JOURNAL, account_types, owed_in
from .keeping import touch
from .money import ZERO, cents, exact, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..books import Books
    from ..entities.spec import Body, Change

Target = tuple[str, str]
"""The kind and the Id of a transaction."""


@dataclass(frozen=True)
class Settling:
    """What a kind of payment settles: what is owed, and the credits it uses up on the way."""

    owner: str
    charges: tuple[str, ...]
    credits: tuple[str, ...]


CUSTOMER_PAYMENT = Settling("CustomerRef", ("Invoice",), ("CreditMemo",))
BILL_PAYMENT = Settling("VendorRef", ("Bill",), ("VendorCredit",))
SETTLERS = {"CustomerRef": "Payment", "VendorRef": "BillPayment"}
"""What settles journal entries; they are charges or credits by what they say of the payer."""


def settle_applied(change: Change, settling: Settling) -> None:
    """Check what a payment is applied to, and set what is left over."""
    after, before = change.after, change.before
    after["TotalAmt"] = plain(cents(exact(after["TotalAmt"])))
    asked, had = applied(after), applied(before or {})
    left = exact(after["TotalAmt"])
    for target, amount in asked.items():
        _check_target(change, settling, target, amount - had.get(target, ZERO))
        left += amount if _is_credit(change, settling, target) else -amount
    if left < 0:
        raise business(
            "The amount applied is larger than the payment. Check the amounts on its lines.", "Line.Amount"
        )
    after["UnappliedAmt"] = plain(left)


def applied(payment: Body) -> dict[Target, Decimal]:
    """Return how much a payment settles of each transaction. Raises Fault for a line without a link."""
    found: dict[Target, Decimal] = {}
    for line in payment.get("Line") or []:
        links = line.get("LinkedTxn") or []
        if not links:
            raise refuse(
                REQUIRED_MISSING, "Required parameter Line.LinkedTxn is missing in the request", "LinkedTxn"
            )
        if exact(line.get("Amount")) < 0:
            raise business("An amount that is applied cannot be negative.", "Line.Amount")
        target = str(links[0].get("TxnType", "")), str(links[0].get("TxnId", ""))
        found[target] = found.get(target, ZERO) + cents(exact(line.get("Amount")))
    return found


def _check_target(change: Change, settling: Settling, target: Target, more: Decimal) -> None:
    kind, id = target
    if kind == JOURNAL:
        _check_journal(change, settling, id, more)
        return
    if kind not in (*settling.charges, *settling.credits):
        if kind in ("Expense", "Check", "Deposit"):
            raise refuse(
                UNSUPPORTED, f"Operation apply to {kind} is not supported by this simulator.", "LinkedTxn"
            )
        raise refuse(CANNOT_LINK, f"Transaction cannot be linked : {kind or 'no type'}", "LinkedTxn")
    open_one = change.books.look(kind, id)
    if open_one is None:
        raise refuse(OBJECT_NOT_FOUND, f"Object Not Found : {kind} {id} does not exist.", "LinkedTxn")
    if not _is_of_family(change, settling, open_one):
        raise business(f"{kind} {id} belongs to somebody else.", "LinkedTxn")
    if more > exact(open_one.get("Balance")):
        raise business(
            f"You can't apply more than the open balance of {kind} {id}, "
            f"which is {open_one.get('Balance', 0)}.",
            "Line.Amount",
        )


def _is_credit(change: Change, settling: Settling, target: Target) -> bool:
    kind, id = target
    return kind in settling.credits or (kind == JOURNAL and _owed_in_journal(change, settling, id) < 0)


def _owed_in_journal(change: Change, settling: Settling, id: str) -> Decimal:
    body = change.books.look(JOURNAL, id) or {}
    payer = change.after[settling.owner]["value"]
    return owed_in(body, settling.owner, payer, account_types(change.books))


def _check_journal(change: Change, settling: Settling, id: str, more: Decimal) -> None:
    """Refuse to settle more of a journal entry than it says of the payer and others left open."""
    body = change.books.look(JOURNAL, id)
    if body is None:
        raise refuse(OBJECT_NOT_FOUND, f"Object Not Found : {JOURNAL} {id} does not exist.", "LinkedTxn")
    owed = _owed_in_journal(change, settling, id)
    if not owed:
        raise business(f"{JOURNAL} {id} says nothing of what is owed by or to the payer.", "LinkedTxn")
    open_part = abs(owed) - settled_of(change.books, body, settling.owner, change.after[settling.owner])
    if more > open_part:
        raise business(
            f"You can't apply more than the open balance of {JOURNAL} {id}, which is {plain(open_part)}.",
            "Line.Amount",
        )


def settled_of(books: Books, journal: Body, owner_field: str, owner: Body) -> Decimal:
    """Return how much of what a journal entry says of somebody has been settled."""
    settled = ZERO
    for link in links_to(journal, SETTLERS[owner_field]):
        settler = books.look(str(link["TxnType"]), str(link["TxnId"])) or {}
        if settler.get(owner_field, {}).get("value") == owner["value"]:
            settled += applied(settler).get((JOURNAL, str(journal["Id"])), ZERO)
    return settled


def keep_settled(change: Change) -> None:
    """Keep the payments a journal entry is linked to, and refuse to say less than they settled."""
    before, after = change.before or {}, change.after
    after["LinkedTxn"] = links_to(before, *SETTLERS.values())
    types = account_types(change.books)
    for link in after["LinkedTxn"]:
        settler = change.books.look(str(link["TxnType"]), str(link["TxnId"])) or {}
        field = next(f for f, kind in SETTLERS.items() if kind == link["TxnType"])
        was, now = (owed_in(body, field, settler[field]["value"], types) for body in (before, after))
        if was * now <= 0 or abs(now) < settled_of(change.books, before, field, settler[field]):
            raise business("Payments are applied to this journal entry. Unlink those first.", "Line")
    if not after["LinkedTxn"]:
        after.pop("LinkedTxn")


def _is_of_family(change: Change, settling: Settling, target: Body) -> bool:
    """Tell whether the payer owes this: it is its own, or of a job that is billed with it."""
    payer = change.after[settling.owner]["value"]
    owner = target.get(settling.owner, {}).get("value")
    while owner and owner != payer and settling.owner == "CustomerRef":
        customer = change.books.look("Customer", owner) or {}
        owner = customer.get("ParentRef", {}).get("value") if customer.get("BillWithParent") else None
    return bool(owner == payer)


def apply_links(change: Change) -> None:
    """Carry a payment that was kept, changed or taken away to what it settles."""
    before, after = applied(change.before or {}), applied(change.after)
    own = {"TxnId": change.after["Id"], "TxnType": change.entity.name}
    for target in {**before, **after}:
        more = after.get(target, ZERO) - before.get(target, ZERO)
        linked = target in after
        if not more and linked == (target in before):
            continue
        settle_one(change, target, more, own, linked=linked)


def settle_one(change: Change, target: Target, amount: Decimal, link: Body, *, linked: bool) -> None:
    kind, id = target
    body = change.books.look(kind, id)
    if body is None:
        return
    left = plain(exact(body.get("Balance")) - amount)
    if kind != JOURNAL:
        body["Balance"] = left
    if "RemainingCredit" in body:
        body["RemainingCredit"] = left
    if "HomeBalance" in body:
        body["HomeBalance"] = plain(cents(exact(left) * exact(body.get("ExchangeRate") or 1)))
    body["LinkedTxn"] = _with_link(body, link, linked=linked)
    touch(change.books, kind, body, at=change.at)


def _with_link(body: Body, link: Body, *, linked: bool) -> list[Body]:
    others = [other for other in body.get("LinkedTxn") or [] if not _same(other, link)]
    return [*others, link] if linked else others


def _same(one: Body, other: Body) -> bool:
    return (one.get("TxnType"), str(one.get("TxnId"))) == (other.get("TxnType"), str(other.get("TxnId")))


def links_to(body: Body, *kinds: str) -> list[Body]:
    return [link for link in body.get("LinkedTxn") or [] if link.get("TxnType") in kinds]


def refuse_if_linked(change: Change, *kinds: str) -> None:
    """Refuse to take away what others are linked to."""
    if change.before and links_to(change.before, *kinds):
        raise business("This transaction is linked to others. Unlink or delete those first.")


def refuse_if_deposited(change: Change) -> None:
    if change.before and links_to(change.before, "Deposit"):
        raise deposited()


def deposited() -> Fault:
    return refuse(
        ALREADY_DEPOSITED,
        "Deposited Transaction cannot be changed : Deposited Transaction cannot be changed.",
    )


def release_payments(change: Change, settlers: Iterable[str] = ("Payment",)) -> None:
    """Take a transaction that is voided out of all payments; what they paid is left over."""
    assert change.before is not None
    own: Target = (change.entity.name, change.before["Id"])
    for link in links_to(change.before, *settlers):
        payment = change.books.look(link["TxnType"], str(link["TxnId"]))
        if payment is not None:
            _release(change, payment, own, link["TxnType"], applied(payment).get(own, ZERO))
    change.after["LinkedTxn"] = [
        link for link in change.after.get("LinkedTxn") or [] if link.get("TxnType") not in settlers
    ]


def shrink_payments(change: Change, over: Decimal, settlers: Iterable[str] = ("Payment",)) -> None:
    """Take what a smaller total no longer needs out of the payments, the last one first."""
    assert change.before is not None
    own: Target = (change.entity.name, change.before["Id"])
    for link in reversed(links_to(change.before, *settlers)):
        payment = change.books.look(link["TxnType"], str(link["TxnId"]))
        if payment is None or over <= 0:
            continue
        had = applied(payment).get(own, ZERO)
        part = min(over, had)
        _release(change, payment, own, link["TxnType"], part)
        over -= part
        if part == had:
            change.after["LinkedTxn"] = _with_link(change.after, link, linked=False)


def _release(change: Change, payment: Body, own: Target, kind: str, amount: Decimal) -> None:
    left, lines = amount, []
    for line in payment.get("Line") or []:
        link = line["LinkedTxn"][0]
        if (link["TxnType"], str(link["TxnId"])) == own:
            part = min(left, exact(line["Amount"]))
            left -= part
            line["Amount"] = plain(exact(line["Amount"]) - part)
            if not line["Amount"]:
                continue
        lines.append(line)
    payment["Line"] = lines
    payment["UnappliedAmt"] = plain(exact(payment.get("UnappliedAmt")) + amount)
    touch(change.books, kind, payment, at=change.at)


# Links that carry no money


def link_sources(change: Change, kinds: tuple[str, ...], *, status: tuple[str, str, str]) -> None:
    """Mark what a form was made from (an estimate), and free it when the form goes.

    `status` is the field to set, its value when used, and when free again.
    """
    field, used, free = status
    before = {str(link["TxnId"]): link for link in links_to(change.before or {}, *kinds)}
    after = {str(link["TxnId"]): link for link in links_to(change.after, *kinds)}
    own = {"TxnId": change.after["Id"], "TxnType": change.entity.name}
    for id, link in {**before, **after}.items():
        if (id in before) == (id in after):
            continue
        source = change.books.look(link["TxnType"], id)
        if source is None:
            continue
        source["LinkedTxn"] = _with_link(source, own, linked=id in after)
        source[field] = used if id in after else free
        touch(change.books, link["TxnType"], source, at=change.at)


def check_sources(change: Change, kinds: tuple[str, ...]) -> None:
    for link in links_to(change.after, *kinds):
        if change.books.look(link["TxnType"], str(link["TxnId"])) is None:
            raise refuse(
                OBJECT_NOT_FOUND,
                f"Object Not Found : {link['TxnType']} {link['TxnId']} does not exist.",
                "LinkedTxn",
            )


def deposit_links(body: Body) -> list[Target]:
    return [
        (str(link.get("TxnType")), str(link.get("TxnId")))
        for line in body.get("Line") or []
        for link in line.get("LinkedTxn") or []
    ]


def check_deposited(change: Change) -> None:
    """Let a deposit hold only what lies in Undeposited Funds."""
    held = deposit_links(change.before or {})
    for kind, id in deposit_links(change.after):
        found = change.books.look(kind, id) if kind in ("Payment", "SalesReceipt", "RefundReceipt") else None
        if found is None:
            raise refuse(CANNOT_LINK, f"Transaction cannot be linked : {kind} {id}", "LinkedTxn")
        if (kind, id) not in held and links_to(found, "Deposit"):
            raise deposited()


def mark_deposited(change: Change) -> None:
    before, after = deposit_links(change.before or {}), deposit_links(change.after)
    own = {"TxnId": change.after["Id"], "TxnType": "Deposit"}
    for kind, id in dict.fromkeys([*before, *after]):
        body = change.books.look(kind, id)
        if body is None or ((kind, id) in before) == ((kind, id) in after):
            continue
        body["LinkedTxn"] = _with_link(body, own, linked=(kind, id) in after)
        touch(change.books, kind, body, at=change.at)


def owner_of(books: Books, body: Body, field: str) -> Body:
    """Return the customer or vendor of a transaction, or an empty body."""
    return books.look(field.removesuffix("Ref"), body.get(field, {}).get("value", "")) or {}
