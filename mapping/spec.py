"""The vocabulary in which a synced entity is declared. Pure data: no database, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

Payload = Mapping[str, Any]
"""A QuickBooks object as JSON gives it."""

Values = dict[str, Any]
"""Local field name to value, as JSON can hold it."""


class Flow(Enum):
    """Which way a value may travel."""

    PULL = "pull"
    PUSH = "push"
    BOTH = "both"


@dataclass(frozen=True)
class Convert:
    """A reversible change of form between what stands at a field's paths and our value."""

    to_local: Callable[[Sequence[Any]], Any]
    """Takes the values at the paths, None where absent. Absent in a full record means emptied there."""
    to_remote: Callable[[Any], Sequence[Any]]


@dataclass(frozen=True)
class Field:
    """One value that both sides hold."""

    local: str
    """Attribute of the local model."""

    remote: str | tuple[str, ...]
    """Dotted paths in the payload, e.g. ``PrimaryEmailAddr.Address``; several where one value of ours is spread."""

    convert: Convert
    label: str
    """What a person calls it."""

    flow: Flow = Flow.BOTH

    max_length: int | None = None
    """Longest text the local column holds."""

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.remote,) if isinstance(self.remote, str) else self.remote


class LocalModel(Protocol):
    """How the engine reads and writes our side of an entity, always many rows at a time."""

    def read(self, ids: Sequence[int]) -> Mapping[int, Values]:
        """Values of the declared fields by id, of rows that exist and are current; takes the row locks."""

    def glance(self, ids: Sequence[int]) -> Mapping[int, Values]:
        """Like ``read``, without locks: for screens that say beforehand what something would do."""

    def create(self, firm_id: int, rows: Sequence[Values]) -> Sequence[int]:
        """Add rows, already tied to the books; return their ids in order."""

    def update(self, rows: Mapping[int, Values], *, is_edit: bool = False) -> None:
        """Change only the fields given; ``is_edit`` where a person meant it rather than QuickBooks."""

    def mark_linked(self, ids: Sequence[int], *, linked: bool) -> None:
        """Remember whether rows are tied to the books."""

    def changed_at(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        """When each of these rows was last changed, whoever did it and whatever it was."""

    def edited_at(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        """When a person last edited the declared fields of each of these rows, as far as that is known."""

    def changed_since(self, moment: datetime | None, *, after_id: int, limit: int) -> Sequence[int]:
        """Ids above ``after_id``, ascending, of current rows changed at or after a moment (None: of all)."""

    def new_since(self, moment: datetime, *, after_id: int, limit: int) -> Sequence[int]:
        """Ids above ``after_id``, ascending, of current rows that are not tied and were made since."""

    def withdraw(self, ids: Sequence[int]) -> None:
        """Take rows that we made ourselves out of sight again, recoverably: the undo of ``create``."""


class Nowhere:
    """The local side of records that we keep a copy of and no row: there is nothing to read or to write."""

    def read(self, ids: Sequence[int]) -> Mapping[int, Values]:
        return {}

    def glance(self, ids: Sequence[int]) -> Mapping[int, Values]:
        return {}

    def create(self, firm_id: int, rows: Sequence[Values]) -> Sequence[int]:
        raise TypeError("these records have no rows of ours")

    def update(self, rows: Mapping[int, Values], *, is_edit: bool = False) -> None:
        raise TypeError("these records have no rows of ours")

    def mark_linked(self, ids: Sequence[int], *, linked: bool) -> None:
        raise TypeError("these records have no rows of ours")

    def changed_at(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        return {}

    def edited_at(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        return {}

    def changed_since(self, moment: datetime | None, *, after_id: int, limit: int) -> Sequence[int]:
        return []

    def new_since(self, moment: datetime, *, after_id: int, limit: int) -> Sequence[int]:
        return []

    def withdraw(self, ids: Sequence[int]) -> None:
        raise TypeError("these records have no rows of ours")


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Everything the engine knows about one kind of record."""

    name: str
    remote: str
    """QuickBooks' own name of the resource, as it stands in queries and webhooks."""
    label: str
    plural: str
    local: LocalModel = field(default_factory=lambda: Nowhere())
    """Nowhere, where the records are only looked up: they are mirrored and tied to nothing."""
    local_label: str = ""
    """What our side's row is called."""
    local_plural: str = ""
    fields: tuple[Field, ...] = ()
    is_in_changes: bool = True
    """Whether QuickBooks tells its changes; what it does not tell is read whole (facts, change data capture)."""
    has_inactive: bool = True
    """Whether it has an ``Active`` that queries must name to see all."""
    uncounted: frozenset[str] = frozenset()
    """Ids that QuickBooks adds to its answers by itself, and may leave out where it counts."""
    title: str = "DisplayName"
    """Path of the name that lists show."""
    full_title: str = "FullyQualifiedName"
    email: str = "PrimaryEmailAddr.Address"
    city: str = "BillAddr.City"
    parent: str = "ParentRef.value"
    defaults: Callable[[Payload], Values] = lambda payload: {}
    """Values of a new local row beyond the declared fields."""
    after: tuple[str, ...] = ()
    """Entities that must be synced first, because this one refers to them."""

    def field(self, local: str) -> Field:
        return next(each for each in self.fields if each.local == local)

    @property
    def name_field(self) -> str:
        """Our field that stands for the name by which QuickBooks tells records apart."""
        return next(each.local for each in self.fields if self.title in each.paths)

    @property
    def email_field(self) -> str | None:
        """Our field that holds the e-mail address, where there is one."""
        return next((each.local for each in self.fields if self.email in each.paths), None)

    @property
    def is_mirror_only(self) -> bool:
        return isinstance(self.local, Nowhere)
