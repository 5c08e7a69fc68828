"""Rows written in bulk are tied to rows of their own firm as firmly as by a foreign key."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Firm
from accounts.tenancy import across_firms, working_for
from mapping.entities import ENTITIES
from mapping.models import Book, RemoteBody, RemoteRecord
from mapping.services import mirroring

pytestmark = pytest.mark.django_db


@pytest.fixture
def record() -> RemoteRecord:
    firm = Firm.objects.create(name="Ours", slug="ours")
    with working_for(firm.pk):
        book = Book.objects.create(firm=firm, realm_id="1", company_name="Ours")
        mirroring.store(book, ENTITIES["customer"], [{"Id": "1", "DisplayName": "Ann"}])
        return RemoteRecord.objects.select_related("book").get()


@pytest.fixture
def other_book() -> Book:
    other = Firm.objects.create(name="Other", slug="other")
    with working_for(other.pk):
        return Book.objects.create(firm=other, realm_id="2", company_name="Other")


def test_a_record_cannot_be_written_into_another_firms_book(record: RemoteRecord, other_book: Book) -> None:
    smuggled = RemoteRecord(
        firm_id=record.firm_id, book_id=other_book.pk, entity="customer", remote_id="9", name="X"
    )
    smuggled.digest = record.digest
    for scope in (working_for(record.firm_id), across_firms(reason="the tie must hold here too")):
        with scope, pytest.raises(IntegrityError, match="does not have"), transaction.atomic():
            RemoteRecord.objects.bulk_create([smuggled])


def test_a_record_stays_in_its_book(record: RemoteRecord) -> None:
    with working_for(record.firm_id):
        second = Book.objects.create(firm_id=record.firm_id, realm_id="3", company_name="B", is_current=False)
        with pytest.raises(IntegrityError, match="stays with"), transaction.atomic():
            RemoteRecord.objects.update(book=second)


def test_a_book_that_holds_records_cannot_be_deleted(record: RemoteRecord) -> None:
    with working_for(record.firm_id), connection.cursor() as cursor:
        with pytest.raises(IntegrityError, match="still point"), transaction.atomic():
            cursor.execute("DELETE FROM mapping_book")
        assert Book.objects.exists()


def test_a_deleted_record_takes_its_body_along(record: RemoteRecord) -> None:
    with working_for(record.firm_id), connection.cursor() as cursor:
        cursor.execute("DELETE FROM mapping_remoterecord")
        assert not RemoteBody.objects.exists()
