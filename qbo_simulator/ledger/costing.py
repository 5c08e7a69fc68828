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


class Layers:
    """What is in stock after some movements: the oldest pieces first, each lot with its cost."""

    def __init__(self, usual_cost: Decimal) -> None:
        self._lots: deque[list[Decimal]] = deque()
        self._last = usual_cost

    def move(self, movement: Movement) -> Decimal:
        """Return what a movement is worth: what came in positive, what went out negative.

        What goes out beyond what is there, and what customers bring back, is worth what the last
        pieces had cost; before there were any, the usual cost.
        """
        quantity, value = movement.quantity, movement.value
        if quantity <= 0:
            taken = self._take(-quantity)
            return -cents(taken) if value is None else value
        if value is None:
            value = cents(quantity * self._last)
        self._last = value / quantity
        self._lots.append([quantity, self._last])
        return value

    def _take(self, wanted: Decimal) -> Decimal:
        worth, last = ZERO, self._last
        while wanted > 0 and self._lots:
            lot = self._lots[0]
            part = min(wanted, lot[0])
            worth += part * lot[1]
            wanted -= part
            lot[0] -= part
            last = lot[1]
            if not lot[0]:
                self._lots.popleft()
        self._last = last
        return worth + wanted * last


def values(movements: Iterable[Movement], *, usual_cost: Decimal) -> list[Decimal]:
    """Return what each movement is worth, in order."""
    layers = Layers(usual_cost)
    return [layers.move(movement) for movement in movements]
