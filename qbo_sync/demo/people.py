"""Offer the demo's people on the sign-in page. In the context only where DEMO is set."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from qbo_sync.demo.seed import PASSWORD, PLAYERS


def demo_accounts(request: HttpRequest) -> dict[str, object]:
    return {"demo_accounts": SimpleLazyObject(_accounts)}


def _accounts() -> list[dict[str, str]]:
    return [
        {"email": player.email, "password": PASSWORD, "name": player.name, "who": player.part}
        for player in PLAYERS
    ]
