"""Recognise which of our rows, if any, a QuickBooks record stands for. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """The one row of ours that carries this name, which is carried by one record there."""

    local_id: int
    name: str
    detail: str = ""


@dataclass(frozen=True)
class Unsure:
    """Somebody is called so, but not just one of theirs and one of ours. A question for a person."""

    rows: tuple[Found, ...]
    rivals: int
    """How many unmapped records there are called so, this one included."""


@dataclass(frozen=True)
class Nobody:
    pass


Match = Found | Unsure | Nobody


def by_exact_name(name: str, *, ours: Iterable[Found], rivals: int) -> Match:
    """Decide by exact name: one of theirs and one of ours is a match (CV-32); more is a question.

    ``ours`` are the free clients, and ``rivals`` the number of unmapped records, of this name with
    accents aside. A wrong link posts one customer's invoices to another's ledger, hence unique
    both ways, and José is offered for Jose but never taken for him.
    """
    rows = tuple(ours)
    if not rows:
        return Nobody()
    if len(rows) == 1 and rivals == 1 and same_name(rows[0].name, name):
        return rows[0]
    return Unsure(rows, rivals)


def same_name(one: str, other: str) -> bool:
    """Case and runs of blanks aside; accents and punctuation count."""
    return fold(one) == fold(other)


def fold(name: str) -> str:
    return " ".join(name.split()).lower()


def reasons(record: dict[str, Any], client: dict[str, Any]) -> list[str]:
    """Say in words what speaks for a match, for the person who decides."""
    said = []
    if same_name(record["name"], client["name"]):
        said.append("same name")
    if record["email"] and record["email"].casefold() == client["email"].casefold():
        said.append("same e-mail")
    if record["city"] and record["city"].casefold() == client["city"].casefold():
        said.append("same city")
    return said
