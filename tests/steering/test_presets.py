"""The five named ways of working do what ClientView, Jetpack, JobRoutr, Keap and 17hats state (B-7)."""

from __future__ import annotations

from typing import Any

import pytest

from mapping.entities import ENTITIES
from mapping.plans import Reconcile, plan_reconcile
from mapping.policy import PRESETS, Direction, NewHere, NewThere, Policy, Trigger, Updates, Winner
from mapping.spec import Values
from mapping.transform import to_local

CUSTOMER = ENTITIES["customer"]


def there(name: str = "Amy", phone: str = "1", email: str = "a@example.com") -> dict[str, Any]:
    return {
        "Id": "1",
        "DisplayName": name,
        "PrimaryPhone": {"FreeFormNumber": phone},
        "PrimaryEmailAddr": {"Address": email},
    }


BASE = to_local(CUSTOMER, there())


def planned(
    preset: str, *, ours: Values | None = None, theirs: dict[str, Any] | None = None, newer: bool = False
) -> Reconcile:
    plan = plan_reconcile(
        CUSTOMER,
        theirs or there(),
        policy=PRESETS[preset].policy,
        ours={**BASE, **(ours or {})},
        base=BASE,
        ours_is_newer=newer,
    )
    assert isinstance(plan, Reconcile)
    return plan


def test_two_way_as_client_view() -> None:
    """CV-11 to CV-14: edits in either system sync, on a visit; CV-28, CV-45: new ones wait to be mapped."""
    policy = PRESETS["two_way"].policy
    assert Trigger.VIEW in policy.triggers
    assert (policy.new_there, policy.new_here) == (NewThere.WAIT, NewHere.WAIT)
    assert planned("two_way", theirs=there(phone="2")).take == {"phone": "2"}
    assert planned("two_way", ours={"phone": "3"}).send == {"phone": "3"}
    ours, theirs = {"phone": "3"}, there(phone="2")
    assert planned("two_way", ours=ours, theirs=theirs, newer=True).send == {"phone": "3"}
    assert planned("two_way", ours=ours, theirs=theirs).take == {"phone": "2"}


def test_bring_in_new_only_as_jetpack() -> None:
    """JP-14: one way; JP-15: later changes are not reflected; JP-16: Refresh brings in only new ones."""
    policy = PRESETS["new_only"].policy
    assert (policy.updates, policy.new_there) == (Updates.NEW, NewThere.CREATE)
    assert not policy.triggers
    for plan in (planned("new_only", theirs=there(phone="2")), planned("new_only", ours={"phone": "3"})):
        assert (plan.take, plan.send, plan.conflicts) == ({}, {}, {})


def test_push_ours_as_job_routr() -> None:
    """JR-47: new ones go out by themselves; JR-50: edits too; JR-51: theirs come in when imported again."""
    policy = PRESETS["push_ours"].policy
    assert policy.new_here is NewHere.CREATE
    assert not policy.triggers, "nothing is read without being asked"
    assert planned("push_ours", ours={"phone": "3"}).send == {"phone": "3"}
    assert planned("push_ours", theirs=there(phone="2")).take == {"phone": "2"}
    assert planned("push_ours", ours={"phone": "3"}, theirs=there(phone="2")).take == {"phone": "2"}


def test_contact_sync_as_keap() -> None:
    """KP-5, KP-6: all come in by themselves; KP-7: known ones are updated; KP-24: out with an invoice only.

    KP-4, leaving out customers without an e-mail address, is off until the firm wants it (X5).
    """
    policy = PRESETS["contact_sync"].policy
    assert (policy.new_there, policy.new_here) == (NewThere.CREATE, NewHere.WITH_INVOICE)
    assert {Trigger.NIGHTLY, Trigger.WEBHOOK} <= policy.triggers
    assert not policy.needs_email
    assert planned("contact_sync", theirs=there(phone="2")).take == {"phone": "2"}
    ours = planned("contact_sync", ours={"phone": "3"})
    assert (ours.send, ours.waits, ours.waits_for) == ({}, {"phone": "3"}, "waits_for_invoice")
    both = planned("contact_sync", ours={"phone": "3"}, theirs=there(phone="2"))
    assert (both.take, both.waits) == ({"phone": "2"}, {})


def test_send_invoices_only_as_17hats() -> None:
    """HS-1, HS-2, HS-11, HS-12: only invoices go out, each with its client; nothing comes in.

    An edit of a client is no invoice: it waits for one, and the bookkeeper's value stays until then.
    """
    policy = PRESETS["invoices_only"].policy
    assert (policy.direction, policy.new_here) == (Direction.PUSH, NewHere.WITH_INVOICE)
    assert (policy.new_there, policy.triggers) == (NewThere.WAIT, frozenset())
    assert planned("invoices_only", theirs=there(phone="2")).take == {}
    for theirs in (there(), there(phone="2")):
        plan = planned("invoices_only", ours={"phone": "3"}, theirs=theirs)
        assert (plan.take, plan.send, plan.conflicts) == ({}, {}, {})
        assert (plan.waits, plan.waits_for) == ({"phone": "3"}, "waits_for_invoice")


def test_the_cards_say_that_clients_wait_for_invoices_which_are_not_sent_yet() -> None:
    for name in ("contact_sync", "invoices_only"):
        assert "only with an invoice. Invoices are not sent from here yet" in PRESETS[name].says


def test_what_only_brings_in_new_ones_still_asks_where_the_firm_wants_to_be_asked() -> None:
    """JP-15 keeps mapped clients as they are; it takes no side where both changed."""
    policy = Policy(direction=Direction.BOTH, updates=Updates.NEW, conflict=Winner.ASK)
    plan = plan_reconcile(CUSTOMER, there(phone="2"), policy=policy, ours={**BASE, "phone": "3"}, base=BASE)
    assert isinstance(plan, Reconcile)
    assert (plan.send, plan.take, set(plan.conflicts)) == ({}, {}, {"phone"})


@pytest.mark.parametrize("name", PRESETS)
def test_each_says_what_it_does_and_agrees_with_itself(name: str) -> None:
    from mapping.services.policies import contradictions, preset_of, tidy

    preset = PRESETS[name]
    assert preset.says.endswith(".")
    assert contradictions(CUSTOMER, preset.policy) == {}
    assert tidy(CUSTOMER, preset.policy) == preset.policy
    assert preset_of(CUSTOMER, preset.policy) == preset
    assert preset.policy.conflict in Winner
