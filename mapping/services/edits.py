"""Announce that mapping itself changed rows of ours at somebody's word, so that QuickBooks may hear of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.dispatch import Signal

from mapping.models import Book

rows_edited = Signal()
"""Sent inside the transaction: ``book``, ``entity`` (name), ``local_ids``.

What is to be sent follows from base, ours and theirs; hearing this only makes it sooner.
"""


rows_silenced = Signal()
"""Sent inside the transaction: ``book``, ``entity`` (name), ``local_ids``. What waits to be sent of them is not to go."""


def fall_silent(book: Book, entity: str, local_ids: Sequence[int]) -> None:
    """Announce that nothing of these rows travels to QuickBooks any more: disconnected or paused."""
    if local_ids:
        rows_silenced.send(Book, book=book, entity=entity, local_ids=list(local_ids))


def announce(book: Book, entity: str, local_ids: Sequence[int]) -> None:
    if local_ids:
        rows_edited.send(Book, book=book, entity=entity, local_ids=list(local_ids))
