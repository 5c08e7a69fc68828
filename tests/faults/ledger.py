"""Knows what everybody wrote on either side, and that nothing else may have moved without a trace.

Our side may only move by people's edits and by what the history says, step by step: each change begins
with the value that was there. QuickBooks may only move by the bookkeeper's edits and by writes that the
history says were sent. Nobody's unheard edit is overwritten where the firm's policy does not say so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Max

from mapping.models import Change, ChangeKind, Conflict, Link
from mapping.policy import Policy, Winner
from mapping.spec import Values
from mapping.transform import to_local
from tests.faults.sides import CUSTOMER, FIELDS, Ours, Payload, Theirs, as_theirs, stands_for, values_of

Place = tuple[int, str]
"""A client's field."""
There = tuple[str, str]
"""A customer's field."""


@dataclass(frozen=True)
class Write:
    """What we were seen to write in QuickBooks."""

    id: str
    name: str
    before: str
    after: str


@dataclass
class Ledger:
    ours: Ours
    theirs: Theirs
    policy: Policy
    here: dict[int, Values] = field(default_factory=dict)
    there: dict[str, Payload] = field(default_factory=dict)
    heard_here: defaultdict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Values of ours that are nobody's news: QuickBooks has or had them."""
    heard_there: defaultdict[There, set[str]] = field(default_factory=lambda: defaultdict(set))
    writes: list[Write] = field(default_factory=list)
    made_there: dict[str, str] = field(default_factory=dict)
    """Customers that we created: id to name."""
    included: set[int] = field(default_factory=set)
    """Records that a person took back from being left out."""
    last_change: int = 0

    def start(self) -> None:
        """Take both sides, and the history so far, as they stand."""
        self.here = {pk: values_of(client) for pk, client in self.ours.clients().items()}
        self.there = self.theirs.customers()
        self.last_change = Change.objects.aggregate(last=Max("pk"))["last"] or 0

    # People write.

    def person_wrote(self, client_id: int) -> None:
        """Take one client as it stands for what a person made of it. Only right after an ``observe``."""
        self.here[client_id] = values_of(self.ours.clients()[client_id])

    def bookkeeper_wrote(self) -> None:
        self.there = self.theirs.customers()

    def unheard_here(self, client_id: int, name: str) -> bool:
        return self.here[client_id][name] not in self.heard_here[client_id, name]

    def unheard_there(self, id: str, name: str) -> bool:
        return self.value_there(id, name) not in self.heard_there[id, name]

    def value_there(self, id: str, name: str) -> str:
        return str(to_local(CUSTOMER, self.there[id])[name])

    # The sync writes.

    def observe(self) -> None:
        """Account for all that moved since the last look."""
        links = self._links()
        self._observe_there()
        self._read_history(links)
        self._observe_here()
        for client_id, id in self._links().items():
            for name in FIELDS:
                if id in self.there and client_id in self.here:
                    self._note_agreement(client_id, id, name)

    def _links(self) -> dict[int, str]:
        return dict(Link.objects.values_list("local_id", "record__remote_id"))

    def _note_agreement(self, client_id: int, id: str, name: str) -> None:
        ours, theirs = str(self.here[client_id][name]), self.value_there(id, name)
        if stands_for(name, ours, theirs):
            self.heard_here[client_id, name] |= {ours, theirs}
            self.heard_there[id, name].add(theirs)

    def _observe_there(self) -> None:
        now = self.theirs.customers()
        assert self.there.keys() <= now.keys(), "we never delete anything in QuickBooks"
        for id, body in now.items():
            if id not in self.there:
                self.made_there[id] = str(body["DisplayName"])
                self.there[id] = body
                self.writes += [
                    Write(id, name, "", str(value))
                    for name, value in to_local(CUSTOMER, body).items()
                    if value
                ]
                continue
            before, after = to_local(CUSTOMER, self.there[id]), to_local(CUSTOMER, body)
            for name in FIELDS:
                if before[name] != after[name]:
                    self._we_wrote(id, name, str(before[name]), str(after[name]))
            assert body.get("Active", True) == self.there[id].get("Active", True)
            self.there[id] = body

    def _we_wrote(self, id: str, name: str, before: str, after: str) -> None:
        rule = self.policy.rule(CUSTOMER, name)
        assert rule.direction.pushes, f"{name} of {id} was sent, which the policy does not let travel"
        if before not in self.heard_there[id, name]:
            assert rule.conflict in (Winner.OURS, Winner.NEWEST), (
                f"the bookkeeper's {name} of {id}, {before!r}, was overwritten with {after!r} unasked"
            )
        self.writes.append(Write(id, name, before, after))
        self.heard_there[id, name] = {after}

    def _read_history(self, links: dict[int, str]) -> None:
        links = links | self._links()
        for change in Change.objects.filter(pk__gt=self.last_change).order_by("pk"):
            self.last_change = change.pk
            id = links.get(change.local_id)
            match change.kind:
                case ChangeKind.CREATED:
                    assert change.local_id not in self.here
                    self.here[change.local_id] = self._as_created(change)
                case ChangeKind.UPDATED | ChangeKind.LINKED | ChangeKind.UNDONE:
                    self._here_moved(change, id)
                case ChangeKind.SENT:
                    self._was_sent(change, id)

    def _as_created(self, change: Change) -> Values:
        client = self.ours.clients()[change.local_id]
        values = values_of(client)
        id = self._links()[change.local_id]
        for name, value in values.items():
            self.heard_here[change.local_id, name] = {value}
            self.heard_there[id, name] = {value}
        return values

    def _here_moved(self, change: Change, id: str | None) -> None:
        for name, (before, after) in change.fields.items():
            now = self.here[change.local_id][name]
            assert now == before, f"{name} of {change.local_id} was {now!r}, and the history says {before!r}"
            if change.kind == ChangeKind.UPDATED and change.by_id is None:
                self._pulled(change.local_id, name, before, after)
            self.here[change.local_id][name] = after
            if change.kind != ChangeKind.UNDONE:
                self.heard_here[change.local_id, name] = {after}
                self.heard_there[id or "", name] = {after}
        if change.kind == ChangeKind.LINKED:
            self._met(change.local_id)

    def _met(self, client_id: int) -> None:
        """Two met for the first time: what the mirror said of the customer is agreed."""
        link = Link.objects.select_related("record").get(local_id=client_id)
        for name, value in link.base.items():
            self.heard_there[link.record.remote_id, name].add(str(value))

    def _pulled(self, client_id: int, name: str, before: str, after: str) -> None:
        rule = self.policy.rule(CUSTOMER, name)
        assert rule.direction.pulls, f"{name} of {client_id} was taken, which the policy does not let travel"
        if before not in self.heard_here[client_id, name]:
            assert rule.conflict in (Winner.QUICKBOOKS, Winner.NEWEST), (
                f"somebody's {name} of {client_id}, {before!r}, was overwritten with {after!r} unasked"
            )

    def _was_sent(self, change: Change, id: str | None) -> None:
        assert id, "what was sent is tied"
        for name, (before, after) in change.fields.items():
            wanted = as_theirs(name, after)
            self.heard_here[change.local_id, name] = {after, wanted}
            self.heard_there[id, name] |= {wanted}
            found = [one for one in self.writes if (one.id, one.name, one.after) == (id, name, wanted)]
            if found:
                self.writes.remove(found[0])
                assert as_theirs(name, str(before)) == found[0].before, (
                    f"{name} of {id} was {found[0].before!r} and is now {wanted!r}; the history says {before!r}"
                )

    def _observe_here(self) -> None:
        now = {pk: values_of(client) for pk, client in self.ours.clients().items()}
        assert now == self.here, _difference(self.here, now)

    def decided(self, conflict: Conflict) -> None:
        """A person saw both values: whichever is overwritten now, it is at their word."""
        link = Link.objects.select_related("record").get(pk=conflict.link_id)
        for name, (_, ours, theirs) in conflict.fields.items():
            self.heard_here[link.local_id, name].add(ours)
            self.heard_there[link.record.remote_id, name].add(theirs)


def _difference(expected: dict[int, Values], now: dict[int, Values]) -> str:
    said = [
        f"{name} of client {pk} is {now[pk][name]!r}; people and history say {expected[pk][name]!r}"
        for pk in expected.keys() & now.keys()
        for name in FIELDS
        if expected[pk][name] != now[pk][name]
    ]
    said += [f"client {pk} came from nowhere" for pk in now.keys() - expected.keys()]
    said += [f"client {pk} is gone" for pk in expected.keys() - now.keys()]
    return "; ".join(said)
