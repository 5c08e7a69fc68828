"""Keep in PostgreSQL what calls cost, so that an emptied Valkey forgets no more than the last seconds."""

from __future__ import annotations

from django.db import connection, transaction

from accounts.tenancy import across_firms
from integrations.connect.gateways import meter
from integrations.quickbooks import Counted

# A firm that is gone is passed over. In one order, so that nobody locks up.
_ADD = """
    INSERT INTO integrations_callcount AS held (firm_id, month, kind, entity, calls)
    SELECT firm.id, counted.month, counted.kind, counted.entity, counted.calls
    FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::text[], %s::bigint[])
        AS counted (firm_id, month, kind, entity, calls)
    JOIN accounts_firm firm ON firm.id = counted.firm_id
    ORDER BY 1, 2, 3, 4
    ON CONFLICT (firm_id, month, kind, entity) DO UPDATE SET calls = held.calls + EXCLUDED.calls
"""
_ONE_TAKER = "SELECT pg_try_advisory_xact_lock(hashtextextended('integrations.counting_calls', 0))"


def keep() -> int:
    """Add what was counted since to the months' counts, of all firms at once; return how many that changed.

    Harmless beside another worker. Whoever dies within is followed by another, who takes the same;
    between the last two lines that counts some calls twice. May raise RedisError.
    """
    counting = meter()
    with across_firms(reason="calls are kept for all firms at once"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ONE_TAKER)
            is_alone = cursor.fetchone()[0]
            taken = counting.take() if is_alone else []
            if taken:
                cursor.execute(_ADD, _columns(taken))
        if taken:
            transaction.on_commit(counting.kept)
    return len(taken)


def _columns(taken: list[Counted]) -> list[list[object]]:
    return [
        [one.whose for one in taken],
        [one.month for one in taken],
        [str(one.charge.kind) for one in taken],
        [one.charge.entity[:64] for one in taken],
        [one.calls for one in taken],
    ]
