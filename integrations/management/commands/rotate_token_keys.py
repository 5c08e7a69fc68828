"""``manage.py rotate_token_keys``: put every stored token under the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.connect.rotation import rotate


class Command(BaseCommand):
    help = (
        "Encrypt every stored QuickBooks token with the first of FIELD_ENCRYPTION_KEYS. "
        "Afterwards the older keys may be removed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        result = rotate()
        self.stdout.write(f"{result.rotated} connections are under the newest key.")
        if result.unreadable:
            raise CommandError(
                f"{result.unreadable} connections cannot be read with any of the keys. "
                "Put the key they were made with back into FIELD_ENCRYPTION_KEYS and run this again, "
                "or let their firms reconnect."
            )
