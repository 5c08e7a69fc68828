"""What docker-compose.yml starts, as far as it can be seen without containers."""

from __future__ import annotations

import re

from django.urls import reverse

from qbo_simulator.__main__ import command_line
from qbo_sync.embedded import ROOT

NAMED = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")


def test_the_simulated_quickbooks_knows_the_products_own_addresses() -> None:
    said = example() | {"QBO_WEBHOOK_VERIFIER_TOKEN": "one-of-our-own"}
    given = command_line().parse_args(["serve", *simulators_options(said)])
    assert given.redirect_uri == [said["SITE_URL"] + reverse("quickbooks_callback")]
    assert given.webhook_url == said["SITE_URL"] + reverse("quickbooks_webhook")
    assert given.webhook_verifier == "one-of-our-own"


def example() -> dict[str, str]:
    """Return what docker/example.env says."""
    return dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "docker" / "example.env").read_text(), re.MULTILINE))


def simulators_options(said: dict[str, str]) -> list[str]:
    """Return the options the simulator is started with, as compose fills them in from .env."""
    written = re.findall(r"^ +- (--.+)$", (ROOT / "docker-compose.yml").read_text(), re.MULTILINE)
    return [NAMED.sub(lambda name: said.get(name[1]) or name[2], option) for option in written]
