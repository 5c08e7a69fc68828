from django.db import migrations

from accounts.isolation import isolate_by_firm


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        isolate_by_firm("accounts_membership", is_pointed_at=False),
        isolate_by_firm("accounts_invitation", is_pointed_at=False),
        isolate_by_firm("accounts_client", is_pointed_at=False),
    ]
