"""Read a query statement into a `Query`, or refuse it as QuickBooks' parser does."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ..faults import QUERY_INVALID, QUERY_PARSING, Fault, refuse
from .words import Word, WordKind, words_of

DEFAULT_ROWS = 100
MOST_ROWS = 1000
LONGEST_STATEMENT = 40_000

OPERATORS = ("=", "<", ">", "<=", ">=")


@dataclass(frozen=True)
class Today:
    """The value CURRENT_DATE."""


Value = str | Decimal | bool | Today


@dataclass(frozen=True)
class Condition:
    property: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Order:
    property: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    entity: str
    columns: tuple[str, ...] = ()
    """Named columns; none means all of them."""
    everything: bool = False
    counting: bool = False
    conditions: tuple[Condition, ...] = ()
    orders: tuple[Order, ...] = ()
    start: int = 1
    rows: int = DEFAULT_ROWS


def parse(statement: str) -> Query:
    """Read a statement. Raises Fault 4000 (grammar) or 4001 (a value out of range)."""
    if len(statement) > LONGEST_STATEMENT:
        raise refuse(
            QUERY_INVALID,
            f"QueryValidationError: the query is longer than {LONGEST_STATEMENT} characters",
        )
    return _Reader(list(words_of(statement))).query()


@dataclass
class _Reader:
    words: list[Word]
    at: int = field(default=0)

    @property
    def word(self) -> Word:
        return self.words[self.at]

    def query(self) -> Query:
        self.keyword("select")
        columns, everything, counting = self.selection()
        self.keyword("from")
        entity = self.name()
        conditions = self.conditions()
        orders = self.orders()
        start, rows = self.paging()
        if self.word.kind is not WordKind.END:
            raise self.unexpected("<EOF>", "where", "order", "orderby", "startposition", "maxresults")
        return Query(entity, columns, everything, counting, conditions, orders, start, rows)

    def selection(self) -> tuple[tuple[str, ...], bool, bool]:
        if self.word.says("count") and self.words[self.at + 1].is_sign("("):
            self.take()
            for sign in "(*)":
                self.sign(sign)
            return (), False, True
        columns = [self.column()]
        while self.word.is_sign(","):
            self.take()
            columns.append(self.column())
        return tuple(c for c in columns if c != "*"), "*" in columns, False

    def column(self) -> str:
        if self.word.is_sign("*"):
            return self.take().text
        return self.name()

    def conditions(self) -> tuple[Condition, ...]:
        if not self.word.says("where"):
            return ()
        self.take()
        found = [self.condition()]
        while self.word.says("and"):
            self.take()
            found.append(self.condition())
        return tuple(found)

    def condition(self) -> Condition:
        # Some clients wrap single conditions in parentheses; the live parser lets them.
        opened = 0
        while self.word.is_sign("("):
            self.take()
            opened += 1
        found = self.comparison()
        for _ in range(opened):
            self.sign(")")
        return found

    def comparison(self) -> Condition:
        name = self.name()
        if self.word.says("in"):
            self.take()
            return Condition(name, "IN", self.value_list())
        if self.word.says("like"):
            self.take()
            return Condition(name, "LIKE", (self.value(),))
        if self.word.kind is WordKind.SIGN and self.word.text in OPERATORS:
            return Condition(name, self.take().text, (self.value(),))
        raise self.unexpected("=", "<", ">", "<=", ">=", "in", "like")

    def value_list(self) -> tuple[Value, ...]:
        self.sign("(")
        values = [self.value()]
        while self.word.is_sign(","):
            self.take()
            values.append(self.value())
        self.sign(")")
        return tuple(values)

    def value(self) -> Value:
        word = self.word
        if word.kind is WordKind.STRING:
            return self.take().text
        if word.kind is WordKind.NUMBER:
            return Decimal(self.take().text)
        if word.says("true") or word.says("false"):
            return self.take().text.lower() == "true"
        if word.says("current_date"):
            self.take()
            return Today()
        raise self.unexpected("<STRING>", "<NUMBER>", "true", "false", "current_date")

    def orders(self) -> tuple[Order, ...]:
        if self.word.says("order"):
            self.take()
            self.keyword("by")
        elif self.word.says("orderby"):
            self.take()
        else:
            return ()
        orders = [self.order()]
        while self.word.is_sign(","):
            self.take()
            orders.append(self.order())
        return tuple(orders)

    def order(self) -> Order:
        name = self.name()
        if self.word.says("asc") or self.word.says("desc"):
            return Order(name, descending=self.take().text.lower() == "desc")
        return Order(name)

    def paging(self) -> tuple[int, int]:
        found: dict[str, int] = {}
        while self.word.says("startposition") or self.word.says("maxresults"):
            clause = self.word.text.lower()
            if clause in found:
                raise self.unexpected("<EOF>")
            self.take()
            found[clause] = self.whole_number(clause)
        start = max(1, found.get("startposition", 1))
        return start, min(MOST_ROWS, found.get("maxresults", DEFAULT_ROWS))

    def whole_number(self, clause: str) -> int:
        if self.word.kind is not WordKind.NUMBER or "." in self.word.text:
            raise self.unexpected("<NUMBER>")
        number = int(self.take().text)
        if not 0 <= number < 2**31:
            raise refuse(
                QUERY_INVALID,
                f"QueryValidationError: value {number} is out of range for {clause.upper()}",
            )
        return number

    def take(self) -> Word:
        word = self.word
        self.at += 1
        return word

    def keyword(self, keyword: str) -> None:
        if not self.word.says(keyword):
            raise self.unexpected(keyword)
        self.take()

    def sign(self, sign: str) -> None:
        if not self.word.is_sign(sign):
            raise self.unexpected(sign)
        self.take()

    def name(self) -> str:
        if self.word.kind is not WordKind.NAME:
            raise self.unexpected("<IDENTIFIER>")
        return self.take().text

    def unexpected(self, *expected: str) -> Fault:
        word = self.word
        shown = "<EOF>" if word.kind is WordKind.END else f'<{word.kind.value}> "{word.text} "'
        wanted = "\n    ".join(e if e.startswith("<") else f'"{e}" ...' for e in expected)
        opening = "Was expecting one of:" if len(expected) > 1 else "Was expecting:"
        return refuse(
            QUERY_PARSING,
            f'QueryParserError: Encountered " {shown}" at line {word.line}, '
            f"column {word.column}.\n{opening}\n    {wanted}",
        )
