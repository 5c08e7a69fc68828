"""Tokens expire, are refreshed, and turn over, by a clock that can be moved."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from qbo_simulator.registry import CLIENT_ID, CLIENT_SECRET
from qbo_simulator.simulator import CRAIG_HOLT, HARBOR_STREET

from .conftest import ROOT, TIMEOUT_S, Connected, Simulated, a_simulator

HOUR_S = 3600
DAY_S = 24 * HOUR_S


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """A simulator of its own, because its clock is moved."""
    yield from a_simulator(tmp_path_factory)


def refresh(simulated: Simulated, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = simulated.token_request(grant_type="refresh_token", refresh_token=token).json()
    return answer


def test_an_access_token_is_over_after_an_hour(simulated: Simulated) -> None:
    books = simulated.connected()
    assert books.call("GET", "/preferences").status_code == 200
    simulated.control("/clock", forward_s=HOUR_S)
    answer = books.call("GET", "/preferences")
    assert answer.status_code == 401
    error = answer.json()["fault"]["error"][0]
    assert error["code"] == "3200"
    assert "errorCode=003200; statusCode=401" in error["message"]
    assert isinstance(answer.json()["time"], int)


def test_a_refresh_token_stays_the_same_for_a_day_and_then_turns_over(simulated: Simulated) -> None:
    books = simulated.connected()
    first = refresh(simulated, books.refresh_token)
    assert first["refresh_token"] == books.refresh_token
    assert first["access_token"] != books.access_token
    simulated.control("/clock", forward_s=DAY_S)
    second = refresh(simulated, books.refresh_token)
    assert second["refresh_token"] != books.refresh_token
    assert refresh(simulated, books.refresh_token)["error"] == "invalid_grant"
    assert "access_token" in refresh(simulated, second["refresh_token"])


def test_with_grace_the_replaced_token_leads_to_its_successor(simulated: Simulated) -> None:
    books = simulated.connected()
    simulated.control("/tokens/rotation", grace_s=HOUR_S)
    simulated.control("/clock", forward_s=DAY_S)
    successor = refresh(simulated, books.refresh_token)["refresh_token"]
    assert refresh(simulated, books.refresh_token)["refresh_token"] == successor


def test_an_unused_connection_dies_after_its_time(simulated: Simulated) -> None:
    books = simulated.connected()
    simulated.control("/clock", forward_s=8726400)
    assert refresh(simulated, books.refresh_token)["error"] == "invalid_grant"


def test_the_hard_limit_is_told_to_whoever_asks(simulated: Simulated) -> None:
    books = simulated.connected()
    answer = requests.post(
        f"{simulated.url}/oauth2/v1/tokens/bearer",
        data={"grant_type": "refresh_token", "refresh_token": books.refresh_token},
        headers={"x-include-refresh-token-hard-expires-in": "true"},
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=TIMEOUT_S,
    ).json()
    assert 157_679_000 < answer["x_refresh_token_hard_expires_in"] <= 157_680_000
    assert "x_refresh_token_hard_expires_in" not in refresh(simulated, books.refresh_token)


def test_all_access_tokens_can_be_expired_at_once(simulated: Simulated) -> None:
    books = simulated.connected()
    simulated.control("/tokens/expire")
    assert books.call("GET", "/preferences").status_code == 401
    books.access_token = refresh(simulated, books.refresh_token)["access_token"]
    assert books.call("GET", "/preferences").status_code == 200


def test_the_owner_can_disconnect_inside_quickbooks(simulated: Simulated) -> None:
    books, other = simulated.connected(), simulated.connected(HARBOR_STREET)
    simulated.control("/tokens/revoke", realm=CRAIG_HOLT)
    assert refresh(simulated, books.refresh_token)["error"] == "invalid_grant"
    assert other.call("GET", "/preferences").status_code == 200


def token_command(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qbo_simulator", "token", "--data", str(data), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_token_command_works_beside_a_running_server(simulated: Simulated) -> None:
    facts = json.loads(token_command(simulated.data, "--realm", HARBOR_STREET).stdout)
    assert facts.keys() == {"client_id", "client_secret", "realm_id", "access_token", "refresh_token"}
    books = Connected(simulated.url, facts["realm_id"], facts["access_token"], facts["refresh_token"])
    assert books.call("GET", "/preferences").status_code == 200


def test_the_token_command_says_which_company_it_does_not_know(simulated: Simulated) -> None:
    answer = token_command(simulated.data, "--realm", "12")
    assert answer.returncode == 1
    assert answer.stderr.strip() == "There is no company 12."
