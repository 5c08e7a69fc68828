"""Valkey out of order: it refuses connections, or takes them and hangs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import caches
from django.test import override_settings

from accounts import silence

WithoutValkey = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def without_valkey() -> WithoutValkey:
    """``with without_valkey("refuses")`` or ``("hangs")``: no cache, sessions, counters and queues."""
    return _broken


@contextmanager
def _broken(how: str) -> Iterator[None]:
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
    if how == "refuses":
        listening.close()
    elsewhere = {name: {**of, "LOCATION": address} for name, of in settings.CACHES.items()}
    with override_settings(REDIS_URL=address, CACHES=elsewhere), pytest.MonkeyPatch.context() as patch:
        patch.setitem(current_app.conf, "broker_url", address)
        patch.setattr(current_app, "_pool", None)
        patch.setattr(current_app.amqp, "_producer_pool", None)
        yield
        for cache in caches.all(initialized_only=True):
            if own := getattr(cache, "_own", None):
                own.clear()
    listening.close()
    silence._until.clear()
