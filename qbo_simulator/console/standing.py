"""Say in words which switches are on at present."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..clock import Clock
from ..registry import Registry
from ..switches import Delay, Failure, Switches

FAILURE_WORDS = {
    "429": "429 too many requests, in XML",
    "429_json": "429 too many requests, in JSON",
    "500": "500 error of the service",
    "502": "502 bad gateway, an HTML page",
    "503": "503 unavailable, an HTML page",
    "504": "504 timed out, an HTML page",
    "hang": "no answer for a long while, then 504",
    "late": "carried out and answered, but late",
    "cut": "the connection is cut",
    "expired_token": "401 token expired",
}


LIMIT_WORDS = {
    "per_minute": "calls a minute",
    "per_second": "calls a second",
    "batches_per_minute": "batches a minute",
    "reports_per_minute": "reports a minute",
    "combined_per_minute": "calls a minute of an app",
    "at_once": "calls at once",
    "batch_objects": "objects in a batch answer",
}

MISCHIEF_WORDS = {
    "lose": "lost",
    "duplicate": "sent twice",
    "delay": "late",
    "reorder": "out of order",
}


@dataclass(frozen=True)
class On:
    """A switch that is on: what it does, and how it is ended by itself."""

    words: str
    ends: str = ""
    """The form that ends it: the last part of its address."""
    value: str = ""


def what_is_on(switches: Switches, registry: Registry, clock: Clock) -> list[On]:
    """Return everything that makes the simulator behave otherwise than a healthy QuickBooks."""
    return [
        *_failures(switches),
        *_delays(switches),
        *_limits(switches),
        *_tokens(registry),
        *_clock(clock),
        *_mischief(switches),
    ]


def _failures(switches: Switches) -> Iterator[On]:
    for failure in switches.failures:
        yield On(_failure_in_words(failure), "end-failure", str(failure.id))


def _failure_in_words(failure: Failure) -> str:
    if failure.fraction is not None:
        which = f"{failure.fraction:.0%} of calls"
    elif failure.count == 1:
        which = "the next call"
    else:
        which = f"the next {failure.count} calls"
    narrowed = [
        f"company {failure.realm}" if failure.realm else "",
        failure.method.upper() if failure.method else "",
        f"holding “{failure.path}”" if failure.path else "",
    ]
    scope = ", ".join(word for word in narrowed if word)
    after = ", after doing what was asked" if failure.when == "after" else ""
    return f"{FAILURE_WORDS.get(failure.kind, failure.kind)}: {which}{f' ({scope})' if scope else ''}{after}"


def _delays(switches: Switches) -> Iterator[On]:
    for delay in switches.delays:
        yield On(_delay_in_words(delay), "end-delay", delay.path)


def _delay_in_words(delay: Delay) -> str:
    which = f"calls holding “{delay.path}”" if delay.path else "every call"
    return f"{delay.ms:,.0f} ms wait: {which}"


def _limits(switches: Switches) -> Iterator[On]:
    if switches.throttling:
        limits = ", ".join(
            f"{most:,} {LIMIT_WORDS.get(name, name)}" for name, most in switches.limits.items()
        )
        yield On(f"Limits for each company: {limits}", "end-throttles")
    if switches.meter.blocking:
        yield On(
            f"Reads are blocked after {switches.meter.limit:,} in a month; "
            f"{switches.meter.core_plus:,} were made",
            "end-metering",
        )


def _tokens(registry: Registry) -> Iterator[On]:
    if registry.rotation_grace_s:
        yield On(f"Replaced refresh tokens stay good for {registry.rotation_grace_s:,.0f} s", "end-rotation")
    if registry.race_window_s:
        yield On(f"A second refresh within {registry.race_window_s:g} s kills the connection", "end-race")


def _clock(clock: Clock) -> Iterator[On]:
    if clock.frozen_at is not None:
        yield On("The clock stands still", "end-frozen")


def _mischief(switches: Switches) -> Iterator[On]:
    for one in switches.webhooks.mischief:
        which = (
            f"{one.fraction:.0%} of events" if one.fraction is not None else f"the next {one.count} events"
        )
        of = " ".join(word for word in (one.entity, f"of {one.realm}" if one.realm else "") if word)
        late = f" by {one.delay_s:g} s" if one.kind == "delay" else ""
        words = MISCHIEF_WORDS.get(one.kind, one.kind)
        yield On(f"Webhooks {words}{late}: {which}{f' ({of})' if of else ''}", "end-mischief", str(one.id))
