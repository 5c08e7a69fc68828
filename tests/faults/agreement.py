"""How the two sides must stand once all work is done: equal, or different for a reason that somebody can see."""

from __future__ import annotations

from collections import Counter

from integrations.models import UNSETTLED, Announcement, BatchState, Operation, Push, PushBatch, PushState
from integrations.quickbooks import problems_in
from mapping.matching import fold
from mapping.models import (
    Change,
    ChangeKind,
    Conflict,
    Link,
    RemoteRecord,
    Run,
    RunOutcome,
    RunState,
    Standing,
)
from mapping.models.runs import UNFINISHED
from mapping.policy import Direction, NewHere, NewThere, Winner
from mapping.transform import to_local, to_remote
from tests.faults.ledger import Ledger
from tests.faults.sides import CUSTOMER, FIELDS, stands_for


def is_quiet() -> bool:
    """Whether nothing is under way and nothing waits."""
    return not (
        Run.objects.filter(state__in=UNFINISHED).exists()
        or Push.objects.filter(state__in=UNSETTLED).exists()
        or PushBatch.objects.filter(state=BatchState.WRITTEN).exists()
        or Announcement.objects.exists()
    )


def assert_agreed(ledger: Ledger) -> None:
    """Fail unless both sides are equal by the policy, all differences are shown, and nobody is there twice."""
    _assert_runs_ended_well()
    _assert_mirror_is_true(ledger)
    _assert_nobody_twice(ledger)
    assert not ledger.writes, f"written there and not in the history: {ledger.writes}"
    links = Link.objects.select_related("record").order_by("pk")
    for link in links:
        if not link.is_paused:
            _assert_pair(ledger, link)
    _assert_unmapped_wait_rightly(ledger)


def _assert_runs_ended_well() -> None:
    failed = Run.objects.filter(state=RunState.FAILED).exclude(problem="quickbooks_down")
    assert not failed.exists(), list(failed.values("kind", "problem"))
    assert not Run.objects.filter(problem="incomplete").exists()


def _assert_mirror_is_true(ledger: Ledger) -> None:
    """Whatever is there is mirrored as it is, mapped or not, and what is gone is known to be."""
    records = {record.remote_id: record for record in ledger.ours.records()}
    for id, body in ledger.there.items():
        assert id in records, f"customer {id} was never noticed"
        record = records[id]
        assert record.payload == body, f"customer {id} is out of date"
        assert record.gone_at is None
        assert record.is_active == body.get("Active", True)
    for id in records.keys() - ledger.there.keys():
        assert records[id].gone_at is not None, f"customer {id} is gone, and nobody noticed"


def _assert_nobody_twice(ledger: Ledger) -> None:
    made = Push.objects.filter(operation=Operation.CREATE, state=PushState.CONFIRMED)
    twice = [one for one, number in Counter(made.values_list("local_id", flat=True)).items() if number > 1]
    assert not twice, f"clients {twice} were created there twice"
    assert len(ledger.made_there) == made.count(), "each customer we made is a client's, and one each"
    created = Change.objects.filter(kind=ChangeKind.CREATED).values_list("record_id", flat=True)
    assert len(created) == len(set(created)), "a customer became two clients"
    records = list(Link.objects.values_list("record_id", flat=True))
    assert len(records) == len(set(records))
    mapped = RemoteRecord.objects.filter(standing=Standing.MAPPED)
    assert set(mapped.values_list("pk", flat=True)) == set(records)


def _assert_pair(ledger: Ledger, link: Link) -> None:
    record, client_id = link.record, link.local_id
    if record.gone_at or ledger.ours.clients()[client_id].is_archived:
        return
    conflict = Conflict.objects.filter(link=link, settled_at=None).first()
    asked = conflict.fields if conflict else {}
    held = Push.objects.filter(local_id=client_id, state=PushState.HELD).first()
    for name in FIELDS:
        ours, theirs = str(ledger.here[client_id][name]), ledger.value_there(record.remote_id, name)
        rule = ledger.policy.rule(CUSTOMER, name)
        what = f"{name} of client {client_id} is {ours!r} here and {theirs!r} there"
        if name in asked:
            assert rule.conflict is Winner.ASK
            assert asked[name][1:] == [ours, theirs], f"{what}; the conflict says {asked[name]}"
            continue
        if stands_for(name, ours, theirs):
            continue
        if ledger.unheard_here(client_id, name) and ledger.unheard_there(record.remote_id, name):
            assert held or rule.conflict is not Winner.ASK, f"{what}, changed on both sides and not told"
        if held and name in held.values:
            _assert_rightly_held(ledger, held, link)
        else:
            we_moved = ledger.unheard_here(client_id, name)
            they_moved = ledger.unheard_there(record.remote_id, name)
            # Of two that moved, the one who does not win waits for nothing.
            we_may = not they_moved or rule.conflict in (Winner.OURS, Winner.NEWEST)
            they_may = not we_moved or rule.conflict in (Winner.QUICKBOOKS, Winner.NEWEST)
            may_stay = rule.conflict is Winner.NEWEST and rule.direction is not Direction.BOTH
            assert not (rule.direction.pushes and we_moved and we_may) or may_stay, (
                f"{what}, and ours never went"
            )
            assert not (rule.direction.pulls and they_moved and they_may) or may_stay, (
                f"{what}, and theirs never came"
            )
            assert rule.direction is not Direction.BOTH, what


def _assert_rightly_held(ledger: Ledger, held: Push, link: Link) -> None:
    record = link.record
    match held.reason:
        case "inactive_there":
            assert not record.is_active
        case "duplicate_name":
            assert _is_taken(ledger, str(held.values["name"]), but=record.remote_id)
        case "not_accepted":
            assert problems_in("Customer", to_remote(CUSTOMER, held.values))
        case other:
            assert other == "left_here", f"client {held.local_id} is held for {other}"


def _is_taken(ledger: Ledger, name: str, *, but: str = "") -> bool:
    return any(
        fold(str(to_local(CUSTOMER, body)["name"])) == fold(name)
        for id, body in ledger.there.items()
        if id != but
    )


def _assert_unmapped_wait_rightly(ledger: Ledger) -> None:
    """What is new on one side has gone to the other where the policy says so, or it is said why not."""
    policy = ledger.policy
    tied = set(Link.objects.values_list("local_id", flat=True))
    for pk, client in ledger.ours.clients().items():
        if pk in tied or client.is_archived or policy.new_here is not NewHere.CREATE:
            continue
        held = Push.objects.filter(local_id=pk, state=PushState.HELD).first()
        assert held, f"client {pk}, {client.name!r}, was never sent"
        if held.reason != "left_here":
            assert held.reason in ("duplicate_name", "not_accepted"), held.reason
    if policy.new_there is NewThere.CREATE:
        for record in RemoteRecord.objects.unmapped().filter(is_active=True, gone_at=None):
            told = RunOutcome.objects.filter(record=record).exists()
            included = record.pk in ledger.included
            assert told or included, f"customer {record.remote_id}, {record.name!r}, never came"
