"""Write many rows at once, through PostgreSQL's COPY.

COPY straight into a table with row-level security is refused, so rows go into a temporary table
and on from there in one statement, which the second wall checks like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import md5
from io import BytesIO
from itertools import islice
from threading import local
from typing import Any

import orjson
from django.db import connection, models, transaction

_ROWS_PER_COPY = 2_000
# An escaped NUL inside JSON text; an even number of backslashes before it is just text.
_JSON_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


_SCALARS: set[type] = {str, int, bool, type(None), datetime}


Writer = Callable[[Any], str]
"""Writes one value as COPY reads it."""


class Unwritable(ValueError):
    """PostgreSQL cannot hold a value; the message names the row (from 0) and the column."""


class JsonText(str):
    """A JSON document already written down, to be stored as it stands."""


@contextmanager
def redoable() -> Iterator[None]:
    """Open a transaction whose commit does not wait for the disk.

    For work that writes down its being done beside its rows: a machine that stops within the
    next moments loses both, whole, and the work is done again. Nothing is ever half there.
    Source: PostgreSQL's manual, "Asynchronous Commit".
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
        yield


def copy_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    on_conflict: str = "",
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Insert rows in one statement; return what ``returning`` names, in no promised order.

    Columns are the model's field names or attnames ("firm_id"). Every column without a default in
    the database must be given: Python-side defaults are not applied. ``on_conflict`` is what
    follows ON CONFLICT, where the new row is ``EXCLUDED`` and the old one has the table's name:
    ``"(firm_id, code) DO UPDATE SET name = EXCLUDED.name"``. ``rows`` is read as a stream.
    Raises Unwritable for NUL characters and lone surrogates, before anything is written.
    """
    names = ", ".join(_column(model, name) for name in columns)
    conflict = f" ON CONFLICT {on_conflict}" if on_conflict else ""
    answer = f" RETURNING {returning}" if returning else ""
    with copied(model, columns, rows) as incoming, connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(model)} ({names}) SELECT {names} FROM {incoming}{conflict}{answer}"  # noqa: S608
        )
        return cursor.fetchall() if returning else []


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Change rows in one statement, found by the first of the columns; return how many were found.

    A None leaves that column of that row as it is, so rows may change different things.
    """
    key, *changing = (_column(model, name) for name in columns)
    changes = ", ".join(f"{name} = coalesce(incoming.{name}, was.{name})" for name in changing)
    with copied(model, columns, rows) as incoming, connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(model)} AS was SET {changes} FROM {incoming} AS incoming "  # noqa: S608
            f"WHERE was.{key} = incoming.{key}"
        )
        return int(cursor.rowcount)


@contextmanager
def copied(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    json_columns: Sequence[str] = (),
) -> Iterator[str]:
    """Give the name of a temporary table holding the rows, for a statement of one's own.

    Its columns are of the model's types, all nullable, and after them JSON columns that the
    model need not have. It is for this block alone, and the block is one transaction.
    """
    known = [_column(model, name) for name in columns]
    further = [connection.ops.quote_name(name) for name in json_columns]
    made = ", ".join([*known, *(f"NULL::jsonb AS {name}" for name in further)])
    writers = [*(_writer(_field(model, name)) for name in columns), *(_json for _ in json_columns)]
    shape = f"SELECT {made} FROM {_table(model)}"  # noqa: S608
    incoming = f"incoming_{md5(shape.encode(), usedforsecurity=False).hexdigest()[:16]}"
    with transaction.atomic(), _taken(incoming):
        with connection.cursor() as cursor:
            # One for each shape and connection: made anew each time, they cost more than they hold.
            cursor.execute(
                f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} ON COMMIT DELETE ROWS AS {shape} WITH NO DATA"
            )
            cursor.execute(f"DELETE FROM pg_temp.{incoming}")  # noqa: S608
        for lines in _lines(writers, [*columns, *json_columns], rows):
            _copy(f"COPY pg_temp.{incoming} ({', '.join([*known, *further])}) FROM STDIN", lines)
        yield f"pg_temp.{incoming}"


_in_use = local()


@contextmanager
def _taken(table: str) -> Iterator[None]:
    taken: set[str] = _in_use.__dict__.setdefault("tables", set())
    assert table not in taken, "rows of one shape are copied one batch after the other"
    taken.add(table)
    try:
        yield
    finally:
        taken.discard(table)


def _copy(statement: str, lines: bytes) -> None:
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(statement, BytesIO(lines), 1 << 17)


def _lines(writers: list[Writer], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield the rows in COPY's text format, a few thousand at a time."""
    remaining = iter(rows)
    first = 0
    while batch := list(islice(remaining, _ROWS_PER_COPY)):
        try:
            # By column: most hold one value throughout, or plain texts that are escaped in one go.
            written = [
                _written(write, values)
                for write, values in zip(writers, zip(*batch, strict=True), strict=True)
            ]
            text = "\n".join(map("\t".join, zip(*written, strict=True)))
            if "\0" in text:
                raise Unwritable
            lines = text.encode()
        except (Unwritable, UnicodeEncodeError) as problem:
            raise _blame(batch, columns, writers, first) from problem
        yield lines + b"\n"
        first += len(batch)


def _written(write: Writer, values: Sequence[Any]) -> list[str]:
    """Return a column's values as COPY reads them; what ``write`` does to each, but faster."""
    first, kinds = values[0], set(map(type, values))
    if kinds <= _SCALARS and len(kinds) == 1 and values.count(first) == len(values):
        return [write(first)] * len(values)
    if write is _plain and kinds == {str}:
        return _escaped_together(values)
    if write is _plain and kinds == {int}:
        return list(map(str, values))
    if write is _json and kinds == {dict}:
        return _jsons_together(values)
    if write is _json and kinds == {JsonText}:
        return _texts_together(values)
    return [write(value) for value in values]


def _escaped_together(texts: Sequence[str]) -> list[str]:
    """Escape many texts with four replacements in all, NUL between them."""
    joined = "\0".join(texts)
    if joined.count("\0") != len(texts) - 1:
        raise Unwritable
    return _escaped(joined).split("\0")


def _texts_together(documents: Sequence[str]) -> list[str]:
    joined = "\0".join(documents)
    if "\\u0000" in joined:
        return [_json(document) for document in documents]
    return _escaped_together(documents)


def _jsons_together(documents: Sequence[Any]) -> list[str]:
    try:
        joined = b"\0".join(map(orjson.dumps, documents)).decode()
    except orjson.JSONEncodeError:
        return [_json(document) for document in documents]
    if "\\u0000" in joined:
        return [_json(document) for document in documents]
    return _escaped(joined).split("\0")


def _blame(
    batch: list[Sequence[Any]], columns: Sequence[str], writers: list[Writer], first: int
) -> Unwritable:
    """Say which value of a batch cannot be written, without showing the value: it is a customer's."""
    for number, row in enumerate(batch, first):
        for name, write, value in zip(columns, writers, row, strict=True):
            try:
                if "\0" in write(value).encode().decode():
                    raise Unwritable
            except (Unwritable, UnicodeEncodeError):
                return Unwritable(
                    f"Row {number}, {name}: holds a NUL character or half a surrogate pair, "
                    "which PostgreSQL cannot store. Take it out before writing."
                )
    raise AssertionError("a batch that could not be written has no unwritable value")


def _writer(field: models.Field[Any, Any]) -> Writer:
    return _json if isinstance(field, models.JSONField) else _plain


def _plain(value: Any) -> str:
    if value is None:
        return r"\N"
    return _escaped(value) if isinstance(value, str) else _escaped(str(value))


def _json(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, JsonText):
        text: str = value
    else:
        try:
            text = orjson.dumps(value).decode()
        except orjson.JSONEncodeError as problem:
            if "surrogates" in str(problem):
                raise Unwritable from problem
            raise
    if "\\u0000" in text and _JSON_NUL.search(text):
        raise Unwritable
    return _escaped(text)


def _escaped(text: str) -> str:
    # Four replaces beat str.translate by far: most texts hold none of these.
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


def _column(model: type[models.Model], name: str) -> str:
    return connection.ops.quote_name(_field(model, name).column or name)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
