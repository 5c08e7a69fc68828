import io
import logging
from collections.abc import Iterator

import psycopg2
import pytest
import structlog
from django.conf import settings
from django.db import connection, transaction

ACCESS_TOKEN = "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..x7Kq0mC4uQbN2tWvYh3LdPz8Rf5Gs1Ja6Ek9"
REFRESH_TOKEN = "AB11730000000aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789AB"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the product's own handler writes."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    processors = settings.LOGGING["formatters"]["lines"]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=processors["processors"], foreign_pre_chain=processors["foreign_pre_chain"]
        )
    )
    root = logging.getLogger()
    root.addHandler(handler)
    yield said
    root.removeHandler(handler)


def test_values_named_as_secrets_are_hidden_at_any_depth(lines: io.StringIO) -> None:
    structlog.get_logger("t").warning(
        "refreshed", refresh_token="short", answer={"access_token": "abc", "expires_in": 3600}
    )
    assert "short" not in lines.getvalue()
    assert "abc" not in lines.getvalue()
    assert "3600" in lines.getvalue()


def test_tokens_in_the_text_of_a_line_are_hidden(lines: io.StringIO) -> None:
    structlog.get_logger("t").warning(f"sent Bearer {ACCESS_TOKEN}")
    logging.getLogger("another.library").warning("refresh_token is %s", REFRESH_TOKEN)
    assert "eyJ" not in lines.getvalue()
    assert "AB117" not in lines.getvalue()


def test_tokens_in_a_traceback_are_hidden(lines: io.StringIO) -> None:
    try:
        raise ValueError(f"Intuit refused {REFRESH_TOKEN} of anna@customer.example")
    except ValueError:
        structlog.get_logger("t").exception("refresh failed")
    assert "Intuit refused hidden of hidden" in lines.getvalue()


REFUSED = {
    "a value that is too long": ("value too long", "{name}\t1"),
    "a row without a number": ("violates not-null constraint", "Amy\t\\N"),
    "a row with a name of two lines": ("violates not-null constraint", "two\\n\\nAmy\t\\N"),
    "a name where a number belongs": ("invalid input syntax for type integer", "Amy\t{name}"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("said", "row"), REFUSED.values(), ids=list(REFUSED))
def test_what_a_refused_row_held_is_hidden(lines: io.StringIO, said: str, row: str) -> None:
    text = row.format(name="Amy's Bird Sanctuary") + "\n"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE incoming (name varchar(8), number integer NOT NULL) ON COMMIT DROP")
        try:
            with transaction.atomic():
                cursor.copy_expert("COPY incoming FROM STDIN", io.StringIO(text))
        except psycopg2.Error:
            structlog.get_logger("t").exception("import failed", run=7)
    assert said in lines.getvalue()
    assert "copy_expert" in lines.getvalue(), "where it happened stays readable"
    assert "Amy" not in lines.getvalue()


def test_what_is_said_after_a_refused_row_stays_readable(lines: io.StringIO) -> None:
    refused = ValueError('value too long\nCONTEXT:  COPY incoming, line 1: "Amy\'s Birds"\n')
    try:
        raise refused
    except ValueError:
        logging.getLogger("celery").exception("Task imports raised unexpected: %r", refused)
    assert "Amy" not in lines.getvalue()
    assert "logger='celery'" in lines.getvalue()
    assert "raise refused" in lines.getvalue()


def test_the_query_of_an_address_is_hidden(lines: io.StringIO) -> None:
    structlog.get_logger("t").warning(
        "request_finished", request="GET /quickbooks/callback/?code=AB1&state=s2&realmId=9", code=404
    )
    assert "/quickbooks/callback/?hidden" in lines.getvalue()
    assert "AB1" not in lines.getvalue()


def test_what_support_asks_for_stays_readable(lines: io.StringIO) -> None:
    structlog.get_logger("t").warning(
        "refused",
        code=404,
        intuit_tid="1-673d4c2a-3e0f8d7b1a2c3d4e5f6a7b8c",
        request_id="b00d8460-6753-4809-8162-022fa0b0980e",
    )
    assert "code=404" in lines.getvalue()
    assert "1-673d4c2a-3e0f8d7b1a2c3d4e5f6a7b8c" in lines.getvalue()
    assert "b00d8460-6753-4809-8162-022fa0b0980e" in lines.getvalue()
