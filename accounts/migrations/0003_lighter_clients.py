import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A client's firm is proven by row-level security; a foreign key would look it up for every row."""

    dependencies = [("accounts", "0002_isolation")]
    operations = [
        migrations.AlterField(
            model_name="client",
            name="firm",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="accounts.firm",
            ),
        ),
    ]
