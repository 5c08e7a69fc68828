"""Tell of records that following changes had missed, and count a run's starts without progress."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("mapping", "0006_cheaper_forgetting"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="starts",
            field=models.IntegerField(
                default=0, help_text="Times a worker took it up since it last got anywhere."
            ),
        ),
        migrations.AlterField(
            model_name="runoutcome",
            name="outcome",
            field=models.CharField(
                choices=[("skipped", "Skipped"), ("failed", "Failed"), ("missed", "Missed")], max_length=10
            ),
        ),
    ]
