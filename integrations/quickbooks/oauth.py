"""Come by a grant, keep it fresh, give it back: ``intuit-oauth`` with timeouts and a cached discovery."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
import structlog
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

from integrations.quickbooks.answers import loads
from integrations.quickbooks.environment import Environment
from integrations.quickbooks.errors import QuickBooksError, Unavailable, not_reached, not_understood
from integrations.quickbooks.faults import fault_in
from integrations.quickbooks.retry import Patience
from integrations.quickbooks.tokens import Tokens

log = structlog.get_logger(__name__)

T = TypeVar("T")

TIMEOUT_S = (5.0, 30.0)
"""To connect, and between two bytes of the answer."""
SCOPES = [Scopes.ACCOUNTING]
_DISCOVERY_LASTS_S = 24 * 3600.0


@dataclass(frozen=True)
class Endpoints:
    authorization: str
    token: str
    revocation: str
    issuer: str
    jwks: str
    userinfo: str


@dataclass
class _Known:
    endpoints: Endpoints
    until: float


class Discovery:
    """Intuit's list of addresses, fetched once a day and shared by all threads of a process."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._fetching = threading.Lock()

    def endpoints(self, url: str) -> Endpoints:
        """Raises Unavailable where they were never read and cannot be read now."""
        known = self._known.get(url)
        if known and known.until > time.monotonic():
            return known.endpoints
        with self._fetching:
            return self._fetched(url)

    def _fetched(self, url: str) -> Endpoints:
        known = self._known.get(url)
        if known and known.until > time.monotonic():
            return known.endpoints
        try:
            endpoints = _fetch(url)
        except Unavailable:
            if known is None:
                raise
            # Addresses of yesterday are better than none.
            return known.endpoints
        self._known[url] = _Known(endpoints, time.monotonic() + _DISCOVERY_LASTS_S)
        return endpoints


def _fetch(url: str) -> Endpoints:
    try:
        response = requests.get(url, headers={"Accept": "application/json"}, timeout=TIMEOUT_S)
    except requests.RequestException as problem:
        raise not_reached() from problem
    if response.status_code != requests.codes.ok:
        raise Unavailable("QuickBooks' sign-in could not be reached.", status=response.status_code)
    document = loads(response.content)
    try:
        return Endpoints(
            authorization=document["authorization_endpoint"],
            token=document["token_endpoint"],
            revocation=document["revocation_endpoint"],
            issuer=document["issuer"],
            jwks=document["jwks_uri"],
            userinfo=document["userinfo_endpoint"],
        )
    except KeyError as missing:
        raise not_understood() from missing


_discovery = Discovery()


class _Client(AuthClient):  # type: ignore[misc]
    """The library's client without its look-up at every start, and with timeouts. Serves one errand."""

    def __init__(self, client_id: str, client_secret: str, redirect_uri: str, endpoints: Endpoints) -> None:
        # Past AuthClient's own: it fetches the discovery document, each time and without a timeout.
        requests.Session.__init__(self)
        self.client_id = client_id
        self.client_secret = client_secret
        self.redirect_uri = redirect_uri
        self.environment = ""
        self.auth_endpoint = endpoints.authorization
        self.token_endpoint = endpoints.token
        self.revoke_endpoint = endpoints.revocation
        self.issuer_uri = endpoints.issuer
        self.jwks_uri = endpoints.jwks
        self.user_info_url = endpoints.userinfo
        self.state_token = self.realm_id = self.id_token = None
        # Without it Intuit does not say when the grant ends for good.
        self.headers["x-include-refresh-token-hard-expires-in"] = "true"

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs |= {"timeout": TIMEOUT_S, "allow_redirects": False}
        response: requests.Response = super().request(*args, **kwargs)
        return response


class OAuth:
    """Errands at Intuit's sign-in on behalf of this installation. Holds no firm's tokens."""

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        discovery: Discovery = _discovery,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.environment = environment
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._discovery = discovery
        self._patience = patience or Patience(tries=3)
        self._sleep = sleep

    def authorize_url(self, state: str) -> str:
        """Return where to send the person. Raises Unavailable."""
        with self._client() as client:
            return str(client.get_authorization_url(SCOPES, state_token=state))

    def exchange(self, code: str, *, realm_id: str) -> Tokens:
        """Redeem a code, once: a second try would break what the first gave. Raises NeedsReconnect."""
        with self._client() as client:
            self._ask("exchange", lambda: client.get_bearer_token(code, realm_id=realm_id))
            return _tokens(client)

    def refresh(self, refresh_token: str) -> Tokens:
        """Return fresh tokens; the refresh token among them may be new and replaces the old.

        Only one at a time per connection. Raises NeedsReconnect where the grant is gone.
        """
        return self._patiently(lambda: self._refresh_once(refresh_token))

    def _refresh_once(self, refresh_token: str) -> Tokens:
        with self._client() as client:
            self._ask("refresh", lambda: client.refresh(refresh_token=refresh_token))
            return _tokens(client)

    def revoke(self, token: str) -> bool:
        """End a grant by either of its tokens; False where Intuit does not know it (any more)."""
        try:
            self._patiently(lambda: self._revoke_once(token))
        except QuickBooksError as error:
            if error.status == requests.codes.bad_request:
                return False
            raise
        return True

    def _revoke_once(self, token: str) -> None:
        with self._client() as client:
            self._ask("revoke", lambda: client.revoke(token=token))

    def _client(self) -> _Client:
        endpoints = self._discovery.endpoints(self.environment.discovery_url)
        return _Client(self._client_id, self._client_secret, self._redirect_uri, endpoints)

    def _patiently(self, errand: Callable[[], T]) -> T:
        failures = 0
        while True:
            try:
                return errand()
            except Unavailable:
                failures += 1
                if failures >= self._patience.tries:
                    raise
                self._sleep(self._patience.pause_after(failures))

    def _ask(self, errand: str, call: Callable[[], Any]) -> None:
        try:
            _typed(call)
        except QuickBooksError as error:
            log.warning(
                "quickbooks_sign_in_failed",
                errand=errand,
                kind=type(error).__name__,
                status_code=error.status,
                fault=error.code,
                intuit_tid=error.intuit_tid,
                reason=type(error.__cause__).__name__ if error.__cause__ else "",
            )
            raise


def _typed(call: Callable[[], Any]) -> None:
    """Run a call of the library, turning what it raises into our errors."""
    try:
        call()
    except AuthClientError as refusal:
        # "from None": the library's message quotes the whole answer, which is not for logs.
        raise fault_in(refusal.status_code, refusal.headers, refusal.content) from None
    except requests.exceptions.JSONDecodeError:
        raise not_understood() from None
    except requests.RequestException as problem:
        raise not_reached() from problem
    except ValueError:
        raise not_understood() from None


def _tokens(client: _Client) -> Tokens:
    """Read what the library has left on its client as attributes."""
    try:
        return Tokens.from_answer({name: value for name, value in vars(client).items() if value is not None})
    except (KeyError, ValueError, TypeError) as missing:
        raise not_understood() from missing
