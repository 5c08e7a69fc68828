from django.db import migrations

from accounts.isolation import isolate_by_firm


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        isolate_by_firm("accounts_membership"),
        isolate_by_firm("accounts_invitation"),
        isolate_by_firm("accounts_client"),
    ]
