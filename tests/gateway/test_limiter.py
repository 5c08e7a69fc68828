"""Intuit's limits hold across threads and processes, and nobody is stuck behind the dead."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE, Popen

import pytest
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from integrations.quickbooks import Limits, QuickBooks, RedisLimiter, Throttled, Unavailable
from integrations.quickbooks.limiter import Permit, Wait
from integrations.quickbooks.retry import Patience
from tests.gateway.conftest import THERE, CountedGrant


@pytest.fixture
def valkey() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        yield server


def take(limiter: RedisLimiter, realm: str = "1") -> Permit:
    while not isinstance(answer := limiter.ask(realm), Permit):
        time.sleep(answer.seconds)
    return answer


def most_within(calls: list[tuple[float, float]], span_s: float) -> int:
    """Return the most permits surely given within any so many seconds, of (asked at, had at)."""
    return max(sum(asked >= begin and had <= begin + span_s for asked, had in calls) for begin, _ in calls)


def test_many_threads_never_exceed_any_limit(valkey: redis.Redis) -> None:
    limits = Limits(per_minute=60, per_second=20, in_flight=4)
    calls: list[tuple[float, float]] = []
    inside, most_inside, guard = 0, 0, threading.Lock()

    def call(number: int) -> None:
        nonlocal inside, most_inside
        # Two limiters share a count as two processes do.
        limiter = RedisLimiter(valkey, limits)
        while True:
            asked_at = time.monotonic()
            permit = limiter.ask("1")
            had_at = time.monotonic()
            if isinstance(permit, Permit):
                break
            time.sleep(permit.seconds)
        with guard:
            calls.append((asked_at, had_at))
            inside += 1
            most_inside = max(most_inside, inside)
        time.sleep(0.01)
        with guard:
            inside -= 1
        limiter.give_back(permit)

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(call, range(60)))
    assert most_inside <= 4
    assert most_within(calls, 0.999) <= 20
    assert isinstance(RedisLimiter(valkey, limits).ask("1"), Wait)


def test_companies_do_not_wait_for_each_other(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits(per_second=1))
    assert isinstance(limiter.ask("1"), Permit)
    assert isinstance(limiter.ask("1"), Wait)
    assert isinstance(limiter.ask("2"), Permit)


def test_the_wait_is_as_long_as_needed_and_no_longer(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits(per_second=1))
    limiter.give_back(take(limiter))
    refused = limiter.ask("1")
    assert isinstance(refused, Wait)
    assert 0.9 < refused.seconds <= 1.06
    time.sleep(refused.seconds)
    assert isinstance(limiter.ask("1"), Permit)


def test_a_call_that_is_slow_on_its_way_is_counted_when_it_may_arrive(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits(per_second=1))
    begun = time.monotonic()
    take(limiter)
    take(limiter)
    assert 1.4 < time.monotonic() - begun < 3


def test_a_person_finds_a_place_beside_the_nights_work(valkey: redis.Redis) -> None:
    limits = Limits(in_flight=5)
    night, person = RedisLimiter(valkey, limits.leaving_room()), RedisLimiter(valkey, limits)
    while isinstance(night.ask("1"), Permit):
        pass
    assert isinstance(person.ask("1"), Permit)
    assert isinstance(person.ask("1"), Wait)


def test_batches_have_a_limit_of_their_own(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits(batch_per_minute=1))
    assert isinstance(limiter.ask("1", batch=True), Permit)
    assert isinstance(limiter.ask("1", batch=True), Wait)
    assert isinstance(limiter.ask("1"), Permit)


HOLD_A_PERMIT = """
import sys, time, redis
from integrations.quickbooks import Limits, RedisLimiter
RedisLimiter(redis.Redis.from_url(sys.argv[1]), Limits(in_flight=1), lease_s=1).ask("1")
print("held", flush=True)
time.sleep(60)
"""


def test_a_permit_is_held_while_its_worker_lives_and_is_free_soon_after_it_died(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits(in_flight=1), lease_s=1)
    with Popen([sys.executable, "-c", HOLD_A_PERMIT, settings.REDIS_URL], stdout=PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        held_until = time.monotonic() + 2.5
        while time.monotonic() < held_until:
            assert isinstance(limiter.ask("1"), Wait)
            time.sleep(0.05)
        other.kill()
    died = time.monotonic()
    take(limiter)
    assert time.monotonic() - died < 1.5


def test_a_call_that_was_not_answered_keeps_its_place_while_quickbooks_may_be_at_it(
    valkey: redis.Redis,
) -> None:
    limiter = RedisLimiter(valkey, Limits(in_flight=1), lease_s=0.2)
    limiter.give_back(take(limiter), still_there_s=0.7)
    begun = time.monotonic()
    take(limiter)
    assert 0.6 < time.monotonic() - begun < 1.2


def test_after_a_429_everybody_pauses_and_then_goes_slower(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits(per_second=4))
    limiter.pause("1", seconds=0.3)
    refused = RedisLimiter(valkey, Limits(per_second=4)).ask("1")
    assert isinstance(refused, Wait)
    assert 0.2 < refused.seconds <= 0.3
    time.sleep(0.31)
    answers = [limiter.ask("1") for _ in range(4)]
    assert [isinstance(one, Permit) for one in answers] == [True, True, False, False]


def test_a_shorter_pause_does_not_cut_a_longer_one(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits())
    limiter.pause("1", seconds=60)
    limiter.pause("1", seconds=1)
    refused = limiter.ask("1")
    assert isinstance(refused, Wait)
    assert refused.seconds > 50


def test_an_emptied_redis_is_no_obstacle(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits(in_flight=1))
    permit = take(limiter)
    valkey.flushdb()
    valkey.script_flush()
    limiter.give_back(permit)
    assert isinstance(limiter.ask("1"), Permit)


def test_without_redis_quickbooks_is_not_asked() -> None:
    nowhere = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
    with pytest.raises(Unavailable):
        RedisLimiter(nowhere, Limits()).ask("1")


def test_a_client_out_of_patience_says_when_to_come_back(valkey: redis.Redis) -> None:
    limiter = RedisLimiter(valkey, Limits())
    limiter.pause("77", seconds=45)
    client = QuickBooks(
        "77", grant=CountedGrant(), environment=THERE, limiter=limiter, patience=Patience(wait_s=1)
    )
    with pytest.raises(Throttled) as told:
        client.count("Customer")
    assert 40 < told.value.retry_after <= 45
    assert told.value.status == 0
