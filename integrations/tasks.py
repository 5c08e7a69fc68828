"""Background work with QuickBooks: imports in slices, and the sweep that makes good what was lost."""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task
from redis import RedisError

from accounts.firm_task import FirmTask
from accounts.tenancy import across_firms, working_for
from integrations.connect import counting_calls, gateway_for, posting, upkeep, warning
from integrations.connect.telling import NotTold
from integrations.models import Connection
from integrations.sync import counting, importing, looking, outbox, sending
from integrations.sync.enduring import More, Over
from integrations.sync.turns import anybody_waits, others_wait
from integrations.sync.working import SLICE_S, resting, working_on
from mapping.entities import ENTITIES
from mapping.services import runs
from mapping.services.runs import run_is_due

LANES = 2
"""Workers that read one firm's pages side by side; more would starve the other firms."""


@shared_task(base=FirmTask)
def read_pages(firm_id: int, run_id: int, lane: int = 1) -> None:
    """Go on with an import. Harmless when it has ended, waits or needs no more hands."""
    with working_on(run_id) as at_hand:
        if at_hand is None:
            return
        run, quickbooks = at_hand
        outcome: More | Over = More()
        if run.expected is None and lane == 1:
            outcome = importing.work(run, quickbooks, for_s=0)
            for other in range(2, 1 + importing.lanes(run, at_most=LANES)):
                read_pages.delay(firm_id, run_id, other)
        if outcome == More():
            outcome = importing.work(run, quickbooks, for_s=SLICE_S, others_wait=others_wait)
    if isinstance(outcome, More):
        read_pages.apply_async((firm_id, run_id, lane), **resting(run, outcome))


@shared_task(base=FirmTask)
def count_records(firm_id: int, connection_id: int, entity: str) -> None:
    """Ask QuickBooks how many records there are, for the person who is about to import them."""
    connection = Connection.objects.get(pk=connection_id)
    assert connection.book_id, "only a confirmed company is counted"
    with gateway_for(connection) as quickbooks:
        counting.ask(quickbooks, connection.book_id, entity)


@shared_task
def pick_up_stalled_runs() -> int:
    """Announce unfinished runs that show no sign of life; return how many. Each is then claimed anew."""
    with across_firms(reason="runs of any firm may have lost their worker"):
        waiting = runs.stalled()
        for _, run in waiting:
            run_is_due.send(type(run), run=run)
    _pick_up_neglected_pushes()
    with suppress(RedisError):
        counting_calls.keep()
    return len(waiting)


# Sending.


@shared_task(base=FirmTask)
def send_changes(firm_id: int, run_id: int, soon: bool = False) -> None:
    """Go on sending what waits for QuickBooks. Harmless when it has ended, waits or another is at it.

    ``soon``: only what somebody waits for; the rest has its turn already.
    """
    with working_on(run_id) as at_hand:
        if at_hand is None:
            return
        run, quickbooks = at_hand
        outcome = sending.work(run, quickbooks, for_s=SLICE_S, others_wait=anybody_waits, soon=soon)
    if isinstance(outcome, More) and not soon:
        # What takes longer than a slice is nobody's edit of a moment ago.
        queue = None if outcome.wait_s else "bulk"
        send_changes.apply_async((firm_id, run_id), **resting(run, outcome, queue=queue))


@shared_task(base=FirmTask)
def look_at_ours(firm_id: int, entity: str, local_ids: list[int]) -> None:
    """Compare rows that were just edited here, and plan what QuickBooks is to hear of it."""
    looking.look(ENTITIES[entity], local_ids)


def _pick_up_neglected_pushes() -> None:
    with across_firms(reason="what waits to be sent may have lost its run in any firm"):
        outbox.ask_read_only_again()
        books = outbox.neglected()
    for book in books:
        with working_for(book.firm_id):
            sending.begin(book)


# Looking after connections.


@shared_task(base=FirmTask)
def look_after_connection(firm_id: int, connection_id: int, check: bool = False) -> None:
    """Do what a connection needs: renew, read settings, give a grant back, delete. Harmless when nothing is due."""
    if upkeep.look_after(connection_id, check=check):
        look_after_connection.apply_async((firm_id, connection_id), countdown=1)


@shared_task
def look_after_connections() -> int:
    """Announce the connections that need something; return how many. Spread, for all may become due at once."""
    waiting = upkeep.wanting()
    for number, (firm_id, connection_id) in enumerate(waiting):
        look_after_connection.apply_async((firm_id, connection_id), countdown=number)
    return len(waiting)


@shared_task(base=FirmTask)
def send_letter(firm_id: int, letter_id: int) -> None:
    """Send an e-mail that the mail server did not take at once. Harmless when it is out of the way."""
    posting.send(letter_id)


@shared_task
def send_letters() -> int:
    """Try again to send what the mail server has not taken; return how many e-mails that is."""
    waiting = posting.waiting()
    for firm_id, letter_id in waiting:
        send_letter.delay(firm_id, letter_id)
    return len(waiting)


@shared_task(base=FirmTask)
def warn_of_end(firm_id: int, connection_id: int) -> None:
    """Send the warning that is due about a connection. What the mail server does not take is found by the sweep."""
    with suppress(NotTold):
        warning.warn(connection_id)


@shared_task
def warn_of_ending_connections() -> int:
    """Have people told 14, 7 and 1 days ahead that QuickBooks must be reconnected; return of how many connections."""
    waiting = warning.ending()
    for number, (firm_id, connection_id) in enumerate(waiting):
        warn_of_end.apply_async((firm_id, connection_id), countdown=number)
    return len(waiting)
