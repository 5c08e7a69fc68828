"""What saving Sync settings does at once: begin to read, and switch the night or the weekly check. Said, then done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from integrations.connect import standing
from integrations.models import Schedule
from integrations.sync import refreshing
from mapping.entities import ENTITIES
from mapping.models import Book
from mapping.policy import Policy, Trigger
from mapping.spec import Entity


@dataclass(frozen=True)
class Said:
    before: str
    """Where the settings are reviewed."""
    more: str
    after: str
    """Once they are saved."""

    def of(self, entity: Entity) -> Said:
        """Say it of a kind of record."""
        return Said(*(entity.say(words) for words in (self.before, self.more, self.after)))


class Start(Enum):
    """What begins with the settings."""

    IMPORT = Said(
        "An import starts when you save",
        "All your QuickBooks {customers} are brought in. Those that look like a {client} of yours wait for you under "
        "Map {Customers}.",
        "Your QuickBooks {customers} are being brought in now. Those that look like a {client} wait under Map {Customers}.",
    )
    COMPARE = Said(
        "Both sides are compared when you save",
        "What changed in QuickBooks is read first.",
        "Both sides are being compared now.",
    )
    LATER = Said(
        "Nothing happens at once",
        "The settings hold from the next time somebody refreshes or imports.",
        "They hold from the next refresh or import.",
    )
    OFFLINE = Said(
        "Nothing happens at once",
        "The settings hold once QuickBooks is connected again.",
        "They hold once QuickBooks is connected again.",
    )

    @property
    def is_now(self) -> bool:
        return self in (Start.IMPORT, Start.COMPARE)


def start(book: Book, entity: str, policy: Policy) -> Start:
    """Return what begins where this policy is saved now."""
    connection = standing.current()
    if connection is None or not connection.is_live:
        return Start.OFFLINE
    if refreshing.is_first(book, ENTITIES[entity], policy):
        return Start.IMPORT
    return Start.COMPARE if policy.triggers else Start.LATER


@dataclass(frozen=True)
class Hours:
    """Whether QuickBooks is read at night, and looked through once a week."""

    is_nightly: bool
    is_weekly: bool


def hours(schedule: Schedule, before: Policy, after: Policy) -> Hours:
    """Where nothing is to be read without being asked, neither night nor week read; else as the firm has it."""
    is_weekly = schedule.is_weekly
    if bool(before.triggers) != bool(after.triggers):
        is_weekly = bool(after.triggers)
    return Hours(Trigger.NIGHTLY in after.triggers, is_weekly)


def switched(schedule: Schedule, before: Policy, after: Policy) -> list[tuple[str, bool]]:
    """Return what of the night and the week is switched, in words, and whether on."""
    then = hours(schedule, before, after)
    was_nightly = schedule.is_nightly and Trigger.NIGHTLY in before.triggers
    night = "Reading QuickBooks every night is switched {}"
    week = "The weekly check of all records is switched {}"
    return [
        (words.format("on" if is_on else "off"), is_on)
        for words, was_on, is_on in (
            (night, was_nightly, then.is_nightly),
            (week, schedule.is_weekly, then.is_weekly),
        )
        if was_on != is_on
    ]
