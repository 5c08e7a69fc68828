"""What production settings demand, and what they refuse."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from make.checks import production
from qbo_sync.embedded import ROOT


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Start a process that has nothing but this environment, as far as its settings."""
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.SECRET_KEY)"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "qbo_sync.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def read_settings(environment: dict[str, str]) -> dict[str, Any]:
    """Read the settings anew under this environment, in this process: it is a matter of milliseconds."""
    with mock.patch.dict(os.environ, {"PATH": os.environ["PATH"]} | environment, clear=True):
        return runpy.run_path(str(ROOT / "qbo_sync" / "settings.py"))


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(ImproperlyConfigured) as refused:
        read_settings(environment)
    return str(refused.value)


def test_production_starts_with_secrets_of_its_own() -> None:
    own = production()
    assert own["SECRET_KEY"] in start(own).stdout


def test_a_process_ends_with_what_to_set() -> None:
    refused = start(production() | {"SECRET_KEY": ""})
    assert refused.returncode != 0
    assert refused.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: "
        "Set SECRET_KEY (or SECRET_KEY_FILE) to a secret of your own; see the README."
    )


OWN_SECRETS = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "QBO_CLIENT_SECRET", "QBO_WEBHOOK_VERIFIER_TOKEN")
A_KEY, ANOTHER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


class Mistake(NamedTuple):
    said: dict[str, str]
    answer: str


MISTAKES = {
    **{f"without {name}": Mistake({name: ""}, f"Set {name} (or {name}_FILE) to a") for name in OWN_SECRETS},
    **{
        f"the demo's {name}": Mistake({name: "demo-only-" + "x" * 50}, f"Set {name} (or {name}_FILE) to a")
        for name in OWN_SECRETS
    },
    "the demo": Mistake({"DEMO": "1"}, "Unset DEMO"),
    "a short key": Mistake({"SECRET_KEY": "x" * 49}, "Set SECRET_KEY to at least 50 random letters"),
    "an older key of the demo's": Mistake(
        {"FIELD_ENCRYPTION_KEYS": f"{A_KEY}, demo-only-tokens"}, "Set FIELD_ENCRYPTION_KEYS (or"
    ),
    "an older key that is none": Mistake(
        {"FIELD_ENCRYPTION_KEYS": f"{A_KEY},garbage"}, "Set FIELD_ENCRYPTION_KEYS to Fernet keys"
    ),
    "keys that are but commas": Mistake({"FIELD_ENCRYPTION_KEYS": ", ,"}, "Set FIELD_ENCRYPTION_KEYS (or"),
    "a misspelt environment": Mistake(
        {"QBO_ENVIRONMENT": "sandbx"}, "Set QBO_ENVIRONMENT to one of simulator, sandbox, production"
    ),
    "no environment": Mistake({"QBO_ENVIRONMENT": ""}, "Set QBO_ENVIRONMENT to one of"),
    "no client id": Mistake({"QBO_CLIENT_ID": ""}, "Set QBO_CLIENT_ID to the client ID of your app"),
    "the simulator's client id": Mistake(
        {"QBO_CLIENT_ID": "SIMULATED_CLIENT_ID"}, "Set QBO_CLIENT_ID to that of your app"
    ),
    "the simulator's client secret": Mistake(
        {"QBO_CLIENT_SECRET": "SIMULATED_CLIENT_SECRET"}, "Set QBO_CLIENT_SECRET to that of your app"
    ),
    "the simulator's client secret at the sandbox": Mistake(
        {"QBO_ENVIRONMENT": "sandbox", "QBO_CLIENT_SECRET": "SIMULATED_CLIENT_SECRET"},
        "Set QBO_CLIENT_SECRET to that of your app",
    ),
    "the simulator's verifier": Mistake(
        {"QBO_WEBHOOK_VERIFIER_TOKEN": "SIMULATED_VERIFIER"}, "Set QBO_WEBHOOK_VERIFIER_TOKEN (or"
    ),
    "a file that is not there": Mistake(
        {"SECRET_KEY_FILE": "/nowhere/key"},
        "SECRET_KEY_FILE names /nowhere/key, which cannot be read: No such file or directory. Put the value there",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_production_refuses_to_start_and_says_what_to_set(mistake: Mistake) -> None:
    reason = refusal(production() | mistake.said)
    assert mistake.answer in reason
    assert len(reason.splitlines()) == 1, "one mistake is one sentence"


def test_all_mistakes_are_said_at_once_and_no_secret_with_them() -> None:
    reasons = refusal(
        production()
        | {"SECRET_KEY": "short-and-known", "FIELD_ENCRYPTION_KEYS": "no-key", "QBO_CLIENT_ID": ""}
    )
    assert [line.split()[1] for line in reasons.splitlines()] == [
        "SECRET_KEY",
        "FIELD_ENCRYPTION_KEYS",
        "QBO_CLIENT_ID",
    ]
    assert "short-and-known" not in reasons
    assert "no-key" not in reasons


def test_the_simulator_may_be_used_with_secrets_of_ones_own() -> None:
    simulated = {
        "QBO_ENVIRONMENT": "simulator",
        "QBO_CLIENT_ID": "",
        "QBO_CLIENT_SECRET": "SIMULATED_CLIENT_SECRET",
    }
    assert read_settings(production() | simulated)["QBO_CLIENT_ID"] == "SIMULATED_CLIENT_ID"


def test_keys_may_stand_with_blanks_between() -> None:
    read = read_settings(production() | {"FIELD_ENCRYPTION_KEYS": f"{A_KEY} , {ANOTHER_KEY}"})
    assert read["FIELD_ENCRYPTION_KEYS"] == [A_KEY, ANOTHER_KEY]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("kept-in-a-file-for-the-sake-of-this-test-and-no-other\n")
    kept = {"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")}
    assert (
        read_settings(production() | kept)["SECRET_KEY"]
        == "kept-in-a-file-for-the-sake-of-this-test-and-no-other"
    )


def test_the_demo_needs_no_debug_and_no_secrets_where_only_this_machine_reaches_it() -> None:
    demo = {"DEMO": "1", "SITE_URL": "http://localhost:8000"}
    read = read_settings(demo)
    assert not read["DEBUG"]
    assert read["SECRET_KEY"].startswith("demo-only-")
    for elsewhere in ({"SITE_URL": "https://books.example.com"}, {"ALLOWED_HOSTS": "*"}):
        assert "Unset DEMO" in refusal(demo | elsewhere)
