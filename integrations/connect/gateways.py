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


def quickbooks(
    realm_id: str, grant: Grant, *, firm_id: int, patience: Patience | None = None, leaves_room: bool = False
) -> QuickBooks:
    """Return a client of one company, held to its limits together with all others and metered for the firm.

    One that ``leaves_room`` stops a little before the limits: for work that nobody waits for.
    """
    return QuickBooks(
        realm_id,
        grant=grant,
        environment=where(),
        limiter=limiter(leaves_room=leaves_room),
        meter=meter().of(firm_id),
        patience=patience,
        connections=settings.QBO_LIMITS["in_flight"],
    )


def quickbooks_uncounted(realm_id: str, grant: Grant, *, firm_id: int, patience: Patience) -> QuickBooks:
    """Return a client for the one call of a consent, which must work while our own counter is out of order."""
    return QuickBooks(
        realm_id, grant=grant, environment=where(), meter=meter().of(firm_id), patience=patience
    )


def limiter(*, leaves_room: bool = False) -> RedisLimiter:
    limits = Limits(**settings.QBO_LIMITS)
    return RedisLimiter(
        _redis(settings.REDIS_URL),
        limits.leaving_room() if leaves_room else limits,
        namespace=f"qbo:{where().name}",
    )


def meter() -> RedisMeter:
    return RedisMeter(_redis(settings.REDIS_URL), namespace=f"qbo:{where().name}")


@lru_cache(maxsize=2)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
