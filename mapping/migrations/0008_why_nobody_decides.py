from django.db import migrations, models


class Migration(migrations.Migration):
    """A conflict that nobody needs to decide any more says why it was closed."""

    dependencies = [("mapping", "0007_missed_records_and_starts")]
    operations = [
        migrations.AddField(
            model_name="conflict",
            name="moot_for",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Code of the reason why nobody needs to decide it any more; see mapping.reasons.",
                max_length=40,
            ),
        ),
    ]
