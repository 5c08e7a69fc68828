"""What this app announces to whoever listens above it, inside the transaction that made it true.

A receiver that raises takes the change back. Nothing may hang on hearing these: they make it faster.
"""

from __future__ import annotations

from django.dispatch import Signal

client_saved = Signal()
"""``client``, ``changed`` (set of field names; of a new client all that hold something), ``by`` (User)."""

clients_changed = Signal()
"""``client_ids`` (list), ``changed`` (set of field names), ``by``: one change to many clients."""

clients_archived = Signal()
"""``client_ids`` (list), ``by``."""

firm_moved = Signal()
"""``firm``: its time zone is another from now on."""

clients_restored = Signal()
"""``client_ids`` (list), ``by``."""
