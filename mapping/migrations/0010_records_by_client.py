from django.db import migrations, models


class Migration(migrations.Migration):
    """A search goes from clients to their records by an index alone."""

    dependencies = [("mapping", "0009_inclusions")]
    operations = [
        migrations.RemoveConstraint(model_name="link", name="one_link_each"),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.UniqueConstraint(
                fields=("firm", "book", "entity", "local_id"), include=("record",), name="one_link_each"
            ),
        ),
    ]
