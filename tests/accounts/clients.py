"""Clients for tests, made without ceremony."""

from __future__ import annotations

from typing import Any

from accounts.models import Client, Firm
from accounts.tenancy import working_for


def a_client(firm: Firm, name: str = "Cool Cars", **fields: Any) -> Client:
    with working_for(firm.pk):
        return Client.objects.create(firm=firm, name=name, **fields)
