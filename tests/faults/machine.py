"""Histories of two sides: anybody does anything, QuickBooks and workers fail, and all must come to agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from itertools import count

from django.core.cache import cache
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from accounts.models import Firm
from accounts.roles import Role
from accounts.tenancy import working_for
from integrations.connect import gateway_for
from integrations.connect.tokens import access_token_for
from integrations.models import Push, PushBatch, PushState
from integrations.quickbooks import NoLimits, Patience
from integrations.sync import announced, importing, mending, outbox, refreshing
from integrations.sync.scope import Scope
from integrations.tasks_refresh import ANNOUNCED_KEY
from integrations.webhooks import Event
from mapping.models import Cause, Change, Conflict, EntityPolicy, Link, RemoteRecord, Run, Standing
from mapping.policy import Policy
from mapping.services import linking, settling
from mapping.services.linking import Refused
from mapping.services.settling import Decision, Side
from tests.cast import member
from tests.faults.agreement import assert_agreed, is_quiet
from tests.faults.choices import (
    DEEDS_HERE,
    EDIT,
    NAMES,
    POLICIES,
    SPANS,
    TEXTS,
    TROUBLE,
    WHICH,
    Fault,
    Meanwhile,
    Trouble,
)
from tests.faults.clock import Clock
from tests.faults.ledger import Ledger
from tests.faults.sides import Ours, Theirs
from tests.faults.workers import Message, Mishaps, Workers, sweep
from tests.importing.conftest import Company, connect
from tests.processes import Simulator

_numbers = count(1)
_REALM = 9_100_000_000_000_000

LISTS = (
    *("employee", "item", "account", "term", "payment_method", "tax_code", "tax_rate", "department", "class"),
)

SETTLE_AFTER = 15
"""How many steps there are at least before all is brought to an end and looked at."""


class Histories(RuleBasedStateMachine):
    """One firm and one company; everything goes through the product's own services, messages and sweeps."""

    simulator: Simulator
    steps = 0
    """Of all histories together."""
    seen: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.since_settled = 0
        self.stack = ExitStack()
        self.clock = Clock(self.simulator)
        self.clock.set_right()
        self._found_company()

    def _found_company(self) -> None:
        number = next(_numbers)
        firm = Firm.objects.create(name=f"Firm {number}", slug=f"firm-{number}")
        person = member(firm, Role.STAFF, f"Person{number} Staff")
        self.stack.enter_context(working_for(firm.pk))
        company = Company(self.simulator, str(_REALM + number))
        company.control("/companies", name=f"Company {number}", realm=company.realm)
        connection = connect(firm, company)
        assert connection.book
        self.ours = Ours(firm, connection.book, connection, person)
        self.theirs = Theirs(company)
        # A QuickBooks that hangs costs little.
        patience = Patience(tries=2, first_pause_s=0.0, answer_s=0.2, wait_s=1)
        quickbooks = self.stack.enter_context(gateway_for(connection, patience=patience))
        quickbooks.transport._limiter = NoLimits()
        self.workers = Workers(quickbooks)
        self.stack.enter_context(self.clock.installed())
        self.stack.enter_context(self.workers.installed())

    @initialize(policy=POLICIES, mapped=st.integers(2, 5))
    def begins(self, policy: Policy, mapped: int) -> None:
        book = self.ours.book
        for entity in LISTS:
            EntityPolicy.objects.create(firm_id=book.firm_id, book=book, entity=entity, direction="off")
        stored = EntityPolicy(firm_id=book.firm_id, book=book, entity="customer")
        stored.take(policy)
        stored.save()
        for number in range(6):
            self.theirs.add(f"Customer {number}")
        importing.begin(book, "customer", scope=Scope.ALL, by=None)
        self._work_all()
        for record in RemoteRecord.objects.unmapped().order_by("pk")[:mapped]:
            linking.link_to_new(record, by=self.ours.person)
        self._work_all()
        self.ledger = Ledger(self.ours, self.theirs, policy)
        self.ledger.start()
        self.ledger.observe()

    def teardown(self) -> None:
        try:
            if hasattr(self, "ledger"):
                self.settle()
                self._count()
        finally:
            self.theirs.behave()
            self.theirs.close()
            self.stack.close()

    def _count(self) -> None:
        changes = Change.objects.values_list("kind", flat=True)
        self.seen.update(changes)
        self.seen["conflicts"] += Conflict.objects.count()
        self.seen["conflicts still open"] += Conflict.objects.filter(settled_at=None).count()
        self.seen.update(f"push {state}" for state in Push.objects.values_list("state", flat=True))
        held = Push.objects.filter(state=PushState.HELD)
        self.seen.update(f"held: {reason}" for reason in held.values_list("reason", flat=True))
        self.seen["workers died"] += self.workers.deaths
        self.seen["batches sent again"] += PushBatch.objects.filter(tries__gt=1).count()
        self.seen["gone"] += RemoteRecord.objects.exclude(gone_at=None).count()
        self.seen.update(f"run {kind} {state}" for kind, state in Run.objects.values_list("kind", "state"))

    # Who and what there is to choose from.

    def _client(self, which: int) -> int:
        known = sorted(self.ledger.here)
        return known[which % len(known)]

    def _customer(self, which: int) -> str:
        known = sorted(self.ledger.there, key=int)
        return known[which % len(known)]

    def _pairs(self) -> list[tuple[int, str]]:
        links = Link.objects.order_by("pk").values_list("local_id", "record__remote_id")
        return [pair for pair in links if pair[1] in self.ledger.there]

    @contextmanager
    def _done(self) -> Iterator[None]:
        Histories.steps += 1
        self.since_settled += 1
        yield
        self.ledger.observe()

    def _edit_here(self, client_id: int, edit: tuple[str, str]) -> None:
        self.ours.change(client_id, *edit)
        self.ledger.person_wrote(client_id)

    def _edit_there(self, id: str, edit: tuple[str, str]) -> None:
        self.theirs.change(id, *edit)
        self.ledger.bookkeeper_wrote()

    # People on both sides.

    @rule(edits=st.lists(st.tuples(st.sampled_from(["here", "there"]), WHICH, EDIT), min_size=1, max_size=4))
    def people_edit(self, edits: list[tuple[str, int, tuple[str, str]]]) -> None:
        for side, which, edit in edits:
            with self._done():
                self._edit(side, which, edit)

    @rule(edits=st.lists(st.tuples(WHICH, EDIT, st.sampled_from(TEXTS[:3])), min_size=1, max_size=3))
    def both_edit_the_same_field(self, edits: list[tuple[int, tuple[str, str], str]]) -> None:
        for which, mine, theirs in edits:
            if pairs := self._pairs():
                client_id, id = pairs[which % len(pairs)]
                with self._done():
                    self._edit_here(client_id, mine)
                    if mine[0] not in ("name", "email"):
                        self._edit_there(id, (mine[0], theirs))

    def _edit(self, side: str, which: int, edit: tuple[str, str]) -> None:
        """Most edits are of pairs, for nothing can go wrong with the others."""
        pairs = self._pairs()
        pair = pairs[which % len(pairs)] if pairs and which % 4 else None
        if side == "here":
            self._edit_here(pair[0] if pair else self._client(which), edit)
        else:
            self._edit_there(pair[1] if pair else self._customer(which), edit)

    @rule(deed=st.sampled_from(DEEDS_HERE), which=WHICH, other=WHICH, name=st.sampled_from(NAMES))
    def somebody_here(self, deed: str, which: int, other: int, name: str) -> None:
        with self._done():
            match deed:
                case "adds":
                    self.ledger.person_wrote(self.ours.add(name).pk)
                case "takes a name":
                    taken = self.ledger.value_there(self._customer(other), "name")
                    self._edit_here(self._client(which), ("name", taken))
                case "archives or restores":
                    self.ours.turn(self._client(which))
                case "excludes or includes":
                    self._exclude_or_include(which)
                case "maps":
                    self._map(which, other)
                case "pauses or resumes":
                    links = list(Link.objects.order_by("pk"))
                    for link in links[which % (len(links) or 1) :][:1]:
                        (linking.resume if link.is_paused else linking.pause)(link)

    def _exclude_or_include(self, which: int) -> None:
        records = list(RemoteRecord.objects.exclude(standing=Standing.MAPPED).order_by("pk"))
        for record in records[which % (len(records) or 1) :][:1]:
            if record.standing == Standing.EXCLUDED:
                linking.include(record)
                self.ledger.included.add(record.pk)
            else:
                linking.exclude(record, by=self.ours.person)

    def _map(self, which: int, to: int) -> None:
        records = list(RemoteRecord.objects.unmapped().filter(gone_at=None).order_by("pk"))
        for record in records[which % (len(records) or 1) :][:1]:
            with suppress(Refused):
                if to % 2:
                    linking.link_to_new(record, by=self.ours.person)
                else:
                    linking.link(record, self._client(to), by=self.ours.person)

    @rule(which=WHICH, side=st.sampled_from(Side))
    def somebody_decides(self, which: int, side: Side) -> None:
        conflicts = list(Conflict.objects.filter(settled_at=None).order_by("pk"))
        with self._done():
            for conflict in conflicts[which % (len(conflicts) or 1) :][:1]:
                self.ledger.decided(conflict)
                decision = Decision(dict.fromkeys(conflict.fields, side), settling.mark(conflict))
                settling.settle({conflict.pk: decision}, by=self.ours.person)

    @rule(which=WHICH, how=st.sampled_from(["again", "skip", "rename", "link"]), name=st.sampled_from(NAMES))
    def somebody_mends_what_was_not_sent(self, which: int, how: str, name: str) -> None:
        held = list(outbox.not_sent(self.ours.book))
        with self._done():
            for push in held[which % (len(held) or 1) :][:1]:
                with suppress(Refused):
                    self._mend(push, how, name)

    def _mend(self, push: Push, how: str, name: str) -> None:
        if how == "again":
            mending.try_again(push)
        elif how == "skip":
            mending.skip(push, by=self.ours.person)
        elif how == "rename":
            mending.rename(push, name, by=self.ours.person)
            self.ledger.person_wrote(push.local_id)
        elif there := [one for one in mending.in_the_way(push) if one.can_link and one.record]:
            assert there[0].record
            mending.link_to_existing(push, there[0].record, by=self.ours.person)

    @rule(deed=st.sampled_from(["adds", "turns", "turns", "merges"]), which=WHICH, other=WHICH)
    def the_bookkeeper(self, deed: str, which: int, other: int) -> None:
        with self._done():
            if deed == "adds":
                self.theirs.add(NAMES[which % (len(NAMES) - 1)])
            elif deed == "turns":
                self.theirs.turn(self._customer(which))
            elif self._customer(which) != self._customer(other) and len(self.ledger.there) > 4:
                self.theirs.merge(self._customer(which), self._customer(other))
            self.ledger.bookkeeper_wrote()

    # The machinery.

    @rule(how=st.sampled_from(["refresh", "refresh", "import", "announce", "announce", "sweep"]), which=WHICH)
    def something_is_asked_for(self, how: str, which: int) -> None:
        book = self.ours.book
        with self._done():
            if how == "refresh":
                refreshing.begin(book, cause=Cause.PERSON)
            elif how == "import":
                importing.begin(book, "customer", scope=Scope.ALL, by=None)
            elif how == "sweep":
                sweep(self.workers, firm_id=self.ours.firm.pk)
            else:
                about = {self._customer(which), *(id for _, id in self._pairs()[: which % 4])}
                now = timezone.now()
                announced.write_down(Event(book.realm_id, "customer", id, "updated", now) for id in about)

    @precondition(lambda self: bool(self.workers.messages))
    @rule(troubles=st.lists(TROUBLE, min_size=1, max_size=4), which=WHICH, are_lost=st.booleans())
    def workers_are_at_it(self, troubles: list[Trouble], which: int, are_lost: bool) -> None:
        """Each takes a message and has a trouble of its own; what they were told may come again, or be lost."""
        messages = self.workers.messages
        for trouble in troubles:
            if not messages:
                return
            message = messages.pop(which % len(messages))
            with self._done():
                lived = self._work(message, *trouble)
            if not lived and not are_lost:
                messages.append(message)

    def _work(self, message: Message, kind: str, at: int, fault: Fault, edit: Meanwhile) -> bool:
        mishaps = Mishaps()
        match kind:
            case "faults":
                name, when, number = fault
                self.theirs.fail(name, when="before" if name.startswith("429") else when, count=number)
            case "meanwhile":
                mishaps = Mishaps(meanwhile={1 + at % 3: self._act(*edit)})
            case "dies at a statement":
                mishaps = Mishaps(dies_at_statement=at)
            case "dies before a call":
                mishaps = Mishaps(dies_before_call=1 + at % 2)
            case "dies after a call":
                mishaps = Mishaps(dies_after_call=1 + at % 2)
        return self.workers.work(message, mishaps)

    def _act(self, side: str, which: int, edit: tuple[str, str]) -> Callable[[], None]:
        def act() -> None:
            self.ledger.observe()
            self._edit(side, which, edit)

        return act

    @precondition(lambda self: bool(self.workers.messages))
    @rule(which=WHICH)
    def a_message_is_lost(self, which: int) -> None:
        with self._done():
            self.workers.messages.pop(which % len(self.workers.messages))

    @rule(by=st.sampled_from(SPANS))
    def time_passes(self, by: timedelta) -> None:
        with self._done():
            self._wait(by)

    def _wait(self, by: timedelta) -> None:
        self.clock.forward(by)
        cache.delete(ANNOUNCED_KEY.format(self.ours.book.pk))
        access_token_for(self.ours.connection)

    def _work_all(self) -> None:
        for _ in range(300):
            if not self.workers.messages:
                return
            self.workers.work(self.workers.messages.pop(0))
        raise AssertionError(f"the work does not end: {[str(one) for one in self.workers.messages]}")

    # In the end.

    @precondition(lambda self: self.since_settled >= SETTLE_AFTER)
    @rule()
    def all_is_done_and_both_sides_agree(self) -> None:
        Histories.steps += 1
        self.settle()

    def settle(self) -> None:
        """Let all troubles end and all work be done; then both sides must agree, and rest."""
        self.since_settled = 0
        self.theirs.behave()
        self._until_quiet()
        self.ledger.observe()
        assert_agreed(self.ledger)
        before = self._moved()
        self._until_quiet()
        self.ledger.observe()
        assert self._moved() == before, "they agreed, and still something moves"

    def _moved(self) -> tuple[int, int]:
        tokens = sum(int(one["SyncToken"]) for one in self.theirs.customers().values())
        return tokens, self.ledger.last_change

    def _until_quiet(self) -> None:
        has_looked = False
        for _ in range(12):
            self._work_all()
            if is_quiet() and has_looked:
                return
            if is_quiet():
                refreshing.begin(self.ours.book, cause=Cause.PERSON)
                has_looked = True
            else:
                self._wait(timedelta(minutes=20))
                sweep(self.workers, firm_id=self.ours.firm.pk)
        raise AssertionError("the work does not end")
