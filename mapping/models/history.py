"""What changed in the firm's own records because of QuickBooks, and at whose word."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager


class ChangeKind(models.TextChoices):
    CREATED = "created", "Created from QuickBooks"
    UPDATED = "updated", "Updated from QuickBooks"
    LINKED = "linked", "Mapped"
    UNLINKED = "unlinked", "Disconnected"
    SENT = "sent", "Sent to QuickBooks"
    UNDONE = "undone", "Taken back"


class Change(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    entity = models.CharField(max_length=40)
    local_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=ChangeKind)
    fields: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="Field name to [before, after], of the fields that changed."
    )
    record_id = models.BigIntegerField(null=True)
    run_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False
    )
    at = models.DateTimeField(default=timezone.now)

    objects = FirmManager["Change"]()

    class Meta:
        indexes = [
            models.Index(fields=["firm", "entity", "local_id", "-at"], name="change_by_row"),
            models.Index(fields=["firm", "run_id", "id"], name="change_by_run"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.local_id}"
