"""The simulator's clock runs, is moved, or stands still, and stays so over a restart."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qbo_simulator.clock import Clock
from qbo_simulator.registry import Registry

from .conftest import ROOT, Simulated, start, stop
from .test_writing_customers import new_name

NOON = "2026-03-02T12:00:00-08:00"


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Simulated]:
    process, url = start(tmp_path, "--frozen-time", NOON)
    yield Simulated(url, tmp_path)
    stop(process)


def test_a_frozen_clock_stands_until_it_is_moved(frozen: Simulated) -> None:
    books = frozen.connected()
    first = books.write(DisplayName=new_name())
    time.sleep(1.1)
    second = books.write(DisplayName=new_name())
    assert first["MetaData"]["CreateTime"] == second["MetaData"]["CreateTime"] == NOON

    frozen.control("/clock", forward_s=90)
    third = books.write(DisplayName=new_name())
    assert third["MetaData"]["CreateTime"] == "2026-03-02T12:01:30-08:00"


def test_a_frozen_clock_can_be_set_and_run_again(frozen: Simulated) -> None:
    assert frozen.look("/status")["clock_frozen"] is True
    told = frozen.control("/clock", at="2026-07-04T08:00:00Z")
    assert told["now"] == "2026-07-04T01:00:00.000-07:00"
    told = frozen.control("/clock", frozen=False)
    assert told["clock_frozen"] is False
    told = frozen.control("/clock", at="2026-07-04T08:00:00Z", frozen=True)
    assert told["now"] == "2026-07-04T01:00:00.000-07:00"
    told = frozen.control("/clock", frozen=False)
    time.sleep(0.05)
    now = frozen.look("/status")["now"]
    assert now.startswith("2026-07-04T01:00:0")
    assert now > told["now"]


def test_the_clock_stands_where_it_stood_after_a_restart_and_for_other_commands(tmp_path: Path) -> None:
    process, url = start(tmp_path, "--frozen-time", "2031-03-02T11:00:00Z")
    Simulated(url, tmp_path).control("/clock", forward_s=3600)
    stop(process)
    with closing(Registry(tmp_path / "registry.sqlite")) as registry:
        assert registry.clock.waited() > time.time() + 3600
    command = [sys.executable, "-m", "qbo_simulator", "token", "--data", str(tmp_path)]
    facts = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    process, url = start(tmp_path)
    try:
        simulated = Simulated(url, tmp_path)
        assert simulated.look("/status")["now"] == "2031-03-02T04:00:00.000-08:00"
        token = re.search(r'"access_token": "([^"]+)"', facts)
        assert token
        books = simulated.connected()
        books.access_token = token.group(1)
        assert books.call("GET", "/customer/12").status_code == 200
    finally:
        stop(process)


def test_a_running_clock_can_be_frozen_where_it_is(simulated: Simulated) -> None:
    simulated.control("/clock", frozen=True)
    try:
        now = simulated.look("/status")["now"]
        time.sleep(0.05)
        assert simulated.look("/status")["now"] == now
    finally:
        simulated.control("/clock", frozen=False)


def test_a_clock_that_was_moved_and_stopped_is_set_right(simulated: Simulated) -> None:
    simulated.control("/clock", at="2031-03-02T11:00:00Z", frozen=True)
    before = datetime.now(UTC)
    told = simulated.control("/clock", at="now", frozen=False)
    assert before - timedelta(milliseconds=1) <= datetime.fromisoformat(told["now"]) <= datetime.now(UTC)
    assert told["clock_frozen"] is False
    assert abs(told["clock_offset_s"]) < 0.001


@pytest.mark.parametrize("given", [{}, {"at": "yesterday"}, {"frozen": "yes"}, {"forward_s": -1}, {"at": 5}])
def test_a_clock_request_that_makes_no_sense_is_refused(
    simulated: Simulated, given: dict[str, object]
) -> None:
    assert simulated.control_status("/clock", **given) == 400


def test_a_moment_that_is_none_ends_with_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qbo_simulator", "serve", "--data", str(tmp_path)]
    done = subprocess.run(
        [*command, "--frozen-time", "soon"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "soon is no ISO date or time" in done.stderr


def test_waiting_goes_on_while_the_clock_stands_and_never_goes_back() -> None:
    clock = Clock()
    clock.freeze()
    before, stood = clock.waited(), clock.epoch()
    time.sleep(0.01)
    assert clock.epoch() == stood
    assert clock.waited() > before
    clock.forward(100)
    assert clock.epoch() == stood + 100
    assert clock.waited() > before + 100
    clock.move_to(stood - 1000)
    clock.unfreeze()
    assert clock.epoch() == pytest.approx(stood - 1000, abs=1)
    assert clock.waited() > before + 100
    clock.move_to(stood)
    assert clock.waited() > before + 1099
