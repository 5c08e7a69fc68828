"""The pages of an import: the unit that is claimed, fetched, stored and, after a crash, done again."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models import Run


class PageState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    CLAIMED = "claimed", "Being read"
    STORED = "stored", "Stored"


class ImportPage(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    start_position = models.IntegerField(help_text="QuickBooks' STARTPOSITION, from 1.")
    state = models.CharField(max_length=8, choices=PageState, default=PageState.WAITING)
    claimed_by = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(
        null=True, help_text="After this, whoever claimed it is taken for dead."
    )
    remote_ids: models.Field[list[str], list[str]] = ArrayField(models.CharField(max_length=64), default=list)

    objects = FirmManager["ImportPage"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "start_position"], name="one_page_each")]

    def __str__(self) -> str:
        return f"Page from {self.start_position} of run {self.run_id}"
