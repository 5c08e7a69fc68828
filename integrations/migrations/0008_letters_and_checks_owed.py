import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from accounts.isolation import isolate_by_firm


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_lighter_clients"), ("integrations", "0007_pages_without_attempts")]
    operations = [
        migrations.AddField(
            model_name="schedule",
            name="is_check_owed",
            field=models.BooleanField(
                default=False,
                help_text="A weekly check fell due and has not begun: its refresh comes first.",
            ),
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.EmailField(max_length=254)),
                ("subject", models.TextField()),
                ("body", models.TextField()),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "tried_at",
                    models.DateTimeField(help_text="When somebody last set about sending it.", null=True),
                ),
                (
                    "firm",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="accounts.firm"),
                ),
            ],
        ),
        isolate_by_firm("integrations_letter", is_pointed_at=False),
    ]
