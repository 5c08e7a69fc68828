"""Pack what happened into deliveries, with the mischief that was ordered: loss, repeats, delay, disorder."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .happenings import Happening

KINDS = ("lose", "duplicate", "delay", "reorder")
"""lose: never sent. duplicate: sent again in a delivery of its own. delay: sent `delay_s` later, on its own.
reorder: put at a random place of its delivery."""


@dataclass
class Mischief:
    """What befalls the next `count` events that fit, or a `fraction` of all."""

    id: int
    kind: str
    count: int | None = 1
    fraction: float | None = None
    realm: str = ""
    entity: str = ""
    delay_s: float = 5.0

    def strikes(self, happening: Happening, dice: random.Random) -> bool:
        if self.realm and self.realm != happening.realm:
            return False
        if self.entity and self.entity.lower() != happening.entity.lower():
            return False
        if self.fraction is not None:
            return dice.random() < self.fraction
        return bool(self.count)

    def use_up(self) -> None:
        if self.fraction is None and self.count:
            self.count -= 1

    @property
    def is_spent(self) -> bool:
        return self.fraction is None and not self.count

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass
class WebhookSwitches:
    """How deliveries are made. Thrown by requests, read by the threads that deliver."""

    window_s: float = 1.0
    """How long events are gathered for one delivery, in real seconds; 0 sends them at once."""
    retry_scale: float = 1.0
    """What Intuit's waits are multiplied with."""
    answer_limit_s: float = 3.0
    batch_size: int = 1000
    schedule: str = "hold"
    mischief: list[Mischief] = field(default_factory=list)
    _last_id: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(20))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> None:
        fresh = WebhookSwitches()
        self.mischief = []
        self._dice = fresh._dice
        for name, value in fresh.settings().items():
            setattr(self, name, value)

    def settings(self) -> dict[str, Any]:
        names = ("window_s", "retry_scale", "answer_limit_s", "batch_size", "schedule")
        return {name: getattr(self, name) for name in names}

    def as_json(self) -> dict[str, Any]:
        return {**self.settings(), "mischief": [m.as_json() for m in self.mischief]}

    def seed(self, seed: int) -> None:
        """Let chance repeat itself from here."""
        self._dice = random.Random(seed)

    def order(self, kind: str, **how: Any) -> Mischief:
        with self._lock:
            self._last_id += 1
            ordered = Mischief(self._last_id, kind, **how)
            self.mischief = [*self.mischief, ordered]
            return ordered

    def call_off(self) -> None:
        with self._lock:
            self.mischief = []

    def pack(self, happenings: Sequence[Happening]) -> list[Parcel]:
        """Pack events that came in this order into deliveries."""
        with self._lock:
            fates = [(h, self._fate(h)) for h in happenings]
            self.mischief = [m for m in self.mischief if not m.is_spent]
            return [*_parcels(fates, self._dice, self.batch_size)]

    def _fate(self, happening: Happening) -> Mischief | None:
        for mischief in self.mischief:
            if mischief.strikes(happening, self._dice):
                mischief.use_up()
                return mischief
        return None


@dataclass(frozen=True)
class Parcel:
    """Events that go, or got lost, together."""

    happenings: tuple[Happening, ...]
    wait_s: float = 0.0
    is_lost: bool = False


def _parcels(
    fates: Sequence[tuple[Happening, Mischief | None]], dice: random.Random, size: int
) -> Iterable[Parcel]:
    kinds = [(h, fate.kind if fate else "", fate.delay_s if fate else 0.0) for h, fate in fates]
    main = [h for h, kind, _ in kinds if kind not in ("lose", "delay", "reorder")]
    for happening in (h for h, kind, _ in kinds if kind == "reorder"):
        main.insert(dice.randint(0, len(main)), happening)
    for start in range(0, len(main), size):
        yield Parcel(tuple(main[start : start + size]))
    for happening, kind, delay_s in kinds:
        match kind:
            case "duplicate":
                yield Parcel((happening,))
            case "delay":
                yield Parcel((happening,), wait_s=delay_s)
            case "lose":
                yield Parcel((happening,), is_lost=True)
