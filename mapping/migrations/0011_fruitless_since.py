from django.db import migrations, models


class Migration(migrations.Migration):
    """A run is given up only when it got nowhere for a while."""

    dependencies = [("mapping", "0010_records_by_client")]
    operations = [
        migrations.AddField(
            model_name="run",
            name="fruitless_since",
            field=models.DateTimeField(null=True, help_text="The first of these starts."),
        ),
    ]
