"""Mapping choices a person has made and not yet saved. They survive paging, reload and another tab."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models.books import Book
from mapping.models.records import RemoteRecord
from mapping.models.runs import Run


class Choice(models.TextChoices):
    EXISTING = "existing", "Map to an existing client"
    NEW = "new", "Add as new client"
    EXCLUDE = "exclude", "Exclude from mapping"
    LATER = "later", "Decide later"


class Draft(models.Model):
    """One person's open choices for one kind of record; once saved, what its run carries out."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False)
    entity = models.CharField(max_length=40)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    default = models.CharField(
        max_length=8,
        choices=Choice,
        default=Choice.LATER,
        help_text="For rows with neither a choice nor an exact match: new, exclude or later.",
    )
    run = models.OneToOneField(Run, null=True, on_delete=models.CASCADE, db_constraint=False)
    started_at = models.DateTimeField(default=timezone.now)

    objects = FirmManager["Draft"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "book", "entity", "person"],
                condition=models.Q(run=None),
                name="one_open_draft_per_person",
            )
        ]

    def __str__(self) -> str:
        return f"Draft of {self.person}"


class DraftChoice(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    record = models.ForeignKey(RemoteRecord, on_delete=models.CASCADE, db_constraint=False)
    choice = models.CharField(max_length=8, choices=Choice)
    local_id = models.BigIntegerField(
        null=True, help_text="The client chosen, where the choice is an existing one."
    )

    is_match = models.BooleanField(default=False, help_text="Written down from an exact match when saved.")

    objects = FirmManager["DraftChoice"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "record"], name="one_choice_per_record"),
            models.CheckConstraint(
                condition=models.Q(choice=Choice.EXISTING, local_id__isnull=False)
                | (~models.Q(choice=Choice.EXISTING) & models.Q(local_id=None)),
                name="an_existing_choice_names_its_client",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.choice} for {self.record_id}"
