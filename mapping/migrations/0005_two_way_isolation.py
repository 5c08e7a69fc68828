from django.db import migrations

from accounts.isolation import isolate_by_firm, tie_many_to_firm, tie_to_firm


class Migration(migrations.Migration):
    dependencies = [("mapping", "0004_two_way_sync")]
    operations = [
        isolate_by_firm("mapping_entitypolicy", is_pointed_at=False),
        isolate_by_firm("mapping_conflict", is_pointed_at=False),
        tie_to_firm("mapping_entitypolicy", "book_id", "mapping_book"),
        tie_to_firm("mapping_run", "undone_by_id", "mapping_run"),
        # A link has no key together with its firm: it is written in bulk.
        tie_many_to_firm("mapping_conflict", "link_id", "mapping_link", on_delete="CASCADE"),
    ]
