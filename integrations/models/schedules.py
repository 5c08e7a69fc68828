"""When a firm's books are looked at without anybody asking."""

from __future__ import annotations

from django.db import models

from accounts.models import Firm
from accounts.tenancy import FirmManager
from mapping.models import Book


class Schedule(models.Model):
    """Times are the firm's own; the two moments that come next are computed from them."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_index=False)
    book = models.OneToOneField(Book, on_delete=models.CASCADE, db_constraint=False)
    is_nightly = models.BooleanField(default=True)
    night_hour = models.IntegerField(default=2, help_text="Local hour in which the night's run begins.")
    is_weekly = models.BooleanField(default=True)
    week_day = models.IntegerField(
        default=6, help_text="0 is Monday. The weekly check takes that night's place."
    )
    stale_after_min = models.IntegerField(
        default=15, help_text="Looking at clients refreshes what is older; 0 never does."
    )
    next_nightly_at = models.DateTimeField(null=True)
    next_weekly_at = models.DateTimeField(null=True)

    is_check_owed = models.BooleanField(
        default=False, help_text="A weekly check fell due and has not begun: its refresh comes first."
    )

    objects = FirmManager["Schedule"]()

    class Meta:
        indexes = [
            models.Index(fields=["next_nightly_at"], name="schedule_nightly"),
            models.Index(fields=["next_weekly_at"], name="schedule_weekly"),
        ]

    def __str__(self) -> str:
        return f"Schedule of book {self.book_id}"
