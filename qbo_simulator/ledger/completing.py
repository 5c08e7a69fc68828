"""Post what came into the books without the rules: recorded companies, invented customers, older files.

Nothing that is served changes by it: objects stay as they came. What recorded transactions do not
explain of a recorded balance is an opening balance.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import orjson

from ..rules.company import rate_noted
from ..rules.money import ZERO, cents, exact
from . import store
from .chart import CompanyChart
from .keeping import is_complete, mark
from .posting import OWN, Posting
from .stock import recost

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Entity


_LAST_DAY = "9999-12-31"


def complete(books: Books, *, at: datetime) -> None:
    """Make sure that everything in the books has posted. Costs nothing when it has."""
    if is_complete(books):
        return
    with books.transaction():
        chart = CompanyChart(books, at)
        for entity in _posting_entities():
            _post_all(books, entity, chart)
        day = _first_day(books, at)
        _explain_stock(books, chart, day)
        _explain_people(books, chart, "Customer", "receivable", 1, day)
        _explain_people(books, chart, "Vendor", "payable", -1, day)
        _explain_accounts(books, chart, day)
        mark(books, complete=True)


def _posting_entities() -> list[Entity]:
    from ..entities import ENTITIES

    return [entity for entity in ENTITIES if entity.posts is not None]


def _post_all(books: Books, entity: Entity, chart: CompanyChart) -> None:
    assert entity.posts is not None
    rows = books.rows(
        "SELECT o.body FROM objects o WHERE o.entity = ? AND NOT EXISTS "
        "(SELECT 1 FROM postings p WHERE p.entity = o.entity AND p.id = o.id) ORDER BY o.seq",
        (entity.name,),
    )
    for (raw,) in rows:
        body = orjson.loads(raw)
        postings = entity.posts(body, chart)
        store.keep(books, entity.name, str(body["Id"]), str(body.get("TxnDate") or ""), postings)


def _first_day(books: Books, at: datetime) -> str:
    first = books.rows("SELECT min(day) FROM postings WHERE day != ''")[0][0]
    began = (books.look("CompanyInfo", "1") or {}).get("CompanyStartDate")
    days = [day for day in (first and first.decode(), began) if day]
    return min(days) if days else at.date().isoformat()


def _explain_stock(books: Books, chart: CompanyChart, day: str) -> None:
    rows = books.rows("SELECT item, sum(quantity) FROM postings WHERE stock IN ('own', 'fifo') GROUP BY item")
    moved = {row[0].decode(): store.pieces(row[1]) for row in rows}
    for item in books.all_named("Item"):
        if item.get("Type") != "Inventory":
            continue
        missing = exact(item.get("QtyOnHand")) - moved.get(item["Id"], ZERO)
        if missing:
            asset = str((item.get("AssetAccountRef") or {}).get("value") or chart.role("inventory"))
            value = cents(missing * exact(item.get("PurchaseCost")))
            stock = Posting(asset, value, ZERO, item=item["Id"], quantity=missing, stock=OWN)
            _open(books, chart, f"Item {item['Id']}", day, stock)
        recost(books, item["Id"], moving=False)


def _explain_people(books: Books, chart: CompanyChart, kind: str, part: str, side: int, day: str) -> None:
    """Let people begin with what their transactions do not explain of their balance."""
    types = {"receivable": "Accounts Receivable", "payable": "Accounts Payable"}
    accounts = [a.id for a in chart.accounts.by_id.values() if a.type == types[part]]
    marks = ",".join("?" * len(accounts)) or "''"
    rates: dict[str, Decimal] = {}
    rows = books.rows(
        "SELECT o.id, coalesce(json_extract(o.body, '$.Balance'), 0) AS balance, coalesce(p.owed, 0), "
        "coalesce(json_extract(o.body, '$.CurrencyRef.value'), '') "
        "FROM objects o LEFT JOIN (SELECT name, sum(owed) AS owed FROM postings "
        f"WHERE name_kind = ? AND account IN ({marks}) GROUP BY name) p ON p.name = o.id "
        "WHERE o.entity = ? AND (balance != 0 OR p.owed != 0)",
        (kind, *accounts, kind),
    )
    for id, balance, owed, currency in rows:
        missing = exact(balance) * side - store.money(owed)
        if missing:
            name, code = (kind, id.decode()), currency.decode() if currency else chart.home
            if code not in rates:
                noted = None if code == chart.home else rate_noted(books, code, chart.home, _LAST_DAY)
                rates[code] = exact((noted or {}).get("Rate")) or Decimal(1)
            at_home = cents(missing * rates[code])
            posting = Posting(chart.role(part), at_home, missing, name=name, customer=name[1])
            _open(books, chart, f"{kind} {name[1]}", day, posting)


def _explain_accounts(books: Books, chart: CompanyChart, day: str) -> None:
    rows = books.rows("SELECT account, sum(amount) FROM postings GROUP BY account")
    posted = {row[0].decode(): store.money(row[1]) for row in rows}
    equity = chart.role("opening")
    for account in books.all_named("Account"):
        facts = chart.accounts.by_id[account["Id"]]
        if not facts.has_balance or facts.id == equity or _is_owed_to(facts.type, posted.get(facts.id)):
            continue
        missing = exact(account.get("CurrentBalance")) * facts.side - posted.get(facts.id, ZERO)
        if missing:
            _open(books, chart, f"Account {facts.id}", day, Posting(facts.id, missing, missing))


def _is_owed_to(type: str, posted: Decimal | None) -> bool:
    """Tell whether people's balances explain an account already, which then is what they say."""
    return type in ("Accounts Receivable", "Accounts Payable") and posted is not None


def _open(books: Books, chart: CompanyChart, id: str, day: str, posting: Posting) -> None:
    against = Posting(chart.role("opening"), -posting.amount, -posting.amount)
    store.keep(books, "Opening", id, day, [posting, against])
