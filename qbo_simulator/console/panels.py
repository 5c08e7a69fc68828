"""A small form of switches, declared as data: what is sent goes to the control API's own handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request

from ..control_requests import Wrong
from .fields import Field
from .values import read_number

Given = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """One form of switches; what is sent goes to the control API's own handler."""

    key: str
    title: str
    says: str
    button: str
    fields: tuple[Field, ...]
    handler: Callable[[Any, Request, Given], Any]
    room: str = "Failures"
    sure: str = ""
    """What has to be ticked before it is done."""


@dataclass
class Tried:
    """What was typed into a panel, and what is wrong with it; under "" what is wrong with the whole."""

    panel: Panel
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)


def throw_panel(panel: Panel, sent: FormData, control: Any, request: Request) -> Tried:
    """Do what a panel was sent for, as the control API does it, or say why not."""
    typed = {one.path: str(sent.get(one.path) or "").strip() for one in panel.fields}
    tried = Tried(panel, typed, _errors(panel, typed, sent))
    if not tried.errors:
        try:
            panel.handler(control, request, _given(panel, typed))
        except Wrong as wrong:
            tried.errors[""] = str(wrong)
        except (ValueError, TypeError):
            tried.errors[""] = "A value is not of its kind."
    return tried


def _errors(panel: Panel, typed: dict[str, str], sent: FormData) -> dict[str, str]:
    errors = {}
    for one in panel.fields:
        text = typed[one.path]
        if one.needed and not text:
            errors[one.path] = f"{one.label} is needed."
        elif text and one.kind in ("number", "percent") and isinstance(read_number(text), str):
            errors[one.path] = "This has to be a number."
    if panel.sure and sent.get("sure") != "yes":
        errors["sure"] = "Tick this first."
    return errors


def _given(panel: Panel, typed: dict[str, str]) -> Given:
    """Return what was typed as the control API takes it; what was left empty is not said."""
    return {one.path: _AS.get(one.kind, str)(typed[one.path]) for one in panel.fields if typed[one.path]}


def _share(text: str) -> float:
    return float(read_number(text)) / 100


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


_AS: Mapping[str, Callable[[str], Any]] = {"number": read_number, "percent": _share, "names": _names}
