"""What the web server writes down: by the real gunicorn, as it is started in production."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from make.checks import production
from qbo_sync.embedded import ROOT
from tests.processes import START_LIMIT_S, free_port, stop

INVITATION = "_lUvibzaMG6vt4JN1w3zBij2QC5AkvfN9KvChDYdvEI"
WITHOUT_A_DIGIT = "_lUvibzaMGvtJNwzBijQCAkvfNKvChDYdvEIabcdefg"
RESET_KEY = "4-dig2pd-d0812313174d0fda7d4dfba6907ce95c"
CONFIRMATION = "Nw:1xV6uf:BQPALx7Kq0mC4uQbN2tWvYh3LdPz8Rf5Gs1Ja6Ek9"

SECRETS = {
    f"/invitations/{INVITATION}/": INVITATION,
    f"/invitations/{WITHOUT_A_DIGIT}/": WITHOUT_A_DIGIT,
    f"/accounts/password/reset/key/{RESET_KEY}/": "d0812313174d0fda",
    f"/accounts/confirm-email/{CONFIRMATION}/": "BQPALx7Kq0mC4",
    "/quickbooks/callback/?code=AB11730000&realmId=9341453": "AB11730000",
    "/f/bright-ledger/clients/?q=Amys+Birds": "Amys",
}
OPEN = {
    "/f/bright-ledger/clients/14/": '"GET /f/bright-ledger/clients/14/" 301',
    "/invitations/join/7/": '"GET /invitations/join/7/" 301',
}

BREAKS = """
from qbo_sync.wsgi import application as product

def application(environ, start_response):
    if environ["HTTP_USER_AGENT"] == "breaks":
        raise RuntimeError("lost " + environ["PATH_INFO"])
    return product(environ, start_response)
"""


class Web:
    def __init__(self, folder: Path) -> None:
        self.log = folder / "web.log"
        (folder / "breaks.py").write_text(BREAKS)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        own = {"PATH": os.environ["PATH"], "STATIC_ROOT": str(folder), "ALLOWED_HOSTS": "127.0.0.1"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--config", "python:qbo_sync.gunicorn"),
                    *("--bind", f"127.0.0.1:{port}", "--pythonpath", str(folder), "breaks:application"),
                ],
                cwd=ROOT,
                env=production() | own,
                stdout=log,
                stderr=log,
            )

        self.wait_for("Listening at", since=0)

    def asked(self, address: str, *, by: str) -> list[str]:
        """Ask for an address and return the lines that are written of it."""
        before = len(self.log.read_text())
        asked = self.url + address
        requests.get(asked, headers={"User-Agent": by}, allow_redirects=False, timeout=START_LIMIT_S)
        return self.wait_for("logger='gunicorn.access'", since=before).splitlines()

    def wait_for(self, said: str, *, since: int) -> str:
        deadline = time.monotonic() + START_LIMIT_S
        while said not in (text := self.log.read_text()[since:]):
            assert time.monotonic() < deadline, text
            time.sleep(0.02)
        return text


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("web"))
    yield web
    stop(web.process)


@pytest.mark.parametrize("by", ["works", "breaks"])
@pytest.mark.parametrize("address", SECRETS)
def test_no_secret_of_an_address_is_written_down(web: Web, address: str, by: str) -> None:
    lines = web.asked(address, by=by)
    assert lines
    assert all("timestamp=" in line for line in lines), "one event is one line"
    assert SECRETS[address] not in "".join(lines)


@pytest.mark.parametrize("address", OPEN)
def test_what_was_asked_for_stays_readable(web: Web, address: str) -> None:
    assert OPEN[address] in "".join(web.asked(address, by="works"))


def test_that_an_answer_could_not_be_given_is_said_with_its_reason(web: Web) -> None:
    lines = "".join(web.asked(f"/invitations/{INVITATION}/", by="breaks"))
    assert "Error handling request" in lines
    assert "RuntimeError: lost /invitations/hidden/" in lines
