"""Reports over the API."""

from __future__ import annotations

from ..answers import Answer, json_answer
from ..reports import report
from .incoming import Incoming


def run_report(call: Incoming) -> Answer:
    return json_answer(report(call.books, call.steps[1], call.parameters, at=call.at))
