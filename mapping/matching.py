"""Recognise which of our rows, if any, a QuickBooks record stands for. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from unicodedata import combining, normalize

from rapidfuzz import fuzz

ALIKE_FROM = 85
"""Names so many per cent alike are worth a look; nothing is ever decided by it."""
_ENDINGS = frozenset("inc incorporated llc llp lp ltd limited co corp corporation company gmbh plc".split())


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


@dataclass(frozen=True)
class Alike:
    """A row of ours that is tied to nothing and looks like a new record, and by what."""

    row: Found
    has_same_email: bool
    has_email: bool
    is_current: bool


def by_likeness(alike: Iterable[Alike], *, email_decides: bool, rivals: int) -> Match:
    """Decide about a record that would become a row of ours by itself: whoever looks like it is a question.

    Where the e-mail address decides, the only row of ours that has it, for the only record there that
    has it, is a match (KP-7), and a namesake with another address is somebody else (KP-8).
    """
    rows = list(alike)
    if email_decides:
        rows = [each for each in rows if each.has_same_email or not each.has_email]
        same = [each for each in rows if each.has_same_email]
        if len(same) == 1 and same[0].is_current and rivals == 1:
            return same[0].row
    return Unsure(tuple(each.row for each in rows), rivals) if rows else Nobody()


def addresses(text: str) -> frozenset[str]:
    """Return the e-mail addresses in a field in which people write several."""
    return frozenset(part.strip().casefold() for part in re.split("[,;]", text) if part.strip())


def same_name(one: str, other: str) -> bool:
    """Case and runs of blanks aside; accents and punctuation count."""
    return fold(one) == fold(other)


def alike(one: str, other: str) -> int:
    """Return how alike two names are, in per cent: case, accents, punctuation and the order of words aside.

    What a company's name ends in (Inc., LLC) does not count unless that is all there is.
    """
    bare = _bare(one), _bare(other)
    # In order too: sorted, words that begin otherwise stand elsewhere.
    return round(max(fuzz.ratio(*bare), fuzz.token_sort_ratio(*bare))) if all(bare) else 0


def _bare(name: str) -> str:
    plain = "".join(char for char in normalize("NFKD", name).casefold() if not combining(char))
    words = re.sub(r"[^\w]+", " ", re.sub(r"['’.]", "", plain)).split()
    return " ".join([word for word in words if word not in _ENDINGS] or words)


def turned(key: str) -> list[str]:
    """Return a name beginning with each of its first words and with its last: where lists may hold it."""
    words = key.split()
    firsts = dict.fromkeys([*range(min(len(words), 3)), max(len(words) - 1, 0)])
    return [" ".join([*words[at:], *words[:at]]) for at in firsts]


def fold(name: str) -> str:
    return " ".join(name.split()).lower()


def reasons(record: dict[str, Any], client: dict[str, Any]) -> list[str]:
    """Say in words what speaks for a match, for the person who decides."""
    said = []
    if same_name(record["name"], client["name"]):
        said.append("same name")
    elif (percent := alike(record["name"], client["name"])) >= ALIKE_FROM:
        said.append(f"name {percent} % alike" if percent < 100 else "nearly the same name")
    if record["email"] and record["email"].casefold() == client["email"].casefold():
        said.append("same e-mail")
    if record["city"] and record["city"].casefold() == client["city"].casefold():
        said.append("same city")
    return said
