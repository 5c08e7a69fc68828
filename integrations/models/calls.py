"""How often a firm's QuickBooks was called, by month: Intuit meters and caps the reads by the month."""

from __future__ import annotations

from django.db import models

from accounts.models import Firm
from accounts.tenancy import FirmManager


class CallCount(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    month = models.DateField(help_text="Its first day, in UTC.")
    kind = models.CharField(max_length=16, help_text="One of integrations.quickbooks.metering.Kind.")
    entity = models.CharField(max_length=64)
    calls = models.BigIntegerField()

    objects = FirmManager["CallCount"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "month", "kind", "entity"], name="one_call_count_per_kind_and_entity"
            )
        ]

    def __str__(self) -> str:
        return f"{self.calls} {self.kind} {self.entity} in {self.month:%Y-%m}"
