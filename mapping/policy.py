"""What a firm decided about one kind of record: which way values travel, and who wins. Pure data.

Five ways of working have names (B-7); a firm may start from one and change what it likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mapping.spec import Entity, Flow


class Direction(StrEnum):
    """Which way a value may travel."""

    OFF = "off"
    PULL = "pull"
    PUSH = "push"
    BOTH = "both"

    @property
    def pulls(self) -> bool:
        return self in (Direction.PULL, Direction.BOTH)

    @property
    def pushes(self) -> bool:
        return self in (Direction.PUSH, Direction.BOTH)

    def __and__(self, other: Direction) -> Direction:
        """Return what both allow."""
        pulls, pushes = self.pulls and other.pulls, self.pushes and other.pushes
        return _DIRECTION[pulls, pushes]


_DIRECTION = {
    (False, False): Direction.OFF,
    (True, False): Direction.PULL,
    (False, True): Direction.PUSH,
    (True, True): Direction.BOTH,
}
_FLOW = {Flow.PULL: Direction.PULL, Flow.PUSH: Direction.PUSH, Flow.BOTH: Direction.BOTH}


class Updates(StrEnum):
    """What a re-import does (X2)."""

    NEW = "new"
    """Brings in new records and leaves mapped ones alone (JP-15, JP-16)."""
    MAPPED = "mapped"
    """Brings mapped ones up to date and takes nothing new."""
    ALL = "all"


class Winner(StrEnum):
    """Whose value stays where both sides changed it since they last agreed."""

    QUICKBOOKS = "quickbooks"
    OURS = "ours"
    NEWEST = "newest"
    ASK = "ask"


class NewThere(StrEnum):
    """What becomes of a record that is new in QuickBooks and not excluded."""

    WAIT = "wait"
    """It waits under Map Customers for a person's word."""
    CREATE = "create"
    """It becomes a row of ours by itself, unless one of ours looks like it."""


class NewHere(StrEnum):
    """What becomes of a row of ours that QuickBooks has not."""

    WAIT = "wait"
    CREATE = "create"
    """It is sent when it is made (JR-47). Rows from before the decision stay here."""
    WITH_INVOICE = "with_invoice"
    """It is sent together with an invoice that is sent or paid, and so is what changes of it (KP-24)."""


class Trigger(StrEnum):
    """What makes us look into QuickBooks without being asked. The Refresh button always does."""

    NIGHTLY = "nightly"
    WEBHOOK = "webhook"
    VIEW = "view"


@dataclass(frozen=True)
class FieldRule:
    direction: Direction
    conflict: Winner


@dataclass(frozen=True, kw_only=True)
class Policy:
    direction: Direction = Direction.PULL
    updates: Updates = Updates.ALL
    conflict: Winner = Winner.ASK
    new_there: NewThere = NewThere.WAIT
    new_here: NewHere = NewHere.WAIT
    needs_email: bool = False
    """Leave records without an e-mail address alone (KP-4); off unless the firm wants it (X5)."""
    triggers: frozenset[Trigger] = frozenset(Trigger)
    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    """Fields that differ from the rest."""

    @property
    def waits_for_invoice(self) -> bool:
        """Whether rows of ours, and edits of them, are sent only along with an invoice."""
        return self.new_here is NewHere.WITH_INVOICE

    def rule(self, entity: Entity, local: str) -> FieldRule:
        """Return what holds for a field: never more than the declaration and the whole record allow."""
        own = self.fields.get(local, FieldRule(self.direction, self.conflict))
        allowed = _FLOW[entity.field(local).flow] & self.direction
        return FieldRule(own.direction & allowed, own.conflict)

    def rules(self, entity: Entity) -> dict[str, FieldRule]:
        return {each.local: self.rule(entity, each.local) for each in entity.fields}

    def lets_in(self, entity: Entity) -> frozenset[str]:
        """Return the fields that may come from QuickBooks."""
        return frozenset(name for name, rule in self.rules(entity).items() if rule.direction.pulls)


@dataclass(frozen=True)
class Preset:
    name: str
    label: str
    says: str
    """With the kind's words in braces: see ``Entity.say``."""
    policy: Policy
    decides_by_email: bool = False
    """Whether an e-mail address that only one row of ours has makes a match (KP-7)."""


EVERYTHING = frozenset(Trigger)

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "two_way",
            "Two-way",
            "Edits on either side reach the other. New {customers} wait for you to map them.",
            # CV-11..14, CV-28, CV-45.
            Policy(direction=Direction.BOTH, conflict=Winner.NEWEST, triggers=EVERYTHING),
        ),
        Preset(
            "new_only",
            "Bring in new only",
            "New QuickBooks {customers} are added when you press Refresh. Later changes stay where they are made.",
            # JP-14..16.
            Policy(
                direction=Direction.PULL,
                updates=Updates.NEW,
                conflict=Winner.OURS,
                new_there=NewThere.CREATE,
                triggers=frozenset(),
            ),
        ),
        Preset(
            "push_ours",
            "Push ours, re-import on demand",
            "Your new {clients} and edits go to QuickBooks. What changes there comes in when you import again.",
            # JR-47, JR-50, JR-51.
            Policy(
                direction=Direction.BOTH,
                conflict=Winner.QUICKBOOKS,
                new_there=NewThere.CREATE,
                new_here=NewHere.CREATE,
                triggers=frozenset(),
            ),
        ),
        Preset(
            "contact_sync",
            "Contact sync",
            "QuickBooks {customers} come in by themselves, matched by e-mail. {Clients}, and your changes to them, "
            "go out only with an invoice. Invoices are not sent from here yet: until then nothing goes out.",
            # KP-4..7, KP-24.
            Policy(
                direction=Direction.BOTH,
                conflict=Winner.QUICKBOOKS,
                new_there=NewThere.CREATE,
                new_here=NewHere.WITH_INVOICE,
                triggers=frozenset({Trigger.NIGHTLY, Trigger.WEBHOOK}),
            ),
            decides_by_email=True,
        ),
        Preset(
            "invoices_only",
            "Send invoices only",
            "Nothing comes in. {Clients}, and your changes to them, go to QuickBooks only with an invoice. "
            "Invoices are not sent from here yet: until then nothing travels.",
            # HS-1, HS-2, HS-11, HS-23.
            Policy(
                direction=Direction.PUSH,
                conflict=Winner.OURS,
                new_here=NewHere.WITH_INVOICE,
                triggers=frozenset(),
            ),
        ),
    )
}


def out_of_question(entity: Entity) -> frozenset[NewHere]:
    """Return the settings that make no sense for a kind of record: what no invoice names goes out with none."""
    return frozenset() if entity.is_on_invoices else frozenset({NewHere.WITH_INVOICE})


def fits(entity: Entity, policy: Policy) -> bool:
    """Return whether a kind of record has what a policy goes by."""
    return policy.new_here not in out_of_question(entity) and not (
        policy.needs_email and entity.email_field is None
    )


def presets_of(entity: Entity) -> dict[str, Preset]:
    """Return the named ways of working that make sense for a kind of record."""
    return {
        name: preset
        for name, preset in PRESETS.items()
        if fits(entity, preset.policy) and not (preset.decides_by_email and entity.email_field is None)
    }


DEFAULT = Policy()
"""Until somebody decides: take over what changes in QuickBooks, send nothing, ask where both changed."""
