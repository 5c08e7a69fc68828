"""Start a simulated QuickBooks from a program, and ask things of it over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import orjson

_TIMEOUT_S = 120
_DIRECT = build_opener(ProxyHandler({}))


class Refused(Exception):
    """An answer that is no success; `status` and `body` are what came."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body.decode(errors='replace')}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Company:
    """A company with the credentials of an app that is connected to it."""

    url: str
    """The simulator's address."""
    realm_id: str
    client_id: str
    client_secret: str
    access_token: str
    refresh_token: str

    @property
    def api(self) -> str:
        """The address under which the company's API calls stand."""
        return f"{self.url}/v3/company/{self.realm_id}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API, such as `call("POST", "/customer", {...})`. Raises Refused."""
        headers = {"Authorization": f"Bearer {self.access_token}", "Accept": "application/json"}
        return _ask(method, self.api + path, body, headers)

    def query(self, statement: str) -> list[dict[str, Any]]:
        """Return the objects a statement selects. Raises Refused."""
        response = self.call("GET", f"/query?query={quote(statement)}")["QueryResponse"]
        return next((found for found in response.values() if isinstance(found, list)), [])


@dataclass(frozen=True)
class SimulatedQuickBooks:
    """A running simulator."""

    url: str
    data: Path

    @property
    def discovery_url(self) -> str:
        return f"{self.url}/.well-known/openid_configuration"

    def control(self, method: str, path: str, **given: Any) -> Any:
        """Ask the control API, such as `control("POST", "/faults", kind="429")`. Raises Refused."""
        return _ask(method, f"{self.url}/_control{path}", given or None)

    def reset(self) -> None:
        """Turn all switches off; data, clock and webhooks stay."""
        self.control("POST", "/reset")

    def connected(self, realm: str | None = None) -> Company:
        """Connect the simulated app to a company, or to the first of the built-in ones."""
        return Company(url=self.url, **self.control("POST", "/tokens", **({"realm": realm} if realm else {})))

    def found_company(self, name: str) -> Company:
        """Found a company without customers, and connect the simulated app to it."""
        return self.connected(self.control("POST", "/companies", name=name)["realm"])

    def settle(self, timeout_s: float = 10) -> bool:
        """Wait until all webhooks are delivered; tell whether they are."""
        return bool(self.control("POST", "/webhooks/settle", timeout_s=timeout_s)["idle"])


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[SimulatedQuickBooks]:
    """Run a simulator on a free port with its data in this folder. Raises RuntimeError if it cannot."""
    command = [sys.executable, "-m", "qbo_simulator", "serve", "--port", "0", "--data", str(data), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield SimulatedQuickBooks(_address(process), data)
    finally:
        process.terminate()
        process.communicate(timeout=_TIMEOUT_S)


def _address(process: subprocess.Popen[str]) -> str:
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"ready: (https?://\S+?)/ ", line):
            return found.group(1)
        said += line
    raise RuntimeError(f"The simulated QuickBooks did not start: {said.strip()}")


def _ask(method: str, address: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    content = None if body is None else orjson.dumps(body)
    headers = {"Content-Type": "application/json", **(headers or {})}
    request = Request(address, content, headers, method=method)  # noqa: S310 - it is the simulator's own
    try:
        with _DIRECT.open(request, timeout=_TIMEOUT_S) as answer:
            return orjson.loads(answer.read())
    except HTTPError as error:
        raise Refused(error.code, error.read()) from None
