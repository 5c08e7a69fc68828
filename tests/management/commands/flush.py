"""Empty the database after a test that committed, as Django's own ``flush`` does, in a tenth of the time."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush
from django.db import connection, transaction

from accounts.tenancy import across_firms

KEPT = {"django_content_type", "auth_permission"}
"""What ``post_migrate`` writes: nothing but migrations changes it, so nobody need write it again."""

# Newest first: what points at others was made after them, and some ties are triggers, which do not
# wait for the transaction's end. By size and not by rows, which row-level security hides.
_WRITTEN_TO = """
    SELECT relname, pg_relation_size(oid) > 1000000 FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) AND pg_relation_size(oid) > 0
    ORDER BY oid DESC
"""


class Command(flush.Command):
    """Empty the tables that were ever written to.

    Row by row: to truncate one makes new files for it and for each of its indexes, and few tests
    write more than a few rows. Where one did, truncating is faster, and the next ones read past less.
    """

    def handle(self, **options: Any) -> None:
        ours = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
        with transaction.atomic(), across_firms(reason="emptying"), connection.cursor() as cursor:
            cursor.execute(_WRITTEN_TO, [list(ours - KEPT)])
            tables = cursor.fetchall()
            each = [
                f"TRUNCATE {connection.ops.quote_name(name)} CASCADE" for name, is_large in tables if is_large
            ] + [
                f"DELETE FROM {connection.ops.quote_name(name)}" for name, is_large in tables if not is_large
            ]
            if each:
                cursor.execute("; ".join(each))
