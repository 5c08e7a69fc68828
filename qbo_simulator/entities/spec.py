"""The vocabulary an entity is declared in: kinds of field, and the entity itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..books import Books
    from ..ledger.posting import Rule

Body = dict[str, Any]

NAME_FORBIDS = ":\t\n\r"


@dataclass(frozen=True)
class Text:
    max_length: int | None = None
    forbids: str = ""
    email: bool = False
    read_only: bool = False
    queryable: bool = True


@dataclass(frozen=True)
class Flag:
    read_only: bool = False
    queryable: bool = True


@dataclass(frozen=True)
class Number:
    largest: float = 99_999_999_999
    read_only: bool = False
    queryable: bool = True


@dataclass(frozen=True)
class Day:
    read_only: bool = False
    queryable: bool = True


@dataclass(frozen=True)
class Moment:
    read_only: bool = True
    queryable: bool = True


@dataclass(frozen=True)
class Choice:
    options: tuple[str, ...]
    read_only: bool = False
    queryable: bool = True


@dataclass(frozen=True)
class Ref:
    """A reference. With `to` unset, or not kept here, any value is taken."""

    to: str | None = None
    read_only: bool = False
    queryable: bool = True


@dataclass(frozen=True)
class Group:
    """Fields under one name. A query may name the group itself when `stands_for` says as what."""

    fields: Mapping[str, Kind]
    stands_for: str | None = None
    read_only: bool = False
    queryable: bool = False


@dataclass(frozen=True)
class Opaque:
    """Kept and served as it came: lists, and structures nobody checks."""

    read_only: bool = False
    queryable: bool = False


@dataclass(frozen=True)
class Many:
    """A list of structures, each with the same fields."""

    fields: Mapping[str, Kind]
    read_only: bool = False
    queryable: bool = False


Kind = Text | Flag | Number | Day | Moment | Choice | Ref | Group | Many | Opaque

META_DATA = Group(
    {
        "CreateTime": Moment(),
        "LastUpdatedTime": Moment(),
        "LastModifiedByRef": Ref(read_only=True),
        "LastChangedInQB": Moment(queryable=False),
    },
    read_only=True,
    queryable=True,
)

COMMON: dict[str, Kind] = {
    "Id": Text(read_only=True),
    "SyncToken": Text(read_only=True),
    "MetaData": META_DATA,
    "domain": Text(read_only=True, queryable=False),
    "sparse": Flag(read_only=True, queryable=False),
    "status": Text(read_only=True, queryable=False),
    "CustomField": Opaque(),
    "ClientEntityId": Text(read_only=True, queryable=False),
    "V4IDPseudonym": Text(read_only=True, queryable=False),
}

PHONE = Group({"FreeFormNumber": Text(30)}, stands_for="FreeFormNumber", queryable=True)
EMPLOYEE_PHONE = Group({"FreeFormNumber": Text(20)}, stands_for="FreeFormNumber", queryable=True)
MEMO = Group({"value": Text(1000)}, stands_for="value")
EMAIL = Group({"Address": Text(100, email=True)}, stands_for="Address", queryable=True)
WEB_ADDRESS = Group({"URI": Text(1000)}, stands_for="URI", queryable=True)
ADDRESS = Group(
    {
        "Id": Text(),
        **{f"Line{n}": Text(500) for n in range(1, 6)},
        "City": Text(255),
        "Country": Text(255),
        "CountryCode": Text(255),
        "CountrySubDivisionCode": Text(255),
        "PostalCode": Text(30),
        "PostalCodeSuffix": Text(30),
        "Lat": Text(),
        "Long": Text(),
        "Tag": Text(),
        "Note": Text(),
    }
)


@dataclass(frozen=True)
class Change:
    """A write on its way: what was, what shall be (rules amend it in place), and when."""

    entity: Entity
    before: Body | None
    after: Body
    at: datetime
    books: Books
    by_bookkeeper: bool = False
    wishes: frozenset[str] = frozenset()
    """What `include` or `optionsData` asks for, such as `allowduplicatedocnum`."""
    given: frozenset[str] = frozenset()
    """The fields that the request named."""

    @property
    def own_id(self) -> str | None:
        return None if self.before is None else str(self.before["Id"])


def _no_rules(change: Change) -> None:
    return None


@dataclass(frozen=True, eq=False)
class Entity:
    """All the simulator has to know about one kind of object."""

    name: str
    fields: Mapping[str, Kind]
    name_field: str = "Name"
    """The property that must be unique."""
    numbering: str = ""
    """Entities with the same word draw their ids from one sequence."""
    is_list: bool = True
    """Has `Active`; queries leave inactive rows out unless they ask."""
    is_transaction: bool = False
    """Is bound to the closing date of the books, and usually deleted rather than made inactive."""
    singleton: bool = False
    key: str = ""
    """The name its objects travel under, where that is not the entity's own."""
    wrapped: bool = False
    """Each object travels inside another key: that of the transaction it is a template for."""
    natural_key: tuple[str, ...] = ()
    """Fields that tell its objects apart, for those that come without an Id."""
    required: tuple[str, ...] = ()
    """Fields that must be there, now or from before."""
    deletable: bool = False
    sendable: bool = False
    printable: bool = False
    names_references: bool = False
    """References are answered with the name of what they point to."""
    posts: Rule | None = None
    """What it posts to which accounts; nothing moves no money."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Fields a query finds in a column of the store, rather than in the object."""
    shares_names_with: tuple[str, ...] = ()
    duplicate_text: str = "Another object is already using this name. Please use a different name."
    writable: bool = False
    in_cdc: bool = True
    defaults: Callable[[Books], Body] = field(default=lambda books: {})
    prepare: Callable[[Change], None] = _no_rules
    """Check and complete a write before it is kept; raises Fault."""
    settle: Callable[[Change], None] = _no_rules
    """Carry the consequences of a write that was kept."""
    unlink: Callable[[Change], None] = _no_rules
    """Refuse or prepare a deletion or a voiding; `after` is what is about to go."""
    void: Callable[[Change], None] | None = None
    """Take the amounts out of `after`."""

    @property
    def path(self) -> str:
        return self.name.lower()

    @property
    def json_key(self) -> str:
        return self.key or self.name

    def kind_of(self, name: str) -> Kind | None:
        return self.fields.get(name) or COMMON.get(name)


def find_property(fields: Mapping[str, Kind], name: str) -> tuple[str, Kind] | None:
    """Find a field as QuickBooks' query parser does, whatever the case of its letters."""
    wanted = name.lower()
    return next(((n, k) for n, k in fields.items() if n.lower() == wanted), None)
