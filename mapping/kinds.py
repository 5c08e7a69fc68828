"""Which kind of record a screen is about: what its address says, or else the kind that screens begin with."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse

from mapping.entities import ENTITIES
from mapping.spec import Entity

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


def address(name: str, slug: str, entity: Entity) -> str:
    """Return the address of a screen about a kind of record."""
    kind = {} if entity.name == FIRST else {"kind": entity.name}
    return reverse(name, kwargs={"slug": slug, **kind})
