"""The gateway: everything that speaks to QuickBooks, as a plain library that knows no app of ours."""

from integrations.quickbooks.accepted import problems_in
from integrations.quickbooks.answers import Changes, Payload, loads, rows_in
from integrations.quickbooks.batch import MOST_ITEMS, Item, Results, Verb, composed
from integrations.quickbooks.client import ALL, PAGE, QuickBooks, quoted
from integrations.quickbooks.environment import Environment, UnknownEnvironment, environment
from integrations.quickbooks.errors import (
    DuplicateName,
    DuplicateNumber,
    Misconfigured,
    NeedsReconnect,
    NotFound,
    QuickBooksError,
    ReadOnlyCompany,
    Refused,
    Stale,
    Throttled,
    Unauthorized,
    Unavailable,
)
from integrations.quickbooks.limiter import Limits, NoLimits, RedisLimiter
from integrations.quickbooks.metering import Counted, NoMeter, RedisMeter
from integrations.quickbooks.oauth import OAuth
from integrations.quickbooks.retry import Patience
from integrations.quickbooks.tokens import FixedGrant, Grant, Tokens

__all__ = [
    "ALL",
    "MOST_ITEMS",
    "PAGE",
    "Changes",
    "Counted",
    "DuplicateName",
    "DuplicateNumber",
    "Environment",
    "FixedGrant",
    "Grant",
    "Item",
    "Limits",
    "Misconfigured",
    "NeedsReconnect",
    "NoLimits",
    "NoMeter",
    "NotFound",
    "OAuth",
    "Patience",
    "Payload",
    "QuickBooks",
    "QuickBooksError",
    "ReadOnlyCompany",
    "RedisLimiter",
    "RedisMeter",
    "Refused",
    "Results",
    "Stale",
    "Throttled",
    "Tokens",
    "Unauthorized",
    "Unavailable",
    "UnknownEnvironment",
    "Verb",
    "composed",
    "environment",
    "loads",
    "problems_in",
    "quoted",
    "rows_in",
]
