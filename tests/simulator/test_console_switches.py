"""Calls are watched in the live log, and every fault is switched in the console."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from qbo_simulator.simulator import CRAIG_HOLT, HARBOR_STREET
from qbo_simulator.switches import FAILURES

from .conftest import TIMEOUT_S, Connected, Simulated
from .console_forms import page, submit
from .test_writing_customers import new_name

AT = "/console/switches"
CALLS = "/console/calls"


def standing(simulated: Simulated) -> str:
    """Return what the page says is on now."""
    found = re.search(r'<section class="card standing.*?</section>', page(simulated, AT), re.S)
    assert found is not None
    return found.group()


# The log


def test_calls_are_listed_with_their_answers(simulated: Simulated, books: Connected) -> None:
    books.query("SELECT * FROM Customer WHERE Id = '12'")
    books.call("GET", "/customer/999999")
    shown = page(simulated, CALLS)
    assert "SELECT * FROM Customer WHERE Id = &#39;12&#39;" in shown
    assert "GET /customer/999999" in shown
    assert "400 · 610" in shown


def test_calls_are_narrowed_by_company_kind_answer_and_words(simulated: Simulated, books: Connected) -> None:
    books.query("SELECT * FROM Term")
    books.call("GET", "/customer/999999")
    simulated.connected(HARBOR_STREET).query("SELECT COUNT(*) FROM Vendor")
    for wanted, unwanted, filters in (
        ("FROM Vendor", "FROM Term", {"realm": HARBOR_STREET}),
        ("FROM Term", "/customer/999999", {"kind": "query"}),
        ("/customer/999999", "FROM Term", {"status": "refused"}),
        ("FROM Term", "FROM Vendor", {"path": "from term"}),
    ):
        part = page(simulated, CALLS, **filters).split('id="live-part"')[1]
        assert wanted in part, filters
        assert unwanted not in part, filters


def test_one_call_shows_its_bodies_laid_out_and_whole(simulated: Simulated, books: Connected) -> None:
    books.write(DisplayName=new_name())
    books.query("SELECT * FROM Customer")
    numbers = re.findall(r'id="call-(\d+)"', page(simulated, CALLS))
    answer = page(simulated, f"{CALLS}/{numbers[0]}")
    assert "Only the beginning is kept" not in answer
    assert "    &#34;Customer&#34;: [" in answer
    assert "&#34;DisplayName&#34;: &#34;Newcomer" in page(simulated, f"{CALLS}/{numbers[1]}")


def test_no_token_is_ever_shown(simulated: Simulated, books: Connected) -> None:
    books.call("GET", "/customer/12")
    number = re.findall(r'id="call-(\d+)"', page(simulated, CALLS))[0]
    for shown in (page(simulated, CALLS), page(simulated, f"{CALLS}/{number}"), page(simulated, AT)):
        assert books.access_token not in shown
        assert books.refresh_token not in shown


def test_the_log_is_emptied(simulated: Simulated, books: Connected) -> None:
    books.call("GET", "/customer/12")
    assert "No app has called yet." in submit(simulated, f"{CALLS}/empty").text


# The switches


@pytest.mark.parametrize("kind", FAILURES)
def test_each_failure_can_be_switched_on_is_shown_and_ends(
    simulated: Simulated, books: Connected, kind: str
) -> None:
    submit(simulated, f"{AT}/fault", kind=kind, count="1", hang_s="0.05", path="/customer/12")
    assert "the next call (holding “/customer/12”)" in standing(simulated)
    assert "switch is" in page(simulated, "/")
    assert books.call("GET", "/customer/13").status_code == 200
    try:
        status = books.call("GET", "/customer/12").status_code
    except requests.ConnectionError:
        status = 0
    named = {"429_json": 429, "hang": 504, "late": 200, "cut": 0, "expired_token": 401}
    assert status == (named[kind] if kind in named else int(kind))
    assert "Nothing is on" in standing(simulated)
    assert f"switched: {kind}" in page(simulated, CALLS)


def test_a_share_of_calls_of_one_company_fails_after_they_were_done(
    simulated: Simulated, books: Connected
) -> None:
    submit(
        simulated, f"{AT}/fault", kind="500", fraction="100", realm=CRAIG_HOLT, method="POST", when="after"
    )
    assert f"100% of calls (company {CRAIG_HOLT}, POST), after doing what was asked" in standing(simulated)
    name = new_name()
    assert books.try_write({"DisplayName": name}).status_code == 500
    simulated.control("/reset")
    assert books.names(f"SELECT * FROM Customer WHERE DisplayName = '{name}'") == [name]


def test_several_switches_are_ended_one_by_one_or_all_at_once(simulated: Simulated, books: Connected) -> None:
    submit(simulated, f"{AT}/fault", kind="502", count="5")
    submit(simulated, f"{AT}/delay", ms="150", path="/query")
    submit(simulated, f"{AT}/throttle", per_minute="7")
    submit(simulated, f"{AT}/metering", limit="10", used="10")
    submit(simulated, f"{AT}/rotation", grace_s="60")
    submit(simulated, f"{AT}/race", window_s="2")
    submit(simulated, f"{AT}/freeze")
    shown = standing(simulated)
    for words in (
        "502",
        "150 ms wait",
        "7 calls a minute",
        "Reads are blocked",
        "60 s",
        "2 s",
        "stands still",
    ):
        assert words in shown, words
    submit(simulated, f"{AT}/end-delay", value="/query")
    assert "150 ms wait" not in standing(simulated)
    assert "502" in standing(simulated)
    submit(simulated, f"{AT}/clear")
    assert "Nothing is on" in standing(simulated)
    assert books.call("GET", "/customer/12").status_code == 200


def test_slow_answers_are_slow(simulated: Simulated, books: Connected) -> None:
    submit(simulated, f"{AT}/delay", ms="120")
    started = time.monotonic()
    books.call("GET", "/customer/12")
    assert time.monotonic() - started >= 0.12


def test_metered_reads_are_refused_once_they_are_used_up(simulated: Simulated, books: Connected) -> None:
    submit(simulated, f"{AT}/metering", limit="10", used="10")
    assert books.call("GET", "/customer/12").status_code == 403


def test_tokens_expire_and_companies_are_disconnected(simulated: Simulated, books: Connected) -> None:
    submit(simulated, f"{AT}/expire", realm=CRAIG_HOLT)
    assert books.call("GET", "/customer/12").status_code == 401
    again = simulated.connected()
    unsure = submit(simulated, f"{AT}/revoke", realm=CRAIG_HOLT)
    assert (unsure.status_code, "Tick this first." in unsure.text) == (400, True)
    assert again.call("GET", "/customer/12").status_code == 200
    submit(simulated, f"{AT}/revoke", realm=CRAIG_HOLT, sure="yes")
    assert again.call("GET", "/customer/12").status_code == 401


def test_the_clock_is_moved_set_stopped_and_set_right(simulated: Simulated) -> None:
    def now() -> str:
        return str(simulated.look("/status")["now"])

    submit(simulated, f"{AT}/at", at="2031-05-06T07:08")
    assert now().startswith("2031-05-06T07:08")
    submit(simulated, f"{AT}/forward", days="1", hours="2", minutes="1")
    assert now().startswith("2031-05-07T09:09")
    submit(simulated, f"{AT}/freeze")
    assert now() == now()
    submit(simulated, f"{AT}/end-frozen")
    assert now().startswith("2031-05-07T09:09")
    submit(simulated, f"{AT}/freeze")
    submit(simulated, f"{AT}/right")
    told = simulated.look("/status")
    assert abs(datetime.fromisoformat(told["now"]) - datetime.now(UTC)) < timedelta(seconds=60)
    assert told["clock_frozen"] is False


def test_what_makes_no_sense_is_said_at_its_field_and_switches_nothing(simulated: Simulated) -> None:
    for panel, form, words in (
        ("delay", {"ms": "a while"}, "This has to be a number."),
        ("delay", {}, "Milliseconds is needed."),
        ("fault", {"kind": "flood"}, "kind has to be one of"),
        ("at", {"at": "yesterday"}, "A value is not of its kind."),
    ):
        answer = submit(simulated, f"{AT}/{panel}", **form)
        assert (answer.status_code, words in answer.text) == (400, True), panel
    assert "Nothing is on" in standing(simulated)
    assert requests.post(f"{simulated.url}{AT}/starship", timeout=TIMEOUT_S).status_code == 404


# Webhooks


def test_webhooks_are_registered_tested_and_removed(simulated: Simulated) -> None:
    at = "/console/webhooks"
    assert "address" in submit(simulated, f"{at}/register", url="nowhere").text
    url = "http://127.0.0.1:9/hook"
    shown = submit(simulated, f"{at}/register", url=url, format="legacy", entities="Customer, Invoice").text
    assert url in shown
    assert "Customer, Invoice" in shown
    known = next(hook for hook in simulated.look("/webhooks")["webhooks"] if hook["url"] == url)
    try:
        submit(simulated, f"{at}/settings", window_s="0", batch_size="5")
        assert simulated.look("/webhooks")["batch_size"] == 5
        submit(simulated, f"{at}/{known['id']}/test")
        deliveries = simulated.look("/webhooks/deliveries", webhook=known["id"])["deliveries"]
        assert deliveries[0]["events"][0]["entity"] == "Customer"
        assert "eventNotifications" in page(simulated, f"{at}/deliveries/{deliveries[0]['number']}")
        submit(simulated, f"{at}/mischief", kind="lose", fraction="25", entity="Customer")
        assert "Webhooks lost: 25% of events (Customer)" in standing(simulated)
    finally:
        submit(simulated, f"{at}/{known['id']}/remove")
    assert url not in page(simulated, at)
