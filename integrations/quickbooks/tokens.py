"""What Intuit hands out when a person consents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from integrations.quickbooks.errors import NeedsReconnect


@dataclass(frozen=True)
class Tokens:
    """A pass of an hour and the right to renew it. Values never show in a log or a traceback."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_expires_at: datetime
    refresh_expires_at: datetime
    hard_expires_at: datetime | None = None
    """Absolute end of the grant, however often it is renewed; absent where Intuit does not say."""

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> Tokens:
        """Read the token endpoint's answer. Raises KeyError or ValueError where it is none."""
        now = datetime.now(UTC)
        hard = answer.get("x_refresh_token_hard_expires_in")
        return cls(
            access=str(answer["access_token"]),
            refresh=str(answer["refresh_token"]),
            access_expires_at=now + timedelta(seconds=int(answer["expires_in"])),
            refresh_expires_at=now + timedelta(seconds=int(answer["x_refresh_token_expires_in"])),
            hard_expires_at=now + timedelta(seconds=int(hard)) if hard else None,
        )


class Grant(Protocol):
    """How a client comes by its pass, and whom it tells when the grant is gone."""

    def token(self, *, instead_of: str | None = None) -> str:
        """Return a good access token; ``instead_of`` is one that QuickBooks has just refused."""

    def lost(self, error: NeedsReconnect) -> None:
        """Hear that QuickBooks no longer lets us in."""


@dataclass(frozen=True)
class FixedGrant:
    """A token at hand that cannot be renewed: fresh from a code exchange, or in a tool."""

    access: str = field(repr=False)

    def token(self, *, instead_of: str | None = None) -> str:
        if instead_of == self.access:
            raise NeedsReconnect("QuickBooks did not accept the new sign-in.", advice="Connect again.")
        return self.access

    def lost(self, error: NeedsReconnect) -> None:
        """Nobody keeps this grant."""
