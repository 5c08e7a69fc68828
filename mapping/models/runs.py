"""Long work on a firm's records: how far it is and how it ended."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models.books import Book
from mapping.models.records import RemoteRecord


class RunKind(models.TextChoices):
    IMPORT = "import", "Import from QuickBooks"
    MAP = "map", "Map customers"
    REFRESH = "refresh", "Refresh from QuickBooks"
    PUSH = "push", "Send to QuickBooks"
    CHECK = "check", "Weekly check"
    UNDO = "undo", "Undo"


CHANGES = "changes"
"""Stands for the entity of a run that looks after all kinds of record at once."""


DECIDE = "decide"
"""Option of a run that does nothing but exclude or include: says which."""
UNDOES_DECISION = "undoes_decision"
"""The same of the run that an undo takes back."""


class Cause(models.TextChoices):
    """Why a run was started."""

    PERSON = "person", "Somebody asked for it"
    NIGHTLY = "nightly", "Every night"
    WEEKLY = "weekly", "Every week"
    WEBHOOK = "webhook", "QuickBooks announced a change"
    VIEW = "view", "Somebody looked"
    EDIT = "edit", "Something changed here"


UNATTENDED = (Cause.NIGHTLY, Cause.WEEKLY)
"""Nobody waits for these: they leave room for what people wait for."""


class RunState(models.TextChoices):
    QUEUED = "queued", "Waiting to start"
    RUNNING = "running", "Running"
    DONE = "done", "Finished"
    FAILED = "failed", "Stopped by a problem"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


_MOVES = (
    *("state", "problem", "undone_by_id", "expected", "handled", "created", "updated", "unchanged", "linked"),
    *("excluded", "skipped", "failed", "pulled", "sent", "conflicts", "calls", "count_there", "count_here"),
)
"""What people see of a run that changes while it works."""


class RunQuerySet(models.QuerySet["Run"]):
    def unfinished(self) -> RunQuerySet:
        return self.filter(state__in=UNFINISHED)


class Run(models.Model):
    """One import, or one application of mapping choices. PostgreSQL holds the truth about it."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False)
    kind = models.CharField(max_length=10, choices=RunKind)
    cause = models.CharField(max_length=10, choices=Cause, default=Cause.PERSON)
    entity = models.CharField(max_length=40)
    options: models.JSONField[Any, Any] = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True, help_text="Last sign of a worker on it.")
    cancel_asked_at = models.DateTimeField(null=True)
    problem = models.CharField(
        max_length=40, blank=True, help_text="Code of what stopped it; see mapping.reasons."
    )

    expected = models.IntegerField(null=True, help_text="Records there are to do.")
    handled = models.IntegerField(default=0, help_text="Records done so far, of those expected.")
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    linked = models.IntegerField(default=0)
    excluded = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    pulled = models.IntegerField(default=0, help_text="Rows of ours that took over changes.")
    sent = models.IntegerField(default=0, help_text="Records that QuickBooks took from us.")
    conflicts = models.IntegerField(
        default=0, help_text="Records that wait for somebody's word; they are not among those skipped."
    )
    calls = models.IntegerField(default=0, help_text="API calls spent.")
    starts = models.IntegerField(default=0, help_text="Times a worker took it up since it last got anywhere.")
    fruitless_since = models.DateTimeField(null=True, help_text="The first of these starts.")
    count_there = models.IntegerField(null=True, help_text="QuickBooks' own count when the run ended.")
    count_here = models.IntegerField(null=True, help_text="Distinct records this run read.")

    undone_by = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False
    )

    objects = FirmManager.from_queryset(RunQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["firm", "-created_at"], name="run_by_time")]
        constraints = [
            # Others wait their turn, so that an import and a mapping never write the same records at once.
            models.UniqueConstraint(
                fields=["book", "entity"],
                condition=models.Q(state=RunState.RUNNING),
                name="one_running_run_per_entity",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_cancelling(self) -> bool:
        return self.is_unfinished and self.cancel_asked_at is not None

    @property
    def decision(self) -> str:
        """Whether it only excludes, or includes again, very many at once, or undoes that: "exclude", "include"."""
        return str(self.options.get(DECIDE) or self.options.get(UNDOES_DECISION, ""))

    @property
    def mark(self) -> str:
        """Return what tells whether a run has moved since somebody saw it."""
        counters = [getattr(self, name) for name in _MOVES]
        return format(crc32(repr((self.pk, self.is_cancelling, *counters)).encode()), "x")

    @property
    def missed(self) -> int:
        """How many records a check found that following changes had passed over."""
        return sum(self.options.get("drift", {}).values())

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED


class RunPart(models.Model):
    """A stretch of records that a run carries out in one transaction: whoever holds its lock is at it.

    A worker that dies lets go of the lock by dying, and the part is as it was.
    """

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    after_id = models.BigIntegerField(help_text="Records with a key above this …")
    up_to_id = models.BigIntegerField(help_text="… up to this, the last included.")
    done_at = models.DateTimeField(null=True)

    objects = FirmManager["RunPart"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "after_id"], name="one_part_each")]

    def __str__(self) -> str:
        return f"Records {self.after_id} to {self.up_to_id} of run {self.run_id}"


class RunOutcome(models.Model):
    """A record a run did not simply carry out, or should not have had to, and why. Clean ones are counted."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_constraint=False)
    record = models.ForeignKey(
        RemoteRecord, null=True, on_delete=models.CASCADE, db_constraint=False, db_index=False
    )
    remote_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(
        max_length=10,
        choices=[
            ("skipped", "Skipped"),
            ("failed", "Failed"),
            ("missed", "Missed"),
            ("conflict", "In conflict"),
        ],
    )
    reason = models.CharField(max_length=40, help_text="Code; see mapping.reasons.")
    detail: models.JSONField[Any, Any] = models.JSONField(default=dict)

    objects = FirmManager["RunOutcome"]()

    class Meta:
        indexes = [
            # Whether an outcome points at a record is asked for each record that is deleted.
            models.Index(
                fields=["record"], condition=models.Q(record__isnull=False), name="outcome_by_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"
