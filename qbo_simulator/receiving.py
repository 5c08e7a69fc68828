"""An app's endpoint for notifications, for tests: it keeps what it receives and answers as it is told."""

from __future__ import annotations

import hmac
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import orjson

from .registry import WEBHOOK_VERIFIER
from .webhooks.signing import HEADER, signature


@dataclass(frozen=True)
class Received:
    """One delivery as it came in."""

    body: bytes
    headers: dict[str, str]
    """Their names in lower case."""
    at: float

    def is_signed_with(self, verifier: str) -> bool:
        return hmac.compare_digest(self.headers.get(HEADER, ""), signature(self.body, verifier))

    @property
    def content(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Receiver:
    """Listens on a free port of this machine while it is open.

    `answers` are the statuses of the next answers, 200 after them; `answer_after_s` is how long each
    takes.
    """

    verifier: str = WEBHOOK_VERIFIER
    answers: deque[int] = field(default_factory=deque)
    answer_after_s: float = 0.0
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Receiver:
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhooks"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return every CloudEvent received, in the order of arrival."""
        return [event for received in self.received for event in received.content]

    def wait_for(self, deliveries: int, *, limit_s: float = 10.0) -> list[Received]:
        """Wait until so many deliveries came in. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.received) >= deliveries, limit_s):
                raise TimeoutError(f"{len(self.received)} of {deliveries} deliveries came in {limit_s:g} s.")
            return list(self.received)

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Keep a delivery and return the status to answer with."""
        with self._arrived:
            self.received.append(Received(body, headers, time.time()))
            self._arrived.notify_all()
            return self.answers.popleft() if self.answers else 200


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status = receiver.take(body, {name.lower(): value for name, value in self.headers.items()})
            time.sleep(receiver.answer_after_s)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    return Handler
