"""E-mails that are to be sent."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager


class Letter(models.Model):
    """Written down with what it tells of, and deleted once the mail server took it."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    address = models.EmailField(max_length=254)
    subject = models.TextField()
    body = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True, help_text="When somebody last set about sending it.")

    objects = FirmManager["Letter"]()

    def __str__(self) -> str:
        return f"Letter {self.pk}"
