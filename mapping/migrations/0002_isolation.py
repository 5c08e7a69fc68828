from django.db import migrations

from accounts.isolation import isolate_by_firm, tie_to_firm

POINTED_AT = ["book", "remoterecord", "run", "draft"]
OTHERS = ["link", "exclusion", "runpart", "runoutcome", "change", "draftchoice", "remotebody"]

# One firm's import adds many rows to tables that hold many firms': tell the planner and keep the
# visibility map of index-only counts up to date well before a fifth of the table has moved.
VACUUM_SOON = """
    ALTER TABLE {table} SET (
        autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_analyze_scale_factor = 0.02
    )
"""
BUSY = ["mapping_remoterecord", "mapping_remotebody", "mapping_link", "mapping_change", "accounts_client"]


class Migration(migrations.Migration):
    dependencies = [("mapping", "0001_initial"), ("accounts", "0002_isolation")]
    operations = [
        *[isolate_by_firm(f"mapping_{table}") for table in POINTED_AT],
        *[isolate_by_firm(f"mapping_{table}", is_pointed_at=False) for table in OTHERS],
        tie_to_firm("mapping_remoterecord", "book_id", "mapping_book"),
        tie_to_firm("mapping_remotebody", "record_id", "mapping_remoterecord", on_delete="CASCADE"),
        tie_to_firm("mapping_link", "book_id", "mapping_book"),
        tie_to_firm("mapping_link", "record_id", "mapping_remoterecord"),
        tie_to_firm("mapping_exclusion", "record_id", "mapping_remoterecord"),
        tie_to_firm("mapping_run", "book_id", "mapping_book"),
        tie_to_firm("mapping_runpart", "run_id", "mapping_run"),
        tie_to_firm("mapping_runoutcome", "run_id", "mapping_run"),
        tie_to_firm("mapping_runoutcome", "record_id", "mapping_remoterecord"),
        tie_to_firm("mapping_draft", "book_id", "mapping_book"),
        tie_to_firm("mapping_draft", "run_id", "mapping_run"),
        tie_to_firm("mapping_draftchoice", "draft_id", "mapping_draft"),
        tie_to_firm("mapping_draftchoice", "record_id", "mapping_remoterecord"),
        *[migrations.RunSQL(VACUUM_SOON.format(table=table), migrations.RunSQL.noop) for table in BUSY],
    ]
