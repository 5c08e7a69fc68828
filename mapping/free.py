"""Our rows that are tied to nothing, of whichever kind: asked for in one statement, however many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from mapping.spec import Entity, Ours

_COLUMNS = "id, name, name_key, email, city, NOT is_current"


def ask(entity: Entity, statement: str, /, **given: Any) -> list[Any]:
    """Return what a statement finds.

    ``{untied}`` in it stands for the rows, as the table ``ours``, and ``{again}`` once more, as ``again``;
    those that were archived are among them.
    """
    untied = entity.local.untied()
    written = statement.format(untied=untied.called("ours"), again=untied.called("again"))
    with connection.cursor() as cursor:
        cursor.execute(written, {**untied.params, **given})
        rows: list[Any] = cursor.fetchall()
        return rows


def count(entity: Entity) -> int:
    """Return how many current rows are tied to nothing."""
    [(number,)] = ask(entity, "SELECT count(*) FROM {untied} WHERE is_current")
    return int(number)


def named(entity: Entity, keys: Collection[str], *, limit: int | None = None) -> list[Ours]:
    """Return the free current rows of these name keys, by name and then by age."""
    statement = (
        f"SELECT {_COLUMNS} FROM {{untied}} WHERE is_current AND name_key = ANY(%(keys)s) "  # noqa: S608
        "ORDER BY name_key, id LIMIT %(limit)s"
    )
    return _read(ask(entity, statement, keys=list(keys), limit=limit))


def at(entity: Entity, email: str, *, limit: int) -> list[Ours]:
    """Return the free current rows with this address, case aside."""
    statement = (
        f"SELECT {_COLUMNS} FROM {{untied}} WHERE is_current AND upper(email) = upper(%(email)s) "  # noqa: S608
        "ORDER BY name_key, id LIMIT %(limit)s"
    )
    return _read(ask(entity, statement, email=email, limit=limit))


def _read(rows: Sequence[Any]) -> list[Ours]:
    return [
        Ours(pk, name, key, email, city, is_archived=archived)
        for pk, name, key, email, city, archived in rows
    ]
