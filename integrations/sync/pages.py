"""Share out an import's pages among workers, so that a page whose worker died is read again.

A claim is a lease: it must be renewed while the page is being fetched and runs out by itself.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.models import ImportPage, PageState
from mapping.models import Book, RemoteRecord, Run

LEASE = timedelta(seconds=settings.RUN_LEASE_S)
CLOSING = 0
"""Start position of the last step, which closes the gap that moving pages leave and counts."""


def lay_out(run: Run, *, rows: int, size: int) -> None:
    """Write down the pages there are to read, and the closing step after them. Idempotent."""
    starts = [CLOSING, *range(1, rows + 1, size)]
    ImportPage.objects.bulk_create(
        [ImportPage(firm_id=run.firm_id, run=run, start_position=start) for start in starts],
        ignore_conflicts=True,
    )


def claim(run: Run, worker: UUID, *, most: int) -> list[ImportPage]:
    """Return the next pages to read, the closing step alone when all others are stored, or nothing."""
    now = timezone.now()
    free = Q(state=PageState.WAITING) | Q(state=PageState.CLAIMED, claimed_until__lt=now)
    with transaction.atomic():
        all_pages = ImportPage.objects.select_for_update(skip_locked=True, of=("self",)).filter(run=run)
        unread = all_pages.filter(free).exclude(start_position=CLOSING).order_by("start_position")
        claimed = list(unread.defer("remote_ids")[:most])
        if not claimed and not _unread(run).exists():
            claimed = list(all_pages.filter(free, start_position=CLOSING))
        ImportPage.objects.filter(pk__in=[page.pk for page in claimed]).update(
            state=PageState.CLAIMED, claimed_by=worker, claimed_until=now + LEASE
        )
    return claimed


def _unread(run: Run) -> QuerySet[ImportPage]:
    return ImportPage.objects.filter(run=run).exclude(start_position=CLOSING).exclude(state=PageState.STORED)


def renew(run: Run, worker: UUID) -> None:
    held = ImportPage.objects.filter(run=run, claimed_by=worker, state=PageState.CLAIMED)
    held.update(claimed_until=timezone.now() + LEASE)


def give_back(run: Run, worker: UUID) -> None:
    """Let others have what this worker claimed and did not store."""
    held = ImportPage.objects.filter(run=run, claimed_by=worker, state=PageState.CLAIMED)
    held.update(state=PageState.WAITING, claimed_by=None, claimed_until=None)


def lock(page: ImportPage) -> ImportPage | None:
    """Return the page locked for storing, or None if another worker has stored it meanwhile."""
    held = ImportPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    return None if held.state == PageState.STORED else held


def mark_stored(page: ImportPage, remote_ids: list[str]) -> None:
    """Note what a page held, and that it is done."""
    page.state, page.claimed_by, page.claimed_until = PageState.STORED, None, None
    _add_ids(page, remote_ids)
    page.save(update_fields=["state", "claimed_by", "claimed_until", "remote_ids"])


def note_seen(page: ImportPage, remote_ids: list[str]) -> None:
    """Note what a page holds that is not done yet."""
    _add_ids(page, remote_ids)
    page.save(update_fields=["remote_ids"])


def _add_ids(page: ImportPage, remote_ids: list[str]) -> None:
    # Ids of an earlier reading stay: they were seen too.
    page.remote_ids = sorted({*page.remote_ids, *remote_ids})


def read_again(run: Run) -> None:
    """Put every page back to be read once more."""
    ImportPage.objects.filter(run=run).update(state=PageState.WAITING, claimed_by=None, claimed_until=None)


def known(book: Book, entity: str, remote_ids: list[str]) -> list[str]:
    """Return which of these ids the mirror holds."""
    held = RemoteRecord.objects.of(book, entity).filter(remote_id__in=remote_ids)
    return list(held.values_list("remote_id", flat=True))


def count_seen(run: Run, *, without: list[str]) -> int:
    """Return how many distinct records the run has read, less those since found to be out of its scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT seen.id) FROM integrations_importpage page, unnest(page.remote_ids) AS seen(id)
            WHERE page.run_id = %s AND NOT seen.id = ANY(%s)
            """,
            [run.pk, without],
        )
        (count,) = cursor.fetchone()
        return int(count)


def unseen(run: Run, *, active: list[bool]) -> list[str]:
    """Return ids the mirror holds in the run's scope and the run did not meet: gone, merged or moved out of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT held.remote_id FROM mapping_remoterecord held
            WHERE held.firm_id = %(firm)s AND held.book_id = %(book)s AND held.entity = %(entity)s
              AND held.gone_at IS NULL AND held.is_active = ANY(%(active)s)
              AND held.remote_id NOT IN (
                SELECT seen.id FROM integrations_importpage page, unnest(page.remote_ids) AS seen(id)
                WHERE page.run_id = %(run)s
              )
            """,
            {"firm": run.firm_id, "book": run.book_id, "entity": run.entity, "active": active, "run": run.pk},
        )
        return [remote_id for (remote_id,) in cursor.fetchall()]
