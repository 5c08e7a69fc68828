"""What this app announces to whoever listens above it, inside the transaction that made it true.

A receiver that raises takes the change back. Nothing may hang on hearing these: they make it faster.
"""

from __future__ import annotations

from django.dispatch import Signal

rows_changed = Signal()
"""From their model: ``ids`` (list), ``changed`` (set of field names; of a new row all that hold something), ``by``."""

rows_archived = Signal()
"""From their model: ``ids`` (list), ``by``."""

rows_restored = Signal()
"""From their model: ``ids`` (list), ``by``."""

firm_moved = Signal()
"""``firm``: its time zone is another from now on."""
