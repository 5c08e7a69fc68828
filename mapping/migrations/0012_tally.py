import django.db.models.deletion
from django.db import migrations, models

from accounts.isolation import isolate_by_firm, tie_many_to_firm

_COUNTS = "standing <> 'unmapped' OR gone_at IS NULL"
_COLUMNS = "firm_id, book_id, entity, standing"
_SUM = f"""
    INSERT INTO mapping_tally ({_COLUMNS}, number)
    SELECT {_COLUMNS}, sum(number) FROM ({{moved}}) moved GROUP BY {_COLUMNS} HAVING sum(number) <> 0;
"""
_ARRIVED = f"SELECT {_COLUMNS}, 1 AS number FROM arrived WHERE {_COUNTS}"
_DEPARTED = f"SELECT {_COLUMNS}, -1 AS number FROM departed WHERE {_COUNTS}"

# A firm's records are written a thousand at a time: once for a statement, not for a row.
_KEEP = f"""
    CREATE FUNCTION mapping_tally_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        CASE TG_OP
            WHEN 'INSERT' THEN {_SUM.format(moved=_ARRIVED)}
            WHEN 'DELETE' THEN {_SUM.format(moved=_DEPARTED)}
            ELSE {_SUM.format(moved=f"{_ARRIVED} UNION ALL {_DEPARTED}")}
        END CASE;
        RETURN NULL;
    END $$;

    CREATE TRIGGER mapping_tally_added AFTER INSERT ON mapping_remoterecord
        REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION mapping_tally_keep();
    CREATE TRIGGER mapping_tally_moved AFTER UPDATE ON mapping_remoterecord
        REFERENCING OLD TABLE AS departed NEW TABLE AS arrived
        FOR EACH STATEMENT EXECUTE FUNCTION mapping_tally_keep();
    CREATE TRIGGER mapping_tally_removed AFTER DELETE ON mapping_remoterecord
        REFERENCING OLD TABLE AS departed FOR EACH STATEMENT EXECUTE FUNCTION mapping_tally_keep();

    SELECT set_config('qbo_sync.firm', '*', true);
    {_SUM.format(moved=_ARRIVED.replace("arrived", "mapping_remoterecord"))}
    SELECT set_config('qbo_sync.firm', '', true);
"""
_FORGET = """
    DROP TRIGGER mapping_tally_added ON mapping_remoterecord;
    DROP TRIGGER mapping_tally_moved ON mapping_remoterecord;
    DROP TRIGGER mapping_tally_removed ON mapping_remoterecord;
    DROP FUNCTION mapping_tally_keep();
"""


class Migration(migrations.Migration):
    """How many records stand how is known without counting them."""

    dependencies = [("accounts", "0002_isolation"), ("mapping", "0011_fruitless_since")]
    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=40)),
                ("standing", models.CharField(max_length=8)),
                ("number", models.IntegerField()),
                (
                    "book",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="mapping.book",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.firm",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["firm", "book", "entity"], include=("standing", "number"), name="tally_by_kind"
                    )
                ],
            },
        ),
        isolate_by_firm("mapping_tally", is_pointed_at=False),
        tie_many_to_firm("mapping_tally", "book_id", "mapping_book", on_delete="CASCADE"),
        migrations.RunSQL(_KEEP, _FORGET),
    ]
