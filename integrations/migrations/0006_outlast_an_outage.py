import django.db.models.deletion
from django.db import migrations, models

from accounts.isolation import isolate_by_firm


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_lighter_clients"), ("integrations", "0005_parting_and_settings")]
    operations = [
        migrations.AddField(
            model_name="connection",
            name="untold_end",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Why it ended, until those who can reconnect have been told.",
                max_length=255,
            ),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="CallCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(help_text="Its first day, in UTC.")),
                (
                    "kind",
                    models.CharField(
                        help_text="One of integrations.quickbooks.metering.Kind.", max_length=16
                    ),
                ),
                ("entity", models.CharField(max_length=64)),
                ("calls", models.BigIntegerField()),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="accounts.firm"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="callcount",
            constraint=models.UniqueConstraint(
                fields=("firm", "month", "kind", "entity"), name="one_call_count_per_kind_and_entity"
            ),
        ),
        isolate_by_firm("integrations_callcount", is_pointed_at=False),
    ]
