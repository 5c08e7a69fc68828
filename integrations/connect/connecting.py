"""Connect a firm to its QuickBooks company: set out, come back, confirm.

Whatever fails on the way leaves nothing behind: the firm's connection stays as it was, and a grant that
Intuit had already given is given back.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import Firm, Membership, User
from accounts.roles import Permission
from accounts.tenancy import working_for
from integrations.connect import attempts
from integrations.connect.asking import answer_requests
from integrations.connect.company import Company
from integrations.connect.gateways import oauth, quickbooks_uncounted
from integrations.connect.obstacles import CannotConnect
from integrations.connect.resuming import Resumed, go_on
from integrations.connect.signals import upkeep_wanted
from integrations.connect.tokens import columns_for
from integrations.connect.vault import Unreadable, unlock
from integrations.models import AuthorizationAttempt, Connection, ConnectionState
from integrations.quickbooks import (
    FixedGrant,
    Misconfigured,
    Patience,
    QuickBooksError,
    Tokens,
    Unauthorized,
)
from mapping.models import Book, RemoteRecord

log = structlog.get_logger(__name__)

# Somebody is looking at a blank page meanwhile.
_BRIEF = Patience(tries=2, wait_s=10.0)


@dataclass(frozen=True)
class Received:
    """A firm's connection after the trip: waiting for a yes, or, of a known company, in order again."""

    firm: Firm
    connection: Connection
    resumed: Resumed = field(default_factory=Resumed)

    @property
    def is_confirmed(self) -> bool:
        return self.connection.is_live


def begin(firm: Firm, *, by: User) -> str:
    """Return the address at Intuit to send the person to. Raises CannotConnect."""
    row = Connection.objects.select_related("book").first()
    if row is not None and row.is_being_cleared:
        raise CannotConnect("being_cleared", firm=firm, company=row.company_name)
    try:
        # The address first: where Intuit is down, no attempt is left lying about.
        intuit = oauth()
        intuit.authorize_url("")
        return intuit.authorize_url(attempts.set_out(firm, by))
    except QuickBooksError as error:
        raise _cannot(error, firm) from error


def receive(answer: Mapping[str, str], *, by: User) -> Received:
    """Take in what Intuit sent the browser back with. Raises CannotConnect, which names the firm if known."""
    if not answer.get("state"):
        raise CannotConnect("unknown_state")
    attempt = attempts.come_back(answer["state"], by)
    with working_for(attempt.firm_id):
        _must_still_be_allowed(attempt, by)
        if error := answer.get("error"):
            raise CannotConnect("declined" if error == "access_denied" else "not_offered", firm=attempt.firm)
        if not answer.get("realmId"):
            raise CannotConnect("no_company", firm=attempt.firm)
        if not answer.get("code"):
            raise CannotConnect("not_offered", firm=attempt.firm)
        return _take_in(attempt, code=answer["code"], realm_id=answer["realmId"])


def _must_still_be_allowed(attempt: AuthorizationAttempt, by: User) -> None:
    membership = Membership.objects.filter(user=by).first()
    if membership is None or not membership.may(Permission.CONNECT):
        raise CannotConnect("not_allowed")


def _take_in(attempt: AuthorizationAttempt, *, code: str, realm_id: str) -> Received:
    try:
        tokens = oauth().exchange(code, realm_id=realm_id)
    except QuickBooksError as error:
        raise _cannot(error, attempt.firm, otherwise="code_refused") from error
    try:
        company = _look_at(realm_id, tokens, attempt.firm)
        received, former = _keep(company, tokens, by=attempt.person, firm=attempt.firm)
    except BaseException:
        _give_back(tokens.refresh)
        raise
    if former:
        _give_back(former)
    log.info(
        "quickbooks_authorized", firm=attempt.firm_id, realm_id=realm_id, state=received.connection.state
    )
    return received


def _look_at(realm_id: str, tokens: Tokens, firm: Firm) -> Company:
    """Read the company's card. That it can be read also proves the grant is for this company."""
    try:
        grant = FixedGrant(tokens.access)
        with quickbooks_uncounted(realm_id, grant, firm_id=firm.pk, patience=_BRIEF) as client:
            return Company.of(realm_id, client.company_info())
    except QuickBooksError as error:
        raise _cannot(error, firm, otherwise="company_refused") from error


def _cannot(error: QuickBooksError, firm: Firm, *, otherwise: str = "quickbooks_down") -> CannotConnect:
    if isinstance(error, Misconfigured):
        key = "misconfigured"
    elif error.retryable and not isinstance(error, Unauthorized):
        key = "quickbooks_down"
    else:
        key = otherwise
    return CannotConnect(key, firm=firm, reference=error.intuit_tid)


def _keep(company: Company, tokens: Tokens, *, by: User, firm: Firm) -> tuple[Received, str]:
    """Store the grant; return also the refresh token of an unconfirmed grant it replaces."""
    with transaction.atomic():
        # The firm's row, so that two trips of one firm come in one after the other.
        Firm.objects.select_for_update(no_key=True).get(pk=firm.pk)
        row = Connection.objects.select_related("book").filter(firm=firm).first() or Connection(firm=firm)
        if Book.objects.filter(realm_id__in=(row.realm_id, company.realm_id)).exclude(clearing="").exists():
            raise CannotConnect("being_cleared", firm=firm, company=row.company_name)
        pinned = pinned_to(row)
        if pinned is not None and pinned.realm_id != company.realm_id:
            raise CannotConnect("other_company", firm=firm, **_both(pinned, company))
        former = _unconfirmed_grant(row) if row.realm_id != company.realm_id else ""
        _put(row, company, tokens)
        row.book = pinned
        row.state = ConnectionState.CONNECTED if pinned else ConnectionState.UNCONFIRMED
        row.connected_by, row.connected_at = by, timezone.now()
        row.save()
        resumed = go_on(row) if pinned else Resumed()
        upkeep_wanted.send(Connection, connection=row)
    return Received(firm, row, resumed), former


def pinned_to(row: Connection) -> Book | None:
    """Return the books the firm is held to: those it is connected to, or has records of and has not left."""
    book = row.book
    if book is None or not book.is_current:
        return None
    if row.state != ConnectionState.DISCONNECTED:
        return book
    return book if RemoteRecord.objects.filter(book=book).exists() else None


def _both(pinned: Book, company: Company) -> dict[str, str]:
    """Return what tells the two companies apart, whose names may be the same."""
    return {
        "pinned": pinned.company_name,
        "pinned_id": pinned.realm_id,
        "chosen": company.name,
        "chosen_id": company.realm_id,
    }


def _put(row: Connection, company: Company, tokens: Tokens) -> None:
    row.realm_id, row.company_name = company.realm_id, company.name
    row.legal_name, row.address, row.country = company.legal_name, company.address, company.country
    for column, value in columns_for(tokens).items():
        setattr(row, column, value)
    row.renewal_claim = row.renewal_claimed_until = None
    row.warned_days = row.ended_there_at = row.settings_read_at = None
    row.untold_end = ""


def _unconfirmed_grant(row: Connection) -> str:
    if not row.is_unconfirmed or row.refresh_token is None:
        return ""
    with suppress(Unreadable):
        return unlock(row.refresh_token)
    return ""


def confirm(connection: Connection, *, by: User) -> Connection:
    """Take the company for the firm's books, from now on and for good. Does nothing a second time."""
    with transaction.atomic():
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        if not row.is_unconfirmed:
            return row
        Book.objects.filter(firm_id=row.firm_id, is_current=True).update(is_current=False)
        row.book, _ = Book.objects.update_or_create(
            firm_id=row.firm_id,
            realm_id=row.realm_id,
            defaults={"company_name": row.company_name, "country": row.country, "is_current": True},
        )
        row.state, row.connected_by, row.connected_at = ConnectionState.CONNECTED, by, timezone.now()
        row.save(update_fields=["book", "state", "connected_by", "connected_at"])
        answer_requests(row)
        upkeep_wanted.send(Connection, connection=row)
    log.info("quickbooks_connected", firm=row.firm_id, realm_id=row.realm_id)
    return row


def turn_down(connection: Connection) -> None:
    """Forget an unconfirmed connection and give its grant back. Does nothing to any other."""
    with transaction.atomic():
        row = Connection.objects.select_for_update(no_key=True).filter(pk=connection.pk).first()
        if row is None or not row.is_unconfirmed:
            return
        grant = _unconfirmed_grant(row)
        if (former := Book.objects.order_by("-is_current", "-pk").first()) is not None:
            _return_to(row, former)
        else:
            row.delete()
    if grant:
        _give_back(grant)


def _return_to(row: Connection, former: Book) -> None:
    """Have the firm's connection say again that its former company is disconnected."""
    row.book, row.state = former, ConnectionState.DISCONNECTED
    row.realm_id, row.company_name, row.country = former.realm_id, former.company_name, former.country
    row.legal_name = row.address = ""
    row.access_token = row.refresh_token = None
    row.access_expires_at = row.refresh_expires_at = row.hard_expires_at = None
    row.save()


def _give_back(refresh_token: str) -> None:
    """End a grant nobody is to use, if Intuit can be reached; unused, it runs out by itself."""
    try:
        oauth().revoke(refresh_token)
    except QuickBooksError as error:
        log.warning("grant_not_given_back", status_code=error.status, intuit_tid=error.intuit_tid)
