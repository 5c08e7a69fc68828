"""The mirror: what QuickBooks last told us, word for word."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.models.clients import NameKey, search_words, searchable
from accounts.tenancy import FirmManager
from mapping.models.books import Book


class Standing(models.TextChoices):
    """What the firm has decided about a record. Kept in step with links and exclusions."""

    UNMAPPED = "unmapped", "Not mapped"
    MAPPED = "mapped", "Mapped"
    EXCLUDED = "excluded", "Excluded"


class RecordQuerySet(models.QuerySet["RemoteRecord"]):
    def of(self, book: Book, entity: str) -> RecordQuerySet:
        return self.filter(book=book, entity=entity)

    def unmapped(self) -> RecordQuerySet:
        return self.filter(standing=Standing.UNMAPPED)

    def matching(self, text: str) -> RecordQuerySet:
        """Records whose name, e-mail or city holds every word of the text."""
        found = self
        for word in search_words(text):
            found = found.filter(search_text__contains=word)
        return found


class RemoteRecord(models.Model):
    """One object of a QuickBooks company, whole, with the few values lists need beside it."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    entity = models.CharField(max_length=40, help_text="Name of the declaration in mapping.entities.")
    remote_id = models.CharField(max_length=64)
    sync_token = models.CharField(max_length=20)
    digest = models.UUIDField(help_text="MD5 of the payload with sorted keys: tells whether anything moved.")

    name = models.CharField(max_length=500)
    full_name = models.CharField(
        max_length=2600, blank=True, help_text="With the parents' names, colon between."
    )
    email = models.CharField(max_length=500, blank=True)
    city = models.CharField(max_length=255, blank=True)
    parent_id_there = models.CharField(max_length=64, blank=True)
    is_active = models.BooleanField(default=True)
    changed_there_at = models.DateTimeField(null=True, help_text="QuickBooks' LastUpdatedTime.")
    gone_at = models.DateTimeField(null=True, help_text="When a complete read no longer found it.")

    standing = models.CharField(max_length=8, choices=Standing, default=Standing.UNMAPPED)
    first_run_id = models.BigIntegerField(null=True, help_text="The run that brought it.")
    changed_run_id = models.BigIntegerField(null=True, help_text="The last run that found it changed.")
    first_seen_at = models.DateTimeField(default=timezone.now)

    name_key = models.GeneratedField(
        expression=NameKey("name"),
        output_field=models.TextField(db_collation="pg_c_utf8"),
        db_persist=True,
    )
    search_text = models.GeneratedField(
        expression=searchable("full_name", "email", "city"), output_field=models.TextField(), db_persist=True
    )

    objects = FirmManager.from_queryset(RecordQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "entity", "remote_id"], name="one_record_each"),
        ]
        indexes = [
            # Firm first, and gone_at within, so that counts under row-level security read only the index.
            models.Index(
                fields=["firm", "book", "entity", "standing", "name_key", "id"],
                include=["gone_at"],
                name="record_by_standing",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.name

    @property
    def payload(self) -> dict[str, Any]:
        """The object as it came. One query a row; ``select_related("body")`` where there are many."""
        return dict(self.body.payload)


class RemoteBody(models.Model):
    """The object itself, word for word.

    Beside its record and not in it: lists and searches read past it, and deciding about
    a record does not write it again.
    """

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    record = models.OneToOneField(
        RemoteRecord, primary_key=True, related_name="body", on_delete=models.CASCADE, db_constraint=False
    )
    payload: models.JSONField[Any, Any] = models.JSONField()

    objects = FirmManager["RemoteBody"]()

    def __str__(self) -> str:
        return f"Body of {self.record_id}"
