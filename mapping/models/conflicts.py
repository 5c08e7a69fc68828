"""Fields that both sides changed since they last agreed, waiting for somebody's word."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models.links import Link
from mapping.reasons import REASONS, Reason


class Conflict(models.Model):
    """At most one open per link. What it says is refreshed whenever the link is looked at again."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, db_constraint=False)
    entity = models.CharField(max_length=40)
    fields: models.JSONField[Any, Any] = models.JSONField(help_text="Field name to [base, ours, theirs].")
    run_id = models.BigIntegerField(null=True, help_text="The run that found it.")
    found_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, help_text="Decided, or no longer so.")
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False
    )
    moot_for: models.CharField[str, str] = models.CharField(
        max_length=40,
        blank=True,
        db_default="",
        help_text="Code of the reason why nobody needs to decide it any more; see mapping.reasons.",
    )
    answer: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="Field name to the side whose value was kept: ours or quickbooks."
    )

    objects = FirmManager["Conflict"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["link"], condition=models.Q(settled_at=None), name="one_open_conflict_per_link"
            )
        ]
        indexes = [
            models.Index(
                fields=["firm", "entity", "-found_at"],
                condition=models.Q(settled_at=None),
                name="conflict_open",
            )
        ]

    def __str__(self) -> str:
        return f"Conflict about link {self.link_id}"

    @property
    def why_moot(self) -> Reason | None:
        return REASONS.get(self.moot_for)
