"""Exclude and include many customers at once, and take that back.

A few are done at once, and a toast undoes them. Very many are handed to a run, a thousand per transaction,
and the page of the run takes them back.
"""

from __future__ import annotations

import secrets

from django.core.cache import cache
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.copying import copy_rows, redoable
from accounts.models import User
from accounts.tenancy import chosen_firm_id
from mapping.models import (
    Book,
    Exclusion,
    Inclusion,
    RecordQuerySet,
    RemoteRecord,
    Run,
    RunKind,
    Standing,
)
from mapping.models.runs import DECIDE
from mapping.services import runs

UNDO_FOR_S = 3600
AT_ONCE = 2_000
"""More than these take longer than anybody should wait for a page: 5,000 take a second."""
BATCH = 1000
_FROM = {"exclude": Standing.UNMAPPED, "include": Standing.EXCLUDED}


def exclude_many(records: RecordQuerySet, *, by: User | None, run: Run | None = None) -> list[int]:
    """Leave the unmapped among these records out; return which. The rest are passed over."""
    with transaction.atomic():
        ids = _held(records, Standing.UNMAPPED)
        now = timezone.now()
        copy_rows(
            Exclusion,
            ("firm_id", "record_id", "reason", "run_id", "excluded_by_id", "excluded_at"),
            ((chosen_firm_id(), pk, "", run.pk if run else None, by.pk if by else None, now) for pk in ids),
        )
        _stand(ids, Standing.EXCLUDED)
    return ids


def include_many(records: RecordQuerySet, *, run: Run | None = None) -> list[int]:
    """Take back the exclusion of these records; return which had one. A run keeps what they were."""
    with transaction.atomic():
        ids = _held(records, Standing.EXCLUDED)
        excluded = Exclusion.objects.filter(record_id__in=ids)
        if run:
            was = excluded.values_list(
                "firm_id", "record_id", "reason", "run_id", "excluded_by_id", "excluded_at"
            )
            copy_rows(
                Inclusion,
                ("firm_id", "record_id", "reason", "excluded_in", "excluded_by_id", "excluded_at", "run_id"),
                ((*each, run.pk) for each in was),
            )
        excluded.delete()
        _stand(ids, Standing.UNMAPPED)
    return ids


def exclude_again(records: RecordQuerySet, run: Run) -> int:
    """Put exclusions that a run took back there again, as they were; return how many.

    Records that were mapped or excluded since are left as they are.
    """
    with transaction.atomic():
        known = Inclusion.objects.filter(run_id=run.pk, record_id__in=_held(records, Standing.UNMAPPED))
        was = known.values_list(
            "firm_id", "record_id", "reason", "excluded_in", "excluded_by_id", "excluded_at"
        )
        again = list(was)
        copy_rows(
            Exclusion, ("firm_id", "record_id", "reason", "run_id", "excluded_by_id", "excluded_at"), again
        )
        known.delete()
        _stand([record_id for _, record_id, *_ in again], Standing.EXCLUDED)
    return len(again)


def are_many(records: RecordQuerySet, action: str) -> bool:
    """Return whether an action on these is better left to a run."""
    return records.filter(standing=_FROM[action])[: AT_ONCE + 1].count() > AT_ONCE


def start(book: Book, entity: str, action: str, *, text: str, by: User) -> Run:
    """Have all records of a search excluded or included in the background.

    Those that arrive after this moment were not on the person's screen: not decided here.
    """
    newest = RemoteRecord.objects.of(book, entity).aggregate(newest=Max("pk"))["newest"] or 0
    options = {DECIDE: action, "text": text, "up_to": newest, "after": 0}
    with transaction.atomic():
        run = runs.start_run(book, RunKind.MAP, entity, by=by, options=options)
        Run.objects.filter(pk=run.pk).update(expected=_left(run).count())
    return run


def carry_on(run: Run, *, batches: int) -> bool:
    """Decide up to so many thousands; return whether there is more to do. Idempotent."""
    return runs.in_batches(run, _decide_some, batches=batches)


def _decide_some(run: Run) -> bool:
    with redoable():
        # The row is the mark of how far it is: whoever holds it is at it.
        run = (
            Run.objects.select_for_update(no_key=True, of=("self",))
            .select_related("book", "started_by")
            .get(pk=run.pk)
        )
        ids = list(_left(run).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            return False
        records = RemoteRecord.objects.filter(pk__in=ids)
        if run.options[DECIDE] == "exclude":
            runs.count_up(run, excluded=len(exclude_many(records, by=run.started_by, run=run)))
        else:
            runs.count_up(run, updated=len(include_many(records, run=run)))
        run.options["after"] = ids[-1]
        run.save(update_fields=["options"])
        runs.count_up(run, handled=len(ids))
    return True


def _left(run: Run) -> RecordQuerySet:
    records = RemoteRecord.objects.of(run.book, run.entity).matching(run.options["text"])
    records = records.filter(pk__gt=run.options["after"], pk__lte=run.options["up_to"])
    records = records.filter(standing=_FROM[run.options[DECIDE]])
    return records.exclude(standing=Standing.UNMAPPED, gone_at__isnull=False)


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
