from django.db import migrations, models


class Migration(migrations.Migration):
    """An edit of what other systems hold of a client too is told from any other touch of its row."""

    dependencies = [("accounts", "0003_lighter_clients")]
    operations = [
        migrations.AddField(
            model_name="client",
            name="contact_edited_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When a person last changed its name or how to reach it; unknown of older clients.",
                null=True,
            ),
        ),
    ]
