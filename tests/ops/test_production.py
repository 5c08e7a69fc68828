"""What production settings demand, read in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from make.checks import production
from qbo_sync.embedded import ROOT


def read_settings(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Read the settings as a process does that has nothing but this environment."""
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.SECRET_KEY)"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "qbo_sync.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_secrets_of_its_own() -> None:
    own = production()
    assert own["SECRET_KEY"] in read_settings(own).stdout


@pytest.mark.parametrize(
    "secret", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "QBO_CLIENT_SECRET", "QBO_WEBHOOK_VERIFIER_TOKEN"]
)
def test_production_refuses_to_start_without_a_secret(secret: str) -> None:
    refused = read_settings(production() | {secret: ""})
    assert refused.returncode != 0
    assert f"Set {secret} (or {secret}_FILE) to a secret of your own" in refused.stderr


@pytest.mark.parametrize("secret", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_production_refuses_the_demos_secrets(secret: str) -> None:
    refused = read_settings(production() | {secret: "demo-only-something"})
    assert refused.returncode != 0
    assert f"Set {secret}" in refused.stderr


def test_production_believes_no_webhook_of_the_simulator() -> None:
    refused = read_settings(production() | {"QBO_WEBHOOK_VERIFIER_TOKEN": "SIMULATED_VERIFIER"})
    assert "Set QBO_WEBHOOK_VERIFIER_TOKEN" in refused.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("kept-in-a-file-for-the-sake-of-this-test-and-no-other\n")
    environment = production() | {"SECRET_KEY_FILE": str(tmp_path / "key")}
    del environment["SECRET_KEY"]
    assert (
        read_settings(environment).stdout.strip() == "kept-in-a-file-for-the-sake-of-this-test-and-no-other"
    )
