"""One attempt to deliver a notification over HTTP."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

USER_AGENT = "intuit_notification_server/0.1"


@dataclass(frozen=True)
class Attempt:
    """What became of one attempt; without a status nobody answered, and `error` says why."""

    status: int | None
    error: str
    took_s: float

    @property
    def is_good(self) -> bool:
        return not self.error and self.status is not None and 200 <= self.status < 300

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status, "error": self.error, "took_ms": round(self.took_s * 1000, 1)}


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, limit_s: float, verify_tls: bool = True
) -> Attempt:
    """Send a notification. Redirects are not followed; an answer after `limit_s` counts as none."""
    began = time.monotonic()
    try:
        status = _status(url, body, headers, limit_s=limit_s, verify_tls=verify_tls)
    except TimeoutError:
        return Attempt(None, f"No answer in {limit_s:g} s", time.monotonic() - began)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Attempt(None, str(error) or type(error).__name__, time.monotonic() - began)
    took_s = time.monotonic() - began
    return Attempt(status, f"Answered after more than {limit_s:g} s" if took_s > limit_s else "", took_s)


def _status(url: str, body: bytes, headers: Mapping[str, str], *, limit_s: float, verify_tls: bool) -> int:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context() if verify_tls else _trusting()
        connection = http.client.HTTPSConnection(host, port, timeout=limit_s, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=limit_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, {"User-Agent": USER_AGENT, **headers})
        return connection.getresponse().status
    finally:
        connection.close()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
