"""Firms, who belongs to them, and who has been asked to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.roles import GRANTS, Permission, Role
from accounts.tenancy import FirmManager


class Firm(models.Model):
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True, help_text="Stands in every address of the firm.")
    time_zone = models.CharField(max_length=64, default="America/New_York")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    last_opened_at = models.DateTimeField(
        null=True, editable=False, help_text="When the person last turned to this firm: where sign-in leads."
    )

    objects = FirmManager["Membership"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "user"], name="one_membership_per_firm")]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display()} of {self.firm}"

    def may(self, permission: Permission | str) -> bool:
        return permission in GRANTS[Role(self.role)]


class Invitation(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    token_digest = models.CharField(
        max_length=64,
        unique=True,
        help_text="SHA-256 of the link's secret; the secret itself is only in the e-mail.",
    )
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = FirmManager["Invitation"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.firm}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()
