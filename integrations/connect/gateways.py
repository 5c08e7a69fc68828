"""Clients of QuickBooks made from this installation's settings."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings
from django.urls import reverse

from integrations.quickbooks import (
    Environment,
    Grant,
    Limits,
    OAuth,
    Patience,
    QuickBooks,
    RedisLimiter,
    RedisMeter,
    environment,
)


def where() -> Environment:
    return environment(settings.QBO_ENVIRONMENT, simulator_url=settings.QBO_SIMULATOR_URL)


def oauth() -> OAuth:
    return OAuth(
        where(),
        client_id=settings.QBO_CLIENT_ID,
        client_secret=settings.QBO_CLIENT_SECRET,
        redirect_uri=settings.SITE_URL + reverse("quickbooks_callback"),
    )


def quickbooks(realm_id: str, grant: Grant, *, patience: Patience | None = None) -> QuickBooks:
    """Return a client of one company, counted against its limits together with all others."""
    there, limits = where(), Limits(**settings.QBO_LIMITS)
    server = _redis(settings.REDIS_URL)
    return QuickBooks(
        realm_id,
        grant=grant,
        environment=there,
        limiter=RedisLimiter(server, limits, namespace=f"qbo:{there.name}"),
        meter=RedisMeter(server, namespace=f"qbo:{there.name}"),
        patience=patience,
        connections=limits.in_flight,
    )


def meter() -> RedisMeter:
    return RedisMeter(_redis(settings.REDIS_URL), namespace=f"qbo:{where().name}")


@lru_cache(maxsize=2)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
