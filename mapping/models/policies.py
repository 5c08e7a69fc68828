"""What a firm decided about each kind of record. Without a row, ``mapping.policy.DEFAULT`` holds."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models.books import Book
from mapping.policy import (
    DEFAULT,
    Direction,
    FieldRule,
    NewHere,
    NewThere,
    Policy,
    Preset,
    Trigger,
    Updates,
    Winner,
)


def _choices(kind: type[Any]) -> list[tuple[str, str]]:
    return [(each.value, each.name.replace("_", " ").capitalize()) for each in kind]


class EntityPolicy(models.Model):
    """The stored form of a ``mapping.policy.Policy``; ``policy`` gives it back."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    entity = models.CharField(max_length=40)
    preset = models.CharField(
        max_length=20, blank=True, help_text="The named way of working it was taken from and still equals."
    )
    direction = models.CharField(max_length=8, choices=_choices(Direction), default=DEFAULT.direction.value)
    updates = models.CharField(max_length=8, choices=_choices(Updates), default=DEFAULT.updates.value)
    conflict = models.CharField(max_length=12, choices=_choices(Winner), default=DEFAULT.conflict.value)
    new_there = models.CharField(max_length=8, choices=_choices(NewThere), default=DEFAULT.new_there.value)
    new_here = models.CharField(max_length=14, choices=_choices(NewHere), default=DEFAULT.new_here.value)
    needs_email = models.BooleanField(default=False)
    triggers: models.Field[list[str], list[str]] = ArrayField(
        models.CharField(max_length=10, choices=_choices(Trigger)), default=list
    )
    fields: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="Field name to {direction, conflict}, of fields that differ from the rest."
    )
    since = models.DateTimeField(
        default=timezone.now, help_text="Rows of ours made before this are not sent by themselves."
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False
    )
    changed_at = models.DateTimeField(default=timezone.now)

    objects = FirmManager["EntityPolicy"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["book", "entity"], name="one_policy_per_entity")]

    def __str__(self) -> str:
        return f"{self.entity}: {self.preset or self.direction}"

    @property
    def policy(self) -> Policy:
        return Policy(
            direction=Direction(self.direction),
            updates=Updates(self.updates),
            conflict=Winner(self.conflict),
            new_there=NewThere(self.new_there),
            new_here=NewHere(self.new_here),
            needs_email=self.needs_email,
            triggers=frozenset(Trigger(each) for each in self.triggers),
            fields={
                name: FieldRule(Direction(rule["direction"]), Winner(rule["conflict"]))
                for name, rule in self.fields.items()
            },
        )

    def take(self, policy: Policy, *, preset: Preset | None = None) -> None:
        """Write a policy into the columns; nothing is saved."""
        self.preset = preset.name if preset else ""
        self.direction, self.updates = policy.direction.value, policy.updates.value
        self.conflict = policy.conflict.value
        self.new_there, self.new_here = policy.new_there.value, policy.new_here.value
        self.needs_email = policy.needs_email
        self.triggers = sorted(each.value for each in policy.triggers)
        self.fields = {
            name: {"direction": rule.direction.value, "conflict": rule.conflict.value}
            for name, rule in policy.fields.items()
        }


def policy_of(book_id: int, entity: str) -> Policy:
    """Return what holds for a kind of record in a book. One query."""
    stored = EntityPolicy.objects.filter(book_id=book_id, entity=entity).first()
    return stored.policy if stored else DEFAULT
