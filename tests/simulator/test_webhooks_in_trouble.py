"""Notifications are tried again, kept over a restart, and get lost, repeated or late when told to."""

from __future__ import annotations

import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from qbo_simulator.receiving import Receiver
from qbo_simulator.webhooks.retrying import SCHEDULES, is_tried_again, wait_s

from .conftest import Connected, Simulated, start, stop
from .test_webhooks import deliveries, receiver, settle, told
from .test_writing_customers import new_name

__all__ = ["receiver", "told"]


# Failures


def test_a_refused_delivery_is_tried_again_until_it_is_taken(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    told.answers.extend([500, 404, 302])
    books.write(DisplayName=new_name())
    settle(simulated)
    assert len({received.body for received in told.received}) == 1
    assert len({received.headers["intuit-signature"] for received in told.received}) == 1
    delivery = deliveries(simulated)[-1]
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 404, 302, 200]
    assert (delivery["state"], delivery["status"]) == ("delivered", 200)
    assert delivery["signature"] == told.received[0].headers["intuit-signature"]
    assert delivery["body"].encode() == told.received[0].body


def test_an_answer_that_takes_too_long_is_a_failure(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control("/webhooks/settings", answer_limit_s=0.2)
    told.answer_after_s = 0.6
    books.write(DisplayName=new_name())
    told.wait_for(1)
    told.answer_after_s = 0
    settle(simulated)
    attempts = deliveries(simulated)[-1]["attempts"]
    assert attempts[0]["status"] is None
    assert "No answer in 0.2 s" in attempts[0]["error"]
    assert attempts[-1]["status"] == 200


def test_later_events_wait_while_a_delivery_fails(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control("/webhooks/settings", retry_scale=1)
    told.answers.append(503)
    first = books.write(DisplayName=new_name())
    told.wait_for(1)
    later = [books.write(DisplayName=new_name()) for _ in range(3)]
    assert simulated.control("/webhooks/settle", timeout_s=0.4) == {"idle": False}
    assert len(told.received) == 1

    [webhook] = simulated.look("/webhooks")["webhooks"]
    simulated.control(f"/webhooks/{webhook['id']}/resume")
    settle(simulated)
    ids = [[event["intuitentityid"] for event in received.content] for received in told.received]
    assert ids == [[first["Id"]], [first["Id"]], [customer["Id"] for customer in later]]


def test_moving_the_clock_brings_the_next_attempt(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control("/webhooks/settings", retry_scale=1)
    told.answers.extend([500, 500])
    books.write(DisplayName=new_name())
    told.wait_for(1)
    simulated.control("/webhooks/settle", timeout_s=0.3)
    assert 8 < deliveries(simulated)[-1]["due_in_s"] <= 10
    simulated.control("/clock", forward_s=10)
    told.wait_for(2)
    simulated.control("/webhooks/settle", timeout_s=0.3)
    assert len(told.received) == 2
    simulated.control("/clock", forward_s=20)
    told.wait_for(3)
    settle(simulated)


def test_the_older_schedule_ends_by_stopping_the_endpoint(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control("/webhooks/settings", schedule="stop", retry_scale=0.00001)
    told.answers.extend([502] * 4)
    books.write(DisplayName=new_name())
    settle(simulated)
    [webhook] = simulated.look("/webhooks")["webhooks"]
    assert webhook["state"] == "stopped"
    assert webhook["why"] == "4 attempts failed, the last with: HTTP 502"
    assert deliveries(simulated)[-1]["state"] == "given_up"

    books.write(DisplayName=new_name())
    settle(simulated)
    assert len(told.received) == 4

    simulated.control(f"/webhooks/{webhook['id']}/resume")
    heard = books.write(DisplayName=new_name())
    settle(simulated)
    assert [event["intuitentityid"] for event in told.received[-1].content] == [heard["Id"]]
    assert len(told.received) == 5


def test_the_older_schedule_tries_only_some_statuses_again(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control("/webhooks/settings", schedule="stop", retry_scale=0.00001)
    told.answers.append(401)
    books.write(DisplayName=new_name())
    settle(simulated)
    assert deliveries(simulated)[-1]["state"] == "given_up"
    assert simulated.look("/webhooks")["webhooks"][0]["state"] == "active"


def test_the_waits_are_intuits() -> None:
    """Facts, section 9: 10 s, 20 s, 30 s, 5 m, 20 m, 2 h, 4 h, 6 h, then each 6 h; older: 20, 30, 50 min."""
    waits = [wait_s(SCHEDULES["hold"], failures) for failures in range(1, 11)]
    assert waits == [10, 20, 30, 300, 1200, 7200, 14400, 21600, 21600, 21600]
    assert [wait_s(SCHEDULES["stop"], failures) for failures in range(1, 5)] == [1200, 1800, 3000, None]
    assert is_tried_again(SCHEDULES["hold"], 401)
    assert not is_tried_again(SCHEDULES["stop"], 401)
    assert is_tried_again(SCHEDULES["stop"], None)


# A restart


@pytest.fixture
def closed_door() -> Iterator[int]:
    """A port at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_a_restarted_simulator_goes_on_where_it_was(tmp_path: Path, ending: int) -> None:
    with Receiver() as receiver:
        process, url = start(tmp_path, "--webhook-url", receiver.url)
        simulated = Simulated(url, tmp_path)
        simulated.control("/webhooks/settings", window_s=0)
        books = simulated.connected()
        told = books.write(DisplayName=new_name())
        settle(simulated)

        receiver.answers.append(500)
        refused = books.write(DisplayName=new_name())
        receiver.wait_for(2)
        held = books.write(DisplayName=new_name())
        os.kill(process.pid, ending)
        process.communicate(timeout=20)

        process, url = start(tmp_path, "--webhook-url", receiver.url)
        try:
            simulated = Simulated(url, tmp_path)
            simulated.control("/clock", forward_s=10)
            settle(simulated)
        finally:
            stop(process)
        ids = Counter(event["intuitentityid"] for event in receiver.events)
        assert ids == {told["Id"]: 1, refused["Id"]: 2, held["Id"]: 1}


def test_nothing_is_lost_however_often_it_is_killed(tmp_path: Path) -> None:
    """Facts, section 9: events may come twice; here none may be missing."""
    with Receiver() as receiver:
        made: list[str] = []
        # In the last life nothing is gathered before the end.
        for life, window_s in enumerate((0, 0.05, 60)):
            process, url = start(tmp_path, "--webhook-url", receiver.url)
            simulated = Simulated(url, tmp_path)
            simulated.control("/webhooks/settings", window_s=window_s)
            books = simulated.connected()
            receiver.answers.extend([500] * (life % 2))
            made += [books.write(DisplayName=new_name())["Id"] for _ in range(7 + 5 * life)]
            os.kill(process.pid, signal.SIGKILL)
            process.communicate(timeout=20)

        process, url = start(tmp_path)
        try:
            simulated = Simulated(url, tmp_path)
            simulated.control("/webhooks/settings", retry_scale=0)
            simulated.control("/clock", forward_s=60 * 60)
            settle(simulated)
        finally:
            stop(process)
        heard = Counter(event["id"] for event in receiver.events)
        first_heard = list(dict.fromkeys(event["intuitentityid"] for event in receiver.events))
        assert first_heard == made
        assert len(heard) == len(made)


def test_an_endpoint_that_is_not_there_yet(
    simulated: Simulated, books: Connected, told: Receiver, closed_door: int
) -> None:
    simulated.control("/webhooks", url=f"http://127.0.0.1:{closed_door}/")
    books.write(DisplayName=new_name())
    told.wait_for(1)
    simulated.control("/webhooks/settle", timeout_s=0.3)
    failing = [d for d in deliveries(simulated) if d["state"] == "waiting"]
    assert failing[0]["attempts"][0]["status"] is None
    assert "refused" in failing[0]["attempts"][0]["error"]


# Mischief


def test_events_can_get_lost(simulated: Simulated, books: Connected, told: Receiver) -> None:
    simulated.control("/webhooks/mischief", kind="lose", count=1, entity="Customer")
    lost, heard = books.write(DisplayName=new_name()), books.write(DisplayName=new_name())
    settle(simulated)
    assert [event["intuitentityid"] for event in told.events] == [heard["Id"]]
    [note] = deliveries(simulated, state="lost")[-1]["events"]
    assert note["id"] == lost["Id"]


def test_events_can_come_twice(simulated: Simulated, books: Connected, told: Receiver) -> None:
    simulated.control("/webhooks/mischief", kind="duplicate", fraction=1)
    books.write(DisplayName=new_name())
    settle(simulated)
    first, second = told.received
    assert first.content == second.content


def test_events_can_be_late_and_overtaken(simulated: Simulated, books: Connected, told: Receiver) -> None:
    simulated.control("/webhooks/mischief", kind="delay", delay_s=0.6)
    late, prompt = books.write(DisplayName=new_name()), books.write(DisplayName=new_name())
    settle(simulated)
    assert [event["intuitentityid"] for event in told.events] == [prompt["Id"], late["Id"]]
    assert told.received[1].at - told.received[0].at > 0.3


def test_events_can_be_out_of_order_and_chance_repeats_itself(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    orders = []
    for _ in range(2):
        told.received.clear()
        simulated.control("/webhooks/settings", window_s=0.4)
        simulated.control("/webhooks/mischief", kind="reorder", fraction=0.5, seed=7)
        ids = [books.write(DisplayName=new_name())["Id"] for _ in range(8)]
        settle(simulated)
        requests.delete(f"{simulated.url}/_control/webhooks/mischief", timeout=10)
        heard = [event["intuitentityid"] for event in told.events]
        assert sorted(heard) == sorted(ids)
        assert heard != ids
        orders.append([ids.index(id) for id in heard])
    assert orders[0] == orders[1]


def test_mischief_is_called_off_with_all_other_switches(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control("/webhooks/mischief", kind="lose", fraction=1)
    simulated.control("/reset")
    assert simulated.look("/webhooks")["mischief"] == []
    assert simulated.look("/webhooks")["window_s"] == 1
