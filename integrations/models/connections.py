"""A firm's standing permission to speak to its QuickBooks company."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models import Book

WARN_DAYS = (14, 7, 1)
"""Days before its end at which people are warned of it (B-14)."""


class ConnectionState(models.TextChoices):
    UNCONFIRMED = "unconfirmed", "Waiting for confirmation"
    CONNECTED = "connected", "Connected"
    NEEDS_RECONNECT = "needs_reconnect", "Needs reconnect"
    DISCONNECTED = "disconnected", "Disconnected"


class Connection(models.Model):
    """One per firm. Its realm is pinned when the company is confirmed (B-13)."""

    firm = models.OneToOneField(Firm, on_delete=models.CASCADE)
    state = models.CharField(max_length=16, choices=ConnectionState, default=ConnectionState.UNCONFIRMED)
    realm_id = models.CharField(max_length=40)
    company_name = models.CharField(max_length=255)
    legal_name = models.CharField(max_length=255, blank=True)
    address = models.TextField(blank=True, help_text="As lines, to recognise the company by.")
    country = models.CharField(max_length=40, blank=True)
    book = models.ForeignKey(
        Book,
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        help_text="Set once confirmed; never moved.",
    )
    access_token = models.BinaryField(null=True, help_text="Encrypted; see integrations.connect.vault.")
    refresh_token = models.BinaryField(null=True, help_text="Encrypted; see integrations.connect.vault.")
    access_expires_at = models.DateTimeField(null=True)
    refresh_expires_at = models.DateTimeField(null=True, help_text="Rolling: moves with each refresh.")
    hard_expires_at = models.DateTimeField(
        null=True, help_text="Absolute end of the grant, five years at most."
    )
    renewal_claim = models.UUIDField(null=True, help_text="Whoever renews the tokens right now.")
    renewal_claimed_until = models.DateTimeField(
        null=True, help_text="After this, whoever claimed the renewal is taken for dead."
    )
    warned_days = models.IntegerField(
        null=True, help_text="Days before the end of which people were last warned (B-14)."
    )
    ended_there_at = models.DateTimeField(
        null=True, help_text="When it was noticed that somebody disconnected inside QuickBooks."
    )
    untold_end = models.CharField(
        max_length=255, blank=True, help_text="Why it ended, until those who can reconnect have been told."
    )
    preferences: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="QuickBooks' Preferences of the company, as last read."
    )
    settings_read_at = models.DateTimeField(
        null=True, help_text="When CompanyInfo and Preferences were last read; None has them read."
    )
    connected_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    connected_at = models.DateTimeField(default=timezone.now)

    objects = FirmManager["Connection"]()

    def __str__(self) -> str:
        return f"{self.company_name} ({self.get_state_display()})"

    @property
    def is_live(self) -> bool:
        return self.state == ConnectionState.CONNECTED

    @property
    def is_unconfirmed(self) -> bool:
        return self.state == ConnectionState.UNCONFIRMED

    @property
    def needs_reconnect(self) -> bool:
        return self.state == ConnectionState.NEEDS_RECONNECT

    @property
    def is_disconnected(self) -> bool:
        return self.state == ConnectionState.DISCONNECTED

    @property
    def renewed_at(self) -> datetime | None:
        """When the tokens were last renewed, or given: an access token lasts an hour."""
        return self.access_expires_at - timedelta(hours=1) if self.access_expires_at else None

    @property
    def is_being_given_back(self) -> bool:
        """Whether Intuit has yet to hear that we are gone."""
        return self.is_disconnected and self.refresh_token is not None

    @property
    def is_being_cleared(self) -> bool:
        """Whether what came from the company is still being deleted or put away."""
        return self.book is not None and bool(self.book.clearing)

    @property
    def ends_at(self) -> datetime | None:
        """When QuickBooks lets us in for the last time unless somebody reconnects."""
        ends = [end for end in (self.refresh_expires_at, self.hard_expires_at) if end]
        return min(ends, default=None)

    @property
    def ends_soon(self) -> bool:
        return self.is_live and self.days_left is not None and self.days_left <= max(WARN_DAYS)

    @property
    def days_left(self) -> int | None:
        """Whole days until the end, counting the one that has begun; never below zero."""
        if self.ends_at is None:
            return None
        return max(0, ceil((self.ends_at - timezone.now()) / timedelta(days=1)))


class AuthorizationAttempt(models.Model):
    """One trip to Intuit's consent page: single use, short lived, tied to the person who set out."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    state_digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the state parameter.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = FirmManager["AuthorizationAttempt"]()

    def __str__(self) -> str:
        return f"Attempt of {self.person}"


class AccessRequest(models.Model):
    """Somebody who may not connect asked those who may (B-23)."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    objects = FirmManager["AccessRequest"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "person"],
                condition=models.Q(answered_at=None),
                name="one_open_request_per_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} asked to connect"
