"""The simulator speaks https, with a certificate it makes or one that is brought along."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from qbo_simulator.registry import CLIENT_ID, CLIENT_SECRET
from qbo_simulator.simulator import CRAIG_HOLT
from qbo_simulator.webhooks.sending import post

from .conftest import ROOT, TIMEOUT_S, stop


@dataclass
class Secured:
    url: str
    greeting: str
    http: requests.Session

    def json(self, method: str, path: str, **how: object) -> object:
        answer = self.http.request(method, self.url + path, timeout=TIMEOUT_S, **how)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return answer.json()


def begin(data: Path, *arguments: str) -> tuple[subprocess.Popen[str], Secured]:
    command = [sys.executable, "-m", "qbo_simulator", "serve", "--port", "0", "--data", str(data), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    greeting = process.stdout.readline()
    found = re.search(r"ready: (https://[\d.:]+)/", greeting)
    assert found, greeting
    http = requests.Session()
    http.trust_env = False  # A variable of the machine would win over what is to be trusted here.
    return process, Secured(found.group(1), greeting, http)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("secured")


@pytest.fixture(scope="module")
def secured(data: Path) -> Iterator[Secured]:
    process, secured = begin(data, "--tls")
    secured.http.verify = str(data / "tls" / "authority.pem")
    yield secured
    stop(process)


def test_it_says_what_to_trust(secured: Secured, data: Path) -> None:
    assert f"Let clients trust {data / 'tls' / 'authority.pem'}." in secured.greeting
    assert (data / "tls" / "key.pem").stat().st_mode & 0o077 == 0


def test_a_stranger_to_its_authority_is_warned(secured: Secured) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secured.url}/", timeout=TIMEOUT_S)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_every_address_it_names_is_https(secured: Secured, name: str) -> None:
    here = secured.url.replace("127.0.0.1", name)
    document = secured.http.get(f"{here}/.well-known/openid_configuration", timeout=TIMEOUT_S).json()
    addresses = [value for value in document.values() if isinstance(value, str)]
    assert len(addresses) == 6
    assert all(address.startswith(here) for address in addresses)


def test_tokens_and_calls_go_over_https(secured: Secured) -> None:
    facts = secured.json("POST", "/_control/tokens", json={"realm": CRAIG_HOLT})
    assert isinstance(facts, dict)
    form = {"grant_type": "refresh_token", "refresh_token": facts["refresh_token"]}
    tokens = secured.json("POST", "/oauth2/v1/tokens/bearer", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
    assert isinstance(tokens, dict)
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "Accept": "application/json"}
    answer = secured.json("GET", f"/v3/company/{CRAIG_HOLT}/customer/12", headers=headers)
    assert isinstance(answer, dict)
    assert answer["Customer"]["Id"] == "12"


def test_notifications_go_to_https_endpoints_that_are_trusted(secured: Secured) -> None:
    endpoint = f"{secured.url}/_control/webhooks/settle"
    doubted = post(endpoint, b"{}", {}, limit_s=5)
    assert (doubted.status, doubted.is_good) == (None, False)
    assert "CERTIFICATE_VERIFY_FAILED" in doubted.error
    assert post(endpoint, b"{}", {}, limit_s=5, verify_tls=False).is_good


def test_a_connection_can_be_cut(secured: Secured) -> None:
    secured.json("POST", "/_control/faults", json={"kind": "cut"})
    with pytest.raises(requests.ConnectionError):
        secured.http.get(f"{secured.url}/v3/company/{CRAIG_HOLT}/customer/12", timeout=TIMEOUT_S)


def test_the_certificate_stays_the_same_and_can_be_brought_along(
    secured: Secured, data: Path, tmp_path: Path
) -> None:
    made = data / "tls"
    before = (made / "certificate.pem").read_bytes()
    process, again = begin(data, "--tls")
    stop(process)
    assert (made / "certificate.pem").read_bytes() == before

    own = ["--tls-cert", str(made / "certificate.pem"), "--tls-key", str(made / "key.pem")]
    process, again = begin(tmp_path, *own)
    again.http.verify = str(made / "authority.pem")
    try:
        assert again.http.get(again.url, timeout=TIMEOUT_S).status_code == 200
        assert "trust" not in again.greeting
    finally:
        stop(process)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tls-cert", "nothing.pem"], "--tls-cert and --tls-key go together."),
        (["--tls-cert", "nothing.pem", "--tls-key", "nothing.pem"], "cannot be used: No such file"),
    ],
)
def test_a_certificate_that_cannot_be_used_ends_with_a_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    command = [sys.executable, "-m", "qbo_simulator", "serve", "--port", "0", "--data", str(tmp_path)]
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
