from django.db import migrations

# Of all firms, as the records were.
_KEEP = """
    CREATE FUNCTION mapping_tally_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        TRUNCATE mapping_tally;
        RETURN NULL;
    END $$;
    CREATE TRIGGER mapping_tally_emptied AFTER TRUNCATE ON mapping_remoterecord
        FOR EACH STATEMENT EXECUTE FUNCTION mapping_tally_emptied();
"""
_FORGET = """
    DROP TRIGGER mapping_tally_emptied ON mapping_remoterecord;
    DROP FUNCTION mapping_tally_emptied();
"""


class Migration(migrations.Migration):
    """A mirror that is emptied as a whole counts nothing."""

    dependencies = [("mapping", "0013_left_books")]
    operations = [migrations.RunSQL(_KEEP, _FORGET)]
