"""What stock has cost: first in, first out, as QuickBooks reckons."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ..rules.money import ZERO, cents


@dataclass(frozen=True)
class Movement:
    """Pieces that came in (positive) or went out, and their value where a transaction says it."""

    quantity: Decimal
    value: Decimal | None


def values(movements: Iterable[Movement], *, usual_cost: Decimal) -> list[Decimal]:
    """Return what each movement is worth, in order: what came in positive, what went out negative.

    What goes out beyond what is there, and what customers bring back, is worth what the last
    pieces had cost; before there were any, the usual cost.
    """
    layers: deque[list[Decimal]] = deque()
    last, found = usual_cost, []
    for movement in movements:
        quantity, value = movement.quantity, movement.value
        if quantity > 0:
            if value is None:
                value = cents(quantity * last)
            last = value / quantity
            layers.append([quantity, last])
        elif value is None:
            taken, last = _take(layers, -quantity, last)
            value = -cents(taken)
        else:
            _take(layers, -quantity, last)
        found.append(value)
    return found


def _take(layers: deque[list[Decimal]], wanted: Decimal, last: Decimal) -> tuple[Decimal, Decimal]:
    """Take the oldest pieces out; return what they had cost, and what the last of them had."""
    worth = ZERO
    while wanted > 0 and layers:
        layer = layers[0]
        part = min(wanted, layer[0])
        worth += part * layer[1]
        wanted -= part
        layer[0] -= part
        last = layer[1]
        if not layer[0]:
            layers.popleft()
    return worth + wanted * last, last
