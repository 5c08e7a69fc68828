"""Keep every query inside one firm.

Two walls. The first is here in Python: a query on a firm's data outside ``working_for(firm)``
raises, so that a forgotten filter is a loud error instead of a leak. The second is PostgreSQL's:
every statement is sent with the chosen firm as a transaction-local setting, and row-level
security (``accounts.isolation``) shows and accepts only that firm's rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

M = TypeVar("M", bound=models.Model, covariant=True)

# Both live as long as one request, one task or one ``with`` block.
_firm_id: ContextVar[int | None] = ContextVar("firm_id", default=None)
_any_firm: ContextVar[bool] = ContextVar("any_firm", default=False)


class NoFirmChosen(Exception):
    """A firm's data was asked for before saying whose."""


@contextmanager
def working_for(firm_id: int) -> Iterator[None]:
    """Limit every query inside to this firm."""
    firm, anyone = _firm_id.set(firm_id), _any_firm.set(False)
    try:
        yield
    finally:
        _firm_id.reset(firm)
        _any_firm.reset(anyone)


@contextmanager
def across_firms(*, reason: str) -> Iterator[None]:
    """Lift the limit, for schedulers, sign-in and operators. Say why, for the reader."""
    assert reason
    token = _any_firm.set(True)
    try:
        yield
    finally:
        _any_firm.reset(token)


def chosen_firm_id() -> int:
    """Return the firm the current work is for. Raises NoFirmChosen outside any scope."""
    if (firm_id := _firm_id.get()) is None:
        raise NoFirmChosen
    return firm_id


class InChosenFirm(models.Expression):
    """A WHERE condition that learns the firm when the SQL is written, not before.

    So a queryset may be built at import time (a form field, a DRF viewset) and is
    still limited, and no method of QuerySet can slip past: all of them become SQL.
    """

    conditional = True

    def __init__(self, firm_id: Any) -> None:
        super().__init__(output_field=models.BooleanField())
        self.firm_id = firm_id

    def get_source_expressions(self) -> list[Any]:
        return [self.firm_id]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        (self.firm_id,) = exprs

    def as_sql(
        self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        if _any_firm.get():
            return "1 = 1", ()
        column, params = compiler.compile(self.firm_id)
        return f"{column} = %s", (*params, chosen_firm_id())


class FirmManager(models.Manager[M]):
    """The default manager of every model that belongs to a firm."""

    _hints: dict[str, Any]

    def get_queryset(self) -> models.QuerySet[M]:
        if self._db or self._hints:
            return self._limited()
        # Every query begins here: to put the condition in anew took a tenth of the time of a small one.
        kind = (self.model, type(self))
        if kind not in _begun:
            _begun[kind] = self._limited()
        limited = _begun[kind].all()
        # Clones share what they know of related rows, and | adds to it.
        limited._known_related_objects = {}  # type: ignore[attr-defined]
        return limited

    def _limited(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(InChosenFirm(models.F("firm_id")))


_begun: dict[tuple[type[models.Model], type[models.Manager[Any]]], models.QuerySet[Any]] = {}
"""What each kind of query begins with. It names no firm, and nothing of it is ever fetched."""

_ON_THE_WAY = ("SAVEPOINT ", "ROLLBACK TO SAVEPOINT ", "RELEASE SAVEPOINT ")


def tell_postgres_whose(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Send each statement together with the firm it is for (a Django execute wrapper).

    Both statements travel as one message, which PostgreSQL runs as one implicit transaction
    where none is open: no extra round trip, and nothing outlives the statement on a pooled
    connection. Server-side cursors cannot be prefixed, hence DISABLE_SERVER_SIDE_CURSORS.
    """
    firm = "*" if _any_firm.get() else str(_firm_id.get() or "")
    if not firm and not context["connection"].in_atomic_block:
        # Nothing to say, and CREATE DATABASE and its like refuse company.
        return execute(sql, params, many, context)
    if sql.startswith(_ON_THE_WAY):
        # They touch no rows, and in a failed transaction only a rollback is heard.
        return execute(sql, params, many, context)
    if many:
        raise TypeError("executemany cannot carry the firm; send one statement with many rows")
    return execute(f"SELECT set_config('qbo_sync.firm', '{firm}', true); {sql}", params, many, context)


def install_second_wall(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Make a new connection announce the firm with each statement (``connection_created``)."""
    if tell_postgres_whose not in connection.execute_wrappers:
        connection.execute_wrappers.append(tell_postgres_whose)
