"""E-mails that are sent until the mail server takes them, however long it is down.

Each is a row from the transaction on that it tells of: at once where it can be, by a sweep where not.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from smtplib import SMTPException, SMTPRecipientsRefused

import structlog
from django.core.mail import send_mail
from django.db.models import Q
from django.utils import timezone

from accounts.announcing import once_committed
from accounts.models import Firm
from accounts.tenancy import across_firms, working_for
from integrations.models import Letter

log = structlog.get_logger(__name__)

MAIL_PROBLEMS = (SMTPException, OSError)
AGAIN_AFTER = timedelta(minutes=5)
GIVEN_UP_AFTER = timedelta(days=3)
"""What a mail tells is no news any more then; the screens say the same."""


def post(firm: Firm, address: str, subject: str, body: str) -> None:
    """Send an e-mail once the transaction is through. Idempotent only in that a transaction is."""
    letter = Letter.objects.create(firm=firm, address=address, subject=subject, body=body)
    once_committed(partial(_send_at_once, firm.pk, letter.pk))


def _send_at_once(firm_id: int, letter_id: int) -> None:
    with working_for(firm_id):
        send(letter_id)


def send(letter_id: int) -> bool:
    """Send a letter unless somebody else is at it; return whether it is out of the way."""
    now = timezone.now()
    free = Letter.objects.filter(Q(tried_at=None) | Q(tried_at__lt=now - AGAIN_AFTER), pk=letter_id)
    if not free.update(tried_at=now):
        return False
    letter = Letter.objects.get(pk=letter_id)
    try:
        hand_over(letter.subject, letter.body, letter.address)
    except SMTPRecipientsRefused:
        log.error("mail_address_refused", letter=letter_id)
    except MAIL_PROBLEMS as problem:
        log.error("mail_not_sent_yet", reason=type(problem).__name__)
        return False
    letter.delete()
    return True


def hand_over(subject: str, body: str, address: str) -> None:
    send_mail(" ".join(subject.split()), body, None, [address])


def waiting() -> list[tuple[int, int]]:
    """Return (firm id, letter id) of what the mail server has not taken yet; forgets what is too old to be news."""
    now = timezone.now()
    with across_firms(reason="letters of any firm may be waiting for the mail server"):
        Letter.objects.filter(written_at__lt=now - GIVEN_UP_AFTER).delete()
        due = Letter.objects.filter(written_at__lt=now - AGAIN_AFTER).order_by("pk")
        due = due.filter(Q(tried_at=None) | Q(tried_at__lt=now - AGAIN_AFTER))
        return list(due.values_list("firm_id", "pk"))
