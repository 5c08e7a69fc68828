"""Every synced entity, found by importing the modules of this package. One file each."""

from __future__ import annotations

from graphlib import TopologicalSorter
from importlib import import_module
from pkgutil import iter_modules

from mapping.spec import Entity


def _discover() -> dict[str, Entity]:
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    entities: dict[str, Entity] = {module.ENTITY.name: module.ENTITY for module in modules}
    order = TopologicalSorter({entity.name: entity.after for entity in entities.values()}).static_order()
    return {name: entities[name] for name in order}


ENTITIES = _discover()
"""By name, those first that others refer to."""
