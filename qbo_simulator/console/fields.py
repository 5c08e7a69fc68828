"""What a form is made of: fields declared as data, the entries typed into them, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import FormData

from ..accepting import accept
from ..books import Books
from ..entities.spec import Body, Entity
from ..faults import Fault
from ..query.meaning import fold
from .sentences import at_fields, sentence_of
from .values import as_text, head_of, name_of, put, read_number, value_at

Condition = Callable[[Books], bool]


def _always(books: Books) -> bool:
    return True


@dataclass(frozen=True)
class Field:
    """One input: its label, and the path in the object that it fills."""

    label: str
    path: str
    kind: str = "text"
    """text, long, number, money, day, flag, choice, ref."""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """Of a choice: (value, words)."""
    to: str = ""
    """Of a ref: the entity it points to."""
    by: str = "Id"
    """Of a ref: the field of the other object that it holds."""
    among: Callable[[Body], bool] | None = None
    """Of a ref: which of them can be chosen."""
    when: Condition = _always
    """Whether the company uses this field at all."""
    wide: bool = False
    needed: bool = False


@dataclass(frozen=True)
class Section:
    legend: str
    fields: tuple[Field, ...]
    folded: bool = False
    """Is shown closed until somebody opens it."""


def _nothing_more(fields: Body, before: Body) -> None:
    return None


@dataclass(frozen=True)
class Form:
    """The form of one kind of object."""

    sections: tuple[Section, ...]
    also: Callable[[Body, Body], None] = _nothing_more
    """Adds to the changed fields what follows from them; takes them and what was."""

    @property
    def fields(self) -> Iterator[Field]:
        return (one for section in self.sections for one in section.fields)

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.fields]

    def used_by(self, books: Books) -> Form:
        """Return the form without the fields this company has switched off."""
        kept = [
            replace(section, fields=tuple(f for f in section.fields if f.when(books)))
            for section in self.sections
        ]
        return replace(self, sections=tuple(section for section in kept if section.fields))


@dataclass
class Entries:
    """What stands in the inputs of a form, and the sentences beside them."""

    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    """What is wrong with the form as a whole."""
    names: dict[str, str] = field(default_factory=dict)
    """What was typed where an object is chosen by its name."""

    def blame(self, fault: Fault, form: Form) -> None:
        """Put a refusal's sentences where they belong."""
        placed, rest = at_fields(fault, form.paths)
        self.errors = {**placed, **self.errors}
        self.troubles += rest

    @property
    def are_wrong(self) -> bool:
        return bool(self.errors or self.troubles)


def shown(form: Form, body: Body) -> Entries:
    """Return the entries that show an object."""
    entries = Entries()
    for one in form.fields:
        entries.texts[one.path] = as_text(value_at(body, one.path))
    return entries


def typed(form: Form, sent: FormData, books: Books, before: Body) -> Entries:
    """Return the entries that were sent, with names turned into Ids where they can be."""
    entries = Entries()
    for one in form.fields:
        text = str(sent.get(one.path) or "").replace("\r\n", "\n").strip()
        named = sent.get(f"{one.path}.name")
        if one.kind == "ref" and named is not None:
            _find_by_name(one, str(named).strip(), books, before, entries)
        else:
            entries.texts[one.path] = text
    return entries


def _find_by_name(one: Field, name: str, books: Books, before: Body, entries: Entries) -> None:
    entries.names[one.path] = name
    was = str((value_at(before, one.path) or {}).get("value", ""))
    if not name or (was and name == name_referred(books, one.to, was)):
        entries.texts[one.path] = was if name else ""
        return
    found = id_named(books, one.to, name)
    entries.texts[one.path] = found or ""
    if not found:
        entries.errors[one.path] = f"There is no active {one.to.lower()} named “{name}”."


def name_referred(books: Books, entity: str, id: str) -> str:
    """Return what the object behind a reference is called; references do not always say it."""
    return name_of(books.look(entity, id) or {"Id": id}) if id else ""


def id_named(books: Books, entity: str, name: str) -> str | None:
    """Return the Id of the active object with this full name, or with this Id."""
    rows = books.rows(
        "SELECT id FROM objects INDEXED BY objects_by_path "
        "WHERE entity = ? AND full_name = ? AND active = 1 LIMIT 1",
        (entity, fold(name)),
    )
    if not rows and name.isdigit():
        rows = books.rows("SELECT id FROM objects WHERE entity = ? AND id = ?", (entity, name))
    return rows[0][0].decode() if rows else None


# From entries to what is written


def changed(form: Form, entries: Entries, before: Body) -> Body:
    """Return the fields whose entries differ from what is kept; an emptied one is None.

    What a group keeps beyond the form stays in it.
    """
    was = shown(form, before).texts
    heads = {head_of(path) for path in form.paths if entries.texts[path] != was[path]}
    fields: Body = {}
    for head in heads:
        fields[head] = _whole(form, head, entries, before)
    form.also(fields, before)
    return fields


def _whole(form: Form, head: str, entries: Entries, before: Body) -> Any:
    """Return a field with everything the form says about it."""
    made: Body = {}
    for one in form.fields:
        if head_of(one.path) == head:
            put(made, one.path, _READ[one.kind](entries.texts[one.path]))
    value = made[head]
    if not isinstance(value, dict) or "value" in value:
        return value
    kept = before.get(head) or {}
    mine = {one.path.split(".")[1] for one in form.fields if one.path.startswith(f"{head}.")}
    if not any(v is not None for v in value.values()):
        return None
    return {**{k: v for k, v in kept.items() if k not in mine}, **value}


def _read_ref(text: str) -> Body | None:
    return {"value": text} if text else None


_READ: Mapping[str, Callable[[str], Any]] = {
    "text": lambda text: text or None,
    "long": lambda text: text or None,
    "day": lambda text: text or None,
    "choice": lambda text: text or None,
    "number": lambda text: read_number(text) if text else None,
    "money": lambda text: read_number(text) if text else None,
    "flag": lambda text: text == "yes",
    "ref": _read_ref,
}


def check_one_by_one(entity: Entity, form: Form, entries: Entries) -> None:
    """Check each entry by itself, so that a refusal stands at the very input it is about."""
    for one in form.fields:
        if not entries.texts[one.path] or one.path in entries.errors:
            if one.needed and one.path not in entries.errors:
                entries.errors[one.path] = f"{one.label} is needed."
            continue
        alone: Body = {}
        put(alone, one.path, _READ[one.kind](entries.texts[one.path]))
        try:
            accept(entity, alone)
        except Fault as fault:
            entries.errors[one.path] = sentence_of(fault.complaints[0])
