"""Keep the mirror: store what QuickBooks said, many objects in one statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from psycopg2.errors import UniqueViolation

from accounts.copying import JsonText, copied
from mapping.models import Book, RemoteRecord, Standing
from mapping.spec import Entity, Payload
from mapping.transform import Reader, at, reader

STAGED = (
    "remote_id",
    "sync_token",
    "digest",
    "name",
    "full_name",
    "email",
    "city",
    "parent_id_there",
    "is_active",
    "changed_there_at",
)
"""What differs from row to row; the rest is said once in the statement."""
_TAKEN = ", ".join(f"{column} = excluded.{column}" for column in (*STAGED[1:], "changed_run_id"))
_NAMES = ", ".join(STAGED)

# QuickBooks counts an object's versions; where it does not, its time of the last change tells. An equal
# version may differ: a parent's new name shows in its children without counting as their change.
_IS_AS_NEW = """
    CASE WHEN excluded.sync_token ~ '^[0-9]{{1,18}}$' AND held.sync_token ~ '^[0-9]{{1,18}}$'
         THEN excluded.sync_token::bigint >= held.sync_token::bigint
         ELSE coalesce(excluded.changed_there_at >= held.changed_there_at, true) END
"""


def _writing(*, over_record: str = "", over_body: str = "", is_new: str = "true") -> str:
    # Ordered, so that two who add the same rows wait for each other instead of locking up.
    return f"""
        WITH written AS (
            INSERT INTO mapping_remoterecord AS held (
                {_NAMES}, firm_id, book_id, entity, standing, first_run_id, changed_run_id, first_seen_at
            )
            SELECT {_NAMES},
                %(firm)s, %(book)s, %(entity)s, %(standing)s, %(run)s::bigint, %(run)s::bigint, %(now)s
            FROM {{staged}} AS staged ORDER BY remote_id
            {over_record}
            RETURNING held.id, held.remote_id, {is_new} AS is_new
        ), kept AS (
            INSERT INTO mapping_remotebody (record_id, firm_id, payload)
            SELECT written.id, %(firm)s, staged.payload FROM written JOIN {{staged}} AS staged USING (remote_id)
            {over_body}
        )
        SELECT id, is_new FROM written
    """  # noqa: S608


# To look for a conflict at each row is a fifth of what storing a new one costs.
_INSERT = _writing()
_UPSERT = _writing(
    over_record=f"""
        ON CONFLICT (book_id, entity, remote_id) DO UPDATE SET {_TAKEN}, gone_at = NULL WHERE {_IS_AS_NEW}
    """,
    over_body="ON CONFLICT (record_id) DO UPDATE SET payload = excluded.payload",
    is_new="held.xmax = 0",
)


@dataclass
class Stored:
    """What one batch of payloads did to the mirror."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    created_ids: list[int] = field(default_factory=list)
    """Keys of mirror rows that were not there before."""
    changed_ids: list[int] = field(default_factory=list)
    """Keys of mirror rows that were there before and now say something else."""
    unusable: list[tuple[str, str, str]] = field(default_factory=list)
    """(remote id, name, reason code) of objects that could not be kept."""


def store(book: Book, entity: Entity, payloads: Iterable[Payload], *, run_id: int | None = None) -> Stored:
    """Upsert full objects into the mirror; idempotent. Decisions about the rows are left alone.

    What is read side by side may arrive in any order: an older version never overwrites a newer one.
    An object met twice in one batch counts once, as last said.
    """
    stored = Stored()
    fresh: dict[str, tuple[Payload, bytes, str]] = {}
    for payload in payloads:
        canonical = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
        if problem := unusable(entity, payload, canonical):
            stored.unusable.append(
                (str(payload.get("Id", "")), str(at(payload, entity.title) or ""), problem)
            )
        else:
            fresh[str(payload["Id"])] = (payload, canonical, digest(canonical))
    # What we hold word for word is neither sent nor locked: an unchanged re-import writes nothing.
    known = _known(book, entity, list(fresh))
    news = [of for remote_id, of in fresh.items() if known.get(remote_id) != of[2]]
    changed = [remote_id for remote_id, of in fresh.items() if known.get(remote_id, of[2]) != of[2]]
    with transaction.atomic(savepoint=False):
        _hold(book, entity, changed)
        returned = _write(book, entity, news, run_id, are_new=not changed) if news else []
    stored.created_ids = [key for key, is_new in returned if is_new]
    stored.changed_ids = [key for key, is_new in returned if not is_new]
    stored.created, stored.updated = len(stored.created_ids), len(stored.changed_ids)
    stored.unchanged = len(fresh) - len(returned)
    return stored


def _hold(book: Book, entity: Entity, remote_ids: list[str]) -> None:
    """Lock what will be overwritten in the order of keys, as everybody does who locks records."""
    if remote_ids:
        rows = RemoteRecord.objects.of(book, entity.name).filter(remote_id__in=remote_ids)
        list(rows.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))


def _write(
    book: Book,
    entity: Entity,
    news: Iterable[tuple[Payload, bytes, str]],
    run_id: int | None,
    *,
    are_new: bool,
) -> list[tuple[int, bool]]:
    """Return (key, is new) of the rows that were written. ``are_new``: we held none of them a moment ago."""
    staging = copied(RemoteRecord, STAGED, _rows(entity, news), json_columns=["payload"])
    about = {
        "firm": book.firm_id,
        "book": book.pk,
        "entity": entity.name,
        "standing": Standing.UNMAPPED.value,
        "run": run_id,
        "now": timezone.now(),
    }
    with staging as staged:
        if are_new:
            try:
                with transaction.atomic():
                    return _written(_INSERT.format(staged=staged), about)
            except IntegrityError as problem:
                # Somebody else, a webhook's reading say, stored one of them since.
                if not isinstance(problem.__cause__, UniqueViolation):
                    raise
        return _written(_UPSERT.format(staged=staged), about)


def _written(statement: str, about: dict[str, Any]) -> list[tuple[int, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, about)
        written: list[tuple[int, bool]] = cursor.fetchall()
        return written


def unusable(entity: Entity, payload: Payload, canonical: bytes) -> str:
    """Return the code of what keeps an object out of the mirror, or an empty text."""
    if b"\\u0000" in canonical:
        return "unreadable"
    if not payload.get("Id"):
        return "no_id"
    if not at(payload, entity.title):
        return "no_name"
    return ""


def digest(canonical: bytes) -> str:
    """Return what tells two payloads apart, as PostgreSQL's uuid takes it."""
    return hashlib.md5(canonical, usedforsecurity=False).hexdigest()


def _known(book: Book, entity: Entity, remote_ids: list[str]) -> dict[str, str]:
    """Return the digests of those of the objects that we hold; an empty one where it is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT remote_id, CASE WHEN gone_at IS NULL THEN replace(digest::text, '-', '') ELSE '' END
            FROM mapping_remoterecord WHERE book_id = %s AND entity = %s AND remote_id = ANY(%s)
            """,
            [book.pk, entity.name, remote_ids],
        )
        return dict(cursor.fetchall())


def _rows(entity: Entity, news: Iterable[tuple[Payload, bytes, str]]) -> Iterator[tuple[Any, ...]]:
    extracts = _extracts(entity)
    for payload, canonical, its_digest in news:
        title, full_title, email, city, parent, changed_at = [read(payload) for read in extracts]
        name = str(title)
        yield (
            str(payload["Id"]),
            str(payload.get("SyncToken", "")),
            its_digest,
            name[:500],
            str(full_title or name),
            str(email or "")[:500],
            str(city or "")[:255],
            str(parent or ""),
            payload.get("Active", True) is not False,
            changed_at,
            JsonText(canonical.decode()),
        )


def _extracts(entity: Entity) -> list[Reader]:
    paths = (
        entity.title,
        entity.full_title,
        entity.email,
        entity.city,
        entity.parent,
        "MetaData.LastUpdatedTime",
    )
    return [reader(path) for path in paths]


def mark_gone(book: Book, entity: Entity, remote_ids: Sequence[str]) -> list[RemoteRecord]:
    """Note that QuickBooks no longer has these; return those it had until now.

    Nothing of ours is deleted for it, and links stay (B-17).
    """
    held = RemoteRecord.objects.of(book, entity.name).filter(remote_id__in=remote_ids, gone_at=None)
    gone = list(held.only("remote_id", "full_name", "standing").order_by("pk").select_for_update())
    RemoteRecord.objects.filter(pk__in=[record.pk for record in gone]).update(gone_at=timezone.now())
    return gone
