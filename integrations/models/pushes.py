"""What is to be sent to QuickBooks, written down before it is sent.

A push is planned, goes out with a batch, and ends confirmed, held or dropped. A batch keeps its
request id and its exact body: an unknown outcome is replayed byte for byte, and QuickBooks does
nothing twice.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models import Book, RemoteRecord


class Operation(models.TextChoices):
    CREATE = "create", "Create in QuickBooks"
    UPDATE = "update", "Change in QuickBooks"


class PushState(models.TextChoices):
    PLANNED = "planned", "Waiting to be sent"
    SENT = "sent", "Sent, answer unknown"
    CONFIRMED = "confirmed", "Taken by QuickBooks"
    HELD = "held", "Held back"
    """QuickBooks refused it, and somebody must do something: see ``reason``."""
    DROPPED = "dropped", "No longer needed"


UNSETTLED = (PushState.PLANNED, PushState.SENT)


class BatchState(models.TextChoices):
    WRITTEN = "written", "Written down"
    """Its body stands; it may or may not have been sent."""
    ANSWERED = "answered", "Answered"


class PushBatch(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False)
    request_id = models.UUIDField(unique=True)
    body = models.BinaryField(help_text="The exact bytes of the batch call.")
    state = models.CharField(max_length=8, choices=BatchState, default=BatchState.WRITTEN)
    written_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)

    objects = FirmManager["PushBatch"]()

    class Meta:
        indexes = [
            models.Index(fields=["book", "id"], condition=models.Q(state="written"), name="batch_unanswered")
        ]

    def __str__(self) -> str:
        return f"Batch {self.request_id}"


class Push(models.Model):
    """One record on its way to QuickBooks. At most one is unsettled or held for a row of ours."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    entity = models.CharField(max_length=40)
    local_id = models.BigIntegerField()
    record = models.ForeignKey(
        RemoteRecord, null=True, on_delete=models.CASCADE, db_constraint=False, help_text="Of an update."
    )
    operation = models.CharField(max_length=8, choices=Operation)
    state = models.CharField(max_length=10, choices=PushState, default=PushState.PLANNED)
    values: models.JSONField[Any, Any] = models.JSONField(help_text="Our values by field, as they are sent.")
    batch = models.ForeignKey(PushBatch, null=True, on_delete=models.SET_NULL, db_constraint=False)
    item_id = models.CharField(max_length=20, blank=True, help_text="bId within the batch.")
    tries = models.IntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True, help_text="Code; see mapping.reasons.")
    detail: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="What a person needs to mend it: QuickBooks' words, the record in the way."
    )
    run_id = models.BigIntegerField(null=True, help_text="The run that planned it.")
    planned_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    objects = FirmManager["Push"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "entity", "local_id"],
                condition=models.Q(state__in=["planned", "sent", "held"]),
                name="one_open_push_per_row",
            )
        ]
        indexes = [
            models.Index(fields=["firm", "state", "-planned_at"], name="push_by_state"),
            models.Index(fields=["book", "id"], condition=models.Q(state="planned"), name="push_planned"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} of {self.entity} {self.local_id}: {self.state}"
