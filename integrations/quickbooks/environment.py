"""Where QuickBooks is: the simulator's, the sandbox's or the real addresses."""

from __future__ import annotations

from dataclasses import dataclass


class UnknownEnvironment(ValueError):
    """QBO_ENVIRONMENT names none of simulator, sandbox, production."""


@dataclass(frozen=True)
class Environment:
    name: str
    discovery_url: str
    api_base: str
    """Without ``/v3``."""
    app_base: str
    """Where people open QuickBooks itself; deep links hang on it."""


_INTUIT = {
    "sandbox": Environment(
        name="sandbox",
        discovery_url="https://developer.api.intuit.com/.well-known/openid_sandbox_configuration",
        api_base="https://sandbox-quickbooks.api.intuit.com",
        app_base="https://app.sandbox.qbo.intuit.com",
    ),
    "production": Environment(
        name="production",
        discovery_url="https://developer.api.intuit.com/.well-known/openid_configuration",
        api_base="https://quickbooks.api.intuit.com",
        app_base="https://app.qbo.intuit.com",
    ),
}


def environment(name: str, *, simulator_url: str = "") -> Environment:
    """Return the addresses of ``simulator`` (at ``simulator_url``), ``sandbox`` or ``production``."""
    if name == "simulator":
        return Environment(
            name=name,
            discovery_url=f"{simulator_url}/.well-known/openid_sandbox_configuration",
            api_base=simulator_url,
            app_base=simulator_url,
        )
    try:
        return _INTUIT[name]
    except KeyError:
        raise UnknownEnvironment(
            f"QBO_ENVIRONMENT is {name!r}; it must be simulator, sandbox or production."
        ) from None
