"""Let records that are new in QuickBooks become rows of ours by themselves, where the firm wants it (KP-6, JP-16).

Whoever looks like one of ours waits under Map Customers: two clients for one customer are worse than
a question.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence, Set

from django.db.models.functions import Lower

from accounts.tenancy import chosen_firm_id
from mapping import free
from mapping.matching import Alike, Found, Nobody, Unsure, addresses, by_likeness
from mapping.models import EntityPolicy, Link, RemoteRecord, Run
from mapping.plans import CreateLocal, Skip, TieTo, plan_new, plan_tie
from mapping.policy import PRESETS, NewThere, Policy, Updates
from mapping.services import runs
from mapping.services.carrying_out import Batch, Waiting, payloads_of, write
from mapping.spec import Entity, Payload


def bring_in(run: Run, entity: Entity, record_ids: Sequence[int]) -> list[int]:
    """Add or find rows of ours for the unmapped ones among these records; return the records now tied.

    Call it in the transaction that stored them. Records from before the firm decided so, inactive and
    excluded ones are left alone. Idempotent.
    """
    stored = EntityPolicy.objects.filter(book_id=run.book_id, entity=entity.name).first()
    if stored is None or not record_ids or not wants_new(entity, stored.policy):
        return []
    records = list(
        RemoteRecord.objects.unmapped()
        .filter(pk__in=record_ids, gone_at=None, is_active=True, first_seen_at__gte=stored.since)
        .only("remote_id", "name", "full_name", "email")
        .order_by("pk")
        .select_for_update()
    )
    batch = _plan(run, entity, records, stored)
    skipped = write(run, entity, batch)
    tied = [record.pk for record, _ in batch.create] + [record.pk for record, _ in batch.tie]
    runs.count_up(run, linked=len(tied), skipped=skipped)
    return tied


def wants_new(entity: Entity, policy: Policy) -> bool:
    """Return whether new records of QuickBooks become rows of ours without anybody's word."""
    return (
        not entity.is_mirror_only
        and policy.new_there is NewThere.CREATE
        and policy.direction.pulls
        and policy.updates in (Updates.NEW, Updates.ALL)
    )


def _plan(run: Run, entity: Entity, records: Sequence[RemoteRecord], stored: EntityPolicy) -> Batch:
    # Where every record must have an address, the address is what tells two of them apart.
    preset = PRESETS.get(stored.preset)
    email_decides = stored.needs_email or bool(preset and preset.decides_by_email)
    batch, lets_in = Batch(), stored.policy.lets_in(entity)
    known = [record for record in records if addresses(record.email) or not stored.needs_email]
    batch.skip += [(_waiting(record), Skip("no_email")) for record in records if record not in known]
    alike = _alike(entity, known)
    rivals = _rivals(run, entity, known) if email_decides else {}
    matches = [
        (
            record,
            by_likeness(
                alike.get(record.pk, ()),
                email_decides=email_decides,
                rivals=max((rivals[each] for each in addresses(record.email)), default=1) if rivals else 1,
            ),
        )
        for record in known
    ]
    payloads = payloads_of([record.pk for record, match in matches if not isinstance(match, Unsure)])
    chosen = sorted({match.local_id for _, match in matches if isinstance(match, Found)})
    ours = entity.local.read(chosen) if chosen else {}
    links = Link.objects.filter(book=run.book_id, entity=entity.name, local_id__in=chosen)
    taken = set(links.values_list("local_id", flat=True)) if chosen else set()
    for record, match in matches:
        match match:
            case Unsure(rows=rows):
                detail = {"local_ids": [row.local_id for row in rows]}
                batch.skip.append((_waiting(record), Skip("looks_alike", detail)))
            case Nobody():
                _sort_in(batch, record, plan_new(entity, payloads[record.pk], lets_in=lets_in))
            case Found(local_id=local_id):
                step = _tie(entity, payloads[record.pk], local_id, lets_in=lets_in, ours=ours, taken=taken)
                taken.add(local_id)
                _sort_in(batch, record, step)
    return batch


def _tie(
    entity: Entity,
    payload: Payload,
    local_id: int,
    *,
    lets_in: Set[str],
    ours: Mapping[int, dict[str, object]],
    taken: Collection[int],
) -> TieTo | Skip:
    is_taken = local_id in taken
    return plan_tie(entity, payload, local_id, lets_in=lets_in, ours=ours.get(local_id), is_taken=is_taken)


def _sort_in(batch: Batch, record: RemoteRecord, step: CreateLocal | TieTo | Skip) -> None:
    match step:
        case CreateLocal():
            batch.create.append((_waiting(record), step))
        case TieTo():
            batch.tie.append((_waiting(record), step))
        case Skip():
            batch.skip.append((_waiting(record), step))


def _waiting(record: RemoteRecord) -> Waiting:
    return Waiting(record.pk, record.remote_id, record.full_name)


# Archived rows count: a customer whose client somebody archived does not come back as a new one.
_NAMESAKES = """
    SELECT record.id, ours.id, ours.name, ours.email, ours.is_current
    FROM mapping_remoterecord record JOIN {untied} ON ours.name_key = record.name_key
    WHERE record.firm_id = %(firm)s AND record.id = ANY(%(ids)s)
"""
_AT_THE_SAME_ADDRESS = """
    SELECT id, name, email, is_current FROM {untied} WHERE lower(email) = ANY(%(addresses)s)
"""


def _alike(entity: Entity, records: Sequence[RemoteRecord]) -> dict[int, list[Alike]]:
    """Return our free rows that share the name or an address with each of these."""
    found: defaultdict[int, dict[int, Alike]] = defaultdict(dict)
    emails = {record.pk: addresses(record.email) for record in records}
    namesakes = free.ask(entity, _NAMESAKES, firm=chosen_firm_id(), ids=list(emails))
    for pk, local_id, name, email, is_current in namesakes:
        found[pk][local_id] = _looks(local_id, name, email, is_current, emails[pk])
    by_address: defaultdict[str, list[int]] = defaultdict(list)
    for pk, theirs in emails.items():
        for address in theirs:
            by_address[address].append(pk)
    if by_address:
        same = free.ask(entity, _AT_THE_SAME_ADDRESS, addresses=list(by_address))
        for local_id, name, email, is_current in same:
            for pk in by_address[email.casefold()]:
                found[pk][local_id] = _looks(local_id, name, email, is_current, emails[pk])
    return {pk: list(rows.values()) for pk, rows in found.items()}


def _looks(local_id: int, name: str, email: str, is_current: bool, theirs: Collection[str]) -> Alike:
    return Alike(
        Found(local_id, name, email),
        has_same_email=email.casefold() in theirs,
        has_email=bool(email),
        is_current=is_current,
    )


def _rivals(run: Run, entity: Entity, records: Sequence[RemoteRecord]) -> Counter[str]:
    """Count the unmapped records that have each of these addresses."""
    wanted = {address for record in records for address in addresses(record.email)}
    unmapped = RemoteRecord.objects.of(run.book, entity.name).unmapped().filter(gone_at=None)
    held = unmapped.annotate(address_key=Lower("email")).filter(address_key__in=wanted)
    mine = {record.pk for record in records}
    rivals = Counter(address for record in records for address in addresses(record.email))
    rivals.update(email.casefold() for email in held.exclude(pk__in=mine).values_list("email", flat=True))
    return rivals
