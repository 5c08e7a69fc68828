"""A person connects an app to a company by clicking through the consent pages."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from jwt import PyJWK

from qbo_simulator.__main__ import main
from qbo_simulator.registry import CLIENT_ID, CLIENT_SECRET
from qbo_simulator.simulator import (
    ACCOUNTANT,
    BRIGHT_LEDGER,
    CRAIG_HOLT,
    HARBOR_STREET,
    SEVERAL,
    STAFF,
)

from .conftest import ACCOUNTING, CALLBACK, TIMEOUT_S, Connected, Simulated, Visitor, start, stop


def sent_back(answer: requests.Response) -> dict[str, str]:
    """Return the parameters with which the browser is sent back to the app."""
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    assert address.startswith(CALLBACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def connect(simulated: Simulated, visitor: Visitor) -> tuple[str, requests.Response]:
    visitor.sign_in()
    code = sent_back(visitor.connect())["code"]
    tokens = simulated.token_request(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    return code, tokens


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("document", ["openid_configuration", "openid_sandbox_configuration"])
def test_the_discovery_document_names_addresses_under_which_it_was_asked(
    simulated: Simulated, document: str, slash: str
) -> None:
    answer = requests.get(
        f"{simulated.url}/.well-known/{document}{slash}",
        headers={"Host": "qbo.test:1234"},
        timeout=TIMEOUT_S,
    )
    found = answer.json()
    assert found["authorization_endpoint"] == "http://qbo.test:1234/connect/oauth2"
    assert found["issuer"] == "http://qbo.test:1234/op/v1"
    assert {"token_endpoint", "revocation_endpoint", "jwks_uri", "userinfo_endpoint"} <= found.keys()


def test_a_stranger_is_asked_to_sign_in(visitor: Visitor) -> None:
    page = visitor.open()
    assert "Sign in" in page.text
    assert "form-action 'self' http://localhost:8000" in page.headers["content-security-policy"]


def test_a_wrong_password_is_refused_in_words(visitor: Visitor) -> None:
    page = visitor.sign_in(password="guess")
    assert "not right" in page.text
    assert "Sign in" in visitor.open().text


def test_the_owner_of_one_company_is_asked_at_once_for_consent(visitor: Visitor) -> None:
    visitor.sign_in()
    page = visitor.open().text
    assert "Connect QBO Sync to Craig &amp; Holt Landscaping?" in page
    assert "invoices" in page


def test_consent_brings_code_state_and_realm(visitor: Visitor) -> None:
    visitor.sign_in()
    back = sent_back(visitor.connect())
    assert back["state"] == visitor.state
    assert back["realmId"] == CRAIG_HOLT
    assert back["code"]


def test_cancelling_is_reported_as_access_denied(visitor: Visitor) -> None:
    visitor.sign_in()
    back = sent_back(visitor.submit("decision", decision="cancel"))
    assert back == {"error": "access_denied", "state": visitor.state}


def test_a_user_of_several_companies_chooses_one(visitor: Visitor) -> None:
    visitor.sign_in(SEVERAL)
    assert "Which company" in visitor.open().text
    assert "Harbor Street" in visitor.submit("company", realm=HARBOR_STREET).text
    assert sent_back(visitor.connect(HARBOR_STREET))["realmId"] == HARBOR_STREET


def test_nobody_connects_a_company_of_somebody_else(visitor: Visitor) -> None:
    visitor.sign_in()
    answer = visitor.connect(HARBOR_STREET)
    assert answer.status_code == 200
    assert "Craig &amp; Holt" in answer.text


def test_an_accountant_searches_for_a_client(visitor: Visitor) -> None:
    visitor.sign_in(ACCOUNTANT)
    page = visitor.open().text
    assert "Search for a client" in page
    assert "Install for your firm" in page
    assert "Craig &amp; Holt" in visitor.submit("company", client=CRAIG_HOLT).text


def test_an_accountant_installs_for_the_firm(visitor: Visitor) -> None:
    visitor.sign_in(ACCOUNTANT)
    page = visitor.submit("company", install_for_firm="yes").text
    assert "Connect QBO Sync to Bright Ledger Accounting?" in page
    assert sent_back(visitor.connect(BRIGHT_LEDGER))["realmId"] == BRIGHT_LEDGER


def test_an_accountant_cannot_choose_a_client_and_the_firm(visitor: Visitor) -> None:
    visitor.sign_in(ACCOUNTANT)
    assert "not both" in visitor.submit("company", client=CRAIG_HOLT, install_for_firm="yes").text


def test_somebody_who_is_no_admin_is_told_so(visitor: Visitor) -> None:
    visitor.sign_in(STAFF)
    assert "Only an admin" in visitor.open().text
    assert "Only an admin" in visitor.connect().text


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "somebody"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://localhost:8000/callback?x=1"},
        {"response_type": "token"},
        {"state": ""},
    ],
)
def test_a_wrong_request_never_reaches_the_app(visitor: Visitor, wrong: dict[str, str]) -> None:
    assert visitor.open(**wrong).status_code == 400


def test_where_redirect_addresses_are_registered_each_letter_counts(tmp_path: Path) -> None:
    mine, also_mine = "https://books.example.com/back/", "http://localhost:9000/back/"
    process, url = start(tmp_path, "--redirect-uri", mine, "--redirect-uri", also_mine)
    visitor = Visitor(url)
    try:
        for others in (CALLBACK, mine.rstrip("/"), mine.upper()):
            refused = visitor.open(redirect_uri=others)
            assert refused.status_code == 400
            assert f"<code>{mine}</code>" in refused.text
        assert visitor.open(redirect_uri=also_mine).ok
        answer = visitor.open(redirect_uri=mine, scope="everything")
        assert answer.headers["Location"].startswith(f"{mine}?error=invalid_scope")
    finally:
        stop(process)


@pytest.mark.parametrize(
    "address", ["books.example.com", "https://books.example.com/?a=1", "ftp://a/", "https://"]
)
def test_an_address_that_cannot_be_registered_is_said(tmp_path: Path, address: str) -> None:
    with pytest.raises(SystemExit, match="is no redirect address"):
        main(["serve", "--data", str(tmp_path), "--redirect-uri", address])


def test_an_unknown_scope_is_sent_back_to_the_app(visitor: Visitor) -> None:
    assert sent_back(visitor.open(scope="everything"))["error"] == "invalid_scope"


def test_a_code_is_exchanged_for_tokens_that_open_the_books(simulated: Simulated, visitor: Visitor) -> None:
    _, answer = connect(simulated, visitor)
    tokens = answer.json()
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 3600
    assert tokens["x_refresh_token_expires_in"] == 8726400
    assert "id_token" not in tokens
    connected = Connected(simulated.url, CRAIG_HOLT, tokens["access_token"], tokens["refresh_token"])
    assert connected.call("GET", f"/companyinfo/{CRAIG_HOLT}").status_code == 200


def test_a_code_used_twice_is_refused_and_takes_the_first_tokens_with_it(
    simulated: Simulated, visitor: Visitor
) -> None:
    code, first = connect(simulated, visitor)
    again = simulated.token_request(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    refreshed = simulated.token_request(
        grant_type="refresh_token", refresh_token=first.json()["refresh_token"]
    )
    assert refreshed.json()["error"] == "invalid_grant"


def test_a_code_is_good_for_its_redirect_address_only(simulated: Simulated, visitor: Visitor) -> None:
    visitor.sign_in()
    code = sent_back(visitor.connect())["code"]
    answer = simulated.token_request(
        grant_type="authorization_code", code=code, redirect_uri="http://localhost:8000/other"
    )
    assert answer.json()["error"] == "invalid_grant"


def test_a_client_with_a_wrong_secret_is_refused(simulated: Simulated) -> None:
    answer = requests.post(
        f"{simulated.url}/oauth2/v1/tokens/bearer",
        data={"grant_type": "refresh_token", "refresh_token": "x"},
        auth=(CLIENT_ID, "wrong"),
        timeout=TIMEOUT_S,
    )
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_a_request_without_a_grant_type_is_refused(simulated: Simulated) -> None:
    answer = simulated.token_request(code="x")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_openid_tells_who_connected(simulated: Simulated, visitor: Visitor) -> None:
    visitor.scope = f"{ACCOUNTING} openid email profile"
    _, answer = connect(simulated, visitor)
    tokens = answer.json()
    key = requests.get(f"{simulated.url}/op/v1/jwks", timeout=TIMEOUT_S).json()["keys"][0]
    claims = jwt.decode(tokens["id_token"], PyJWK(key).key, algorithms=["RS256"], audience=CLIENT_ID)
    assert claims["iss"] == f"{simulated.url}/op/v1"
    assert claims["aud"] == [CLIENT_ID]
    assert claims["realmid"] == CRAIG_HOLT
    about = requests.get(
        f"{simulated.url}/v1/openid_connect/userinfo",
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        timeout=TIMEOUT_S,
    ).json()
    assert (about["givenName"], about["email"]) == ("Dana", "owner@craigandholt.example")
    assert about["sub"] == claims["sub"]


@pytest.mark.parametrize("as_form", [True, False])
def test_revoking_ends_the_connection(simulated: Simulated, as_form: bool) -> None:
    connected = simulated.connected()
    body = {"token": connected.refresh_token}
    answer = requests.post(
        f"{simulated.url}/v2/oauth2/tokens/revoke",
        data=body if as_form else None,
        json=None if as_form else body,
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=TIMEOUT_S,
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert connected.call("GET", "/preferences").status_code == 401
    refreshed = simulated.token_request(grant_type="refresh_token", refresh_token=connected.refresh_token)
    assert refreshed.json()["error"] == "invalid_grant"
