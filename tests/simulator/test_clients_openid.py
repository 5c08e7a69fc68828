"""intuit-oauth discovers, signs in, verifies and revokes (facts, 1 and 10.1)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

from qbo_simulator.registry import CLIENT_ID, CLIENT_SECRET
from qbo_simulator.simulator import CRAIG_HOLT

from .conftest import ACCOUNTING, CALLBACK, TIMEOUT_S, Simulated, Visitor
from .test_connecting import sent_back

EVERYTHING = [
    Scopes.ACCOUNTING,
    Scopes.OPENID,
    Scopes.PROFILE,
    Scopes.EMAIL,
    Scopes.PHONE,
    Scopes.ADDRESS,
]
KEYS = {
    "authorization_endpoint",
    "token_endpoint",
    "revocation_endpoint",
    "issuer",
    "jwks_uri",
    "userinfo_endpoint",
}


@pytest.fixture
def connected(auth: Any, visitor: Visitor) -> Any:
    """The library's client after a person has connected with every scope."""
    visitor.scope = " ".join(scope.value for scope in EVERYTHING)
    visitor.sign_in()
    auth.get_bearer_token(sent_back(visitor.connect())["code"], realm_id=CRAIG_HOLT)
    return auth


@pytest.mark.parametrize("document", ["openid_configuration", "openid_sandbox_configuration"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_discovery_is_found_with_and_without_a_slash(simulated: Simulated, document: str, slash: str) -> None:
    address = f"{simulated.url}/.well-known/{document}{slash}"
    answer = requests.get(address, allow_redirects=False, timeout=TIMEOUT_S)
    assert answer.status_code == 200
    assert answer.json().keys() >= KEYS
    assert all(answer.json()[key].startswith(simulated.url) for key in KEYS)


def test_the_library_may_be_given_the_discovery_document_itself(simulated: Simulated) -> None:
    document = f"{simulated.url}/.well-known/openid_configuration"
    client = AuthClient(CLIENT_ID, CLIENT_SECRET, CALLBACK, environment=document)
    assert client.token_endpoint == f"{simulated.url}/oauth2/v1/tokens/bearer"


def test_the_library_may_be_told_the_addresses(simulated: Simulated, auth: Any) -> None:
    here, books = simulated.url, simulated.connected()
    auth.setAuthorizeURLs(
        {
            "auth_endpoint": f"{here}/connect/oauth2",
            "token_endpoint": f"{here}/oauth2/v1/tokens/bearer",
            "revoke_endpoint": f"{here}/v2/oauth2/tokens/revoke",
            "user_info_url": f"{here}/v1/openid_connect/userinfo",
        }
    )
    auth.refresh(refresh_token=books.refresh_token)
    assert (auth.refresh_token, auth.expires_in) == (books.refresh_token, 3600)


def test_a_person_is_sent_to_the_consent_page(simulated: Simulated, auth: Any) -> None:
    address = auth.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID])
    page = requests.get(address, timeout=TIMEOUT_S)
    assert page.status_code == 200
    assert "Sign in" in page.text


def test_the_id_token_is_verified_by_its_key(connected: Any) -> None:
    # The library keeps it only when issuer, audience, time and signature are right.
    assert connected.id_token.count(".") == 2


@pytest.mark.parametrize("moved", [{"forward_s": 7200}, {"at": "2026-01-02T09:00:00Z"}])
def test_the_id_token_is_good_by_the_real_clock_too(
    simulated: Simulated, auth: Any, visitor: Visitor, moved: dict[str, Any]
) -> None:
    simulated.control("/clock", **moved)
    visitor.scope = f"{ACCOUNTING} openid"
    visitor.sign_in()
    auth.get_bearer_token(sent_back(visitor.connect())["code"])
    assert auth.id_token.count(".") == 2


def test_who_connected_is_told(connected: Any) -> None:
    about = connected.get_user_info().json()
    assert (about["email"], about["emailVerified"]) == ("owner@craigandholt.example", True)
    assert (about["givenName"], about["familyName"]) == ("Dana", "Holt")
    assert about["phoneNumberVerified"] is False
    assert about["phoneNumber"].startswith("+1")
    assert about["address"].keys() == {"streetAddress", "locality", "region", "postalCode", "country"}


def test_credentials_without_a_page_tell_who_connected(simulated: Simulated) -> None:
    books = simulated.connected()
    told = requests.get(
        f"{simulated.url}/v1/openid_connect/userinfo", headers=books.headers, timeout=TIMEOUT_S
    )
    assert told.json()["email"] == "owner@craigandholt.example"
    again = simulated.token_request(grant_type="refresh_token", refresh_token=books.refresh_token).json()
    assert "id_token" not in again


def test_only_what_was_asked_for_is_told(simulated: Simulated, auth: Any, visitor: Visitor) -> None:
    visitor.scope = f"{ACCOUNTING} openid"
    visitor.sign_in()
    auth.get_bearer_token(sent_back(visitor.connect())["code"])
    assert auth.get_user_info().json().keys() == {"sub"}
    lower = {"Authorization": f"bearer {auth.access_token}"}
    told = requests.get(f"{simulated.url}/v1/openid_connect/userinfo", headers=lower, timeout=TIMEOUT_S)
    assert told.status_code == 200


def test_revoking_ends_everything(connected: Any) -> None:
    assert connected.revoke() is True
    with pytest.raises(AuthClientError) as told:
        connected.refresh()
    assert (told.value.status_code, b"invalid_grant" in told.value.content) == (400, True)
    with pytest.raises(AuthClientError) as told:
        connected.get_user_info()
    assert told.value.status_code == 401


def test_every_refusal_has_a_number_of_its_own(connected: Any) -> None:
    numbers = set()
    for _ in range(2):
        with pytest.raises(AuthClientError) as told:
            connected.refresh(refresh_token="nonsense")
        numbers.add(told.value.intuit_tid)
    assert len(numbers) == 2
    assert None not in numbers


@pytest.mark.parametrize("scheme", ["Basic", "basic", "form"])
def test_an_app_says_who_it_is_in_a_header_or_in_the_form(simulated: Simulated, scheme: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": simulated.connected().refresh_token}
    headers = {}
    if scheme == "form":
        form |= {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    else:
        coded = requests.auth._basic_auth_str(CLIENT_ID, CLIENT_SECRET).removeprefix("Basic ")
        headers["Authorization"] = f"{scheme} {coded}"
    answer = requests.post(
        f"{simulated.url}/oauth2/v1/tokens/bearer", data=form, headers=headers, timeout=TIMEOUT_S
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("coding", ["json", "data"])
def test_either_token_is_revoked_by_json_or_by_form(simulated: Simulated, which: str, coding: str) -> None:
    books = simulated.connected()
    told: dict[str, Any] = {coding: {"token": getattr(books, which)}}
    answer = requests.post(
        f"{simulated.url}/v2/oauth2/tokens/revoke",
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=TIMEOUT_S,
        **told,
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert books.call("GET", "/preferences").status_code == 401
