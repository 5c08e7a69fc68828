"""Look through our own rows that changed since they were last compared, and plan what is to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from integrations.models import Cursor
from integrations.sync import outbox
from integrations.sync.changes import OVERLAP
from integrations.sync.stepping import note, step
from mapping.models import EntityPolicy, Link, Run
from mapping.policy import NewHere, Policy
from mapping.services.reconciling import reconcile
from mapping.spec import Entity

BATCH = 1000


def look(run: Run, entity: Entity, policy: Policy) -> bool:
    """Compare the next rows of ours; return whether there may be more. How far it is stands in the run.

    Where nothing is ever sent, rows are compared only once after the firm changed its mind: an edit
    of ours means nothing else.
    """
    if entity.is_mirror_only or entity.name in run.options.get("compared", {}):
        return False
    place = run.options["ours"].get(entity.name) or _start(run, entity, policy)
    moment = datetime.fromisoformat(place["from"]) if place.get("from") else None
    if place["step"] == "done":
        return False
    compare = {"changed": _changed, "linked": _linked, "new": _new}[place["step"]]
    with step(run) as is_here:
        if not is_here:
            return True
        last = compare(run, entity, moment, place["after"])
        following = {**place, "after": last} if last else {**place, "step": _NEXT[place["step"]], "after": 0}
        _note(run, entity, following)
    return bool(following["step"] != "done")


_NEXT = {"changed": "linked", "linked": "new", "new": "done"}


def _start(run: Run, entity: Entity, policy: Policy) -> dict[str, Any]:
    stored = EntityPolicy.objects.filter(book=run.book, entity=entity.name).first()
    cursor = Cursor.objects.filter(book=run.book, entity=entity.name).first()
    until = cursor.ours_until if cursor else None
    is_decided_anew = stored is not None and (until is None or stored.changed_at > until)
    if not policy.direction.pushes and not is_decided_anew:
        return {"step": "done", "after": 0}
    since = None if until is None or is_decided_anew else (until - OVERLAP).isoformat()
    return {"step": "changed", "after": 0, "from": since}


def _changed(run: Run, entity: Entity, since: datetime | None, after: int) -> int:
    ids = entity.local.changed_since(since, after_id=after, limit=BATCH)
    _compare(run, entity, ids)
    return ids[-1] if ids else 0


def _linked(run: Run, entity: Entity, since: datetime | None, after: int) -> int:
    """Rows tied since: being tied is no edit of theirs, and yet they may have something to say."""
    if since is None:
        return 0
    links = Link.objects.filter(book=run.book, entity=entity.name, linked_at__gte=since, pk__gt=after)
    found = list(links.order_by("pk").values_list("pk", "local_id")[:BATCH])
    _compare(run, entity, [local_id for _, local_id in found])
    return found[-1][0] if found else 0


def _compare(run: Run, entity: Entity, ids: Sequence[int]) -> None:
    outbox.plan(run, entity, reconcile(run, entity, local_ids=ids))


def _new(run: Run, entity: Entity, since: datetime | None, after: int) -> int:
    """Rows made since that QuickBooks does not have, where the firm sends them by themselves (JR-47)."""
    stored = EntityPolicy.objects.filter(book=run.book, entity=entity.name).first()
    if stored is None or stored.policy.new_here is not NewHere.CREATE or not stored.policy.direction.pushes:
        return 0
    moment = max(stored.since, since) if since else stored.since
    ids = entity.local.new_since(moment, after_id=after, limit=BATCH)
    outbox.plan_creations(run, entity, ids)
    return ids[-1] if ids else 0


def _note(run: Run, entity: Entity, place: dict[str, Any]) -> None:
    facts: dict[str, Any] = {"ours": run.options["ours"] | {entity.name: place}}
    if place["step"] == "done":
        facts["compared"] = run.options.get("compared", {}) | {entity.name: run.options["ours_from"]}
    note(run, **facts)
