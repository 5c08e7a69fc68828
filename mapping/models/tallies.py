"""How many records stand how, kept as they change: no list counts a hundred thousand rows to show a number."""

from __future__ import annotations

from django.db import models

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models.books import Book


class Tally(models.Model):
    """By how much a statement moved the number of records that stand so. The sum says how many do.

    PostgreSQL writes it, whatever changed the records. Rows are added and never changed, so that no
    transaction waits for another; ``mapping.tallying`` reads and folds them. Unmapped records that are
    gone in QuickBooks count nowhere: they are of no use to anybody.
    """

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    entity = models.CharField(max_length=40)
    standing = models.CharField(max_length=8)
    number = models.IntegerField()

    objects = FirmManager["Tally"]()

    class Meta:
        indexes = [
            models.Index(
                fields=["firm", "book", "entity"], include=["standing", "number"], name="tally_by_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number:+} {self.standing}"
