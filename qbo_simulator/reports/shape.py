"""The shape of a report: header, columns, and rows that are data or sections with a summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..rules.money import ZERO, cents

if TYPE_CHECKING:
    from ..entities.spec import Body

Amounts = Sequence[Decimal | None]


@dataclass(frozen=True)
class Column:
    title: str
    type: str
    key: str = ""
    start: str = ""
    end: str = ""

    def as_json(self) -> Body:
        made: Body = {"ColTitle": self.title, "ColType": self.type}
        facts = (("StartDate", self.start), ("EndDate", self.end), ("ColKey", self.key))
        if any(value for _, value in facts):
            made["MetaData"] = [{"Name": name, "Value": value} for name, value in facts if value]
        return made


@dataclass(frozen=True)
class Table:
    """A report worked out."""

    columns: Sequence[Column]
    rows: list[Body]
    options: Sequence[tuple[str, str]] = ()
    shows_start: bool = True
    shows_basis: bool = True


def cell(value: Any = "", id: str = "") -> Body:
    made: Body = {"value": "" if value is None else str(value)}
    return {**made, "id": id} if id else made


def money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{cents(amount) + ZERO:.2f}"


def data(cells: Iterable[Body], **more: Any) -> Body:
    return {"ColData": list(cells), "type": "Data", **more}


def section(header: Sequence[Body], rows: list[Body], summary: Sequence[Body], group: str = "") -> Body:
    made: Body = {}
    if header:
        made["Header"] = {"ColData": list(header)}
    if rows or header:
        made["Rows"] = {"Row": rows} if rows else {}
    if summary:
        made["Summary"] = {"ColData": list(summary)}
    made["type"] = "Section"
    return {**made, "group": group} if group else made


def total_row(label: str, amounts: Amounts, group: str) -> Body:
    return section((), [], [cell(label), *(cell(money(a or ZERO)) for a in amounts)], group)


def title(text: str, width: int, id: str = "") -> list[Body]:
    return [cell(text, id), *(cell() for _ in range(width))]


# Things that stand below one another


@dataclass
class Node:
    """An account, or a customer, with its own amounts and those below it."""

    id: str
    name: str
    own: list[Decimal | None]
    below: list[Node] = field(default_factory=list)

    @property
    def together(self) -> list[Decimal | None]:
        return add_up([self.own, *(child.together for child in self.below)])

    def as_row(self) -> Body:
        cells = [cell(self.name, self.id), *(cell(money(a)) for a in self.own)]
        if not self.below:
            return data(cells)
        summary = [cell(f"Total {self.name}"), *(cell(money(a or ZERO)) for a in self.together)]
        return section(cells, [child.as_row() for child in self.below], summary)


def add_up(many: Sequence[Amounts]) -> list[Decimal | None]:
    """Add amounts column by column; nothing and nothing is nothing."""
    found: list[Decimal | None] = []
    for column in zip(*many, strict=True):
        there = [amount for amount in column if amount is not None]
        found.append(sum(there, ZERO) if there else None)
    return found


def minus(first: Amounts, second: Amounts) -> list[Decimal | None]:
    return [
        None if a is None and b is None else (a or ZERO) - (b or ZERO)
        for a, b in zip(first, second, strict=True)
    ]


def forest(amounts: dict[str, list[Decimal | None]], known: dict[str, tuple[str, str]]) -> list[Node]:
    """Arrange amounts by Id under their parents; `known` has name and parent of each Id."""
    width = len(next(iter(amounts.values()))) if amounts else 0
    nodes: dict[str, Node] = {}

    def node(id: str) -> Node:
        if id not in nodes:
            name, _ = known.get(id, (id, ""))
            nodes[id] = Node(id, name, amounts.get(id, [None] * width))
        return nodes[id]

    roots: list[Node] = []
    placed: set[str] = set()
    for id in [i for i in known if i in amounts] + [i for i in amounts if i not in known]:
        child = id
        while child not in placed:
            placed.add(child)
            parent = known.get(child, ("", ""))[1]
            if not parent or parent not in known:
                roots.append(node(child))
                break
            node(parent).below.append(node(child))
            child = parent
    order = {id: position for position, id in enumerate(known)}
    for one in nodes.values():
        one.below.sort(key=lambda n: order.get(n.id, len(order)))
    return sorted(roots, key=lambda n: order.get(n.id, len(order)))
