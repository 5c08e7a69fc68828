"""The log of API calls received: the last of them in full, all of them counted."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

WRITES = ("create", "update", "delete")

KINDS = ("query", "count", "read", "pdf", *WRITES, "batch", "cdc")

_KEPT = 5_000
_KEPT_TEXT = 4_000
_KEPT_WHOLE = 200
_KEPT_WHOLE_BYTES = 48_000_000


@dataclass(frozen=True)
class Call:
    number: int
    at: str
    realm: str
    method: str
    path: str
    """Path and query string below the company."""
    kind: str
    """query, count, read, pdf, create, update, delete, batch or cdc."""
    entity: str
    statement: str
    status: int
    fault: str
    injected: str
    """The injected failure that answered instead of the API, if any."""
    duration_ms: float
    answer_bytes: int
    intuit_tid: str
    request_id: str
    user_agent: str
    request_body: str
    answer_body: str

    @property
    def is_read(self) -> bool:
        """Is metered as CorePlus by Intuit."""
        return self.kind not in WRITES


class CallLog:
    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEPT)
        self._whole: deque[tuple[int, bytes, bytes]] = deque()
        self._whole_bytes = 0
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._statuses: Counter[int] = Counter()
        self._last = 0

    def next_number(self) -> int:
        self._last += 1
        return self._last

    def add(self, call: Call, *, request: bytes = b"", answer: bytes = b"") -> None:
        """Log a call; its bodies are kept uncut for as long as it is among the latest."""
        self._calls.append(call)
        self._keep_whole(call.number, request, answer)
        self._counts[call.realm, call.kind, call.entity] += 1
        self._statuses[call.status] += 1

    def _keep_whole(self, number: int, request: bytes, answer: bytes) -> None:
        self._whole.append((number, request, answer))
        self._whole_bytes += len(request) + len(answer)
        while self._whole_bytes > _KEPT_WHOLE_BYTES or len(self._whole) > _KEPT_WHOLE:
            _, request, answer = self._whole.popleft()
            self._whole_bytes -= len(request) + len(answer)

    def bodies(self, call: Call) -> tuple[str, str]:
        """Return the request and the answer of a call, whole where they are still kept whole."""
        for number, request, answer in self._whole:
            if number == call.number:
                return request.decode("utf-8", "replace"), answer.decode("utf-8", "replace")
        return call.request_body, call.answer_body

    def clear(self) -> None:
        self._calls.clear()
        self._whole.clear()
        self._whole_bytes = 0
        self._counts.clear()
        self._statuses.clear()

    def latest(
        self,
        *,
        realm: str | None = None,
        path: str | None = None,
        kind: str | None = None,
        statuses: range | None = None,
        since: int = 0,
        limit: int = 200,
    ) -> list[Call]:
        """Return calls after the number `since`, newest first."""
        found = (
            call
            for call in reversed(self._calls)
            if call.number > since
            and (realm is None or call.realm == realm)
            and (path is None or path.lower() in f"{call.path} {call.statement}".lower())
            and (kind is None or call.kind == kind)
            and (statuses is None or call.status in statuses)
        )
        return [call for call, _ in zip(found, range(limit), strict=False)]

    def find(self, number: int) -> Call | None:
        return next((c for c in reversed(self._calls) if c.number == number), None)

    def counters(self) -> dict[str, Any]:
        by_realm: dict[str, dict[str, int]] = {}
        for (realm, kind, entity), count in sorted(self._counts.items()):
            name = f"{kind} {entity}".strip()
            by_realm.setdefault(realm, {})[name] = count
        writes = sum(n for (_, k, _), n in self._counts.items() if k in WRITES)
        total = sum(self._counts.values())
        return {
            "total": total,
            "core": writes,
            "core_plus": total - writes,
            "by_status": {str(s): n for s, n in sorted(self._statuses.items())},
            "by_realm": by_realm,
        }


def call_as_json(call: Call) -> dict[str, Any]:
    return asdict(call)


def shortened(body: bytes) -> str:
    """Return a body as text, cut to what the log keeps."""
    return body[:_KEPT_TEXT].decode("utf-8", "replace")
