"""The demo's post box: every mail the product sent, so that its links can be followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

SHOWN = 50
_BETWEEN_MAILS = "\n" + "-" * 79 + "\n"  # As Django's file backend writes it.


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    body: str
    sent_at: datetime


def mail_box(request: HttpRequest) -> HttpResponse:
    """Show the mails sent last, newest first. Only in the demo: elsewhere mail is private."""
    if not settings.DEMO:
        raise Http404
    mails = sorted(_mails(Path(settings.EMAIL_FILE_PATH)), key=lambda mail: mail.sent_at, reverse=True)
    return render(request, "demo_mail.html", {"mails": mails[:SHOWN]})


def _mails(folder: Path) -> Iterator[Mail]:
    newest = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in newest[:SHOWN]:
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        for text in file.read_text(errors="replace").split(_BETWEEN_MAILS):
            if text.strip():
                yield _read(text.lstrip("\n"), written)


def _read(text: str, written: datetime) -> Mail:
    mail = message_from_string(text, policy=default)
    sent_at: datetime = getattr(mail["Date"], "datetime", None) or written
    part = mail.get_body(("plain",))
    return Mail(
        to=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        body=str(part.get_content()) if part else "",
        # "-0000" in a Date means UTC, and reads as no zone.
        sent_at=sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC),
    )


urlpatterns = [path("", mail_box, name="demo_mail")]
