"""The demo's post box."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection
from django.http import Http404
from django.test import Client, RequestFactory
from pytest_django import Settings

from qbo_sync.demo_mail import mail_box


@pytest.fixture
def box(settings: Settings, tmp_path: Path) -> Path:
    settings.DEMO, settings.EMAIL_FILE_PATH = True, str(tmp_path)
    return tmp_path


def write(box: Path, *mails: tuple[str, str]) -> None:
    connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(box))
    connection.send_messages([EmailMessage(subject, body, to=["zoë@example.com"]) for subject, body in mails])


def show() -> str:
    request = RequestFactory().get("/mail/")
    return mail_box(request).content.decode()


def test_mails_are_shown_with_links_that_can_be_followed(box: Path) -> None:
    write(
        box,
        ("Confirm – now", "Go to http://localhost:8000/accounts/confirm/x:1-2_y/ please."),
        ("Two", "2nd"),
    )
    text = show()
    assert "Confirm – now" in text
    assert 'href="http://localhost:8000/accounts/confirm/x:1-2_y/"' in text
    assert "2nd" in text


def test_an_empty_box_says_so(box: Path) -> None:
    assert "No mail yet" in show()


def test_elsewhere_mail_is_private(box: Path, settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(Http404):
        show()


def test_outside_the_demo_there_is_no_such_address(db: None, client: Client) -> None:
    assert client.get("/mail/").status_code == 404
