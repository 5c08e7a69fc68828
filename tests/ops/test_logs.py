import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings

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
