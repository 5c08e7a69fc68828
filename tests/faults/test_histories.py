"""Thousands of steps of two sides, with every kind of fault, over the real engine (B-5, B-7, B-8, CV-11..14)."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import Histories
from tests.processes import Simulator

STEPS = int(os.environ.get("HISTORY_STEPS", "160"))
"""``HISTORY_STEPS=10000 pytest -s tests/faults`` for a long run: each is another one, tells what happened
(-s), and makes a failure as short as can be."""
A_HISTORY = 40


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(0 if "HISTORY_STEPS" in os.environ else 300)
def test_whatever_happens_both_sides_come_to_agree_and_every_conflict_is_told(simulator: Simulator) -> None:
    is_long = "HISTORY_STEPS" in os.environ
    Histories.simulator, Histories.steps = simulator, 0
    Histories.seen.clear()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=max(1, STEPS // A_HISTORY),
            stateful_step_count=A_HISTORY,
            deadline=None,
            derandomize=not is_long,
            database=None,
            phases=[Phase.generate, Phase.shrink] if is_long else [Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    told = ", ".join(f"{number} {what}" for what, number in sorted(Histories.seen.items()))
    sys.stdout.write(f"\n{Histories.steps} steps: {told}\n")
    assert Histories.steps > STEPS // 2
