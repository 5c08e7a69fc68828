"""The demo's example data: two firms with a wall between them, their people and clients."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import Firm, Membership, User
from accounts.roles import Role
from accounts.services.bulk_clients import create_clients
from accounts.tenancy import across_firms, working_for

PASSWORD = "ledgers-for-everyone"
HERE = Path(__file__).parent

BRIGHT_LEDGER, HARBOR_MAIN = "bright-ledger", "harbor-main"
FIRMS = {
    BRIGHT_LEDGER: ("Bright Ledger Accounting", "America/Boise"),
    HARBOR_MAIN: ("Harbor & Main CPAs", "America/New_York"),
}


@dataclass(frozen=True)
class Player:
    email: str
    name: str
    roles: dict[str, Role]
    """Firm's slug to the role held there."""

    @property
    def part(self) -> str:
        """Say who this is: "Partner of Bright Ledger Accounting"."""
        return ", ".join(f"{role.label} of {FIRMS[slug][0]}" for slug, role in self.roles.items())


PLAYERS = (
    Player("partner@brightledger.example", "Nora Whitlock", {BRIGHT_LEDGER: Role.PARTNER}),
    Player("admin@brightledger.example", "Amir Reyes", {BRIGHT_LEDGER: Role.ADMIN}),
    Player("staff@brightledger.example", "Stella Park", {BRIGHT_LEDGER: Role.STAFF}),
    Player("viewer@brightledger.example", "Victor Lund", {BRIGHT_LEDGER: Role.VIEWER}),
    Player("partner@harbormain.example", "Harriet Main", {HARBOR_MAIN: Role.PARTNER}),
    Player("both@example.com", "Avery Cole", {BRIGHT_LEDGER: Role.STAFF, HARBOR_MAIN: Role.ADMIN}),
)


def is_seeded() -> bool:
    return User.objects.filter(email=PLAYERS[0].email).exists()


@transaction.atomic
def seed() -> None:
    """Write the example data, whole or not at all."""
    firms = {
        slug: Firm.objects.create(slug=slug, name=name, time_zone=zone)
        for slug, (name, zone) in FIRMS.items()
    }
    # Hashed once: it is made to take half a second, and everybody's is printed at the start.
    hashed = make_password(PASSWORD)
    for player in PLAYERS:
        _write_player(player, firms, hashed)
    for slug, firm in firms.items():
        with working_for(firm.pk):
            create_clients(firm.pk, _clients(slug))


def _write_player(player: Player, firms: dict[str, Firm], hashed: str) -> None:
    user = User.objects.create(email=player.email, name=player.name, password=hashed)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    with across_firms(reason="seeding the demo's memberships"):
        for slug, role in player.roles.items():
            Membership.objects.create(firm=firms[slug], user=user, role=role)


def _clients(slug: str) -> list[dict[str, object]]:
    """Return the firm's example clients.

    Some share a name or an e-mail with customers of the simulator's Craig & Holt Landscaping, with
    other details, so that mapping has matches to suggest and values to overwrite.
    """
    with (HERE / f"{slug.replace('-', '_')}.csv").open(encoding="utf-8", newline="") as lines:
        return [{**row, "is_marketable": row["is_marketable"] == "yes"} for row in csv.DictReader(lines)]
