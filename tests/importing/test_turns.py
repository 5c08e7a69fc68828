"""A task gives way to other firms."""

from __future__ import annotations

from time import sleep

import pytest
import redis
from django.conf import settings

from integrations.sync import turns
from integrations.sync.turns import Turn, others_wait


def test_a_turn_ends_when_its_time_is_over() -> None:
    turn = Turn(0.05)
    assert not turn.is_over
    sleep(0.06)
    assert turn.is_over


def test_a_turn_is_cut_short_where_others_wait_but_not_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SHORTEST_S", 0.05)
    turn = Turn(60, lambda: True)
    assert not turn.is_over
    sleep(0.06)
    assert turn.is_over


def test_tasks_that_no_worker_has_taken_are_seen() -> None:
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        assert not others_wait("a-queue-of-this-test")
        broker.lpush("a-queue-of-this-test", "a task")
        assert others_wait("a-queue-of-this-test")
        broker.delete("a-queue-of-this-test")
