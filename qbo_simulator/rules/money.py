"""Amounts: exact while reckoned with, plain JSON numbers when kept."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal(0)
_FINE = Decimal("0.0000001")


def exact(value: Any) -> Decimal:
    """Read a kept number; nothing is zero."""
    return Decimal(str(value)) if value else ZERO


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def fine(value: Decimal) -> Decimal:
    """Round to the seven places that QuickBooks keeps of a price or a rate."""
    return value.quantize(_FINE, ROUND_HALF_UP)


def plain(value: Decimal) -> float | int:
    """Return what is kept: 0 for nothing, else a number with its fraction."""
    return float(value) if value else 0


def total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, ZERO)
