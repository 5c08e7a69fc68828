"""Choices made in Map Customers and not yet saved: kept by the server, row by row (B-22, JP-11).

What a row will do is derived: the person's own choice, else the exact match, else the default.
So "apply to all" is one value however many customers there are, and leaves exact matches alone (CV-37).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count, Max

from accounts.models import Client, User
from accounts.tenancy import chosen_firm_id
from mapping.matching import Found, Match, Nobody, by_exact_name
from mapping.models import Book, Choice, Draft, DraftChoice, RemoteRecord, Run, RunKind
from mapping.services.runs import start_run


@dataclass(frozen=True)
class Row:
    """One customer in Map Customers and what will become of it on Save."""

    record: RemoteRecord
    match: Match
    choice: Choice
    client: Found | None
    """The client it will be mapped to, where the choice is an existing one."""
    is_own_choice: bool
    """Whether a person chose, rather than the match or the default."""


@dataclass(frozen=True)
class Summary:
    """What Save would do, by number."""

    undecided: int
    existing: int
    new: int
    exclude: int
    exact_matches: int
    """Rows the default leaves alone because exactly one client has their name."""

    @property
    def decided(self) -> int:
        return self.existing + self.new + self.exclude

    @property
    def mapped(self) -> int:
        """Customers that will have a client, new or old."""
        return self.existing + self.new

    @property
    def total(self) -> int:
        return self.decided + self.undecided


def open_draft(book: Book, entity: str, *, person: User) -> Draft:
    """Return the person's unsaved choices, begun now if there are none.

    Where the firm has no clients yet, every row starts as Add as new client (JP-10).
    """
    draft = Draft.objects.filter(book=book, entity=entity, person=person, run=None).first()
    if draft:
        return draft
    default = Choice.LATER if Client.objects.exists() else Choice.NEW
    draft, _ = Draft.objects.get_or_create(
        firm_id=book.firm_id, book=book, entity=entity, person=person, run=None, defaults={"default": default}
    )
    return draft


def choose(draft: Draft, record: RemoteRecord, choice: Choice, *, local_id: int | None = None) -> None:
    """Remember a choice for one row."""
    DraftChoice.objects.update_or_create(
        firm_id=draft.firm_id, draft=draft, record=record, defaults={"choice": choice, "local_id": local_id}
    )


def forget(draft: Draft, record: RemoteRecord) -> None:
    """Let the row follow the exact match or the default again."""
    DraftChoice.objects.filter(draft=draft, record=record).delete()


def set_default(draft: Draft, default: Choice) -> None:
    """Apply a value to every row with no exact match; rows chosen by hand before it follow it too (CV-36, CV-37).

    Choices of an existing client are kept: nobody means to throw away a search.
    """
    with transaction.atomic():
        draft.default = default
        draft.save(update_fields=["default"])
        DraftChoice.objects.filter(draft=draft).exclude(choice=Choice.EXISTING).delete()


def rows(draft: Draft, records: Sequence[RemoteRecord]) -> list[Row]:
    """Return what will become of these records; a few queries, however many rows."""
    found = matches(records)
    chosen = {
        choice.record_id: choice
        for choice in DraftChoice.objects.filter(draft=draft, record_id__in=[record.pk for record in records])
    }
    named = _names([choice.local_id for choice in chosen.values() if choice.local_id])
    return [_row(draft, record, found[record.pk], chosen.get(record.pk), named) for record in records]


def _row(
    draft: Draft, record: RemoteRecord, match: Match, own: DraftChoice | None, named: dict[int, Found]
) -> Row:
    if own and (own.local_id is None or own.local_id in named):
        client = named[own.local_id] if own.local_id else None
        return Row(record, match, Choice(own.choice), client, is_own_choice=True)
    if isinstance(match, Found):
        return Row(record, match, Choice.EXISTING, match, is_own_choice=False)
    return Row(record, match, Choice(draft.default), None, is_own_choice=False)


def _names(ids: Sequence[int]) -> dict[int, Found]:
    clients = Client.objects.current().filter(pk__in=ids).only("pk", "name", "city", "email")
    return {client.pk: _found(client) for client in clients}


def _found(client: Client) -> Found:
    return Found(client.pk, client.name, " · ".join(filter(None, (client.city, client.email))))


def matches(records: Sequence[RemoteRecord]) -> dict[int, Match]:
    """Return each record's exact-name match among unmapped clients; three queries for any number."""
    if not records:
        return {}
    keys = {record.name_key for record in records}
    ours: dict[str, list[Found]] = {}
    free = Client.objects.current().filter(is_linked=False, name_key__in=keys)
    for client in free.only("pk", "name", "name_key", "city", "email").order_by("name_key", "pk"):
        ours.setdefault(client.name_key, []).append(_found(client))
    if not ours:
        return {record.pk: Nobody() for record in records}
    rivals = _rivals(records[0], list(ours))
    return {
        record.pk: by_exact_name(
            record.name,
            ours=ours.get(record.name_key, ()),
            rivals=rivals[record.name_key],
        )
        for record in records
    }


def _rivals(like: RemoteRecord, keys: list[str]) -> Counter[str]:
    """Count the unmapped records of each name key."""
    alike = RemoteRecord.objects.filter(book_id=like.book_id, entity=like.entity, gone_at=None).unmapped()
    return Counter(alike.filter(name_key__in=keys).values_list("name_key", flat=True))


# The set-wise form of ``matching.by_exact_name``; a test holds them together.
_EXACT_PAIRS = """
    WITH pairs AS (
        SELECT theirs.name_key, theirs.id AS record_id, ours.id AS local_id
        FROM mapping_remoterecord theirs JOIN accounts_client ours USING (name_key)
        WHERE theirs.firm_id = %(firm)s AND theirs.book_id = %(book)s AND theirs.entity = %(entity)s
          AND theirs.standing = 'unmapped' AND theirs.gone_at IS NULL
          AND ours.firm_id = %(firm)s AND ours.archived_at IS NULL AND NOT ours.is_linked
    ), single AS (
        -- Two of theirs or two of ours make two pairs: one pair is one of each. Read from indexes alone.
        SELECT min(record_id) AS record_id, min(local_id) AS local_id
        FROM pairs GROUP BY name_key HAVING count(*) = 1
    )
    SELECT record_id, local_id FROM single
    JOIN mapping_remoterecord theirs ON theirs.id = record_id
    JOIN accounts_client ours ON ours.id = local_id
    WHERE lower(regexp_replace(btrim(theirs.name), '\\s+', ' ', 'g') COLLATE pg_c_utf8)
        = lower(regexp_replace(btrim(ours.name), '\\s+', ' ', 'g') COLLATE pg_c_utf8)
"""


Pairs = list[tuple[int, int]]
"""(record, client) that are the only ones of their name, each on its side."""

KNOWN_FOR_S = 60


def exact_pairs(book: Book, entity: str) -> Pairs:
    """Return every exact match there is now."""
    with connection.cursor() as cursor:
        cursor.execute(_EXACT_PAIRS, {"firm": chosen_firm_id(), "book": book.pk, "entity": entity})
        pairs: Pairs = cursor.fetchall()
        return pairs


def known_pairs(book: Book, entity: str) -> Pairs:
    """Return the exact matches for a screen: found a moment ago, unless either side has moved since.

    Told by numbers that indexes hold. A change they miss shows after a minute; saving looks anew.
    """
    unmapped = RemoteRecord.objects.of(book, entity).unmapped().filter(gone_at=None)
    free = Client.objects.current().filter(is_linked=False)
    last_run = Run.objects.filter(book=book).order_by("-created_at").values_list("pk", "handled").first()
    edited = Client.objects.order_by("-updated_at").values_list("updated_at", flat=True).first()
    state = f"{unmapped.count()}:{free.count()}:{last_run}:{edited}"
    key = f"mapping.pairs:{chosen_firm_id()}:{book.pk}:{entity}"
    held = cache.get(key)
    if held and held[0] == state:
        pairs: Pairs = held[1]
        return pairs
    pairs = exact_pairs(book, entity)
    cache.set(key, (state, pairs), KNOWN_FOR_S)
    return pairs


def exact_matches(draft: Draft) -> Pairs:
    """Return (record, client) of each exact match that the person has not chosen otherwise for."""
    return _not_chosen(draft, exact_pairs(draft.book, draft.entity))


def known_matches(draft: Draft) -> Pairs:
    """Like ``exact_matches``, for a screen; see ``known_pairs``."""
    return _not_chosen(draft, known_pairs(draft.book, draft.entity))


def _not_chosen(draft: Draft, pairs: Pairs) -> Pairs:
    chosen = set(DraftChoice.objects.filter(draft=draft).values_list("record_id", flat=True))
    return [pair for pair in pairs if pair[0] not in chosen]


def settle_matches(draft: Draft) -> None:
    """Write the exact matches down as choices, so that carrying out some does not make others of the rest."""
    DraftChoice.objects.bulk_create(
        [
            DraftChoice(
                firm_id=draft.firm_id,
                draft=draft,
                record_id=record_id,
                choice=Choice.EXISTING,
                local_id=local_id,
                is_match=True,
            )
            for record_id, local_id in exact_matches(draft)
        ],
        batch_size=5000,
        ignore_conflicts=True,
    )


def summary(draft: Draft, *, matched: Pairs | None = None) -> Summary:
    """Return what Save would do, by number; ``matched`` where the matches are known already."""
    matched = exact_matches(draft) if matched is None else matched
    unmapped = RemoteRecord.objects.of(draft.book, draft.entity).unmapped().filter(gone_at=None)
    chosen = dict(
        DraftChoice.objects.filter(draft=draft, record__standing="unmapped")
        .values_list("choice")
        .annotate(Count("pk"))
    )
    total = unmapped.count()
    counts = Counter(chosen)
    counts[Choice.EXISTING] += len(matched)
    counts[draft.default] += total - sum(counts.values())
    return Summary(
        undecided=counts[Choice.LATER],
        existing=counts[Choice.EXISTING],
        new=counts[Choice.NEW],
        exclude=counts[Choice.EXCLUDE],
        exact_matches=len(matched),
    )


def save(draft: Draft, *, by: User) -> Run:
    """Hand all choices, of every page, to a run that carries them out in the background."""
    with transaction.atomic():
        draft = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
        if draft.run_id:
            return Run.objects.get(pk=draft.run_id)
        # Customers that arrive after this moment were not on the person's screen: not decided here.
        newest = RemoteRecord.objects.of(draft.book, draft.entity).aggregate(newest=Max("pk"))["newest"] or 0
        options = {"default": draft.default, "up_to": newest}
        run = start_run(draft.book, RunKind.MAP, draft.entity, by=by, options=options)
        draft.run = run
        draft.save(update_fields=["run"])
    return run
