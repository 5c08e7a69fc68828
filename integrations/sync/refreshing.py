"""Follow QuickBooks and our own side since the last look, for all kinds of record at once.

One call tells what changed there. What it cannot tell is read by query, and what it no longer tells is
imported anew. Then our own rows that changed are compared. The cursors move only when all of it was
read and compared; whoever is killed before leaves rows that the next look finds as they should be.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from integrations.quickbooks import Payload, QuickBooks
from integrations.sync import changes, checking, cursors, importing, missing, ours, patience
from integrations.sync.arriving import lose, take_in
from integrations.sync.cursors import FULL
from integrations.sync.enduring import More, Over, enduring
from integrations.sync.pages import known
from integrations.sync.reading import BEGUN
from integrations.sync.scope import Scope
from integrations.sync.stepping import Ended, note, step
from integrations.sync.turns import Turn, nobody_waits
from mapping.entities import ENTITIES
from mapping.models import CHANGES, Book, Cause, Run, RunKind, RunState
from mapping.policy import Direction, Policy
from mapping.services import runs
from mapping.services.bringing_in import wants_new
from mapping.spec import Entity

ANNOUNCED = "announced"
"""Option of a run that reads only what QuickBooks announced; see ``announced``."""
OURS = "ours"
"""The same for a run that only compares our own side, and reads nothing."""


def begin(book: Book, *, cause: Cause, by: User | None = None) -> Run:
    """Queue a look at everything that changed; returns the one under way if there is one."""
    with transaction.atomic():
        Book.objects.select_for_update(no_key=True).get(pk=book.pk)
        return going(book) or runs.start_run(book, RunKind.REFRESH, CHANGES, by=by, cause=cause)


def going(book: Book) -> Run | None:
    """Return the refresh that waits or is under way, and that nobody has cancelled."""
    whole = runs.unfinished(book, CHANGES).filter(IS_WHOLE, kind=RunKind.REFRESH, cancel_asked_at=None)
    return whole.first()


def give_up(book: Book) -> None:
    """Cancel the refresh that waits or is under way: from now on its cursors would say too much."""
    with transaction.atomic():
        Book.objects.select_for_update(no_key=True).get(pk=book.pk)
        if run := going(book):
            runs.ask_to_cancel(run)


IS_WHOLE = Q(options__only__isnull=True)


def work(
    run: Run,
    quickbooks: QuickBooks,
    *,
    for_s: float = 10.0,
    others_wait: Callable[[], bool] = nobody_waits,
) -> More | Over:
    """Work on a refresh for so long, or until others wait. Idempotent; how far it is stands in its options."""
    turn = Turn(for_s, others_wait)
    try:
        return enduring(run, lambda: _steps(run, quickbooks, turn))
    except Ended:
        return Over()


def _steps(run: Run, quickbooks: QuickBooks, turn: Turn) -> More | Over:
    held = cursors.policies(run.book)
    if "told" not in run.options or _comes_too_late(run):
        _begin(run, held)
    while "answered_at" not in run.options:
        _read_changes(run, quickbooks)
    while further := _further(run):
        if not runs.beat(run):
            return _cancel(run)
        if turn.is_over:
            return More()
        further(run, quickbooks)
    for name, policy in held.items():
        while policy.direction is not Direction.OFF and ours.look(run, ENTITIES[name], policy):
            if not runs.beat(run):
                return _cancel(run)
            if turn.is_over:
                return More()
    _end(run)
    return Over()


def _comes_too_late(run: Run) -> bool:
    """Return whether a run lay so long, a connection being lost say, that QuickBooks no longer tells what it is to ask."""
    since = run.options["since"]
    if "answered_at" in run.options or since is None:
        return False
    return datetime.fromisoformat(since) < timezone.now() - changes.OLDEST - changes.OVERLAP


def _further(run: Run) -> Callable[[Run, QuickBooks], None] | None:
    """Return what is to be done of what did not fit into one answer."""
    if run.options["to_query"]:
        return _read_page
    if to_prove := run.options.get("to_prove"):
        return partial(missing.look, name=next(iter(to_prove)))
    return None


def _begin(run: Run, held: dict[str, Policy]) -> None:
    """Decide what is read how: by its changes, anew, or not at all."""
    known_until = cursors.cursors(run.book)
    full_reads = _full_reads(run.book)
    oldest = timezone.now() - changes.OLDEST
    told: dict[str, datetime] = {}
    waiting: list[str] = []
    begun: list[int] = []
    only_ours = run.options.get("only") == OURS
    for entity in [] if only_ours else cursors.followed(held, cause=run.cause):
        cursor = known_until.get(entity.name)
        until = cursor.changed_until if cursor else None
        if until and (until > oldest or not entity.is_in_changes):
            told |= {entity.name: until} if entity.is_in_changes else {}
        elif _may_be_read_whole(run, entity, held[entity.name], full_reads.get(entity.name)):
            scope = cursors.scope_of(run.book, entity.name)
            read = importing.begin(
                run.book, entity.name, scope=scope, by=run.started_by, cause=Cause(run.cause)
            )
            begun.append(read.pk)
        elif entity.name in full_reads:
            waiting.append(entity.name)
    with step(run) as is_here:
        if is_here:
            note(
                run,
                told=list(told),
                waiting=waiting,
                since=(min(told.values()) - changes.OVERLAP).isoformat() if told else None,
                ours_from=timezone.now().isoformat(),
                to_query={},
                ours={},
                **({BEGUN: begun} if begun else {}),
            )


def _full_reads(book: Book) -> dict[str, Run]:
    """Return the latest run of each kind of record that read all of it."""
    found = Run.objects.filter(book=book, kind__in=FULL)
    return {run.entity: run for run in found.order_by("entity", "-created_at").distinct("entity")}


def _may_be_read_whole(run: Run, entity: Entity, policy: Policy, last: Run | None) -> bool:
    """Return whether nobody's word is needed to import, and nothing speaks against trying now.

    The first import of records that have rows of ours is a person's choice (JR-16), unless new ones are
    to come in by themselves (KP-5).
    """
    if last is None:
        return entity.is_mirror_only or wants_new(entity, policy)
    return run.cause == Cause.PERSON or patience.rests_until(run.book, entity.name) is None


def is_first(book: Book, entity: Entity, policy: Policy) -> bool:
    """Return whether a refresh under this policy reads all of a kind for the first time (KP-5, KP-32)."""
    return wants_new(entity, policy) and entity.name not in _full_reads(book)


def _read_changes(run: Run, quickbooks: QuickBooks) -> None:
    entities = [ENTITIES[name] for name in run.options["told"]]
    news, since = changes.News(), run.options["since"]
    if entities:
        news = changes.ask(quickbooks, entities, since=datetime.fromisoformat(since))
    place = {"since": since, "start": 1}
    # Without QuickBooks' own time nothing is known of how far this answer goes.
    answered_at = news.answered_at.isoformat() if news.answered_at else None
    with step(run) as is_here:
        if is_here:
            _take_in_all(run, news)
            note(
                run,
                answered_at=answered_at,
                to_query=dict.fromkeys(news.to_query, place),
                to_prove=dict.fromkeys(news.to_query),
            )


def _take_in_all(run: Run, news: changes.News) -> None:
    """Take in what one answer told: no more than a thousand objects."""
    for name, rows in news.rows.items():
        if rows:
            _take_in(run, ENTITIES[name], rows)
    for name, ids in news.deleted.items():
        if ids:
            lose(run, ENTITIES[name], ids)
    runs.count_up(run, calls=news.calls)


def _read_page(run: Run, quickbooks: QuickBooks) -> None:
    name, place = next(iter(run.options["to_query"].items()))
    at = changes.Place(datetime.fromisoformat(place["since"]), place["start"])
    rows, following = changes.page_from(quickbooks, ENTITIES[name], at)
    left = {other: of for other, of in run.options["to_query"].items() if other != name}
    if following:
        left = {name: {"since": following.since.isoformat(), "start": following.start}} | left
    with step(run) as is_here:
        if is_here:
            _take_in(run, ENTITIES[name], rows, calls=1)
            note(run, to_query=left)


def _take_in(run: Run, entity: Entity, rows: list[Payload], *, calls: int = 0) -> None:
    take_in(run, entity, asked_for(run.book, entity, rows), handled=len(rows), calls=calls)


def asked_for(book: Book, entity: Entity, rows: list[Payload]) -> list[Payload]:
    """Leave out what we do not hold and the firm's imports left out: inactive ones, as a rule (JR-16)."""
    inactive = [str(row["Id"]) for row in rows if row.get("Active", True) is False]
    if not inactive or entity.is_mirror_only:
        return rows
    strangers = set(inactive) - set(known(book, entity.name, inactive))
    if not strangers or cursors.scope_of(book, entity.name) is not Scope.ACTIVE:
        return rows
    return [row for row in rows if str(row["Id"]) not in strangers]


def _cancel(run: Run) -> Over:
    runs.finish(run, RunState.CANCELLED)
    return Over()


def _end(run: Run) -> None:
    told, answered_at = run.options["told"], run.options["answered_at"]
    compared = {name: datetime.fromisoformat(at) for name, at in run.options.get("compared", {}).items()}
    with transaction.atomic():
        Book.objects.select_for_update(no_key=True).get(pk=run.book_id)
        if not runs.beat(run):
            _cancel(run)
            return
        if answered_at:
            cursors.read_until(run.book, told, datetime.fromisoformat(answered_at))
        cursors.compared_until(run.book, compared)
        runs.finish(run, RunState.DONE, problem="not_read_yet" if run.options.get("waiting") else "")
        if run.cause == Cause.WEEKLY:
            checking.begin_all(run.book)
