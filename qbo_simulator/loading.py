"""Load recorded objects, one JSON object a line and one file per entity, as a company."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import orjson

from .books import Books
from .companies.planting import plant_company_info, plant_preferences
from .entities import COMPANY_INFO, PREFERENCES, entity_named
from .entities.spec import Body, Entity


class CannotLoad(Exception):
    """What is wrong with the folder, in a sentence."""


def recorded_objects(folder: Path) -> Iterator[tuple[Entity, list[Body]]]:
    """Yield each entity of the folder with its objects. Raises CannotLoad."""
    files = sorted(folder.glob("*.ndjson"))
    if not files:
        raise CannotLoad(f"There is no .ndjson file in {folder}.")
    for file in files:
        entity = entity_named(file.stem)
        if entity is None:
            raise CannotLoad(f"{file.name}: the simulator does not know the entity {file.stem!r}.")
        yield entity, list(_objects_in(file))


def _objects_in(file: Path) -> Iterator[Body]:
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            body = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise CannotLoad(f"{file.name}, line {number} is not JSON: {error}.") from None
        if not isinstance(body, dict) or "Id" not in body:
            raise CannotLoad(f"{file.name}, line {number} is not an object with an Id.")
        yield body


def company_name(folder: Path) -> str:
    """Return the name in the folder's CompanyInfo, or else the folder's own."""
    file = folder / "CompanyInfo.ndjson"
    info = next(_objects_in(file), {}) if file.exists() else {}
    return str(info.get("CompanyName") or folder.resolve().name)


def realm_for(name: str) -> str:
    """Return a realm id that is the same whenever this company is loaded."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")
    return f"93414539{number % 10**8:08d}"


def load(books: Books, folder: Path, *, at: datetime) -> dict[str, int]:
    """Keep all objects of a folder unmodified and return how many of each entity.

    Where two lines carry one Id the later line stays.
    """
    loaded: dict[str, int] = {}
    with books.transaction():
        for entity, bodies in recorded_objects(folder):
            for body in bodies:
                books.put(entity, body)
            numbers = [int(b["Id"]) for b in bodies if str(b["Id"]).isdigit()]
            books.skip_ids(entity, max(numbers, default=0))
            loaded[entity.name] = books.counts().get(entity.name, 0)
        _fill_gaps(books, company_name(folder), at)
    return loaded


def _fill_gaps(books: Books, name: str, at: datetime) -> None:
    """Give the company what a company cannot be without, if it was not recorded."""
    if not any(books.everything(COMPANY_INFO)):
        plant_company_info(books, at, name=name, legal_name=name, address={}, email="", phone="")
    if not any(books.everything(PREFERENCES)):
        plant_preferences(books, at)
