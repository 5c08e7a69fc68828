import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import accounts.models.clients
from accounts.isolation import isolate_by_firm


class Migration(migrations.Migration):
    initial = True
    dependencies = [("accounts", "0002_isolation")]
    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    )),
                ("name", models.CharField(max_length=100)),
                ("sku", models.CharField(blank=True, max_length=100)),
                ("price", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("is_linked", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("archived_at", models.DateTimeField(null=True)),
                (
                    "name_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=accounts.models.clients.NameKey("name"),
                        output_field=models.TextField(db_collation="pg_c_utf8"),
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
            ],
        ),
        isolate_by_firm("shop_product"),
    ]
