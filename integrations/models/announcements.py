"""Changes that QuickBooks announced by webhook and that have not been read yet."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models import Book


class Announcement(models.Model):
    """One record of which QuickBooks said that it changed. Several of one record become one."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    remote = models.CharField(max_length=40, help_text="QuickBooks' name of the entity, e.g. Customer.")
    remote_id = models.CharField(max_length=64)
    operation = models.CharField(max_length=20, help_text="As QuickBooks says it, in lower case.")
    happened_at = models.DateTimeField(null=True, help_text="By QuickBooks' clock; the latest, of several.")
    received_at = models.DateTimeField(default=timezone.now)

    objects = FirmManager["Announcement"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "remote", "remote_id"], name="one_announcement_each")
        ]

    def __str__(self) -> str:
        return f"{self.remote} {self.remote_id} {self.operation}"
