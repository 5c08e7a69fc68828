"""What the connection announces to whoever does its work."""

from __future__ import annotations

from django.dispatch import Signal

upkeep_wanted = Signal()
"""Sent inside the transaction that left something to do for a connection: ``connection``, and perhaps ``check``."""
