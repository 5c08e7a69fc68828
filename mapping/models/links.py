"""What the firm decided about each record: tied to something of ours, or left out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models.books import Book
from mapping.models.records import RemoteRecord


class Link(models.Model):
    """One record there and one row here that are the same thing in the world."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    entity = models.CharField(max_length=40)
    record = models.OneToOneField(RemoteRecord, on_delete=models.PROTECT, db_constraint=False)
    local_id = models.BigIntegerField(help_text="Key of the local model that the entity's declaration names.")
    base: models.JSONField[Any, Any] = models.JSONField(
        help_text="The field values both sides last agreed on: the base of the three-way merge."
    )
    kept: models.JSONField[Any, Any] = models.JSONField(
        db_default=models.Value({}, models.JSONField()),
        help_text="Values of ours that stand for a base value which QuickBooks writes differently.",
    )
    is_paused = models.BooleanField(db_default=False, help_text="Tied, and nothing travels (CV-47).")
    run_id = models.BigIntegerField(null=True)
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False
    )
    linked_at = models.DateTimeField(default=timezone.now)

    objects = FirmManager["Link"]()

    class Meta:
        constraints = [
            # The record within: a search goes from thousands of clients to their records by this index alone.
            models.UniqueConstraint(
                fields=["firm", "book", "entity", "local_id"], include=["record"], name="one_link_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.local_id} is {self.record_id}"


class Exclusion(models.Model):
    """A record the firm said not to sync, and why."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    record = models.OneToOneField(RemoteRecord, on_delete=models.CASCADE, db_constraint=False)
    reason = models.CharField(max_length=200, blank=True)
    run_id = models.BigIntegerField(null=True)
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False
    )
    excluded_at = models.DateTimeField(default=timezone.now)

    objects = FirmManager["Exclusion"]()

    def __str__(self) -> str:
        return f"{self.record_id} is excluded"


class Inclusion(models.Model):
    """An exclusion that a run took back, as it was: undoing the run puts it there again."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    record = models.ForeignKey(RemoteRecord, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    run_id = models.BigIntegerField(help_text="The run that included the record again.")
    reason = models.CharField(max_length=200, blank=True)
    excluded_in = models.BigIntegerField(null=True, help_text="The run that had excluded it.")
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False
    )
    excluded_at = models.DateTimeField()

    objects = FirmManager["Inclusion"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run_id", "record"], name="one_inclusion_each")]
        indexes = [models.Index(fields=["record"], name="inclusion_by_record")]

    def __str__(self) -> str:
        return f"{self.record_id} was excluded"
