"""Ask QuickBooks what stands in the way of what it refused. Only calls: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from integrations.quickbooks import ALL, QuickBooks, Refused, quoted
from mapping.matching import fold
from mapping.spec import Entity, Payload
from mapping.transform import at

PEOPLE = ("Customer", "Vendor", "Employee")
"""They share one space of names. Source: Intuit's reference of Customer, read 2026-11."""


@dataclass(frozen=True)
class Namesake:
    """An object that has a name which was to be given to another."""

    remote: str
    payload: Payload


@dataclass(frozen=True)
class Findings:
    namesakes: dict[str, list[Namesake]] = field(default_factory=dict)
    """By folded name."""
    current: dict[str, Payload] = field(default_factory=dict)
    """Objects as they stand now, by id."""
    missing: frozenset[str] = frozenset()
    """Ids that were asked for and are no longer there."""
    calls: int = 0


def inquire(
    quickbooks: QuickBooks, entity: Entity, *, names: Collection[str], ids: Collection[str]
) -> Findings:
    """Look up who has these names and how these objects stand now: one call each kind, for a whole batch."""
    namesakes, calls = _namesakes(quickbooks, entity, names)
    current: dict[str, Payload] = {}
    if ids:
        current = {str(one["Id"]): one for one in quickbooks.by_ids(entity.remote, sorted(ids))}
    return Findings(namesakes, current, frozenset(ids) - current.keys(), calls + bool(ids))


def _namesakes(
    quickbooks: QuickBooks, entity: Entity, names: Collection[str]
) -> tuple[dict[str, list[Namesake]], int]:
    found: dict[str, list[Namesake]] = {fold(name): [] for name in names}
    if not names:
        return found, 0
    remotes = PEOPLE if entity.remote in PEOPLE else (entity.remote,)
    listed = ", ".join(quoted(name) for name in sorted(names))
    for remote in remotes:
        # Not knowing who is in the way costs an offer to link, never the record.
        with suppress(Refused):
            for one in quickbooks.page(remote, 1, where=f"{entity.title} IN ({listed}) AND {ALL}"):
                found.setdefault(fold(str(at(one, entity.title))), []).append(Namesake(remote, one))
    return found, len(remotes)
