"""Exclude and include many customers at once, and take that back."""

from __future__ import annotations

import secrets

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.copying import copy_rows
from accounts.models import User
from accounts.tenancy import chosen_firm_id
from mapping.models import Exclusion, RecordQuerySet, RemoteRecord, Standing

UNDO_FOR_S = 3600


def exclude_many(records: RecordQuerySet, *, by: User) -> list[int]:
    """Leave the unmapped among these records out; return which. The rest are passed over."""
    with transaction.atomic():
        ids = _held(records, Standing.UNMAPPED)
        now = timezone.now()
        copy_rows(
            Exclusion,
            ("firm_id", "record_id", "reason", "excluded_by_id", "excluded_at"),
            ((chosen_firm_id(), pk, "", by.pk, now) for pk in ids),
        )
        _stand(ids, Standing.EXCLUDED)
    return ids


def include_many(records: RecordQuerySet) -> list[int]:
    """Take back the exclusion of these records; return which had one."""
    with transaction.atomic():
        ids = _held(records, Standing.EXCLUDED)
        Exclusion.objects.filter(record_id__in=ids).delete()
        _stand(ids, Standing.UNMAPPED)
    return ids


def _held(records: RecordQuerySet, standing: Standing) -> list[int]:
    # In the order of keys, so that two people's selections wait for each other instead of locking up.
    held = records.filter(standing=standing).order_by("pk").select_for_update(of=("self",))
    return list(held.values_list("pk", flat=True))


def _stand(ids: list[int], standing: Standing) -> None:
    if ids:
        RemoteRecord.objects.filter(pk__in=ids).update(standing=standing)


def remember(action: str, ids: list[int]) -> str:
    """Keep what "exclude" or "include" touched for a while; return the word that undoes it."""
    word = secrets.token_urlsafe(12)
    cache.set(_key(word), (action, ids), UNDO_FOR_S)
    return word


def undo(word: str, *, by: User) -> int | None:
    """Take back what was remembered, once; return how many, or None where it is too late.

    Records decided otherwise meanwhile are left alone.
    """
    remembered = cache.get(_key(word))
    if remembered is None:
        return None
    cache.delete(_key(word))
    action, ids = remembered
    records = RemoteRecord.objects.filter(pk__in=ids)
    return len(include_many(records) if action == "exclude" else exclude_many(records, by=by))


def _key(word: str) -> str:
    return f"mapping.undo:{chosen_firm_id()}:{word}"
