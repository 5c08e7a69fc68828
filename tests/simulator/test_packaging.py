"""The simulator can be installed on its own, and its pytest plugin serves other people's tests."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from .conftest import ROOT

PACKAGE = ROOT / "qbo_simulator"
PROJECT = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
NEEDED_BY_OTHERS = {"httptools", "python-multipart", "tzdata"}
"""uvicorn's parser, starlette's forms, and the time zones where the machine has none."""
NAMES = {"jwt": "pyjwt"}
"""Packages that are imported under another name."""


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\s<>=~!;\[]", line, maxsplit=1)[0].lower() for line in requirements}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name.split(".")[0] for alias in aliases)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]


def test_it_depends_on_what_it_imports_and_nothing_else() -> None:
    used = {
        NAMES.get(name, name)
        for file in PACKAGE.rglob("*.py")
        if file.name != "pytest_plugin.py"
        for name in imported(file)
        if name not in sys.stdlib_module_names
    }
    assert used | NEEDED_BY_OTHERS == names(PROJECT["dependencies"])


def test_the_plugin_needs_pytest_besides() -> None:
    outside = {n for n in imported(PACKAGE / "pytest_plugin.py") if n not in sys.stdlib_module_names}
    assert outside == names(PROJECT["optional-dependencies"]["pytest"]) == {"pytest"}


def test_it_is_tested_with_locked_versions_of_all_it_depends_on() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert names(PROJECT["dependencies"]) <= names([line for line in lines if "==" in line])


def test_every_file_it_needs_is_in_the_wheel() -> None:
    """The wheel takes modules and the folder web; anything else would be missing from it."""
    given = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=PACKAGE,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    left_out = {name for name in given if not name.endswith(".py") and not name.startswith("web/")}
    assert left_out <= {"README.md", "pyproject.toml"}


def test_what_it_promises_to_others_is_there() -> None:
    for target in [*PROJECT["scripts"].values(), *PROJECT["entry-points"]["pytest11"].values()]:
        module, _, attribute = target.partition(":")
        assert hasattr(import_module(module), attribute or "qbo_company")


OTHER_PEOPLES_TESTS = """
import urllib.request
import pytest
from qbo_simulator.driving import Refused

def test_a_company_of_ones_own(qbo_company, qbo_webhooks):
    made = qbo_company.call("POST", "/customer", {"DisplayName": "Amy's Bird Sanctuary"})["Customer"]
    assert [row["Id"] for row in qbo_company.query("SELECT * FROM Customer")] == [made["Id"]]
    [delivery] = qbo_webhooks.wait_for(1)
    assert delivery.is_signed_with("SIMULATED_VERIFIER")
    assert delivery.content[0]["intuitaccountid"] == qbo_company.realm_id

def test_a_company_nobody_touched(qbo_company, qbo_simulator):
    assert qbo_company.query("SELECT * FROM Customer") == []
    qbo_simulator.control("POST", "/faults", kind="429", count=5)
    with pytest.raises(Refused, match="429"):
        qbo_company.query("SELECT * FROM Customer")

def test_switches_are_off_again(qbo_simulator):
    assert qbo_simulator.control("GET", "/status")["faults"] == []
    assert qbo_simulator.control("GET", "/webhooks")["webhooks"] == []
    books = qbo_simulator.connected()
    assert books.query("SELECT * FROM Customer WHERE Id = '12'")
    assert urllib.request.urlopen(qbo_simulator.discovery_url).status == 200
    assert qbo_simulator.control("GET", "/status")["now"].startswith("2026-03-02")
"""


def test_the_plugins_fixtures_serve_other_peoples_tests(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(OTHER_PEOPLES_TESTS)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nqbo_simulator_arguments = --frozen-time 2026-03-02T12:00:00-08:00\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "qbo_simulator.pytest_plugin"],
        cwd=tmp_path,
        # Theirs know nothing of the plugins and settings of ours.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["token", "--help"]])
def test_the_command_explains_itself(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "qbo_simulator", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: qbo-simulator")
