"""Writing many rows in one COPY."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, ProgrammingError, connection, models
from django.db.utils import IntegrityError

from accounts.copying import JsonText, Unwritable, copied, copy_rows, update_rows
from accounts.models import Client, Membership
from accounts.tenancy import across_firms, working_for
from tests.accounts.clients import a_client
from tests.cast import Cast

COLUMNS = [
    "firm_id",
    "kind",
    "name",
    "company_name",
    "first_name",
    "middle_name",
    "last_name",
    "email",
    "phone",
    "address",
    "address_2",
    "city",
    "state",
    "zip",
    "country",
    "notes",
    "is_marketable",
    "is_linked",
    "created_at",
    "updated_at",
    "archived_at",
]


def row(cast: Cast, **fields: Any) -> list[Any]:
    given = {"firm_id": cast.firm.pk, "kind": "person", "is_marketable": False, "is_linked": False}
    given |= {"created_at": "2026-11-01 10:00+00", "updated_at": "2026-11-01 10:00+00", "archived_at": None}
    return [(given | fields).get(column, "") for column in COLUMNS]


@pytest.fixture(autouse=True)
def _at_the_firm(cast: Cast) -> Iterator[None]:
    with working_for(cast.firm.pk):
        yield


class Document(models.Model):
    """A table with JSON, made for these tests."""

    code = models.CharField(max_length=20, unique=True)
    payload: models.JSONField[Any, Any] = models.JSONField(null=True)
    size = models.IntegerField(null=True)

    objects: models.Manager[Document] = models.Manager()

    class Meta:
        app_label = "accounts"
        managed = False

    def __str__(self) -> str:
        return self.code


@pytest.fixture
def documents(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE accounts_document (id bigserial, code text UNIQUE, payload jsonb, size int)"
        )


@pytest.mark.parametrize(
    "text",
    [
        "tab\there",
        "line\nbreak\r\nand another",
        "back\\slash \\t \\N \\. \\\\",
        r"\N",
        r"\.",
        "",
        " ",
        'O\'Brien "quoted" %s {} ; --',
        "Zoë Łukasz 東京 🚗 e\u0301",
        "\x01\x7f\u2028",
    ],
)
def test_texts_arrive_as_they_were(cast: Cast, text: str) -> None:
    copy_rows(Client, COLUMNS, [row(cast, name="x", notes=text)])
    assert Client.objects.get().notes == text


def test_none_is_null_and_empty_is_empty(cast: Cast) -> None:
    copy_rows(Client, COLUMNS, [row(cast, name="x", notes="", archived_at=None)])
    client = Client.objects.get()
    assert (client.notes, client.archived_at) == ("", None)


def test_null_where_none_may_be_is_refused(cast: Cast) -> None:
    with pytest.raises(IntegrityError):
        copy_rows(Client, COLUMNS, [row(cast, name=None)])


@pytest.mark.parametrize("bad", ["a\0b", "half a smile \ud83d"])
def test_what_postgres_cannot_store_is_refused_by_row_and_column(cast: Cast, bad: str) -> None:
    rows = [row(cast, name="fine"), row(cast, name="secret", city=bad)]
    with pytest.raises(Unwritable, match="Row 1, city: holds a NUL") as refusal:
        copy_rows(Client, COLUMNS, rows)
    assert "secret" not in str(refusal.value)
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    "value",
    [
        {"Id": "1", "Note": "tab\t \\ \n \"x\" 'y'", "Deep": [1, 2.5, None, True, {"é": "日本"}]},
        {},
        [],
        "a bare string",
        r"not a NUL: \u0000",
        0,
        False,
    ],
)
@pytest.mark.usefixtures("documents")
def test_json_arrives_as_it_was(value: Any) -> None:
    copy_rows(Document, ["code", "payload"], [["a", value]])
    assert Document.objects.get().payload == value


@pytest.mark.usefixtures("documents")
def test_json_already_written_down_is_not_written_again() -> None:
    copy_rows(Document, ["code", "payload"], [["a", JsonText('{"Id": "7", "Name": "O\\"Hara\\n"}')]])
    assert Document.objects.get().payload == {"Id": "7", "Name": 'O"Hara\n'}


@pytest.mark.parametrize("bad", [{"x": "a\0b"}, {"x": "\ud83d"}, JsonText(r'{"x": "\\\u0000"}')])
@pytest.mark.usefixtures("documents")
def test_json_that_postgres_cannot_store_is_refused(bad: Any) -> None:
    with pytest.raises(Unwritable, match="Row 0, payload"):
        copy_rows(Document, ["code", "payload"], [["a", bad]])


@pytest.mark.usefixtures("documents")
def test_a_conflict_may_update_and_answers_what_it_did() -> None:
    copy_rows(Document, ["code", "size"], [["a", 1], ["b", 2]])
    answer = copy_rows(
        Document,
        ["code", "size"],
        [["a", 1], ["b", 3], ["c", 4]],
        on_conflict="(code) DO UPDATE SET size = EXCLUDED.size WHERE accounts_document.size <> EXCLUDED.size",
        returning="code, xmax = 0",
    )
    assert sorted(answer) == [("b", False), ("c", True)]


@pytest.mark.usefixtures("documents")
def test_no_rows_write_nothing() -> None:
    assert copy_rows(Document, ["code"], [], returning="id") == []


@pytest.mark.usefixtures("documents")
def test_more_rows_than_one_copy_holds_arrive_from_a_stream() -> None:
    copy_rows(Document, ["code", "size"], ([f"n{n}", n] for n in range(5_001)))
    assert Document.objects.count() == 5_001


@pytest.mark.usefixtures("documents")
def test_a_later_row_that_cannot_be_written_takes_the_earlier_ones_along() -> None:
    rows = [[f"n{n}", ""] for n in range(2_500)] + [["bad\0", ""]]
    with pytest.raises(Unwritable, match="Row 2500, code"):
        copy_rows(Document, ["code", "payload"], rows)
    assert not Document.objects.exists()


def test_another_firms_rows_are_refused(cast: Cast) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        copy_rows(Client, COLUMNS, [row(cast, firm_id=cast.other_firm.pk, name="Intruder")])


def test_rows_of_different_lengths_are_refused(cast: Cast) -> None:
    with pytest.raises(ValueError, match="zip"):
        copy_rows(Client, ["firm_id", "name"], [[cast.firm.pk]])


def test_an_update_changes_what_is_given_and_leaves_the_rest(cast: Cast) -> None:
    ann, bob = a_client(cast.firm, "Ann", city="Rye"), a_client(cast.firm, "Bob", city="Utica")
    found = update_rows(
        Client, ["id", "city", "phone"], [[ann.pk, "", None], [bob.pk, None, "555"], [-1, "x", "y"]]
    )
    assert found == 2
    assert list(Client.objects.order_by("name").values_list("name", "city", "phone")) == [
        ("Ann", "", ""),
        ("Bob", "Utica", "555"),
    ]


def test_an_update_does_not_reach_another_firms_rows(cast: Cast) -> None:
    theirs = a_client(cast.other_firm, "Theirs", city="Rye")
    assert update_rows(Client, ["id", "city"], [[theirs.pk, "Stolen"]]) == 0
    with across_firms(reason="looking at both sides of the wall"):
        assert Client.objects.get(pk=theirs.pk).city == "Rye"


@pytest.mark.usefixtures("documents")
def test_copied_rows_are_there_for_a_statement_of_ones_own_and_then_gone() -> None:
    with copied(Document, ["code", "size"], [["a", 1], ["b", 2]]) as incoming, connection.cursor() as cursor:
        cursor.execute(f"SELECT sum(size) FROM {incoming}")
        assert cursor.fetchone() == (3,)
    with copied(Document, ["code"], [["c"]]) as incoming, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {incoming}")
        assert cursor.fetchone() == (1,)


@pytest.mark.usefixtures("documents")
def test_a_fault_of_the_database_comes_as_djangos() -> None:
    with pytest.raises(DatabaseError):
        copy_rows(Document, ["code", "size"], [["a", "not a number"]])


def test_the_members_table_can_be_copied_into_too(cast: Cast) -> None:
    with working_for(cast.other_firm.pk):
        rows = [[cast.other_firm.pk, cast.viewer.pk, "viewer", "2026-11-01 10:00+00"]]
        [(key,)] = copy_rows(Membership, ["firm", "user", "role", "joined_at"], rows, returning="id")
        assert Membership.objects.get(pk=key).user == cast.viewer
