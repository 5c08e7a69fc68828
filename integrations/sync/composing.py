"""Turn values of ours into what QuickBooks is to be told. Pure functions."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from integrations.quickbooks import problems_in
from mapping.spec import Entity, Payload, Values
from mapping.transform import to_remote


def creation(entity: Entity, values: Values) -> dict[str, Any]:
    """Return the object to create; what is empty is left out."""
    return _without_blanks(_trimmed({**entity.born(values), **to_remote(entity, values)}))


def change(entity: Entity, record: Payload, sync_token: str, values: Values) -> dict[str, Any]:
    """Return the sparse update that says only these values.

    A structure such as an address is replaced as a whole, so what stands beside a changed part of
    it goes along as it stands there; the SyncToken has QuickBooks refuse that if it is no longer so.
    """
    said = _trimmed(to_remote(entity, values))
    for name, value in said.items():
        if isinstance(value, dict) and isinstance(beside := record.get(name), dict):
            said[name] = {**deepcopy(beside), **value}
    return {**said, "Id": str(record["Id"]), "SyncToken": sync_token, "sparse": True}


def problems(entity: Entity, payload: Payload, values: Values) -> dict[str, str]:
    """Return what QuickBooks would not take, by our own field: ``{"name": "cannot hold a colon"}``.

    Only fields that are being said count: what stands beside them was taken once.
    """
    found = problems_in(entity.remote, payload)
    return {
        field.local: found[path]
        for field in entity.fields
        if field.local in values
        for path in field.paths
        if path in found
    }


def fields_at(entity: Entity, element: str) -> list[str]:
    """Return our fields that a refusal's element names, as ``GivenName`` or ``PrimaryEmailAddr.Address``."""
    return [field.local for field in entity.fields if element and element in _names(field.paths)]


def _names(paths: tuple[str, ...]) -> set[str]:
    return {name for path in paths for name in (path, path.split(".")[-1])}


def name_field(entity: Entity) -> str:
    """Return our field that stands for the name by which QuickBooks tells records apart."""
    return entity.name_field


def _trimmed(payload: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _trimmed(value)
        if isinstance(value, dict)
        else value.strip()
        if isinstance(value, str)
        else value
        for name, value in payload.items()
    }


def _without_blanks(payload: dict[str, Any]) -> dict[str, Any]:
    kept = {
        name: _without_blanks(value) if isinstance(value, dict) else value for name, value in payload.items()
    }
    return {name: value for name, value in kept.items() if value not in ("", None, {})}
