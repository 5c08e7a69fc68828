"""Read how many records of a kind stand how, and keep the tally of it short."""

from __future__ import annotations

from django.db import connection
from django.db.models import Sum

from mapping.models import Book, Standing, Tally

MOST_ROWS = 50
"""A kind's tally of more rows is folded."""

# Whoever folds at the same time waits for the rows, finds them deleted and adds nothing for them.
_FOLD = """
    WITH long AS (
        SELECT firm_id, book_id, entity FROM mapping_tally GROUP BY firm_id, book_id, entity HAVING count(*) > %s
    ), folded AS (
        DELETE FROM mapping_tally tally USING long
        WHERE (tally.firm_id, tally.book_id, tally.entity) = (long.firm_id, long.book_id, long.entity)
        RETURNING tally.*
    )
    INSERT INTO mapping_tally (firm_id, book_id, entity, standing, number)
    SELECT firm_id, book_id, entity, standing, sum(number) FROM folded
    GROUP BY firm_id, book_id, entity, standing HAVING sum(number) <> 0
"""


def tally(book: Book, entity: str) -> dict[Standing, int]:
    """Return how many records stand how; unmapped ones that are gone there are not among them. One query."""
    rows = Tally.objects.filter(book=book, entity=entity).values_list("standing").annotate(Sum("number"))
    counted = dict(rows)
    return {standing: counted.get(standing.value, 0) for standing in Standing}


def fold() -> None:
    """Put the sums in place of long tallies. Call inside ``across_firms``; harmless beside whatever else goes on."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, [MOST_ROWS])
