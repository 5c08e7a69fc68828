"""Migration operations that put PostgreSQL's own wall around each firm's rows."""

from __future__ import annotations

from django.db import migrations

# Scalar subqueries, so that the setting is read once per statement and not once per row.
# "*" is the system scope of ``tenancy.across_firms``; an unset or empty setting matches nothing.
_MAY_TOUCH = """
    firm_id = (SELECT CASE WHEN current_setting('qbo_sync.firm', true) ~ '^[0-9]+$'
                           THEN current_setting('qbo_sync.firm', true)::bigint END)
    OR (SELECT coalesce(current_setting('qbo_sync.firm', true) = '*', false))
"""


def isolate_by_firm(table: str, *, is_pointed_at: bool = True) -> migrations.RunSQL:
    """Show and accept only the chosen firm's rows of this table, for its owner too.

    Adds the (firm_id, id) key that ``tie_to_firm`` points at, unless nothing points at the table.
    """
    key = f"{table}_firm_and_id"
    add_key = f"ALTER TABLE {table} ADD CONSTRAINT {key} UNIQUE (firm_id, id);" if is_pointed_at else ""
    drop_key = f"ALTER TABLE {table} DROP CONSTRAINT {key};" if is_pointed_at else ""
    return migrations.RunSQL(
        sql=f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY one_firm ON {table} USING ({_MAY_TOUCH}) WITH CHECK ({_MAY_TOUCH});
            {add_key}
        """,
        reverse_sql=f"""
            {drop_key}
            DROP POLICY one_firm ON {table};
            ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def tie_to_firm(table: str, column: str, target: str, *, on_delete: str = "NO ACTION") -> migrations.RunSQL:
    """Make a reference between two firm-owned tables contain the firm.

    A foreign key is checked past row-level security, so without this a row could point at
    another firm's row. The model's field says ``db_constraint=False``: this is its constraint.
    """
    name = f"{table}_{column}_same_firm"
    return migrations.RunSQL(
        sql=f"""
            ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (firm_id, {column})
            REFERENCES {target} (firm_id, id) ON DELETE {on_delete} DEFERRABLE INITIALLY DEFERRED;
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )
