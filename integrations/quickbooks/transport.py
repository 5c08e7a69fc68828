"""One company's line to QuickBooks: ``python-quickbooks`` with pooled, limited, patient, typed transport.

The library's objects work over it (``Customer.get(5, qb=transport)``); our own client uses it for raw JSON.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
import structlog
from quickbooks.client import QuickBooks as PythonQuickBooks
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from integrations.quickbooks.answers import as_bytes, as_it_came, parsed
from integrations.quickbooks.environment import Environment
from integrations.quickbooks.errors import (
    NeedsReconnect,
    NotAnswered,
    QuickBooksError,
    Throttled,
    Unauthorized,
    Unavailable,
    not_answered,
    not_reached,
)
from integrations.quickbooks.faults import fault_in
from integrations.quickbooks.limiter import Limiter, Permit
from integrations.quickbooks.metering import Charge, Kind, Meter, charges
from integrations.quickbooks.retry import Patience
from integrations.quickbooks.tokens import Grant

log = structlog.get_logger(__name__)

T = TypeVar("T")
Payload = dict[str, Any]

CONNECT_S = 5.0
MINOR_VERSION = 75
"""The oldest Intuit serves since August 2025, and what it serves to everybody."""


@dataclass(frozen=True)
class Call:
    method: str
    url: str
    path: str
    """Below the company, as ``query`` or ``customer/5``: safe to log."""
    headers: Mapping[str, str]
    params: Mapping[str, Any]
    body: str | bytes

    @property
    def may_be_repeated(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.method == "GET" or self.path == "query" or "requestid" in self.params


class Bearer(AuthBase):
    """As an auth object rather than a header, so that a .netrc on the host cannot replace it."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class Transport(PythonQuickBooks):  # type: ignore[misc]
    """Safe to use from several threads at once. Belongs to one company; never share it between firms."""

    def __new__(cls, **_: Any) -> Transport:
        # The library's own would look for a global instance and refresh tokens behind our back.
        transport: Transport = object.__new__(cls)
        return transport

    def __init__(
        self,
        *,
        realm_id: str,
        grant: Grant,
        environment: Environment,
        limiter: Limiter,
        meter: Meter,
        patience: Patience,
        connections: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.company_id = realm_id
        self.minorversion = MINOR_VERSION
        self.session = _session(connections)
        self._grant = grant
        self._environment = environment
        self._limiter = limiter
        self._meter = meter
        self._patience = patience
        self._sleep = sleep

    @property
    def api_url(self) -> str:
        return f"{self._environment.api_base}/v3"

    @property
    def company_url(self) -> str:
        return f"{self.api_url}/company/{self.company_id}"

    def close(self) -> None:
        self.session.close()

    # The library's two seams.

    def make_request(
        self,
        request_type: str,
        url: str,
        request_body: str | bytes | None = None,
        content_type: str = "application/json",
        params: Mapping[str, Any] | None = None,
        file_path: str | None = None,
        file_bytes: bytes | None = None,
        request_id: str | None = None,
    ) -> Payload:
        """Send a call and return its parsed answer. Raises a QuickBooksError."""
        if file_path or file_bytes:
            raise NotImplementedError("attachments are not sent through this transport")
        all_params = dict(params or {}) | ({"requestid": request_id} if request_id else {})
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        call = self._call(request_type, url, headers, all_params, request_body or b"")
        return self._carry_out(call, read=parsed)

    def process_request(
        self, request_type: str, url: str, headers: Any = "", params: Any = "", data: Any = ""
    ) -> requests.Response:
        """Send a call and return the answer as it came, a PDF for instance. Raises a QuickBooksError."""
        call = self._call(request_type, url, dict(headers or {}), dict(params or {}), data or b"")
        return self._carry_out(call, read=as_it_came)

    # What both do.

    def bytes_of(self, statement: str) -> bytes:
        """Return a query's answer unparsed."""
        url, headers = f"{self.company_url}/query", {"Content-Type": "application/text"}
        call = self._call("POST", url, headers | {"Accept": "application/json"}, {}, statement)
        return self._carry_out(call, read=as_bytes)

    def _call(
        self, method: str, url: str, headers: dict[str, str], params: dict[str, Any], body: str | bytes
    ) -> Call:
        return Call(
            method=method,
            url=url,
            path=url.removeprefix(f"{self.company_url}/"),
            headers=headers,
            params={"minorversion": self.minorversion} | params,
            body=body.encode() if isinstance(body, str) else body,
        )

    def _carry_out(self, call: Call, *, read: Callable[[requests.Response], T]) -> T:
        """Try until it works, the patience ends, or trying again would not help."""
        token, may_renew, failures, throttled = self._grant.token(), True, 0, 0
        while True:
            try:
                return self._attempt(call, token, read)
            except Unauthorized:
                if not may_renew:
                    raise
                token, may_renew = self._grant.token(instead_of=token), False
            except Throttled as refusal:
                if not refusal.status:
                    raise
                # Also before giving up: the others are not to find out one by one.
                self._limiter.pause(self.company_id, seconds=refusal.retry_after)
                throttled += 1
                if throttled >= self._patience.tries:
                    raise
            except Unavailable:
                failures += 1
                if failures >= self._patience.tries or not call.may_be_repeated:
                    raise
                self._sleep(self._patience.pause_after(failures))
            except NeedsReconnect as end:
                self._grant.lost(end)
                raise

    def _attempt(self, call: Call, token: str, read: Callable[[requests.Response], T]) -> T:
        charged = charges(call.path, call.method, call.body)
        try:
            with self._permit(call):
                answer = read(self._send(call, token))
        except QuickBooksError as error:
            if error.status:
                self._meter.count([Charge(Kind.FAILED, one.entity) for one in charged])
            self._log(call, error)
            raise
        self._meter.count(charged)
        return answer

    @contextmanager
    def _permit(self, call: Call) -> Iterator[None]:
        permit, still_there_s = self._wait_for_permit(batch=call.path == "batch"), 0.0
        try:
            yield
        except NotAnswered:
            # It counts among those in flight for as long as QuickBooks may be at it.
            still_there_s = max(0.0, self._patience.call_s - self._patience.answer_s)
            raise
        finally:
            self._limiter.give_back(permit, still_there_s=still_there_s)

    def _wait_for_permit(self, *, batch: bool) -> Permit:
        waited = 0.0
        while not isinstance(answer := self._limiter.ask(self.company_id, batch=batch), Permit):
            if waited + answer.seconds > self._patience.wait_s:
                raise Throttled(
                    "This company's QuickBooks is being asked as often as Intuit allows.",
                    advice="Nothing needs doing: it goes on by itself.",
                    retry_after=answer.seconds,
                )
            self._sleep(answer.seconds)
            waited += answer.seconds
        return answer

    def _send(self, call: Call, token: str) -> requests.Response:
        try:
            response = self.session.request(
                call.method,
                call.url,
                params=call.params,
                data=call.body or None,
                headers=call.headers,
                auth=Bearer(token),
                timeout=(CONNECT_S, self._patience.answer_s),
                allow_redirects=False,
            )
        except requests.ReadTimeout as problem:
            raise not_answered() from problem
        except requests.RequestException as problem:
            raise not_reached() from problem
        if response.status_code != requests.codes.ok:
            raise fault_in(response.status_code, response.headers, response.content)
        return response

    def _log(self, call: Call, error: QuickBooksError) -> None:
        # Never the body, the statement or QuickBooks' detail: they hold customers' data.
        log.warning(
            "quickbooks_call_failed",
            realm_id=self.company_id,
            call=f"{call.method} {call.path}",
            kind=type(error).__name__,
            status_code=error.status,
            fault=error.code,
            intuit_tid=error.intuit_tid,
            reason=type(error.__cause__).__name__ if error.__cause__ else "",
        )


def _session(connections: int) -> requests.Session:
    session = requests.Session()
    # Retries are ours: they need the limiter, the request id and the reason.
    session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0))
    session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = "QBO-Sync"
    return session
