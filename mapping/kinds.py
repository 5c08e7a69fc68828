"""Which kinds of record have rows of ours, which of them a screen is about, and what its rows are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.http import Http404
from django.urls import reverse

from mapping.entities import ENTITIES
from mapping.spec import Entity, Ours

FIRST = "customer"
"""What a screen is about whose address names no kind."""


def kind_of(name: str) -> Entity:
    """Return a kind of record that has rows of ours. Raises Http404 for any other name."""
    entity = ENTITIES.get(name)
    if entity is None or entity.is_mirror_only:
        raise Http404("No such kind of record")
    return entity


def with_rows() -> list[Entity]:
    """Return the kinds of record that have rows of ours."""
    return [entity for entity in ENTITIES.values() if not entity.is_mirror_only]


def kinds_with_rows(name: str) -> list[Entity]:
    """Return the kind of this name, if it has rows of ours; of a run that looks after all, each that has."""
    return [entity for entity in with_rows() if entity.name == name] or with_rows()


def kept_in(model: type[Any]) -> list[Entity]:
    """Return the kinds of record whose rows of ours are of this model."""
    return [entity for entity in ENTITIES.values() if entity.local.keeps(model)]


def shown(wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Ours]:
    """Return rows of ours by kind and key: one query for each kind, however many rows."""
    ids: defaultdict[str, set[int]] = defaultdict(set)
    for name, local_id in wanted:
        ids[name].add(local_id)
    return {
        (name, pk): row
        for name, of_kind in ids.items()
        for pk, row in ENTITIES[name].local.shown(sorted(of_kind)).items()
    }


def noun(names: Iterable[str]) -> tuple[str, str]:
    """Return what our rows of these kinds are called, one and many; of several kinds simply rows."""
    kinds = [ENTITIES[name] for name in set(names)]
    return (kinds[0].local_label, kinds[0].local_plural) if len(kinds) == 1 else ("row", "rows")


def address(name: str, slug: str, entity: Entity) -> str:
    """Return the address of a screen about a kind of record."""
    kind = {} if entity.name == FIRST else {"kind": entity.name}
    return reverse(name, kwargs={"slug": slug, **kind})
