"""The mirror keeps what QuickBooks said, whole, and notices what moved."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from mapping.models import Book, RemoteRecord, Standing
from mapping.services import mirroring
from tests.mapping.books import AMY, CUSTOMER, customer, mirrored

pytestmark = pytest.mark.django_db


def test_an_object_is_kept_as_it_came(book: Book) -> None:
    (row,) = mirrored(book, AMY)
    row.refresh_from_db()
    assert row.payload == AMY
    assert (row.name, row.email, row.city, row.is_active) == (
        "Amy's Bird Sanctuary",
        "birds@example.com",
        "Bayshore",
        True,
    )
    assert row.changed_there_at
    assert row.changed_there_at.isoformat() == "2026-02-17T05:26:20+00:00"


def test_the_same_again_writes_nothing(book: Book) -> None:
    (row,) = mirrored(book, AMY)
    before = _version(row)
    stored = mirroring.store(book, CUSTOMER, [dict(reversed(AMY.items()))])
    assert (stored.created, stored.updated, stored.unchanged) == (0, 0, 1)
    assert _version(row) == before


def test_a_change_is_kept_and_named(book: Book) -> None:
    (row,) = mirrored(book, AMY)
    stored = mirroring.store(book, CUSTOMER, [{**AMY, "SyncToken": "1", "DisplayName": "Amy's Birds"}])
    assert stored.changed_ids == [row.pk]
    row.refresh_from_db()
    assert (row.name, row.sync_token, row.name_key) == ("Amy's Birds", "1", "amy's birds")


def test_what_the_firm_decided_survives_a_change_there(book: Book) -> None:
    (row,) = mirrored(book, AMY)
    RemoteRecord.objects.update(standing=Standing.EXCLUDED)
    mirroring.store(book, CUSTOMER, [{**AMY, "SyncToken": "1"}])
    row.refresh_from_db()
    assert row.standing == Standing.EXCLUDED


def test_an_object_met_twice_in_one_page_counts_once(book: Book) -> None:
    stored = mirroring.store(book, CUSTOMER, [AMY, AMY])
    assert (stored.created, RemoteRecord.objects.count()) == (1, 1)


def test_a_record_that_comes_back_is_gone_no_longer(book: Book) -> None:
    (row,) = mirrored(book, AMY)
    assert [record.remote_id for record in mirroring.mark_gone(book, CUSTOMER, ["1"])] == ["1"]
    mirroring.store(book, CUSTOMER, [AMY])
    row.refresh_from_db()
    assert row.gone_at is None


def test_what_somebody_else_stored_meanwhile_is_met_and_not_stored_twice(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook's reading and an import may bring the same new customer at the same time."""
    (row,) = mirrored(book, {**AMY, "SyncToken": "1"})
    monkeypatch.setattr(mirroring, "_known", lambda *_: {})
    older = {**AMY, "DisplayName": "Amy's older name"}
    newer = {**AMY, "SyncToken": "2", "DisplayName": "Amy's newer name"}
    for payload, changed, name in ((older, 0, AMY["DisplayName"]), (newer, 1, "Amy's newer name")):
        stored = mirroring.store(book, CUSTOMER, [payload, customer("2", "Bob")])
        assert (stored.created, stored.updated) == (1, changed)
        row.refresh_from_db()
        assert (row.name, row.payload["DisplayName"]) == (name, name)
        RemoteRecord.objects.filter(name="Bob").delete()


def test_what_nobody_may_store_is_still_refused(book: Book) -> None:
    book.pk += 1
    with pytest.raises(IntegrityError, match="does not have"):
        mirroring.store(book, CUSTOMER, [AMY])


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"Id": "5", "SyncToken": "0"}, "no_name"),
        ({"DisplayName": "Nobody"}, "no_id"),
        (customer("5", "Torn", Notes="before\0after"), "unreadable"),
    ],
)
def test_what_cannot_be_kept_is_named_with_its_reason_and_the_rest_is_kept(
    book: Book, payload: dict[str, object], reason: str
) -> None:
    stored = mirroring.store(book, CUSTOMER, [payload, AMY])
    assert [code for _, _, code in stored.unusable] == [reason]
    assert stored.created == 1


def test_odd_texts_arrive_whole(book: Book) -> None:
    name = 'Tab\there, back\\slash, "quotes", O’Brien, 北京, \\N, emoji 🐦'
    (row,) = mirrored(book, customer("5", name))
    row.refresh_from_db()
    assert row.payload["DisplayName"] == row.name == name


def _version(row: RemoteRecord) -> str:
    """The transaction that last wrote or locked the row, as PostgreSQL keeps it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xmin::text || '/' || xmax::text FROM mapping_remoterecord WHERE id = %s", [row.pk]
        )
        return str(cursor.fetchone()[0])
