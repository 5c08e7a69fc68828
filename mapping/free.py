"""Our rows that are tied to nothing, of whichever kind: asked for in one statement, however many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from mapping.spec import Entity, Ours
from mapping.table import AFTER_ALL

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
    # Found first and then ordered: few have it, and in the order of names all would be read one by one.
    statement = f"""
        WITH found AS MATERIALIZED (SELECT * FROM {{untied}} WHERE is_current AND upper(email) = upper(%(email)s))
        SELECT {_COLUMNS} FROM found ORDER BY name_key, id LIMIT %(limit)s
    """  # noqa: S608
    return _read(ask(entity, statement, email=email, limit=limit))


REACH = 200


def near(entity: Entity, keys: Sequence[str]) -> list[Ours]:
    """Return the free current rows that stand next to these name keys in the order of names.

    No more than a few hundred, which begin with the same two letters. An index gives them, however many there are.
    """
    beside = " UNION ".join(
        f"(SELECT {_COLUMNS} FROM {{untied}} WHERE is_current AND {within} "  # noqa: S608
        f"ORDER BY name_key {direction} LIMIT {REACH})"
        for number in range(len(keys))
        for within, direction in (
            (f"name_key >= %(key{number})s AND name_key < %(end{number})s", "ASC"),
            (f"name_key >= %(start{number})s AND name_key < %(key{number})s", "DESC"),
        )
    )
    given: dict[str, str] = {}
    for number, key in enumerate(keys):
        given |= {
            f"key{number}": key,
            f"start{number}": key[:2],
            f"end{number}": key[:2] + AFTER_ALL,
        }
    return _read(ask(entity, beside, **given)) if keys else []


def _read(rows: Sequence[Any]) -> list[Ours]:
    return [
        Ours(pk, name, key, email, city, is_archived=archived)
        for pk, name, key, email, city, archived in rows
    ]
