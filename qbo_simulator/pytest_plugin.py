"""Fixtures for other people's tests: a simulated QuickBooks, a company of one's own, its webhooks.

pytest finds them by itself once this package is installed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .driving import Company, SimulatedQuickBooks, running
from .receiving import Receiver

__all__ = ["Company", "Receiver", "SimulatedQuickBooks"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "qbo_simulator_arguments",
        "What the fixtures add to `qbo-simulator serve`, such as --generate 5000",
        type="args",
        default=[],
    )


@pytest.fixture(scope="session")
def qbo_simulator_server(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimulatedQuickBooks]:
    """A simulated QuickBooks, started once and ended with the session."""
    arguments = pytestconfig.getini("qbo_simulator_arguments")
    with running(tmp_path_factory.mktemp("qbo_simulator"), *arguments) as simulator:
        yield simulator


@pytest.fixture
def qbo_simulator(qbo_simulator_server: SimulatedQuickBooks) -> Iterator[SimulatedQuickBooks]:
    """The session's simulated QuickBooks with all switches off, before the test and after it."""
    qbo_simulator_server.reset()
    yield qbo_simulator_server
    qbo_simulator_server.reset()


@pytest.fixture
def qbo_company(qbo_simulator: SimulatedQuickBooks, request: pytest.FixtureRequest) -> Company:
    """A company nobody else has, without customers, to which the test's app is connected."""
    return qbo_simulator.found_company(request.node.name)


@pytest.fixture
def qbo_webhooks(qbo_simulator: SimulatedQuickBooks) -> Iterator[Receiver]:
    """An endpoint that is told at once of what changes, in CloudEvents; failures are tried again at once."""
    with Receiver() as receiver:
        qbo_simulator.control("POST", "/webhooks/settings", window_s=0, retry_scale=0)
        webhook = qbo_simulator.control("POST", "/webhooks", url=receiver.url)
        yield receiver
        qbo_simulator.control("DELETE", f"/webhooks/{webhook['id']}")
