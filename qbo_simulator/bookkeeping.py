"""What a bookkeeper does on screen in one go, where the API would take several calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .books import Books
from .clock import stamp
from .entities import CUSTOMER, ENTITIES, entity_named
from .entities.names import without_mark
from .entities.spec import Body, Entity, Group, Kind, Many, Ref
from .faults import OBJECT_NOT_FOUND, refuse
from .ledger.balances import add_to_family
from .ledger.merging import repoint_postings
from .rules import keeping
from .rules.company import business, ref_to
from .rules.money import exact, plain
from .writing import amend, not_found, note

MERGEABLE = ("Customer", "Vendor", "Account", "Class", "Department", "Item")


def make_inactive(books: Books, id: str, *, at: datetime, entity: Entity = CUSTOMER) -> Body:
    """Make an object of a list inactive, and those below it first, as QuickBooks' screens do.

    Raises Fault for an unknown one.
    """
    with books.transaction():
        for child in books.children(entity, id):
            if child.get("Active", True):
                make_inactive(books, child["Id"], at=at, entity=entity)
        return amend(entity, books, id, {"Active": False}, at=at)


def make_active(books: Books, id: str, *, at: datetime, entity: Entity = CUSTOMER) -> Body:
    """Make an object of a list active again under the name it had. Raises Fault."""
    fields: Body = {"Active": True}
    kept = books.get(entity, id)
    if kept is not None and entity.name_field in kept:
        fields[entity.name_field] = without_mark(kept[entity.name_field])
    return amend(entity, books, id, fields, at=at)


def send(books: Books, entity: Entity, id: str, *, to: str, at: datetime) -> Body:
    """E-mail a form: nothing leaves the simulator, but the form says that it was sent, if it can.

    Without an address it goes to the form's own, or its customer's. Raises Fault.
    """
    body = books.get(entity, id)
    if body is None:
        raise not_found(entity)
    field = "POEmail" if entity.name == "PurchaseOrder" else "BillEmail"
    address = to or (body.get(field) or {}).get("Address") or _address_of_customer(books, entity, body)
    if not address or "@" not in address:
        raise business("An e-mail address is needed to send the form.", field)
    sent = {
        field: {"Address": address},
        "EmailStatus": "EmailSent",
        "DeliveryInfo": {"DeliveryType": "Email", "DeliveryTime": stamp(at)},
    }
    told = {name: value for name, value in sent.items() if name in entity.fields}
    return note(entity, books, body, told, at=at, operation="Emailed")


def _address_of_customer(books: Books, entity: Entity, body: Body) -> str:
    """Return where a form goes that holds no address of its own, such as a payment."""
    if "BillEmail" in entity.fields or "CustomerRef" not in body:
        return ""
    customer = books.look("Customer", body["CustomerRef"]["value"]) or {}
    return str((customer.get("PrimaryEmailAddr") or {}).get("Address", ""))


def merge(books: Books, entity: Entity, lost: str, *, into: str, at: datetime) -> Body:
    """Merge one object into another of its kind, as giving it the other's name does on screen.

    Everything that pointed to the lost one points to the survivor, which takes its balance; the
    lost Id is not found any more. Raises Fault.
    """
    with books.transaction():
        gone, survivor = books.get(entity, lost), books.get(entity, into)
        if entity.name not in MERGEABLE or lost == into:
            raise business(f"A {entity.name} cannot be merged like this.")
        if gone is None or survivor is None:
            raise refuse(OBJECT_NOT_FOUND, f"Object Not Found : {entity.name} {lost} or {into}.")
        if books.children(entity, lost):
            raise business("Move the objects below it elsewhere first.")
        _repoint(books, entity.name, lost, ref_to(survivor))
        _take_balance(books, entity, gone, into)
        repoint_postings(books, entity.name, lost, into)
        keeping.erase(books, entity, gone, at=at)
        books.announce(entity.name, into, "Merge", at=at, deleted_id=lost)
        return amend(entity, books, into, {}, at=at)


def _repoint(books: Books, kind: str, lost: str, survivor: Body) -> None:
    """Write the survivor into every reference to the lost one, quietly."""
    for entity in ENTITIES:
        for body in books.mentioning(entity.name, lost):
            inside = next(iter(body.values())) if entity.wrapped else body
            if _replace_references(_fields_of(entity, body), inside, kind, lost, survivor):
                books.put(entity, body)


def _fields_of(entity: Entity, body: Body) -> Any:
    if not entity.wrapped:
        return entity.fields
    template = entity_named(next(iter(body)))
    return template.fields if template else {}


def _take_balance(books: Books, entity: Entity, gone: Body, into: str) -> None:
    """Let the survivor owe what the lost one owed, and those above both know of it."""
    balance = exact(gone.get("Balance"))
    if entity.name not in ("Customer", "Vendor") or not balance:
        return
    if entity is CUSTOMER:
        # Before the survivor is read: it may stand above the lost one.
        add_to_family(books, gone.get("ParentRef"), -balance)
    survivor = books.get(entity, into)
    assert survivor is not None
    for name in ("Balance", "BalanceWithJobs")[: 2 if entity is CUSTOMER else 1]:
        survivor[name] = plain(exact(survivor.get(name)) + balance)
    books.put(entity, survivor)
    if entity is CUSTOMER:
        add_to_family(books, survivor.get("ParentRef"), balance)


def _replace_references(fields: Mapping[str, Kind], body: Body, kind: str, lost: str, survivor: Body) -> bool:
    """Replace references to one object by those to another, in lines too; tell whether any was."""
    found = False
    for name, value in body.items():
        match fields.get(name):
            case Ref(to=to) if to == kind and isinstance(value, dict) and value.get("value") == lost:
                body[name] = dict(survivor)
                found = True
            case Group(fields=inner) if isinstance(value, dict):
                found |= _replace_references(inner, value, kind, lost, survivor)
            case Many(fields=inner) if isinstance(value, list):
                for one in value:
                    found |= _replace_references(inner, one, kind, lost, survivor)
            case _:
                pass
    return found
