"""Let a firm decide which way values travel, and say beforehand what a decision means in numbers (B-7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from mapping import free
from mapping.entities import ENTITIES
from mapping.models import Book, EntityPolicy, Link, RemoteRecord, policy_of
from mapping.plans import Reconcile, plan_values, rules_in_force
from mapping.policy import FieldRule, NewHere, NewThere, Policy, Preset, Winner, fits, presets_of
from mapping.services import moot
from mapping.services.carrying_out import payloads_of
from mapping.spec import Entity, Values
from mapping.transform import to_local

LOOK_AT = 10_000
"""Links an effect is worked out from; of more it says how many were looked at."""
BATCH = 1000
AT_ONCE = 1000
"""Links a page compares before it shows; of more it shows first and says so a moment later."""
EXAMPLES = 5
"""Rows named of each thing that a policy does."""


class Unfit(ValueError):
    """A policy that contradicts itself; ``problems`` are field name to sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(self.problems.values()))


def stored(book: Book, entity: str) -> EntityPolicy | None:
    found = EntityPolicy.objects.select_related("changed_by").filter(book=book, entity=entity)
    return found.first()


def choose_preset(book: Book, entity: str, name: str, *, by: User) -> EntityPolicy:
    """Take over one of the named ways of working. Raises Unfit for a name there is not."""
    return change(book, entity, named(ENTITIES[entity], name), by=by)


def named(entity: Entity, name: str) -> Policy:
    """Return the policy of one of the named ways of working. Raises Unfit for a name this kind has not."""
    preset = presets_of(entity).get(name)
    if preset is None:
        raise Unfit({"preset": "Choose one of the ways of working."})
    return preset.policy


def change(book: Book, entity: str, policy: Policy, *, by: User) -> EntityPolicy:
    """Store what the firm decided, with who and when. Raises Unfit where it contradicts itself.

    Rows that were there before new ones were to travel by themselves stay where they are.
    """
    policy = tidy(ENTITIES[entity], policy)
    if problems := contradictions(ENTITIES[entity], policy):
        raise Unfit(problems)
    with transaction.atomic():
        Book.objects.select_for_update(no_key=True).get(pk=book.pk)
        row, _ = EntityPolicy.objects.get_or_create(
            book=book, entity=entity, defaults={"firm_id": book.firm_id}
        )
        if starts(row.policy, policy):
            row.since = timezone.now()
        row.take(policy, preset=preset_of(ENTITIES[entity], policy))
        row.changed_by, row.changed_at = by, timezone.now()
        row.save()
        moot.leave_to_rules(book, ENTITIES[entity], policy)
    return row


def starts(before: Policy, after: Policy) -> bool:
    """Return whether new rows, here or there, begin to travel by themselves."""
    return (after.new_here is NewHere.CREATE and before.new_here is not NewHere.CREATE) or (
        after.new_there is NewThere.CREATE and before.new_there is not NewThere.CREATE
    )


def preset_of(entity: Entity, policy: Policy) -> Preset | None:
    """Return the named way of working that a policy equals."""
    return next((preset for preset in presets_of(entity).values() if preset.policy == policy), None)


def tidy(entity: Entity, policy: Policy) -> Policy:
    """Return the policy without fields that say what holds for the record anyway, or that there are not."""
    known = {each.local for each in entity.fields}
    plain = FieldRule(policy.direction, policy.conflict)
    return replace(
        policy,
        fields={name: rule for name, rule in policy.fields.items() if name in known and rule != plain},
    )


def contradictions(entity: Entity, policy: Policy) -> dict[str, str]:
    """Return what does not go together, by the name of the setting to change."""
    problems = {}
    if policy.new_there is NewThere.CREATE and not policy.direction.pulls:
        problems["new_there"] = f"New {entity.plural} cannot come in while nothing is taken from QuickBooks."
    if policy.new_here is not NewHere.WAIT and not policy.direction.pushes:
        problems["new_here"] = f"New {entity.local_plural} cannot go out while nothing is sent to QuickBooks."
    if not fits(entity, policy):
        problems["new_here"] = entity.say(
            "{Clients} have no e-mail address, or stand on no invoice, to go by."
        )
    return problems


def remember(book: Book, entity: str, fields: Collection[str], winner: Winner, *, by: User) -> EntityPolicy:
    """From now on, let this side win where both changed one of these fields."""
    policy = policy_of(book.pk, entity)
    rules = dict(policy.fields)
    for name in fields:
        direction = rules[name].direction if name in rules else policy.direction
        rules[name] = FieldRule(direction, winner)
    return change(book, entity, replace(policy, fields=rules), by=by)


@dataclass
class Effects:
    """What a policy means for the mapped rows as they stand now, in numbers of rows."""

    send: int = 0
    take: int = 0
    ask: int = 0
    """Both sides changed, and a person is asked."""
    wait: int = 0
    """To be sent together with an invoice."""
    alone: int = 0
    """Left alone for want of an e-mail address."""
    differ: int = 0
    """Stay different, because the value may not travel."""
    names: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    """The first rows of each of these: what becomes of them, their key here, the fields it is about."""


@dataclass(frozen=True)
class Example:
    """A row that a policy touches, by name, with the labels of the fields it is about."""

    name: str
    fields: list[str]


@dataclass
class Forecast:
    now: Effects
    then: Effects
    links: int = 0
    looked_at: int = 0
    unmapped_there: int = 0
    """New records that wait under Map Customers; they go on waiting."""
    without_email: int = 0
    """Of those, without an e-mail address."""
    unmapped_here: int = 0
    """Rows of ours that QuickBooks has not; they stay here."""
    examples: dict[str, list[Example]] = field(default_factory=dict)
    """The first few that the policy touches, by what becomes of them: see ``Effects``."""

    @property
    def is_partial(self) -> bool:
        return self.looked_at < self.links

    @property
    def is_quick(self) -> bool:
        """Whether ``forecast`` takes no longer than somebody waits for a page."""
        return self.links <= AT_ONCE


def outlook(book: Book, entity_name: str, policy: Policy) -> Forecast:
    """Return how many rows a policy is about, without looking at any."""
    waiting = RemoteRecord.objects.of(book, entity_name).unmapped().filter(gone_at=None)
    return Forecast(
        Effects(),
        Effects(),
        links=_travelling(book, entity_name).count(),
        unmapped_there=waiting.count(),
        without_email=waiting.filter(email="").count() if policy.needs_email else 0,
        unmapped_here=free.count(ENTITIES[entity_name]),
    )


def forecast(book: Book, entity_name: str, policy: Policy) -> Forecast:
    """Work out what would travel under a policy, and what does under the present one. Reads only.

    The links are looked at a thousand at a time, ``LOOK_AT`` of them at most.
    """
    entity, present = ENTITIES[entity_name], policy_of(book.pk, entity_name)
    links, found = _travelling(book, entity_name), outlook(book, entity_name, policy)
    after = 0
    while found.looked_at < LOOK_AT and (
        batch := list(links.filter(pk__gt=after).select_related("record").order_by("pk")[:BATCH])
    ):
        _add(found, entity, batch, present, policy)
        found.looked_at += len(batch)
        after = batch[-1].pk
    found.examples = _examples(entity, found.then)
    return found


def _travelling(book: Book, entity_name: str) -> QuerySet[Link]:
    return Link.objects.filter(book=book, entity=entity_name, is_paused=False, record__gone_at=None)


def _examples(entity: Entity, effects: Effects) -> dict[str, list[Example]]:
    labels = {each.local: each.label for each in entity.fields}
    keys = {local_id for touched in effects.names.values() for local_id in touched}
    rows = entity.local.shown(sorted(keys))
    return {
        what: [
            Example(rows[local_id].name, [label for name, label in labels.items() if name in fields])
            for local_id, fields in touched.items()
            if local_id in rows
        ]
        for what, touched in effects.names.items()
    }


def _add(found: Forecast, entity: Entity, links: list[Link], present: Policy, policy: Policy) -> None:
    payloads = payloads_of([link.record_id for link in links])
    ours = entity.local.glance([link.local_id for link in links])
    theirs = {link.pk: to_local(entity, payloads[link.record_id]) for link in links}
    differing = [
        link
        for link in links
        if link.local_id in ours and not _is_agreed(link, ours[link.local_id], theirs[link.pk])
    ]
    sides = [
        (effects, its, rules_in_force(entity, its))
        for effects, its in ((found.now, present), (found.then, policy))
    ]
    moments = entity.local.edited_at([link.local_id for link in differing])
    for link in differing:
        changed_there = link.record.changed_there_at
        known: dict[str, Any] = {
            "ours": dict(ours[link.local_id]),
            "base": link.base,
            "kept": link.kept,
            "ours_is_newer": changed_there is None or moments[link.local_id] > changed_there,
        }
        values = theirs[link.pk]
        for effects, its, rules in sides:
            plan = plan_values(entity, values, policy=its, rules=rules, **known)
            if isinstance(plan, Reconcile):
                _count(effects, link, plan, _differing(link, known["ours"], values))


def _is_agreed(link: Link, ours: Values, theirs: Values) -> bool:
    return not _differing(link, ours, theirs)


def _differing(link: Link, ours: Values, theirs: Values) -> set[str]:
    return {
        name
        for name, value in theirs.items()
        if ours.get(name) != value
        and not (value == link.base.get(name) and ours.get(name) == link.kept.get(name))
    }


def _count(effects: Effects, link: Link, plan: Reconcile, differing: set[str]) -> None:
    send = plan.send.keys() if link.record.is_active else set()
    wait = plan.waits.keys() if plan.waits_for == "waits_for_invoice" else set()
    alone = {*plan.alone, *(plan.waits.keys() - wait)}
    touched = {
        "send": send,
        "take": plan.take.keys(),
        "ask": plan.conflicts.keys(),
        "wait": wait,
        "alone": alone,
    }
    stay = differing.difference(*touched.values())
    for what, fields in {**touched, "differ": stay}.items():
        if fields:
            setattr(effects, what, getattr(effects, what) + 1)
            shown = effects.names.setdefault(what, {})
            if len(shown) < EXAMPLES:
                shown[link.local_id] = list(fields)
