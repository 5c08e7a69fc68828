"""What the mapping screens say about numbers, reasons and runs."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template import Context
from django.utils.html import escape
from django.utils.safestring import SafeString

from mapping import runwords, words
from mapping.entities import ENTITIES
from mapping.listing import Row, parents
from mapping.models import RemoteRecord, Run
from mapping.services import runs
from mapping.wanted import Shown

register = template.Library()


@register.filter
def counted(number: int, noun: str) -> str:
    """Say how many: ``{{ n|counted:"customer" }}``; an irregular plural stands behind a comma."""
    one, _, many = noun.partition(",")
    return words.counted(number, one, many)


@register.filter
def path(record: RemoteRecord) -> str:
    return parents(record.full_name, record.name)


@register.filter
def progress_of(run: Run) -> runs.Progress:
    return runs.progress(run)


@register.filter
def mark_of(run: Run) -> str:
    return run.mark


@register.filter
def result(run: Run) -> str:
    return runwords.result(run)


@register.filter
def about(run: Run) -> str:
    return runwords.about(run)


@register.filter
def title_of(run: Run) -> str:
    return runwords.title(run)


@register.filter
def records_of(run: Run) -> str:
    return runwords.records_of(run)


@register.filter
def why(run: Run) -> str:
    return runwords.why(run)


@register.filter
def words_of(run: Run) -> runwords.Words:
    return runwords.words_of(run)


@register.simple_tag(takes_context=True)
def page_of(context: Context, entity: str, local_id: int, deed: str = "") -> str:
    """Return the address of the page of a row of ours, or of where it is edited (``"edit"``); empty where there is none."""
    return ENTITIES[entity].local.page(context["firm"].slug, local_id, to_edit=deed == "edit")


_ANY_RECORD, _ANY_CLIENT, _ANY_NAME = 9_100_000_000_000_000_000, 9_200_000_000_000_000_000, "\ue000"


@register.simple_tag(takes_context=True)
def row_menus(context: Context, rows: Iterable[Row]) -> SafeString:
    """Draw the menus of the rows: once for each kind of row, then filled in with its numbers and name."""
    drawn: dict[tuple[Shown, bool], str] = {}
    menus = []
    for row in rows:
        kind = row.part, row.client_id is not None
        if kind not in drawn:
            drawn[kind] = _menu_of_any(context, row)
        menu = drawn[kind].replace(_ANY_NAME, escape(row.name))
        menus.append(
            menu.replace(str(_ANY_RECORD), str(row.record_id)).replace(str(_ANY_CLIENT), str(row.client_id))
        )
    return SafeString("".join(menus))


def _menu_of_any(context: Context, row: Row) -> str:
    any_row = Row(
        part=row.part,
        record_id=_ANY_RECORD if row.record_id else None,
        client_id=_ANY_CLIENT if row.client_id else None,
        name=_ANY_NAME,
    )
    assert context.template
    with context.push(row=any_row):
        return str(context.template.engine.get_template("mapping/_row_menu.html").render(context))
