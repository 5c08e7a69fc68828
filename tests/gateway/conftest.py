"""A client of one company over a wire that the test writes (``responses``), and a clock that only counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import responses

from integrations.quickbooks import NeedsReconnect, NoLimits, NoMeter, Patience, QuickBooks, environment
from integrations.quickbooks.metering import Charge

THERE = environment("simulator", simulator_url="https://quickbooks.test")
COMPANY = "https://quickbooks.test/v3/company/77"
QUERY = f"{COMPANY}/query"


@dataclass
class CountedGrant:
    """Hands out token-1, and after each refusal the next one."""

    number: int = 1
    losses: list[NeedsReconnect] = field(default_factory=list)

    def token(self, *, instead_of: str | None = None) -> str:
        if instead_of == f"token-{self.number}":
            self.number += 1
        return f"token-{self.number}"

    def lost(self, error: NeedsReconnect) -> None:
        self.losses.append(error)


@dataclass
class Tally(NoMeter):
    counted: list[Charge] = field(default_factory=list)

    def count(self, charged: list[Charge]) -> None:
        self.counted += charged


@dataclass
class PausesNoted(NoLimits):
    pauses: list[float] = field(default_factory=list)

    def pause(self, realm_id: str, *, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


@pytest.fixture
def grant() -> CountedGrant:
    return CountedGrant()


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def limiter() -> PausesNoted:
    return PausesNoted()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def quickbooks(
    grant: CountedGrant, tally: Tally, limiter: PausesNoted, slept: list[float]
) -> Iterator[QuickBooks]:
    with QuickBooks(
        "77",
        grant=grant,
        environment=THERE,
        limiter=limiter,
        meter=tally,
        patience=Patience(tries=3),
        sleep=slept.append,
    ) as client:
        yield client
