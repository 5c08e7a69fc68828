"""The gateway against a whole simulated QuickBooks, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from integrations.quickbooks import (
    ALL,
    DuplicateName,
    FixedGrant,
    Limits,
    NotFound,
    Patience,
    QuickBooks,
    RedisLimiter,
    Refused,
    Stale,
    environment,
    quoted,
)
from tests.processes import Simulator


@pytest.fixture
def there(simulator: Simulator) -> Iterator[QuickBooks]:
    granted = simulator.post("/_control/tokens", json={}).json()
    with QuickBooks(
        granted["realm_id"],
        grant=FixedGrant(granted["access_token"]),
        environment=environment("simulator", simulator_url=simulator.url),
        sleep=lambda seconds: None,
    ) as client:
        yield client
    simulator.post("/_control/reset")


def new_name() -> str:
    return f"O'Brien & Söhne {uuid4().hex[:8]}"


def added(there: QuickBooks) -> dict[str, Any]:
    return there.create("Customer", {"DisplayName": new_name()}, request_id=uuid4().hex)


def test_pages_read_side_by_side_hold_every_customer_once(there: QuickBooks) -> None:
    expected = there.count("Customer", ALL)
    starts = range(1, expected + 1, 10)

    def page(start: int) -> list[dict[str, Any]]:
        return there.page("Customer", start, size=10, where=ALL, order="MetaData.CreateTime")

    with ThreadPoolExecutor(6) as pool:
        rows = [row for page in pool.map(page, starts) for row in page]
    assert len(rows) == len({row["Id"] for row in rows}) == expected
    assert there.page("Customer", expected + 1, where=ALL) == []


def test_inactive_customers_are_counted_only_when_asked_for(there: QuickBooks) -> None:
    assert there.count("Customer", ALL) > there.count("Customer")


def test_a_name_with_an_apostrophe_is_found(there: QuickBooks) -> None:
    customer = added(there)
    (found,) = there.page("Customer", 1, where=f"DisplayName = {quoted(customer['DisplayName'])}")
    assert found["Id"] == customer["Id"]


def test_items_come_with_their_sku(there: QuickBooks) -> None:
    assert any("Sku" in item for item in there.page("Item", 1))


def test_named_ids_are_fetched_together_inactive_ones_too(there: QuickBooks) -> None:
    ids = [row["Id"] for row in there.page("Customer", 1, where="Active = false")][:1]
    ids += [row["Id"] for row in there.page("Customer", 1, size=2)]
    assert {row["Id"] for row in there.by_ids("Customer", ids)} == set(ids)


def test_the_company_introduces_itself(there: QuickBooks) -> None:
    assert there.company_info()["CompanyName"] == "Craig & Holt Landscaping"
    assert there.preferences()["Id"] == "1"


def test_a_repeated_write_does_nothing_twice(there: QuickBooks) -> None:
    body, request_id = {"DisplayName": new_name()}, uuid4().hex
    first = there.create("Customer", body, request_id=request_id)
    assert there.create("Customer", body, request_id=request_id)["Id"] == first["Id"]


def test_a_write_whose_answer_was_lost_is_done_once(simulator: Simulator, there: QuickBooks) -> None:
    before = there.count("Customer")
    simulator.post(
        "/_control/faults", json={"kind": "cut", "when": "after", "path": "customer", "method": "POST"}
    )
    added(there)
    assert there.count("Customer") == before + 1


def test_a_change_is_stale_once_somebody_else_changed_it(there: QuickBooks) -> None:
    customer = added(there)
    change = {"Id": customer["Id"], "SyncToken": customer["SyncToken"], "sparse": True, "Notes": "first"}
    assert there.update("Customer", change, request_id=uuid4().hex)["Notes"] == "first"
    with pytest.raises(Stale):
        there.update("Customer", change | {"Notes": "second"}, request_id=uuid4().hex)


def test_a_name_taken_and_a_customer_gone_are_told_apart(there: QuickBooks) -> None:
    customer = added(there)
    with pytest.raises(DuplicateName):
        there.create("Customer", {"DisplayName": customer["DisplayName"]}, request_id=uuid4().hex)
    with pytest.raises(NotFound):
        there.read("Customer", "987654321")


def test_a_bad_query_is_refused_and_not_repeated(simulator: Simulator, there: QuickBooks) -> None:
    simulator.post("/_control/reset")
    with pytest.raises(Refused) as told:
        there.query("SELECT * FROM Customer WHERE")
    assert told.value.code == "4000"
    assert told.value.intuit_tid
    assert len(simulator.get("/_control/calls").json()["calls"]) == 1


def test_changes_since_a_moment_hold_what_was_added(there: QuickBooks) -> None:
    customer = added(there)
    since = datetime.now(UTC) - timedelta(minutes=1)
    changes = there.changes(["Customer", "Item"], since=since)
    assert customer["Id"] in {row["Id"] for row in changes.rows["Customer"]}
    assert changes.rows["Item"] == []
    assert changes.answered_at
    assert changes.answered_at > since


@pytest.mark.parametrize("kind", ["500", "502", "503", "cut"])
def test_trouble_on_the_way_passes(simulator: Simulator, there: QuickBooks, kind: str) -> None:
    simulator.post("/_control/faults", json={"kind": kind, "count": 2})
    assert there.count("Customer")


def test_while_thirty_in_a_hundred_fail_no_call_is_above_intuits_limits(simulator: Simulator) -> None:
    """Every try counts, unanswered ones too: twelve threads repeat what failed, with QuickBooks' own limits on."""
    granted = simulator.post("/_control/tokens", json={}).json()
    realm = granted["realm_id"]
    for kind in ("500", "502", "cut", "hang", "late"):
        fault = {"kind": kind, "realm": realm, "fraction": 0.06, "hang_s": 0.4}
        simulator.post("/_control/faults", json=fault)
    simulator.post("/_control/throttles", json={"enabled": True})
    with (
        redis.Redis.from_url(settings.REDIS_URL) as server,
        QuickBooks(
            realm,
            grant=FixedGrant(granted["access_token"]),
            environment=environment("simulator", simulator_url=simulator.url),
            limiter=RedisLimiter(server, Limits()),
            patience=Patience(tries=12, first_pause_s=0.01, longest_pause_s=0.1, answer_s=0.2, call_s=0.8),
        ) as client,
        ThreadPoolExecutor(12) as pool,
    ):
        assert len(list(pool.map(lambda _: client.count("Customer"), range(60)))) == 60
    counted = simulator.get("/_control/counters").json()["by_status"]
    simulator.post("/_control/reset")
    assert "429" not in counted
    assert counted["200"] >= 60
    assert counted["500"] > 0


def test_python_quickbooks_own_objects_work_over_our_transport(there: QuickBooks) -> None:
    from quickbooks.objects.customer import Customer

    customer = added(there)
    assert Customer.get(customer["Id"], qb=there.transport).DisplayName == customer["DisplayName"]
    assert Customer.filter(DisplayName=customer["DisplayName"], qb=there.transport)
