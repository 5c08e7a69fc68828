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


@dataclass(frozen=True)
class Ours:
    """A row of ours as lists, pickers and cards show it."""

    pk: int
    name: str
    name_key: str
    email: str = ""
    city: str = ""
    is_linked: bool = False
    is_archived: bool = False
    edited_at: datetime | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Selection:
    """Rows of ours as a SELECT, to be part of a statement that asks something of all of them.

    Its columns are id, name, name_key, email, city and is_current, in this order.
    """

    sql: str
    params: Mapping[str, Any]

    def called(self, alias: str) -> str:
        """Return it as a table of a FROM clause; its ``params`` belong to the statement's."""
        return f"({self.sql}) AS {alias} (id, name, name_key, email, city, is_current)"


class LocalModel(Protocol):
    """How the engine and the screens read and write our side of an entity, always many rows at a time.

    ``mapping.table.Table`` answers all of it for a Django model.
    """

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

    def untied(self) -> Selection:
        """All rows that are tied to nothing, current or not: what is matched by name and address."""

    def shown(self, ids: Sequence[int]) -> Mapping[int, Ours]:
        """These rows by id, current or not, as screens show them."""

    def suggested(self, text: str, *, limit: int) -> Sequence[Ours]:
        """Current rows that somebody may mean who types this, the likeliest first (CV-33)."""

    def has_any(self) -> bool:
        """Whether there is any row, current or not."""

    def last_touched(self) -> datetime | None:
        """When any row was last changed: moves with whatever may make another match."""

    def page(self, slug: str, local_id: int, *, to_edit: bool = False) -> str:
        """Address of a row's own page in a firm, or of where it is edited; empty where it has none."""

    def keeps(self, model: type[Any]) -> bool:
        """Whether its rows are those of this model: who announces a change says which."""


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

    def untied(self) -> Selection:
        raise TypeError("these records have no rows of ours")

    def shown(self, ids: Sequence[int]) -> Mapping[int, Ours]:
        return {}

    def suggested(self, text: str, *, limit: int) -> Sequence[Ours]:
        return []

    def has_any(self) -> bool:
        return False

    def last_touched(self) -> datetime | None:
        return None

    def page(self, slug: str, local_id: int, *, to_edit: bool = False) -> str:
        return ""

    def keeps(self, model: type[Any]) -> bool:
        return False


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
    born: Callable[[Values], Payload] = lambda values: {}
    """What a new record there says beyond the declared fields: the other side's ``defaults``."""
    is_on_invoices: bool = False
    """Whether invoices name it, so that it may go out along with one."""
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
    def noun(self) -> str:
        """What a number is followed by, in the one and in the many."""
        return f"{self.label},{self.plural}"

    @property
    def local_noun(self) -> str:
        """The same of our rows."""
        return f"{self.local_label},{self.local_plural}"

    def say(self, sentence: str) -> str:
        """Return a sentence with what this kind is called in place of {customer}, {Customers}, {client} and so on."""
        words = {
            "customer": self.label,
            "customers": self.plural,
            "client": self.local_label,
            "clients": self.local_plural,
        }
        return sentence.format(
            **words, **{name.capitalize(): word[:1].upper() + word[1:] for name, word in words.items()}
        )

    @property
    def is_mirror_only(self) -> bool:
        return isinstance(self.local, Nowhere)
