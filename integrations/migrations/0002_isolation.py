from django.db import migrations

from accounts.isolation import isolate_by_firm, tie_to_firm

TABLES = ["connection", "authorizationattempt", "accessrequest", "importpage"]


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("mapping", "0002_isolation")]
    operations = [
        *[isolate_by_firm(f"integrations_{table}", is_pointed_at=False) for table in TABLES],
        tie_to_firm("integrations_connection", "book_id", "mapping_book"),
        tie_to_firm("integrations_importpage", "run_id", "mapping_run"),
    ]
