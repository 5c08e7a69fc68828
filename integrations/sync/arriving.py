"""What happens to objects that come from QuickBooks, however they came: import, refresh or announcement."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.quickbooks import Payload
from integrations.sync import outbox
from mapping.models import RemoteRecord, Run, RunOutcome, Standing
from mapping.plans import Skip
from mapping.services import mirroring, runs
from mapping.services.bringing_in import bring_in
from mapping.services.carrying_out import outcome
from mapping.services.reconciling import reconcile
from mapping.spec import Entity


def take_in(
    run: Run, entity: Entity, rows: Sequence[Payload], *, were_met: bool = False, **counted: int
) -> mirroring.Stored:
    """Keep objects in the mirror, bring tied rows up to date, let new ones in and count.

    Inside the caller's transaction, at most a thousand at a time. Rows that were met already are counted
    again only where they moved meanwhile.
    """
    stored = mirroring.store(run.book, entity, rows, run_id=run.pk)
    tied = bring_in(run, entity, [*stored.created_ids, *stored.changed_ids])
    outbox.plan(run, entity, reconcile(run, entity, record_ids=[*stored.changed_ids, *tied]))
    failed = runs.note_outcomes(run, [_failed(run, *unusable) for unusable in stored.unusable])
    runs.count_up(
        run,
        created=stored.created,
        updated=stored.updated,
        unchanged=0 if were_met else stored.unchanged,
        failed=failed,
        **counted,
    )
    return stored


def lose(run: Run, entity: Entity, remote_ids: Sequence[str]) -> list[RemoteRecord]:
    """Follow records that QuickBooks deleted or merged into others; return those we still had.

    Links stay and nothing of ours is touched; for each mapped one it is said (B-17).
    """
    gone = mirroring.mark_gone(run.book, entity, remote_ids)
    mapped = [record for record in gone if record.standing == Standing.MAPPED]
    told = runs.note_outcomes(run, [outcome(run, record, Skip("gone_there")) for record in mapped])
    runs.count_up(run, skipped=told)
    # What waits to be sent to them is held from now on, and what was to be decided needs no decision.
    outbox.plan(run, entity, reconcile(run, entity, record_ids=[record.pk for record in mapped]))
    return gone


def _failed(run: Run, remote_id: str, name: str, reason: str) -> RunOutcome:
    return RunOutcome(
        firm_id=run.firm_id, run=run, remote_id=remote_id, name=name[:500], outcome="failed", reason=reason
    )
