"""Turn a refusal of the API into a sentence for the bookkeeper, and find the field it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..faults import Complaint, Fault

_LENGTHS = re.compile(r"Max:([\d,]+).*length: ([\d,]+)")


def sentence_of(complaint: Complaint) -> str:
    """Say in plain words what is wrong."""
    say = _SAYINGS.get(complaint.kind.code)
    return _finished(say(complaint) if say else _without_preamble(complaint.detail))


def _without_preamble(detail: str) -> str:
    return detail.removeprefix("Business Validation Error: ").rpartition(" : ")[2] or detail


def _finished(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "?")) else f"{text}."


def _missing(complaint: Complaint) -> str:
    return _MISSING.get(complaint.element, "This is needed.")


def _length(complaint: Complaint) -> str:
    found = _LENGTHS.search(complaint.detail)
    return f"At most {found[1]} characters; these are {found[2]}." if found else complaint.detail


def _after_colon(complaint: Complaint) -> str:
    return complaint.detail.rpartition(" : ")[2]


_MISSING = {
    "CustomerRef": "Choose a customer.",
    "Line": "At least one line is needed.",
    "TotalAmt": "The amount received is needed.",
    "ParentRef": "Choose what it is under.",
    "CurrencyRef": "The currency of the customer is needed.",
}

_SAYINGS: dict[str, Callable[[Complaint], str]] = {
    "2020": _missing,
    "2050": _length,
    "2090": lambda c: "The number is too large.",
    "2100": lambda c: f"“{_after_colon(c)}” is not a date. Write it as 2026-03-31.",
    "2120": lambda c: "This has to be a number.",
    "2170": lambda c: f"“{_after_colon(c)}” is not one of the choices.",
    "2210": lambda c: f"“{c.detail.rpartition(': ')[2]}” is not an e-mail address.",
    "2500": lambda c: "What was chosen is not there any more.",
    "610": lambda c: "What was chosen is not there, or was made inactive.",
    "6070": lambda c: "The amount is not quantity times rate.",
    "6090": lambda c: "A name cannot hold a colon, a tab or a line break.",
    "6210": lambda c: "The books are closed for this date. Change the closing date under Settings first.",
    "6540": lambda c: "This is in a deposit already. Take it out of the deposit first.",
}


def at_fields(fault: Fault, paths: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Sort a refusal's sentences: those at a field by its path, and the rest."""
    known = list(paths)
    placed: dict[str, str] = {}
    rest: list[str] = []
    for complaint in fault.complaints:
        path = _place(complaint.element, known)
        if path is not None and path not in placed:
            placed[path] = sentence_of(complaint)
        else:
            rest.append(sentence_of(complaint))
    return placed, rest


def _place(element: str, paths: list[str]) -> str | None:
    if not element:
        return None
    fits = [p for p in paths if p == element or p.startswith(f"{element}.")]
    fits += [p for p in paths if p.endswith(f".{element}")]
    return fits[0] if fits else None
