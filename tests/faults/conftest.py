"""A firm connected to a company of its own, for what histories have found."""

from __future__ import annotations

from tests.sync.conftest import book, company, connection, import_all, quickbooks, refresh

__all__ = ["book", "company", "connection", "import_all", "quickbooks", "refresh"]
