import django.db.models.deletion
from django.db import migrations, models

from accounts.isolation import tie_many_to_firm, tie_to_firm

MANY = [
    ("mapping_remoterecord", "book_id", "mapping_book", "NO ACTION"),
    ("mapping_remotebody", "record_id", "mapping_remoterecord", "CASCADE"),
    ("mapping_link", "book_id", "mapping_book", "NO ACTION"),
    ("mapping_link", "record_id", "mapping_remoterecord", "NO ACTION"),
]


def _lighter(table: str, column: str, target: str, on_delete: str) -> list[migrations.RunSQL]:
    key = tie_to_firm(table, column, target, on_delete=on_delete)
    drop_key = migrations.RunSQL(sql=key.reverse_sql, reverse_sql=key.sql)
    return [drop_key, tie_many_to_firm(table, column, target, on_delete=on_delete)]


class Migration(migrations.Migration):
    """Ties of tables that are written in bulk are looked at once a statement, not once a row."""

    dependencies = [("mapping", "0002_isolation"), ("accounts", "0003_lighter_clients")]
    operations = [
        *[step for tie in MANY for step in _lighter(*tie)],
        migrations.AlterField(
            model_name="change",
            name="firm",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="accounts.firm",
            ),
        ),
    ]
