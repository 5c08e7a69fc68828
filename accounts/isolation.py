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


# The planner knows nothing of the added rows and keeps its plan for the connection's life: by index it
# is right for few and for many.
_TIE_MANY = """
    CREATE FUNCTION {name}_added() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM added LEFT JOIN {target} AS held ON held.firm_id = added.firm_id AND held.id = added.{column}
            WHERE added.{column} IS NOT NULL AND held.id IS NULL
        ) THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'a row of {table} points at a row of {target} that its firm does not have',
                CONSTRAINT = '{name}', TABLE = '{table}';
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION {name}_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE foreign_key_violation USING
            MESSAGE = 'a row of {table} stays with the row of {target} it was written for',
            CONSTRAINT = '{name}', TABLE = '{table}';
    END $$;

    CREATE FUNCTION {name}_removed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {left_behind}
        RETURN NULL;
    END $$;

    CREATE TRIGGER {name}_added AFTER INSERT ON {table}
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {name}_added();
    CREATE TRIGGER {name}_moved BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.{column} IS DISTINCT FROM NEW.{column} OR OLD.firm_id IS DISTINCT FROM NEW.firm_id)
        EXECUTE FUNCTION {name}_moved();
    CREATE TRIGGER {name} AFTER DELETE ON {target}
        REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION {name}_removed();
"""
_LEFT_BEHIND = {
    "CASCADE": "DELETE FROM {table} AS theirs USING removed WHERE theirs.{column} = removed.id;",
    "NO ACTION": """
        IF EXISTS (SELECT FROM {table} AS theirs JOIN removed ON theirs.{column} = removed.id) THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'rows of {table} still point at the rows of {target} that were to be deleted',
                CONSTRAINT = '{name}', TABLE = '{table}';
        END IF;
    """,
}


def tie_many_to_firm(
    table: str, column: str, target: str, *, on_delete: str = "NO ACTION"
) -> migrations.RunSQL:
    """Do what ``tie_to_firm`` does, for tables that are written many thousand rows at a time.

    A foreign key looks up and locks a row for each row written; this looks once for each statement,
    and at once instead of at the end of the transaction. Refusals are integrity errors, as a
    foreign key's are. What a row points at cannot be changed afterwards. ``on_delete`` is
    NO ACTION or CASCADE.
    """
    words = {"name": f"{table}_{column}_same_firm", "table": table, "column": column, "target": target}
    left_behind = _LEFT_BEHIND[on_delete].format(**words)
    return migrations.RunSQL(
        sql=_TIE_MANY.format(**words, left_behind=left_behind),
        reverse_sql="""
            DROP TRIGGER {name}_added ON {table};
            DROP TRIGGER {name}_moved ON {table};
            DROP TRIGGER {name} ON {target};
            DROP FUNCTION {name}_added();
            DROP FUNCTION {name}_moved();
            DROP FUNCTION {name}_removed();
        """.format(**words),
    )
