"""What the mapping screens say about numbers, reasons and runs."""

from __future__ import annotations

from django import template

from mapping import runwords, words
from mapping.listing import parents
from mapping.models import RemoteRecord, Run
from mapping.services import runs

register = template.Library()


@register.filter
def counted(number: int, noun: str) -> str:
    """Say how many: ``{{ n|counted:"customer" }}``; an irregular plural stands behind a comma."""
    one, _, many = noun.partition(",")
    return words.counted(number, one, many)


@register.filter
def path(record: RemoteRecord) -> str:
    return parents(record)


@register.filter
def percent(run: Run) -> int | None:
    return runs.progress(run).percent


@register.filter
def result(run: Run) -> str:
    return runwords.result(run)


@register.filter
def about(run: Run) -> str:
    return runwords.about(run)


@register.filter
def why(run: Run) -> str:
    return runwords.why(run)


@register.filter
def words_of(run: Run) -> runwords.Words:
    return runwords.words_of(run)
