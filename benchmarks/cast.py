"""The firm, the person and the connection that the benchmarks work with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from benchmarks.stage import REALM, Simulator


@dataclass
class Cast:
    firm_id: int
    person_id: int
    book_id: int


def connect(simulator: Simulator, *, rows: int, slug: str = "bench", realm: str = REALM) -> Cast:
    """Return a firm connected to a company of so many customers, empty on our side."""
    from django.utils import timezone

    from accounts.models import Firm, Membership, User
    from accounts.roles import Role
    from accounts.tenancy import working_for
    from integrations.connect import vault
    from integrations.models import Connection, ConnectionState
    from mapping.models import Book

    _fill(simulator, realm, rows)
    tokens = simulator.token(realm)
    firm, _ = Firm.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize()})
    person = User.objects.filter(email="bench@example.com").first() or User.objects.create_user(
        "bench@example.com"
    )
    later = timezone.now() + timedelta(days=1)
    with working_for(firm.pk):
        Membership.objects.get_or_create(firm=firm, user=person, defaults={"role": Role.PARTNER})
        book, _ = Book.objects.get_or_create(firm=firm, realm_id=realm, defaults={"company_name": "Bench"})
        Connection.objects.update_or_create(
            firm=firm,
            defaults={
                "state": ConnectionState.CONNECTED,
                "realm_id": realm,
                "company_name": "Bench",
                "book": book,
                "access_token": vault.lock(tokens["access_token"]),
                "refresh_token": vault.lock(tokens["refresh_token"]),
                "access_expires_at": later,
                "refresh_expires_at": later,
            },
        )
    return Cast(firm.pk, person.pk, book.pk)


def _fill(simulator: Simulator, realm: str, rows: int) -> None:
    realms = {company["realm"]: company for company in simulator.control("GET", "/companies")["companies"]}
    if realm not in realms:
        simulator.control("POST", "/companies", name="Bench Company", realm=realm)
        simulator.control("POST", f"/companies/{realm}/generate", customers=rows)


def empty(cast: Cast, *, mirror: bool = True) -> None:
    """Take away what a run made: clients, links, history; and the mirror too."""
    from django.db import connection

    from accounts.tenancy import across_firms

    tables = ["mapping_change", "mapping_link", "mapping_exclusion", "mapping_draftchoice", "mapping_draft"]
    tables += [
        "mapping_runoutcome",
        "mapping_runpart",
        "integrations_importpage",
        "accounts_client",
        "mapping_run",
    ]
    with across_firms(reason="a benchmark starts from nothing"), connection.cursor() as cursor:
        cursor.execute(
            f"TRUNCATE {', '.join([*tables, *(['mapping_remotebody', 'mapping_remoterecord'] if mirror else [])])} CASCADE"
        )
    settle()


def settle() -> None:
    """Do now what autovacuum does within a minute."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def keep_few(cast: Cast, rows: int) -> None:
    """Keep so many unmapped records and as many clients, of all there are."""
    from django.db import connection

    from accounts.tenancy import across_firms

    with across_firms(reason="a benchmark keeps a few rows"), connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE mapping_change, mapping_link, mapping_exclusion, mapping_draftchoice, mapping_draft CASCADE"
        )
        for table in ("mapping_remoterecord", "accounts_client"):
            cursor.execute(
                f"DELETE FROM {table} WHERE id NOT IN (SELECT id FROM {table} ORDER BY id LIMIT %s)",
                [rows],
            )
        cursor.execute("UPDATE mapping_remoterecord SET standing = 'unmapped'")
        cursor.execute("UPDATE accounts_client SET is_linked = false")
    settle()
