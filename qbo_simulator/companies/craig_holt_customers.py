"""Craig & Holt's customers, with the untidiness of real ones."""

from __future__ import annotations

from typing import Any

from .planting import american_address


def customer(
    name: str,
    *,
    person: str = "",
    company: str = "",
    email: str = "",
    phone: str = "",
    bill: tuple[str, ...] = (),
    ship: tuple[str, ...] = (),
    under: str = "",
    balance: float = 0,
    active: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """Say a customer in one line; `person` is "given family" or "given|middle|family"."""
    fields: dict[str, Any] = {"DisplayName": name, "balance": balance, "active": active, **more}
    parts = person.split("|") if "|" in person else person.rsplit(" ", 1)
    if person:
        fields |= dict(zip(("GivenName", "FamilyName"), (parts[0], parts[-1]), strict=True))
    if len(parts) == 3:
        fields["MiddleName"] = parts[1]
    if company:
        fields["CompanyName"] = company
    if email:
        fields["PrimaryEmailAddr"] = {"Address": email}
    if phone:
        fields["PrimaryPhone"] = {"FreeFormNumber": phone}
    if bill:
        fields["BillAddr"] = american_address(*bill)
    if ship:
        fields["ShipAddr"] = american_address(*ship)
    if under:
        fields |= {"Job": True, "under": under}
    return fields


ORDINARY: tuple[dict[str, Any], ...] = (
    customer(
        "Annie's Rose Nursery",
        person="Annie Castellano",
        company="Annie's Rose Nursery",
        email="hello@anniesroses.example",
        phone="(707) 555-0201",
        bill=("1420 Bodega Hwy", "Sebastopol", "CA", "95472"),
        ship=("1420 Bodega Hwy", "Sebastopol", "CA", "95472"),
        balance=239,
    ),
    customer(
        "Breakwater Kayaks",
        person="Will Brandt",
        company="Breakwater Kayaks",
        email="paddle@breakwater.example",
        phone="(415) 555-0202",
        bill=("3 Schooner Ct", "Sausalito", "CA", "94965"),
        balance=85,
    ),
    customer(
        "Copper Kettle Bakehouse",
        person="Grace Pardini",
        company="Copper Kettle Bakehouse",
        email="orders@copperkettle.example",
        phone="(707) 555-0203",
        bill=("212 Western Ave", "Petaluma", "CA", "94952"),
        Fax={"FreeFormNumber": "(707) 555-0204"},
    ),
    customer(
        "Andr\u00e9s Ibarra",
        person="Andr\u00e9s Ibarra",
        email="andres@ibarra.example",
        phone="(650) 555-0205",
        bill=("18 Sequoia Ave", "Redwood City", "CA", "94061"),
    ),
    customer(
        "Fenwick's Swim School",
        person="Carol Fenwick",
        company="Fenwick's Swim School",
        email="lanes@fenwickswim.example",
        phone="(415) 555-0206",
        bill=("90 Lagoon Rd", "San Rafael", "CA", "94901"),
        ship=("12 Pool Plaza", "Novato", "CA", "94947"),
    ),
    customer("Miles Trevanian", person="Miles Trevanian", Taxable=False),
    customer(
        "Gallant Cycle Works",
        person="Ruth Gallant",
        company="Gallant Cycle Works",
        email="shop@gallantcycle.example, accounts@gallantcycle.example",
        phone="(707) 555-0207",
        bill=("640 Fourth St", "Santa Rosa", "CA", "95404"),
        ship=("640 Fourth St", "Santa Rosa", "CA", "95404"),
        Mobile={"FreeFormNumber": "(707) 555-0208"},
    ),
    customer(
        "Railroad Square Shop",
        person="Sasha Gallant",
        company="Gallant Cycle Works",
        email="shop@gallantcycle.example",
        phone="(707) 555-0209",
        bill=("640 Fourth St", "Santa Rosa", "CA", "95404"),
        under="Gallant Cycle Works",
        balance=477.5,
        BillWithParent=True,
    ),
    customer(
        "31 Montecito Ct",
        person="Ruth Gallant",
        company="Gallant Cycle Works",
        email="shop@gallantcycle.example",
        phone="(707) 555-0207",
        bill=("640 Fourth St", "Santa Rosa", "CA", "95404"),
        ship=("31 Montecito Ct", "Santa Rosa", "CA", "95409"),
        under="Gallant Cycle Works",
        balance=85,
    ),
    customer(
        "Meera Kr\u00eep\u00e2l",
        person="Meera Kr\u00eep\u00e2l",
        email="meera@kripal.example",
        phone="(415) 555-0210",
        bill=("77 Redwood Hwy", "Mill Valley", "CA", "94941"),
        balance=629.1,
    ),
    customer(
        "Silver Shutter Studio",
        person="Lise Grunewald",
        company="Silver Shutter Studio",
        email="lise@silvershutter.example",
        phone="(415) 555-0211",
        bill=("1103 Fulton St", "San Francisco", "CA", "94117", "Suite 400"),
    ),
    customer(
        "Gus's Garage",
        person="Gus Chin",
        company="Gus's Garage",
        email="service@gussgarage.example",
        phone="(650) 555-0212",
        bill=("12 Industrial Way", "Belmont", "CA", "94002"),
        balance=81,
    ),
    customer(
        "John Hartwell",
        person="John Hartwell",
        email="john@hartwell.example",
        phone="(650) 555-0213",
        bill=("85 Pine St.", "San Mateo", "CA", "94401"),
        balance=450,
    ),
    customer(
        "Jon Hartwell",
        person="Jon Hartwell",
        phone="(650) 555-0213",
        bill=("85 Pine Street", "San Mateo", "CA", "94401"),
        Notes="Possibly the same as John Hartwell? Ask Dana.",
    ),
    customer(
        "Kate Sorensen",
        person="Kate Sorensen",
        email="kate@sorensen.example",
        phone="(650) 555-0214",
        bill=("45 First St.", "Pacifica", "CA", "94044"),
    ),
    customer(
        "Katherine Sorensen",
        person="Katherine|R.|Sorensen",
        email="kate@sorensen.example",
        bill=("45 First Street", "Pacifica", "CA", "94044"),
        active=False,
    ),
    customer(
        "Lemon Tree Preschool",
        person="Dot Alvarez",
        company="Lemon Tree Preschool",
        email="office@lemontree.example",
        phone="(707) 555-0215",
        bill=("789 Orchard Ln", "Cotati", "CA", "94931"),
        balance=75,
    ),
    customer(
        "Malcolm Yoo",
        person="Malcolm Yoo",
        email="malcolm@yoo.example",
        phone="(650) 555-0216",
        bill=("36 Willow Rd", "Daly City", "CA", "94015"),
        balance=314.28,
    ),
    customer(
        "Northgate Medical Supply",
        person="Paula Kersey",
        company="Northgate Medical Supply",
        email="ap@northgatemedical.example",
        phone="(415) 555-0217",
        bill=("900 Las Gallinas Ave", "San Rafael", "CA", "94903"),
        ship=("900 Las Gallinas Ave, Dock 3", "San Rafael", "CA", "94903"),
        balance=954.75,
        PreferredDeliveryMethod="Email",
    ),
    customer(
        "Open Road Travel",
        person="Stef Rinaldi",
        company="Open Road Travel",
        email="trips@openroad.example",
        phone="(510) 555-0218",
        bill=("753 Solano Ave", "Albany", "CA", "94706"),
    ),
    customer(
        "Pilar's Taquer\u00eda",
        person="Pilar Mart\u00ednez",
        company="Pilar's Taquer\u00eda",
        email="pilar@taqueriapilar.example",
        phone="(707) 555-0219",
        bill=("500 Sebastopol Rd", "Santa Rosa", "CA", "95407"),
        balance=226,
    ),
    customer(
        "Quail Hollow Produce",
        person="Tomas Rondell",
        company="Quail Hollow Produce",
        email="stand@quailhollow.example",
        phone="(408) 555-0220",
        bill=("847 Almaden Rd", "San Jose", "CA", "95120"),
        balance=78.6,
    ),
    customer(
        "Shira Benowitz",
        person="Shira Benowitz",
        email="studio@benowitz.example",
        phone="(415) 555-0221",
        bill=("19 Bolinas Rd", "Fairfax", "CA", "94930"),
    ),
    customer(
        "Benowitz Ceramics",
        person="Shira Benowitz",
        company="Benowitz Ceramics",
        email="studio@benowitz.example",
        phone="(415) 555-0222",
        bill=("19 Bolinas Rd", "Fairfax", "CA", "94930"),
        under="Shira Benowitz",
        balance=274.5,
    ),
    customer(
        "Sundstrom Family Grocery",
        person="Nils Sundstrom",
        company="Sundstrom Family Grocery",
        email="store@sundstrom.example",
        phone="(707) 555-0223",
        bill=("5647 Old Redwood Hwy", "Penngrove", "CA", "94951"),
        balance=362.07,
    ),
    customer(
        "Tanuki Noodle Bar",
        person="Kenji Yamaguchi",
        company="Tanuki Noodle Bar",
        email="kenji@tanuki.example",
        phone="(973) 555-0224",
        bill=("898 Elm St.", "Maplewood", "NJ", "07040"),
        balance=160,
        SalesTermRef={"value": "3"},
    ),
    customer(
        "Trevor Wainscott",
        person="Trevor Wainscott",
        email="trevor@wainscott.example",
        phone="(650) 555-0225",
        bill=("78 Frist St.", "Menlo Pakr", "CA", "94025"),
        balance=414.72,
    ),
    customer(
        "Pixel Attic Games",
        person="Daniel Verhoeven-Hart",
        company="Pixel Attic Games",
        email="hi@pixelattic.example",
        phone="(650) 555-0226",
        bill=("125 Main St.", "Half Moon Bay", "CA", "94019"),
    ),
    customer(
        "Vows by Winifred",
        person="Winifred Yates",
        company="Vows by Winifred",
        email="win@vowsbywinifred.example",
        phone="(650) 555-0227",
        bill=("135 Broadway", "Burlingame", "CA", "94010"),
    ),
    customer(
        "Zellweger Consulting",
        person="Nina Zellweger",
        company="Zellweger Consulting",
        email="nina@zellweger-consulting.example",
        phone="(415) 555-0228",
        bill=("456 Miller Ave", "Mill Valley", "CA", "94941"),
        balance=375,
    ),
)
