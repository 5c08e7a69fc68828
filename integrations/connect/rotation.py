"""Move every stored token under the newest key."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from accounts.tenancy import across_firms
from integrations.connect.vault import Unreadable, relock
from integrations.models import Connection


@dataclass
class Rotation:
    rotated: int = 0
    unreadable: int = 0


def rotate() -> Rotation:
    """Safe while the product runs, and to repeat: each connection is read, relocked and written under its lock."""
    result = Rotation()
    with across_firms(reason="a new key is for all firms' tokens"):
        held = Connection.objects.exclude(refresh_token=None).values_list("pk", flat=True)
        for pk in list(held):
            _rotate_one(pk, result)
    return result


def _rotate_one(pk: int, result: Rotation) -> None:
    with transaction.atomic():
        connection = Connection.objects.select_for_update(no_key=True).get(pk=pk)
        if connection.access_token is None or connection.refresh_token is None:
            return
        try:
            connection.access_token = relock(connection.access_token)
            connection.refresh_token = relock(connection.refresh_token)
        except Unreadable:
            result.unreadable += 1
            return
        connection.save(update_fields=["access_token", "refresh_token"])
        result.rotated += 1
