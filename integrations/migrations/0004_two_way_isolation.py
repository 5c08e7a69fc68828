from django.db import migrations

from accounts.isolation import isolate_by_firm, tie_to_firm


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_two_way_sync"), ("mapping", "0005_two_way_isolation")]
    operations = [
        isolate_by_firm("integrations_cursor", is_pointed_at=False),
        isolate_by_firm("integrations_pushbatch"),
        isolate_by_firm("integrations_push", is_pointed_at=False),
        isolate_by_firm("integrations_announcement", is_pointed_at=False),
        isolate_by_firm("integrations_schedule", is_pointed_at=False),
        tie_to_firm("integrations_cursor", "book_id", "mapping_book"),
        tie_to_firm("integrations_pushbatch", "book_id", "mapping_book"),
        tie_to_firm("integrations_push", "book_id", "mapping_book"),
        tie_to_firm("integrations_push", "batch_id", "integrations_pushbatch"),
        tie_to_firm("integrations_push", "record_id", "mapping_remoterecord"),
        tie_to_firm("integrations_announcement", "book_id", "mapping_book"),
        tie_to_firm("integrations_schedule", "book_id", "mapping_book"),
    ]
