"""How far we have read, on both sides. A cursor moves only after a clean and complete read."""

from __future__ import annotations

from django.db import models

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models import Book


class Cursor(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    entity = models.CharField(max_length=40)
    changed_until = models.DateTimeField(
        null=True, help_text="All that changed in QuickBooks before this, by its clock, is in the mirror."
    )
    ours_until = models.DateTimeField(
        null=True, help_text="All rows of ours changed before this have been compared with their base."
    )
    read_at = models.DateTimeField(null=True, help_text="When changes were last read, clean and complete.")
    counted_at = models.DateTimeField(null=True, help_text="When all was last read and the counts agreed.")

    objects = FirmManager["Cursor"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["book", "entity"], name="one_cursor_per_entity")]

    def __str__(self) -> str:
        return f"{self.entity} until {self.changed_until}"
