from typing import Any

from django.db import migrations

from accounts.tenancy import across_firms


def _hand_over(apps: Any, _: Any) -> None:
    """What was being deleted goes on being deleted: the book says so now, not the connection."""
    books, connections = apps.get_model("mapping", "Book"), apps.get_model("integrations", "Connection")
    with across_firms(reason="a migration moves what was asked of any firm's connection"):
        asked = connections.objects.exclude(purge_asked_at=None).values_list("book_id", flat=True)
        books.objects.filter(pk__in=list(asked)).update(is_current=False, clearing="delete")


class Migration(migrations.Migration):
    dependencies = [("integrations", "0008_letters_and_checks_owed"), ("mapping", "0013_left_books")]
    operations = [
        migrations.RunPython(_hand_over, migrations.RunPython.noop),
        migrations.RemoveField(model_name="connection", name="purge_asked_at"),
    ]
