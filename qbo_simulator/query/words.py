"""Cut a query statement into words, numbers, quoted strings and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from ..faults import QUERY_PARSING, Fault, refuse


class WordKind(Enum):
    NAME = "IDENTIFIER"
    STRING = "STRING"
    NUMBER = "NUMBER"
    SIGN = "SIGN"
    END = "EOF"


class Word(NamedTuple):
    kind: WordKind
    text: str
    statement: str
    at: int

    @property
    def line(self) -> int:
        return _place(self.statement, self.at)[0]

    @property
    def column(self) -> int:
        return _place(self.statement, self.at)[1]

    def says(self, keyword: str) -> bool:
        return self.kind is WordKind.NAME and self.text.lower() == keyword

    def is_sign(self, sign: str) -> bool:
        return self.kind is WordKind.SIGN and self.text == sign


# Doubling an apostrophe does not escape it in QuickBooks: only the backslash does.
_PATTERN = re.compile(
    r"""
    (?P<blank>\s+)
  | (?P<STRING>'(?:[^'\\]|\\.)*')
  | (?P<NUMBER>-?\d+(?:\.\d+)?(?![A-Za-z_]))
  | (?P<NAME>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\.\*)*)
  | (?P<SIGN><=|>=|[=<>(),*])
    """,
    re.VERBOSE | re.DOTALL,
)


_KINDS = {kind.name: kind for kind in WordKind}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def words_of(statement: str) -> Iterator[Word]:
    """Yield the words of a statement and an END. Raises Fault 4000 at a sign unknown to it."""
    at = 0
    while at < len(statement):
        found = _PATTERN.match(statement, at)
        if found is None:
            raise _lexical_error(statement, at)
        name = found.lastgroup or ""
        if name != "blank":
            yield Word(_KINDS[name], _unquoted(found.group(), name), statement, at)
        at = found.end()
    yield Word(WordKind.END, "<EOF>", statement, at)


def _unquoted(text: str, name: str) -> str:
    if name != "STRING":
        return text
    return _ESCAPED.sub(r"\1", text[1:-1]) if "\\" in text else text[1:-1]


def _place(statement: str, at: int) -> tuple[int, int]:
    before = statement[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _lexical_error(statement: str, at: int) -> Fault:
    unterminated = statement[at] == "'"
    line, column = _place(statement, len(statement) if unterminated else at)
    culprit = "<EOF>" if unterminated else f'"{statement[at]}" ({ord(statement[at])})'
    after = statement[at:] if unterminated else ""
    return refuse(
        QUERY_PARSING,
        "QueryParserError: Invalid content. Lexical error at "
        f'line {line}, column {column}.  Encountered: {culprit} after : "{after}"',
    )
