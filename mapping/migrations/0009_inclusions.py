import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.isolation import isolate_by_firm, tie_many_to_firm


class Migration(migrations.Migration):
    """What a run included again is known, and can be undone; a record in conflict is not called skipped."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("accounts", "0004_when_contact_details_were_edited"),
        ("mapping", "0008_why_nobody_decides"),
    ]
    operations = [
        migrations.CreateModel(
            name="Inclusion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run_id", models.BigIntegerField(help_text="The run that included the record again.")),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("excluded_in", models.BigIntegerField(help_text="The run that had excluded it.", null=True)),
                ("excluded_at", models.DateTimeField()),
                (
                    "excluded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
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
                (
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="mapping.remoterecord",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["record"], name="inclusion_by_record")],
                "constraints": [
                    models.UniqueConstraint(fields=("run_id", "record"), name="one_inclusion_each")
                ],
            },
        ),
        isolate_by_firm("mapping_inclusion", is_pointed_at=False),
        tie_many_to_firm("mapping_inclusion", "record_id", "mapping_remoterecord", on_delete="CASCADE"),
        migrations.AlterField(
            model_name="runoutcome",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("skipped", "Skipped"),
                    ("failed", "Failed"),
                    ("missed", "Missed"),
                    ("conflict", "In conflict"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="conflicts",
            field=models.IntegerField(
                default=0, help_text="Records that wait for somebody's word; they are not among those skipped."
            ),
        ),
    ]
