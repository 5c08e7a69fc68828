"""One company's QuickBooks, in our own verbs. Plain dictionaries in and out; refusals are raised."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import orjson

from integrations.quickbooks.answers import Changes, Payload, changes_in, loads, rows_in
from integrations.quickbooks.batch import Results, results_in
from integrations.quickbooks.environment import Environment
from integrations.quickbooks.errors import NotFound
from integrations.quickbooks.limiter import Limiter, NoLimits
from integrations.quickbooks.metering import Meter, NoMeter
from integrations.quickbooks.retry import Patience
from integrations.quickbooks.tokens import Grant
from integrations.quickbooks.transport import Transport

PAGE = 1000
"""The most rows QuickBooks returns to one query."""

# SELECT * leaves Sku out in some companies. Source: python-quickbooks, ListMixin.all.
_COLUMNS = {"Item": "*, Sku"}
ALL = "Active IN (true, false)"
"""Without it QuickBooks shows only active rows of a list entity."""


class QuickBooks:
    """Safe to use from several threads. Belongs to one company; never share it between firms.

    Every method raises a QuickBooksError; ``Throttled`` among them is a delay, not a failure.
    """

    def __init__(
        self,
        realm_id: str,
        *,
        grant: Grant,
        environment: Environment,
        limiter: Limiter | None = None,
        meter: Meter | None = None,
        patience: Patience | None = None,
        connections: int = 10,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.realm_id = realm_id
        self.environment = environment
        self.transport = Transport(
            realm_id=realm_id,
            grant=grant,
            environment=environment,
            limiter=limiter or NoLimits(),
            meter=meter or NoMeter(),
            patience=patience or Patience(),
            connections=connections,
            sleep=sleep,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.transport.close()

    # Reading many.

    def count(self, entity: str, where: str = "") -> int:
        answer = self.query(statement("COUNT(*)", entity, where=where))
        return int(answer["QueryResponse"]["totalCount"])

    def page(
        self, entity: str, start: int, *, size: int = PAGE, where: str = "", order: str = ""
    ) -> list[Payload]:
        """Return rows ``start`` (from 1) and following. An empty list is the end."""
        return rows_in(entity, loads(self.raw_page(entity, start, size=size, where=where, order=order)))

    def raw_page(
        self, entity: str, start: int, *, size: int = PAGE, where: str = "", order: str = ""
    ) -> bytes:
        """Return a page's answer unparsed: ``{"QueryResponse":{"Customer":[…],…},"time":…}``."""
        columns = _COLUMNS.get(entity, "*")
        return self.transport.bytes_of(
            statement(columns, entity, where=where, order=order, start=start, size=size)
        )

    def query(self, select: str) -> Payload:
        """Return a query's whole answer; ``rows_in(entity, answer)`` takes the rows out."""
        answer: Payload = self.transport.query(select)
        return answer

    def by_ids(self, entity: str, ids: Sequence[str]) -> list[Payload]:
        """Return the objects with these ids, inactive ones too, in one call per thousand."""
        found: list[Payload] = []
        for start in range(0, len(ids), PAGE):
            some = ", ".join(quoted(one) for one in ids[start : start + PAGE])
            found += self.page(entity, 1, where=f"Id IN ({some}) AND {ALL}")
        return found

    def changes(self, entities: Sequence[str], *, since: datetime) -> Changes:
        """Return what changed since an aware moment, at most 30 days ago; see ``Changes.is_full``."""
        moment = since.astimezone(UTC).isoformat(timespec="seconds")
        return changes_in(entities, self.transport.change_data_capture(",".join(entities), moment))

    # Reading one.

    def read(self, entity: str, id: str) -> Payload:
        """Return one object, active or not. Raises NotFound."""
        answer = self.transport.get_single_object(entity, id)
        return _one(entity, answer)

    def company_info(self) -> Payload:
        return self.read("CompanyInfo", self.realm_id)

    def preferences(self) -> Payload:
        url = f"{self.transport.company_url}/preferences"
        return _one("Preferences", self.transport.get(url))

    # Writing. A request id is stored by the caller before the call; with it a repeated call does nothing twice.

    def create(self, entity: str, body: Payload, *, request_id: str) -> Payload:
        return self._write(entity, body, request_id=request_id)

    def update(self, entity: str, body: Payload, *, request_id: str) -> Payload:
        """Change an object. ``body`` has Id and SyncToken, and ``sparse`` to leave the rest alone. Raises Stale."""
        return self._write(entity, body, request_id=request_id)

    def batch(self, body: bytes, *, request_id: str) -> Results:
        """Send a batch that ``composed`` made, and return what became of each item.

        Repeated with the same request id and the same bytes it does nothing twice and answers as
        at first. Raises what went wrong with the call as a whole; an item's refusal is in the results.
        """
        url = f"{self.transport.company_url}/batch"
        return results_in(body, self.transport.post(url, body, request_id=request_id))

    def _write(self, entity: str, body: Payload, *, request_id: str) -> Payload:
        url = f"{self.transport.company_url}/{entity.lower()}"
        return _one(entity, self.transport.post(url, orjson.dumps(body), request_id=request_id))


def quoted(text: str) -> str:
    """Return a text as the query language writes it: QuickBooks wants \\' and no doubling."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def statement(
    columns: str, entity: str, *, where: str = "", order: str = "", start: int = 0, size: int = 0
) -> str:
    """Return a SELECT in QuickBooks' query language; ``start`` counts from 1."""
    clauses = (
        f"SELECT {columns}",
        f"FROM {entity}",
        f"WHERE {where}" if where else "",
        f"ORDERBY {order}" if order else "",
        f"STARTPOSITION {start}" if start else "",
        f"MAXRESULTS {size}" if size else "",
    )
    return " ".join(filter(None, clauses))


def _one(entity: str, answer: Payload) -> Payload:
    try:
        found: Any = answer[entity]
    except KeyError:
        raise NotFound(f"QuickBooks answered without the {entity} that was asked for.", status=200) from None
    return dict(found)
