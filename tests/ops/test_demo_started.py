"""``make demo`` itself: the Makefile's own target, with a data folder and ports of the test's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests

from qbo_sync.embedded import ROOT
from tests.processes import free_port

READY = "Ctrl-C stops everything"
START_LIMIT_S = 120
KITES = {"Id": "1", "SyncToken": "0", "DisplayName": "Zephyr Kites", "Active": True}
MILL = {"Id": "2", "SyncToken": "4", "DisplayName": "The Old Mill", "Active": True}


class Demo:
    """What somebody at a terminal sees of the demo, and does with it."""

    def __init__(self, data: Path, *, load: Path | None = None, beside: Demo | None = None) -> None:
        """A demo beside another is told to take the other's ports."""
        self.data, self.said = data, data.with_name(f"said of {data.name}{' by another' if beside else ''}")
        self.port: int = beside.port if beside else free_port()
        self.settings: list[str] = (
            beside.settings
            if beside
            else [f"PORT={self.port}", f"SIMULATOR_PORT={free_port()}", *([f"LOAD={load}"] if load else [])]
        )

    def make(self, target: str) -> subprocess.Popen[bytes]:
        """Call make as a terminal does: as a group of processes of its own."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        with self.said.open("wb") as said:
            return subprocess.Popen(
                # The packages are there: the tests run with them.
                ["make", target, "PREPARE=true", f"RUN={sys.executable}", *self.settings],
                cwd=ROOT,
                env=kept | {"QBO_SYNC_DATA": str(self.data)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def start(self) -> None:
        """Return when it has said where everything is."""
        self.process = self.make("demo")
        deadline = time.monotonic() + START_LIMIT_S
        while READY not in (said := self.said.read_text()):
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
        self.product, self.quickbooks = re.findall(r"(http://localhost:\d+/)\n", said)
        self.people = dict(re.findall(r"^ +(\S+@\S+)  +(.+)", said, re.MULTILINE))
        self.password = re.findall("Password for all: (.+)", said)[0]

    def stop(self) -> list[psutil.Process]:
        """Press Ctrl-C, and return what goes on running all the same."""
        running = psutil.Process(self.process.pid).children(recursive=True)
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=60)
        return psutil.wait_procs(running, timeout=5)[1]

    def refusal(self, target: str = "demo") -> str:
        """Return what is said where the demo does not start."""
        assert self.make(target).wait(timeout=60) != 0
        said = self.said.read_text()
        assert "Traceback" not in said
        return said


def test_the_demo_starts_is_used_stopped_and_goes_on_where_it_was(tmp_path: Path) -> None:
    books = tmp_path / "books of a friend"
    books.mkdir()
    (books / "Customer.ndjson").write_text("\n".join(map(json.dumps, (KITES, MILL))))
    demo = Demo(tmp_path / "data", load=books)
    demo.start()
    try:
        partner = sign_in(demo, "partner@brightledger.example")
        add_client(demo, partner, "Zephyr Kites")
        assert_its_pages_answer(demo, partner)
        assert_what_is_missing_has_the_products_own_page(demo, partner)
        assert demo.people["books@severalshops.example"] == f"Connects books of a friend, loaded from {books}"
        assert customers(demo, "books of a friend") == {"Zephyr Kites", "The Old Mill"}
        rename(demo, "books of a friend", MILL, "The New Mill")
        assert "The demo already runs" in Demo(demo.data, beside=demo).refusal()
        assert "The demo already runs" in Demo(demo.data, beside=demo).refusal("demo-reset")
        assert f"Port {demo.port} is in use" in Demo(tmp_path / "other", beside=demo).refusal()
    finally:
        assert demo.stop() == []
    assert "Stopped. The data is kept" in demo.said.read_text()

    demo.start()
    try:
        assert "Writing the example firms" not in demo.said.read_text()
        found = partner.get(f"{demo.product}f/bright-ledger/clients/?q=zephyr", timeout=20)
        assert "Zephyr Kites" in found.text, "who was signed in still is, and finds what was there"
        assert customers(demo, "books of a friend") == {"Zephyr Kites", "The New Mill"}
    finally:
        assert demo.stop() == []

    assert demo.make("demo-reset").wait(timeout=60) == 0
    assert "The demo's data is gone" in demo.said.read_text()
    assert not demo.data.exists()


def sign_in(demo: Demo, email: str) -> requests.Session:
    browser = requests.Session()
    address = f"{demo.product}accounts/login/"
    assert browser.get(address, timeout=20).ok
    entered = post(browser, address, {"login": email, "password": demo.password})
    assert entered.url == f"{demo.product}f/bright-ledger/"
    return browser


def add_client(demo: Demo, partner: requests.Session, name: str) -> None:
    saved = post(
        partner, f"{demo.product}f/bright-ledger/clients/new/", {"kind": "organisation", "name": name}
    )
    assert f"{name}</h1>" in saved.text


def post(browser: requests.Session, address: str, form: dict[str, str]) -> requests.Response:
    answer = browser.post(address, form | {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}, timeout=20)
    assert answer.ok, answer.text
    return answer


def assert_its_pages_answer(demo: Demo, partner: requests.Session) -> None:
    for page in ("mail/", "styleguide/", "static/css/app.css", "f/bright-ledger/settings/integrations/"):
        assert partner.get(demo.product + page, timeout=20).ok, page
    assert requests.get(demo.quickbooks, timeout=20).ok


def assert_what_is_missing_has_the_products_own_page(demo: Demo, partner: requests.Session) -> None:
    for page in ("nowhere/", "f/harbor-main/clients/"):
        answer = partner.get(demo.product + page, timeout=20)
        assert answer.status_code == 404
        assert "<h1>There is nothing here</h1>" in answer.text
        assert "DEBUG" not in answer.text
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def customers(demo: Demo, company: str) -> set[str]:
    """Return the customers of a company as QuickBooks' own API tells them."""
    given = requests.post(
        f"{demo.quickbooks}_control/tokens", json={"realm": realm(demo, company)}, timeout=20
    ).json()
    answer = requests.get(
        f"{demo.quickbooks}v3/company/{given['realm_id']}/query?query=select * from Customer",
        headers={"Authorization": f"Bearer {given['access_token']}", "Accept": "application/json"},
        timeout=20,
    )
    return {customer["DisplayName"] for customer in answer.json()["QueryResponse"]["Customer"]}


def rename(demo: Demo, company: str, customer: dict[str, object], name: str) -> None:
    address = f"{demo.quickbooks}_control/companies/{realm(demo, company)}/customers/{customer['Id']}"
    assert requests.post(address, json={"DisplayName": name}, timeout=20).ok


def realm(demo: Demo, company: str) -> str:
    known = requests.get(f"{demo.quickbooks}_control/companies", timeout=20).json()["companies"]
    return str(next(each["realm"] for each in known if each["name"] == company))


def of_another_postgresql(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("15\n")


def with_a_folder_for_a_lock(data: Path) -> None:
    (data / "demo.lock").mkdir(parents=True)


def with_a_file_for_its_logs(data: Path) -> None:
    data.mkdir()
    (data / "logs").touch()


def in_the_way(data: Path) -> None:
    data.write_text("a letter")


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "made by another PostgreSQL": (of_another_postgresql, "was made by PostgreSQL 15.*make demo-reset"),
    "with a folder for a lock": (with_a_folder_for_a_lock, "Cannot use .*demo.lock: Is a directory"),
    "with a file for its logs": (
        with_a_file_for_its_logs,
        "Cannot create the data folder .*logs: File exists",
    ),
    "a file": (in_the_way, "Cannot create the data folder"),
}


@pytest.mark.parametrize(("broken", "sentence"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_data_folder_is_said(tmp_path: Path, broken: Callable[[Path], None], sentence: str) -> None:
    broken(tmp_path / "data")
    assert re.search(sentence, Demo(tmp_path / "data").refusal())


@pytest.mark.parametrize(
    ("books", "sentence"),
    [("nowhere at all", "there is no folder"), (".", "there is no .ndjson file in")],
    ids=["a folder that is not there", "a folder of something else"],
)
def test_nothing_to_load_is_said_before_anything_is_started(
    tmp_path: Path, books: str, sentence: str
) -> None:
    demo = Demo(tmp_path / "data", load=tmp_path / books)
    assert f"LOAD={tmp_path / books}: {sentence}" in demo.refusal()
    assert not demo.data.exists()
