"""How QuickBooks keeps names: one per name space, paths under a parent, a mark when inactive."""

from __future__ import annotations

import re

from ..faults import BUSINESS_RULE, DUPLICATE_NAME, NAME_REQUIRED, refuse
from .spec import Body, Change

DEEPEST_LEVEL = 4

_MARK = re.compile(r" \(deleted(-\d+)?\)$")


def single_spaced(text: str) -> str:
    return " ".join(text.split())


def place_under_parent(change: Change) -> None:
    """Set FullyQualifiedName and Level from the name and the parent."""
    after, entity = change.after, change.entity
    name = after[entity.name_field]
    parent = _parent(change)
    if parent is None:
        after.pop("ParentRef", None)
        after.pop("Level", None)
        after["FullyQualifiedName"] = name
        return
    level = int(parent.get("Level", 0)) + 1
    if level > DEEPEST_LEVEL:
        raise refuse(
            BUSINESS_RULE,
            f"Business Validation Error: a {entity.name.lower()} can be nested at most "
            f"{DEEPEST_LEVEL} levels under another.",
            "ParentRef",
        )
    after["Level"] = level
    after["FullyQualifiedName"] = f"{parent['FullyQualifiedName']}:{name}"


def _parent(change: Change) -> Body | None:
    ref = change.after.get("ParentRef")
    if not ref:
        return None
    ancestor = parent = change.books.get(change.entity, ref["value"])
    while ancestor is not None:
        if ancestor["Id"] == change.own_id:
            raise refuse(
                BUSINESS_RULE,
                "Business Validation Error: an object cannot be its own parent.",
                "ParentRef",
            )
        above = ancestor.get("ParentRef")
        ancestor = change.books.get(change.entity, above["value"]) if above else None
    return parent


def check_unique(change: Change, *, by: str = "FullyQualifiedName") -> None:
    """Refuse a new name that another object of the name space has, inactive ones included."""
    entity, full_name = change.entity, change.after[by]
    if (change.before or {}).get(by) == full_name:
        return
    if _taken(change, full_name):
        raise refuse(
            DUPLICATE_NAME,
            f"The name supplied already exists. : {entity.duplicate_text}",
        )


def _taken(change: Change, full_name: str) -> bool:
    entity = change.entity
    spaces = (entity.name, *entity.shares_names_with)
    besides = (entity.name, change.own_id)
    return change.books.who_is_named(spaces, full_name, besides=besides) is not None


def mark_if_inactivated(change: Change) -> None:
    """Append " (deleted)" to the name of an object that becomes inactive.

    Taking the mark off when making it active again is the caller's work, as in QuickBooks.
    """
    after, before = change.after, change.before or {}
    if after.get("Active") is not False or before.get("Active") is False:
        return
    field = change.entity.name_field
    plain, mark, attempt = _MARK.sub("", after[field]), " (deleted)", 0
    path = after["FullyQualifiedName"][: -len(after[field])]
    while _taken(change, f"{path}{plain}{mark}"):
        attempt += 1
        mark = f" (deleted-{attempt})"
    after[field] = f"{plain}{mark}"
    after["FullyQualifiedName"] = f"{path}{plain}{mark}"


def without_mark(name: str) -> str:
    return _MARK.sub("", name)


def settle_name(change: Change) -> None:
    """Tidy, place, mark and check the name of a list object; all that most lists ask for."""
    after, entity = change.after, change.entity
    field = entity.name_field
    after[field] = single_spaced(str(after.get(field) or ""))
    if not after[field]:
        raise refuse(NAME_REQUIRED, f"Name Required : {entity.name} needs a {field}.", field)
    has_path = "FullyQualifiedName" in entity.fields
    place_under_parent(change)
    if not has_path:
        after["FullyQualifiedName"] = after[field]
    mark_if_inactivated(change)
    check_unique(change)
    if not has_path:
        after.pop("FullyQualifiedName")


def rename_children(change: Change) -> None:
    """Carry a new FullyQualifiedName or Level down to all descendants, quietly.

    They are derived values: QuickBooks counts no new version of the child for it.
    """
    before, after = change.before, change.after
    if before is None or all(before.get(f) == after.get(f) for f in ("FullyQualifiedName", "Level")):
        return
    _rename_below(change, after)


def _rename_below(change: Change, parent: Body) -> None:
    for child in change.books.children(change.entity, parent["Id"]):
        name = child[change.entity.name_field]
        child["FullyQualifiedName"] = f"{parent['FullyQualifiedName']}:{name}"
        child["Level"] = int(parent.get("Level", 0)) + 1
        change.books.put(change.entity, child)
        _rename_below(change, child)
