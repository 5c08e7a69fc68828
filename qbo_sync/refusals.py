"""What the product does not start with in earnest, each with what to set instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.fernet import Fernet

DEMO_MARK = "demo-only-"
SIMULATED_MARK = "SIMULATED_"
SIMULATED_VERIFIER = "SIMULATED_VERIFIER"
SHORTEST_SECRET_KEY = 50
"""Django's own measure. Source: Django 5.2, check security.W009."""

ENVIRONMENTS = ("simulator", "sandbox", "production")


@dataclass(frozen=True)
class Chosen:
    """What the operator said, where a wrong word is dangerous, or is noticed only by the first customer."""

    trying_out: bool
    demo: bool
    secret_key: str
    encryption_keys: list[str]
    environment: str
    client_id: str
    client_secret: str
    verifier: str

    @property
    def is_simulated(self) -> bool:
        return self.environment == "simulator"


Rule = tuple[Callable[[Chosen], bool], str]


def refused(chosen: Chosen) -> list[str]:
    """Return a sentence for each thing that must be set otherwise before the product may start."""
    rules = ALWAYS if chosen.trying_out else ALWAYS + IN_EARNEST
    return [sentence for is_wrong, sentence in rules if is_wrong(chosen)]


def _is_not_own(secret: str) -> bool:
    return not secret or secret.startswith(DEMO_MARK)


def _is_no_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return not text.startswith(DEMO_MARK)
    return False


def _own(name: str) -> str:
    return f"Set {name} (or {name}_FILE) to a secret of your own; see the README."


ALWAYS: tuple[Rule, ...] = (
    (
        lambda chosen: chosen.environment not in ENVIRONMENTS,
        f"Set QBO_ENVIRONMENT to one of {', '.join(ENVIRONMENTS)}.",
    ),
)
IN_EARNEST: tuple[Rule, ...] = (
    (
        lambda chosen: chosen.demo,
        "Unset DEMO: it shows the demo's passwords, and the mails with their links, to everybody.",
    ),
    (lambda chosen: _is_not_own(chosen.secret_key), _own("SECRET_KEY")),
    (
        lambda chosen: 0 < len(chosen.secret_key) < SHORTEST_SECRET_KEY,
        f"Set SECRET_KEY to at least {SHORTEST_SECRET_KEY} random letters: openssl rand -hex 32",
    ),
    (
        lambda chosen: not chosen.encryption_keys or any(map(_is_not_own, chosen.encryption_keys)),
        _own("FIELD_ENCRYPTION_KEYS"),
    ),
    (
        lambda chosen: any(map(_is_no_key, chosen.encryption_keys)),
        "Set FIELD_ENCRYPTION_KEYS to Fernet keys, newest first, with commas between. Make one with: python -c "
        '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"',
    ),
    (
        lambda chosen: not chosen.client_id,
        "Set QBO_CLIENT_ID to the client ID of your app at Intuit; see the README.",
    ),
    (lambda chosen: _is_not_own(chosen.client_secret), _own("QBO_CLIENT_SECRET")),
    (
        lambda chosen: not chosen.is_simulated and chosen.client_id.startswith(SIMULATED_MARK),
        "Set QBO_CLIENT_ID to that of your app at Intuit: this one is the simulator's.",
    ),
    (
        lambda chosen: not chosen.is_simulated and chosen.client_secret.startswith(SIMULATED_MARK),
        "Set QBO_CLIENT_SECRET to that of your app at Intuit: this one is the simulator's.",
    ),
    (
        # Whoever reads this page could sign webhooks with it, wherever QuickBooks is.
        lambda chosen: _is_not_own(chosen.verifier) or chosen.verifier == SIMULATED_VERIFIER,
        _own("QBO_WEBHOOK_VERIFIER_TOKEN"),
    ),
)
