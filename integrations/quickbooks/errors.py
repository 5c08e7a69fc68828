"""What can go wrong between us and QuickBooks, by what one can do about it."""

from __future__ import annotations

from typing import ClassVar


class QuickBooksError(Exception):
    """QuickBooks refused, or could not be asked.

    ``sentence`` and ``advice`` are for people. ``detail`` is QuickBooks' own text and may hold a
    customer's data: show it to the firm if need be, never log it. ``intuit_tid`` is what Intuit's
    support asks for.
    """

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later with nobody doing anything."""

    def __init__(
        self,
        sentence: str,
        *,
        advice: str = "",
        status: int = 0,
        code: str = "",
        element: str = "",
        detail: str = "",
        intuit_tid: str = "",
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice
        self.status = status
        self.code = code
        self.element = element
        self.detail = detail
        self.intuit_tid = intuit_tid

    def __str__(self) -> str:
        facts = [f"HTTP {self.status}" if self.status else "", f"code {self.code}" if self.code else ""]
        facts += [f"intuit_tid {self.intuit_tid}" if self.intuit_tid else ""]
        return f"{self.sentence} ({', '.join(filter(None, facts)) or 'no answer'})"


class Throttled(QuickBooksError):
    """Too many calls. Nothing was done; come back after ``retry_after`` seconds. A delay, not a failure."""

    retryable = True

    def __init__(self, sentence: str, *, retry_after: float = 60.0, **facts: str | int) -> None:
        super().__init__(sentence, **facts)  # type: ignore[arg-type]
        self.retry_after = retry_after


class Unavailable(QuickBooksError):
    """QuickBooks could not be reached, did not answer in time, or answered with nonsense."""

    retryable = True


class Unauthorized(QuickBooksError):
    """The access token was not accepted (401). The connection itself may be well."""

    retryable = True


class NeedsReconnect(QuickBooksError):
    """The grant is gone; only a person can give a new one."""


class Refused(QuickBooksError):
    """QuickBooks will not do this, now or later, as it was asked."""


class NotFound(Refused):
    """No such object, or one it points to is gone or inactive (610)."""


class Stale(Refused):
    """Somebody changed the object since it was read (5010)."""


class DuplicateName(Refused):
    """Another customer, vendor or employee has the name (6240)."""


class DuplicateNumber(Refused):
    """The document number is taken (6140)."""


class ReadOnlyCompany(Refused):
    """The company's subscription has ended: it can be read and not written (6190)."""


class Misconfigured(QuickBooksError):
    """Intuit does not accept our own credentials: an operator's matter, not a firm's."""


class NotAnswered(Unavailable):
    """No answer came in time. QuickBooks may still be at it, and may have done it."""


def not_reached() -> Unavailable:
    return Unavailable(
        "QuickBooks could not be reached.",
        advice="Nothing needs doing: it is tried again by itself.",
    )


def not_answered() -> NotAnswered:
    return NotAnswered(
        "QuickBooks did not answer in time.",
        advice="Nothing needs doing: it is tried again by itself.",
    )


def not_understood(*, intuit_tid: str = "") -> Unavailable:
    return Unavailable(
        "QuickBooks answered with something that is not an answer.",
        advice="Nothing needs doing: it is tried again by itself.",
        intuit_tid=intuit_tid,
        status=200,
    )
