"""Intuit's sign-in: addresses cached, time-outs set, refusals typed, tokens never shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from structlog.testing import capture_logs

from integrations.quickbooks import Misconfigured, NeedsReconnect, OAuth, Unavailable
from integrations.quickbooks.oauth import Discovery
from tests.gateway.conftest import THERE

AT = "https://sign-in.test"
DOCUMENT = {
    "authorization_endpoint": f"{AT}/connect",
    "token_endpoint": f"{AT}/tokens",
    "revocation_endpoint": f"{AT}/revoke",
    "issuer": AT,
    "jwks_uri": f"{AT}/jwks",
    "userinfo_endpoint": f"{AT}/userinfo",
}
TOKENS = {
    "token_type": "bearer",
    "access_token": "secret-access",
    "refresh_token": "secret-refresh",
    "expires_in": 3600,
    "x_refresh_token_expires_in": 8726400,
    "x_refresh_token_hard_expires_in": 157680000,
}


@pytest.fixture
def oauth(wire: responses.RequestsMock) -> OAuth:
    wire.get(THERE.discovery_url, json=DOCUMENT)
    return OAuth(
        THERE,
        client_id="id",
        client_secret="secret",
        redirect_uri="https://us.test/back/",
        discovery=Discovery(),
        sleep=lambda seconds: None,
    )


def test_the_address_asks_for_accounting_only(oauth: OAuth) -> None:
    address = urlsplit(oauth.authorize_url("a state"))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{AT}/connect"
    assert parse_qs(address.query) == {
        "client_id": ["id"],
        "response_type": ["code"],
        "scope": ["com.intuit.quickbooks.accounting"],
        "redirect_uri": ["https://us.test/back/"],
        "state": ["a state"],
    }


def test_the_addresses_are_looked_up_once(oauth: OAuth, wire: responses.RequestsMock) -> None:
    wire.post(f"{AT}/tokens", json=TOKENS)
    for _ in range(3):
        oauth.refresh("r")
    assert [call.request.method for call in wire.calls] == ["GET", "POST", "POST", "POST"]


def test_an_exchange_tells_when_all_ends(oauth: OAuth, wire: responses.RequestsMock) -> None:
    wire.post(f"{AT}/tokens", json=TOKENS)
    tokens = oauth.exchange("a-code", realm_id="77")
    request = wire.calls[-1].request
    assert request.headers["x-include-refresh-token-hard-expires-in"] == "true"
    assert request.headers["Authorization"].startswith("Basic ")
    assert tokens.access == "secret-access"
    assert tokens.hard_expires_at
    assert abs(tokens.hard_expires_at - datetime.now(UTC) - timedelta(seconds=157680000)) < timedelta(
        minutes=1
    )


def test_every_request_has_a_timeout(oauth: OAuth, wire: responses.RequestsMock) -> None:
    wire.post(f"{AT}/tokens", json=TOKENS)
    oauth.refresh("r")
    assert {call.request.req_kwargs["timeout"] for call in wire.calls} == {(5.0, 30.0)}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, {"error": "invalid_grant", "error_description": "Token revoked"}, NeedsReconnect),
        (401, {"error": "invalid_client"}, Misconfigured),
        (400, {"error": "invalid_request"}, Misconfigured),
        (500, {}, Unavailable),
        (200, {"access_token": "only"}, Unavailable),
    ],
)
def test_refusals_are_told_apart(
    oauth: OAuth, wire: responses.RequestsMock, status: int, answer: dict[str, str], kind: type[Exception]
) -> None:
    wire.post(f"{AT}/tokens", json=answer, status=status)
    with pytest.raises(kind):
        oauth.refresh("r")


def test_a_page_instead_of_tokens_is_no_answer(oauth: OAuth, wire: responses.RequestsMock) -> None:
    wire.post(f"{AT}/tokens", body="<html>", status=200)
    with pytest.raises(Unavailable):
        oauth.refresh("r")


def test_a_refresh_is_patient_with_the_same_token(oauth: OAuth, wire: responses.RequestsMock) -> None:
    wire.post(f"{AT}/tokens", body=requests.ReadTimeout())
    wire.post(f"{AT}/tokens", status=503)
    wire.post(f"{AT}/tokens", json=TOKENS)
    assert oauth.refresh("the-same").refresh == "secret-refresh"
    assert [str(call.request.body) for call in wire.calls[1:]] == [
        "grant_type=refresh_token&refresh_token=the-same"
    ] * 3


def test_a_code_is_never_sent_twice(oauth: OAuth, wire: responses.RequestsMock) -> None:
    wire.post(f"{AT}/tokens", status=503)
    with pytest.raises(Unavailable):
        oauth.exchange("a-code", realm_id="77")
    assert len(wire.calls) == 2


def test_revoking_what_is_gone_is_done(oauth: OAuth, wire: responses.RequestsMock) -> None:
    wire.post(f"{AT}/revoke", status=200, body=b"")
    wire.post(f"{AT}/revoke", status=400, json={"error": "invalid_request"})
    assert oauth.revoke("r") is True
    assert oauth.revoke("r") is False


def test_tokens_are_in_no_log_no_message_and_no_repr(oauth: OAuth, wire: responses.RequestsMock) -> None:
    wire.post(f"{AT}/tokens", json={"error": "invalid_grant", "echo": "secret-refresh"}, status=400)
    with capture_logs() as logs, pytest.raises(NeedsReconnect) as told:
        oauth.refresh("secret-refresh")
    wire.replace("POST", f"{AT}/tokens", json=TOKENS)
    tokens = oauth.refresh("secret-refresh")
    shown = str(logs) + str(told.value) + repr(told.value) + repr(tokens)
    assert "secret" not in shown
    assert told.value.__cause__ is None


def test_addresses_of_yesterday_serve_while_the_document_cannot_be_read(
    wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.quickbooks.oauth._DISCOVERY_LASTS_S", -1.0)
    discovery = Discovery()
    wire.get(THERE.discovery_url, json=DOCUMENT)
    wire.get(THERE.discovery_url, status=503)
    first = discovery.endpoints(THERE.discovery_url)
    assert discovery.endpoints(THERE.discovery_url) == first


def test_without_any_address_quickbooks_is_unavailable(wire: responses.RequestsMock) -> None:
    wire.get(THERE.discovery_url, body=requests.ConnectionError())
    with pytest.raises(Unavailable):
        Discovery().endpoints(THERE.discovery_url)
