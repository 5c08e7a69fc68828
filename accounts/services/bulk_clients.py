"""Write clients by the ten thousand, for imports: no instances, no signals, one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.copying import copy_rows, update_rows
from accounts.models import Client, Kind
from accounts.tenancy import chosen_firm_id

WRITABLE: dict[str, Any] = {
    "kind": Kind.ORGANISATION.value,
    "name": None,
    "company_name": "",
    "first_name": "",
    "middle_name": "",
    "last_name": "",
    "email": "",
    "phone": "",
    "address": "",
    "address_2": "",
    "city": "",
    "state": "",
    "zip": "",
    "country": "",
    "notes": "",
    "is_marketable": False,
    "is_linked": False,
}
"""The fields an import may write, and what a new client gets where the row says nothing."""


def create_clients(firm_id: int, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Create one client per row and return their ids in the rows' order.

    Rows hold any of WRITABLE; ``name`` must be there. Unknown fields raise ValueError, a value
    PostgreSQL cannot hold ``accounts.copying.Unwritable``.
    """
    assert firm_id == chosen_firm_id(), "the scope and the rows must be of one firm"
    _refuse_unknown(set().union(*rows))
    ids, now = _reserve_ids(len(rows)), timezone.now()
    copy_rows(
        Client,
        ["id", "firm_id", "created_at", "updated_at", *WRITABLE],
        (
            [client_id, firm_id, now, now, *[row.get(field, default) for field, default in WRITABLE.items()]]
            for client_id, row in zip(ids, rows, strict=True)
        ),
    )
    return ids


def update_clients(rows: Mapping[int, Mapping[str, Any]], *, is_edit: bool = False) -> None:
    """Change clients, found by id: each row holds only what changes, and rows may differ in what.

    Ids that are not the chosen firm's are passed over. Every client named gets a new ``updated_at``;
    ``is_edit`` where a person meant it, so that it counts as their edit and not as what came in.
    """
    changing = {field for row in rows.values() for field in row}
    _refuse_unknown(changing)
    if any(value is None for row in rows.values() for value in row.values()):
        raise ValueError("A client's fields are emptied with an empty text, not with None.")
    fields, now = [field for field in WRITABLE if field in changing], timezone.now()
    moments = ["updated_at", "contact_edited_at"] if is_edit else ["updated_at"]
    update_rows(
        Client,
        ["id", *moments, *fields],
        (
            [client_id, *[now] * len(moments), *[row.get(field) for field in fields]]
            for client_id, row in rows.items()
        ),
    )


def mark_linked(client_ids: Iterable[int], linked: bool) -> None:
    """Note that these clients are tied to records in the firm's books, or no longer. Not an edit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_client SET is_linked = %s WHERE id = ANY(%s) AND is_linked <> %s",
            [linked, list(client_ids), linked],
        )


def archive(client_ids: Iterable[int]) -> None:
    """Take clients out of the everyday lists; those already archived keep their moment."""
    now = timezone.now()
    Client.objects.current().filter(pk__in=list(client_ids)).update(archived_at=now, updated_at=now)


def _refuse_unknown(fields: Iterable[str]) -> None:
    if unknown := set(fields) - WRITABLE.keys():
        raise ValueError(f"Imports do not write {', '.join(sorted(unknown))} of a client.")


def _reserve_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('accounts_client', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [client_id for (client_id,) in cursor.fetchall()]
