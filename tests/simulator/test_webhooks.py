"""The simulated QuickBooks tells an app's endpoint what changed, as Intuit does (facts, section 9)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from qbo_simulator.receiving import Receiver
from qbo_simulator.registry import WEBHOOK_VERIFIER
from qbo_simulator.simulator import CRAIG_HOLT, HARBOR_STREET

from .conftest import Connected, Simulated, line
from .test_writing_customers import new_name


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def told(simulated: Simulated, books: Connected, receiver: Receiver) -> Iterator[Receiver]:
    """An endpoint that is told at once of what happens from now on."""
    forget(simulated)
    simulated.control("/webhooks/settings", window_s=0, retry_scale=0.001)
    simulated.control("/webhooks", url=receiver.url)
    yield receiver
    forget(simulated)


def forget(simulated: Simulated) -> None:
    requests.delete(f"{simulated.url}/_control/webhooks", timeout=10)


def settle(simulated: Simulated, timeout_s: float = 10) -> None:
    assert simulated.control("/webhooks/settle", timeout_s=timeout_s) == {"idle": True}


def deliveries(simulated: Simulated, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = simulated.look("/webhooks/deliveries", **parameters)["deliveries"]
    return found


# What is told


def test_an_apps_own_write_comes_back_as_a_cloud_event(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    customer = books.write(DisplayName=new_name())
    [delivery] = told.wait_for(1)
    [event] = delivery.content
    assert event["source"].startswith("intuit.")
    assert datetime.fromisoformat(event["time"]) == datetime.fromisoformat(
        customer["MetaData"]["LastUpdatedTime"]
    )
    assert event["time"].endswith("Z")
    del event["id"], event["source"], event["time"]
    assert event == {
        "specversion": "1.0",
        "type": "qbo.customer.created.v1",
        "datacontenttype": "application/json",
        "intuitentityid": customer["Id"],
        "intuitaccountid": CRAIG_HOLT,
        "data": {},
    }


def test_the_raw_body_is_signed_with_the_verifier(books: Connected, told: Receiver) -> None:
    books.write(DisplayName=new_name())
    [delivery] = told.wait_for(1)
    signed = hmac.new(WEBHOOK_VERIFIER.encode(), delivery.body, hashlib.sha256).digest()
    assert delivery.headers["intuit-signature"] == base64.b64encode(signed).decode()
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.headers["user-agent"] == "intuit_notification_server/0.1"
    assert {"intuit-created-time", "intuit-t-id", "intuit-notification-schema-version"} <= set(
        delivery.headers
    )


def test_a_bookkeepers_changes_are_told_too(simulated: Simulated, books: Connected, told: Receiver) -> None:
    kept = simulated.control(f"/companies/{CRAIG_HOLT}/customers", DisplayName=new_name())
    simulated.control(f"/companies/{CRAIG_HOLT}/customers/{kept['Id']}/inactivate")
    settle(simulated)
    assert [event["type"] for event in told.events] == ["qbo.customer.created.v1", "qbo.customer.updated.v1"]


def test_a_merge_names_the_id_that_is_gone(simulated: Simulated, books: Connected, told: Receiver) -> None:
    lost, kept = books.write(DisplayName=new_name()), books.write(DisplayName=new_name())
    simulated.control(f"/companies/{CRAIG_HOLT}/customer/{lost['Id']}/merge", into=kept["Id"])
    settle(simulated)
    [merged] = [event for event in told.events if event["type"] == "qbo.customer.merged.v1"]
    assert merged["intuitentityid"] == kept["Id"]
    assert merged["data"] == {"deletedid": lost["Id"]}


def test_voids_e_mails_and_deletes_have_their_own_words(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    made = [
        books.make(
            "Invoice", CustomerRef={"value": "12"}, Line=[line(10)], BillEmail={"Address": "a@b.example"}
        )
        for _ in range(3)
    ]
    for invoice, operation in zip(made, ("void", "delete", ""), strict=True):
        if operation:
            books.post("Invoice", {k: invoice[k] for k in ("Id", "SyncToken")}, operation=operation)
        else:
            books.call("POST", f"/invoice/{invoice['Id']}/send")
    settle(simulated)
    verbs = {(event["intuitentityid"], event["type"].split(".")[2]) for event in told.events}
    ids = [invoice["Id"] for invoice in made]
    assert {(ids[0], "voided"), (ids[1], "deleted"), (ids[2], "emailed")} <= verbs


def test_nothing_is_told_of_what_webhooks_leave_out(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    """Intuit tells of neither CompanyInfo nor Attachable."""
    simulated.control(f"/companies/{CRAIG_HOLT}/subscription", state="SUBSCRIBED")
    settle(simulated)
    assert told.received == []


def test_the_older_format_can_be_chosen(simulated: Simulated, books: Connected, told: Receiver) -> None:
    simulated.control("/webhooks", url=told.url, format="legacy")
    lost, kept = books.write(DisplayName=new_name()), books.write(DisplayName=new_name())
    simulated.control(f"/companies/{CRAIG_HOLT}/customer/{lost['Id']}/merge", into=kept["Id"])
    settle(simulated)
    first = told.received[0].content["eventNotifications"][0]
    assert first["realmId"] == CRAIG_HOLT
    entity = first["dataChangeEvent"]["entities"][0]
    assert datetime.fromisoformat(entity.pop("lastUpdated")).tzinfo is not None
    assert entity == {"name": "Customer", "id": lost["Id"], "operation": "Create"}
    entities = [
        entity
        for received in told.received
        for notification in received.content["eventNotifications"]
        for entity in notification["dataChangeEvent"]["entities"]
    ]
    [merged] = [entity for entity in entities if entity["operation"] == "Merge"]
    assert (merged["id"], merged["deletedId"]) == (kept["Id"], lost["Id"])


def test_cloud_events_can_leave_out_what_is_optional(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control(
        "/webhooks", url=told.url, format="cloudevents-lean", content_type="application/cloudevents+json"
    )
    lost, kept = books.write(DisplayName=new_name()), books.write(DisplayName=new_name())
    simulated.control(f"/companies/{CRAIG_HOLT}/customer/{lost['Id']}/merge", into=kept["Id"])
    settle(simulated)
    assert told.received[0].headers["content-type"] == "application/cloudevents+json"
    assert told.events[0].keys().isdisjoint({"data", "datacontenttype"})
    assert {"deletedid": lost["Id"]} in [event.get("data") for event in told.events]


def test_an_endpoint_can_ask_for_some_entities_only(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control("/webhooks", url=told.url, entities=["Invoice"], verifier="ours alone")
    books.write(DisplayName=new_name())
    books.make("Invoice", CustomerRef={"value": "12"}, Line=[line(10)])
    settle(simulated)
    assert {event["type"] for event in told.events} == {"qbo.invoice.created.v1"}
    assert told.received[0].is_signed_with("ours alone")


# Of whom


def test_only_connected_companies_are_told_of(simulated: Simulated, books: Connected, told: Receiver) -> None:
    simulated.control("/tokens/revoke", realm=HARBOR_STREET)
    simulated.control(f"/companies/{HARBOR_STREET}/customers", DisplayName=new_name())
    settle(simulated)
    assert told.received == []

    simulated.connected(HARBOR_STREET)
    made = simulated.control(f"/companies/{HARBOR_STREET}/customers", DisplayName=new_name())
    settle(simulated)
    assert [(e["intuitaccountid"], e["intuitentityid"]) for e in told.events] == [(HARBOR_STREET, made["Id"])]


def test_a_newly_connected_companys_past_is_not_told(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    realm = simulated.control("/companies", name=new_name())["realm"]
    simulated.control(f"/companies/{realm}/customers", DisplayName=new_name())
    simulated.connected(realm)
    settle(simulated)
    assert told.received == []


def test_one_delivery_holds_several_companies(simulated: Simulated, books: Connected, told: Receiver) -> None:
    simulated.control("/webhooks/settings", window_s=0.4)
    other = simulated.connected(HARBOR_STREET)
    for _ in range(3):
        books.write(DisplayName=new_name())
        other.write(DisplayName=new_name())
    settle(simulated)
    [delivery] = told.received
    assert [e["intuitaccountid"] for e in delivery.content].count(HARBOR_STREET) == 3
    assert len(delivery.content) == 6


# When


def test_events_are_gathered_for_a_while(simulated: Simulated, books: Connected, told: Receiver) -> None:
    simulated.control("/webhooks/settings", window_s=0.5)
    began = time.time()
    for _ in range(5):
        books.write(DisplayName=new_name())
    [delivery] = told.wait_for(1)
    assert delivery.at - began >= 0.5
    assert len(delivery.content) == 5


def test_a_large_batch_is_told_in_the_order_it_happened(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    simulated.control("/webhooks/settings", window_s=0.3, batch_size=4)
    ids = [books.write(DisplayName=new_name())["Id"] for _ in range(10)]
    settle(simulated)
    assert [event["intuitentityid"] for event in told.events] == ids
    assert max(len(received.content) for received in told.received) <= 4


def test_calls_do_not_wait_for_a_slow_endpoint(
    simulated: Simulated, books: Connected, told: Receiver
) -> None:
    told.answer_after_s = 0.5
    began = time.monotonic()
    for _ in range(10):
        books.write(DisplayName=new_name())
    assert time.monotonic() - began < 0.5
    settle(simulated)


def test_the_portals_test_button(simulated: Simulated, told: Receiver) -> None:
    [webhook] = simulated.look("/webhooks")["webhooks"]
    simulated.control(
        f"/webhooks/{webhook['id']}/test", entity="Invoice", operation="Void", realm="1185883450"
    )
    settle(simulated)
    assert [(e["type"], e["intuitaccountid"]) for e in told.events] == [
        ("qbo.invoice.voided.v1", "1185883450")
    ]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"url": "ftp://there"},
        {"url": "http://there", "format": "xml"},
        {"url": "http://there", "entities": ["TaxCode"]},
        {"url": "http://there", "entities": "Customer"},
        {"url": "http://there", "verifier": 5},
        {"url": "http://there", "verify_tls": "no"},
    ],
)
def test_an_endpoint_that_makes_no_sense_is_refused(simulated: Simulated, given: dict[str, Any]) -> None:
    assert simulated.control_status("/webhooks", **given) == 400


def test_what_is_not_there_is_said(simulated: Simulated) -> None:
    assert simulated.control_status("/webhooks/4711/resume") == 404
    assert simulated.control_status("/webhooks/mischief", kind="theft") == 400
    assert simulated.control_status("/webhooks/settings", schedule="never") == 400
    assert simulated.control_status("/webhooks/settings", window_s=-1) == 400
