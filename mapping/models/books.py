"""The QuickBooks companies a firm's data came from."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager


class Clearing(models.TextChoices):
    """What becomes of what a firm holds of a company it has left."""

    ARCHIVE = "archive", "Being put away"
    DELETE = "delete", "Being deleted"


class Book(models.Model):
    """One QuickBooks company as one firm knows it.

    QuickBooks' ids are unique only within a company, so all that is mirrored hangs on a book.
    """

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    realm_id = models.CharField(max_length=40, help_text="QuickBooks' id of the company.")
    company_name = models.CharField(max_length=255)
    country = models.CharField(max_length=40, blank=True)
    is_current = models.BooleanField(default=True, help_text="The books the firm works with now.")
    clearing = models.CharField(
        max_length=8,
        blank=True,
        db_default="",
        choices=Clearing,
        help_text="What is being done with all that is held of it; empty once that is done.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = FirmManager["Book"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "realm_id"], name="one_book_per_company"),
            models.UniqueConstraint(
                fields=["firm"], condition=models.Q(is_current=True), name="one_current_book_per_firm"
            ),
            models.CheckConstraint(
                condition=models.Q(is_current=False) | models.Q(clearing=""), name="none_works_with_what_goes"
            ),
        ]

    def __str__(self) -> str:
        return self.company_name

    @property
    def is_being_deleted(self) -> bool:
        return self.clearing == Clearing.DELETE
