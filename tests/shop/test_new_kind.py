"""A new kind of record is one file and its model: walked through every part, over HTTP with QuickBooks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from integrations.models import Push, PushState
from integrations.sync import looking
from mapping.entities import ENTITIES
from mapping.models import Change, ChangeKind, Conflict, EntityPolicy, Link, Run, RunKind, RunState, Standing
from mapping.services import settling
from tests.shop.conftest import Shop, record_of
from tests.shop.models import Product, archive_product, save_product
from tests.sync.pushing import send

pytestmark = pytest.mark.django_db(transaction=True)

BOTH_WAYS = {
    "direction": "both",
    "updates": "all",
    "conflict": "ask",
    "new_there": "wait",
    "new_here": "wait",
}


def edit(product: Product, by: User, **values: Any) -> None:
    """Change a product as a person does, and have it looked at as the worker would."""
    product.refresh_from_db()
    for name, value in values.items():
        setattr(product, name, value)
    save_product(product, by=by, fields=values)
    for name in looking.kinds_of(Product, set(values)):
        looking.look(ENTITIES[name], [product.pk])


def test_it_is_imported_matched_by_name_and_mapped(shop: Shop) -> None:
    shop.stock("Pump", UnitPrice=12.5, Sku="P-1")
    shop.stock("Hose")
    shop.stock("Valve")
    twins = [shop.product("Valve"), shop.product("valve")]
    pump = shop.product("pump", sku="old")
    run = shop.imported()
    assert (run.state, run.problem, run.created) == (RunState.DONE, "", 3)

    page = shop.see("map_customers")
    assert "Map Items (3)" in page
    assert "Say for each item of" in page
    assert "Exact match" in page
    assert "2 products have this name" in page
    assert "Add as new product" in page
    assert "Add as new client" not in page
    found = shop.browser.get(shop.at("map_clients"), {"q": "pum"}).json()["results"]
    assert [one["text"] for one in found] == ["pump"]
    hose = record_of("Hose")
    shop.post("map_choose", **{f"choice-{hose.pk}": "new"})
    shop.post("map_save")
    done = shop.carried_out()

    assert (done.linked, done.created, done.skipped) == (1, 1, 0)
    pump.refresh_from_db()
    assert (pump.name, pump.sku, pump.price, pump.is_linked) == ("Pump", "P-1", Decimal("12.50"), True)
    assert shop.here("Hose").is_linked
    assert record_of("Valve").standing == Standing.UNMAPPED
    assert not any(Product.objects.get(pk=twin.pk).is_linked for twin in twins)
    page = shop.see("run", kind="", pk=done.pk)
    assert "Mapped to products" in page
    assert "Pump" in page
    told = shop.browser.get(shop.at("run_outcomes", kind="", pk=done.pk))
    assert "Added as new product" in b"".join(told).decode()
    assert "Hose" in shop.see("runs", kind="")

    record = record_of("Pump")
    here = shop.browser.get(f"/f/{shop.firm.slug}/api/item/{record.remote_id}/").json()
    assert here["here"] == {"id": pump.pk, "name": "Pump", "sku": "P-1", "price": "12.50"}


def test_one_is_mapped_alone_with_what_it_would_overwrite(shop: Shop) -> None:
    shop.stock("Pump", UnitPrice=12.5)
    pump = shop.product("Pumpe", price=3)
    shop.imported()
    record = record_of("Pump")
    found = shop.browser.get(
        shop.at("record_map", kind="", pk=record.pk), {"q": "pumpe", "client": str(pump.pk)}
    )
    assert "Which of your products is this item" in found.text
    assert "<del>3.00</del>" in found.text
    assert "Mapped Pump to Pump." in shop.post("record_map", kind="", pk=record.pk, client=str(pump.pk))
    assert Link.objects.get(entity="item").local_id == pump.pk


def test_its_settings_offer_what_makes_sense_and_say_what_they_mean(mapped: Shop) -> None:
    page = mapped.see("sync_settings")
    assert "Which way values travel between your products and the items" in page
    for offered in ("Two-way", "Bring in new only", "Push ours"):
        assert offered in page
    for another in ("Contact sync", "Send invoices only", "with an invoice", "without an e-mail"):
        assert another not in page, "no item has an address, and none waits for an invoice"
    customers = mapped.see("sync_settings", kind="customer")
    assert "Contact sync" in customers

    mapped.product("Only here")
    mapped.change(mapped.there("Pump")["Id"], UnitPrice=20)
    mapped.refresh()
    Product.objects.filter(name="Pump").update(sku="P-9")
    said = mapped.decide(preset="push_ours")
    assert "What this means for 1 product that is mapped" in said
    assert "Pump: SKU" in said
    assert "1 product that QuickBooks does not have stays here" in said
    assert mapped.post("sync_settings_review", preset="contact_sync").count("Choose one of the ways") == 1
    stored = EntityPolicy.objects.get()
    assert (stored.entity, stored.preset) == ("item", "push_ours")


def test_an_edit_there_and_an_edit_here_reach_the_other_side(mapped: Shop, staff: User) -> None:
    mapped.decide(**BOTH_WAYS)
    pump, there = mapped.here("Pump"), mapped.there("Pump")
    mapped.change(there["Id"], UnitPrice=14.25)
    mapped.refresh()
    pump.refresh_from_db()
    assert str(pump.price) == "14.25"
    edit(pump, staff, sku="P-2")
    sent = send(mapped.book, mapped.quickbooks)
    assert (sent.sent, sent.failed) == (1, 0)
    now = mapped.there("Pump")
    assert (now["Sku"], now["UnitPrice"], now["IncomeAccountRef"]) == (
        "P-2",
        14.25,
        there["IncomeAccountRef"],
    )
    mapped.refresh()
    assert not Push.objects.filter(state=PushState.PLANNED).exists(), "nothing bounces back"


def test_what_both_sides_changed_is_asked_and_decided(mapped: Shop, staff: User) -> None:
    mapped.decide(**BOTH_WAYS)
    pump = mapped.here("Pump")
    mapped.change(mapped.there("Pump")["Id"], UnitPrice=14.25)
    edit(pump, staff, price="13.00")
    mapped.refresh()
    page = mapped.see("conflicts", kind="")
    assert "Pump" in page
    assert "14.25" in page
    assert "13.00" in page
    conflict = Conflict.objects.get(settled_at=None)
    said = mapped.post("conflict_settle", kind="", pk=conflict.pk, whole="ours", seen=settling.mark(conflict))
    assert "Decided for 1 product." in said
    looking.look(ENTITIES["item"], [pump.pk])
    send(mapped.book, mapped.quickbooks)
    assert mapped.there("Pump")["UnitPrice"] == 13


def test_what_is_new_on_either_side_is_made_on_the_other(mapped: Shop, staff: User) -> None:
    old = mapped.product("Cable")
    mapped.decide(**BOTH_WAYS | {"new_there": "create", "new_here": "create"})
    mapped.stock("Gauge", UnitPrice=5)
    mapped.stock("cable")
    run = mapped.refresh()
    assert str(mapped.here("Gauge").price) == "5.00"
    old.refresh_from_db()
    assert not old.is_linked, "who looks like one of ours waits"
    assert "looks like" in mapped.see("run", kind="", pk=run.pk)

    made = mapped.product("Fitting", price="2.00")
    edit(made, staff, sku="F-1")
    send(mapped.book, mapped.quickbooks)
    there = mapped.there("Fitting")
    assert (there["Type"], there["Sku"], there["UnitPrice"]) == ("Service", "F-1", 2)
    made.refresh_from_db()
    assert made.is_linked

    taken = mapped.product("Gauges")
    edit(taken, staff, name="Gauge")
    send(mapped.book, mapped.quickbooks)
    page = mapped.see("not_sent", kind="")
    assert "QuickBooks has the item" in page
    assert "no two items may have the same name" in page
    held = Push.objects.get(state=PushState.HELD)
    mapped.post("not_sent_mend", kind="", pk=held.pk, way="rename", new_name="Gauge, small")
    send(mapped.book, mapped.quickbooks)
    assert mapped.there("Gauge, small")["Type"] == "Service"


def test_archiving_here_takes_what_waits_with_it(mapped: Shop, staff: User) -> None:
    mapped.decide(**BOTH_WAYS)
    pump = mapped.here("Pump")
    mapped.change(mapped.there("Pump")["Id"], UnitPrice=14)
    edit(pump, staff, price="13.00", sku="new")
    mapped.refresh()
    assert Conflict.objects.filter(settled_at=None).count() == 1
    archive_product(pump, by=staff)
    assert Conflict.objects.get().moot_for == "client_gone"
    assert not Push.objects.filter(state=PushState.PLANNED).exists()


def test_a_run_is_taken_back(shop: Shop) -> None:
    shop.stock("Pump", UnitPrice=12.5)
    shop.stock("Hose")
    pump = shop.product("Pump", price="3.00")
    shop.imported()
    shop.post("map_default", default="new")
    shop.post("map_save")
    run = shop.carried_out()
    page = shop.see("run_undo", kind="", pk=run.pk)
    assert "The values from before go back to 1 product" in page
    assert "1 new product is archived" in page
    undo = shop.undone(run)
    assert (undo.updated, undo.created) == (1, 1)
    pump.refresh_from_db()
    assert (str(pump.price), pump.is_linked) == ("3.00", False)
    assert shop.here("Hose").archived_at
    assert Change.objects.filter(entity="item", kind=ChangeKind.UNDONE).count() == 2
    assert "New products archived" in shop.see("run", kind="", pk=undo.pk)


def test_nothing_of_it_is_mixed_up_with_clients(mapped: Shop, staff: User) -> None:
    mapped.decide(**BOTH_WAYS)
    assert {run.entity for run in Run.objects.filter(kind=RunKind.MAP)} == {"item"}
    assert "customer" not in mapped.see("map_customers").casefold().replace("map-customers", "")
