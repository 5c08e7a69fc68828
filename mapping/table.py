"""Our side of an entity kept in a Django model: all that ``LocalModel`` asks, answered from its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.copying import update_rows
from accounts.models.clients import search_words
from mapping.spec import Field, Ours, Selection, Values

AFTER_ALL = "\U0010ffff"
"""Sorts behind every letter, in the order of code points that name keys have."""


class Table:
    """The rows of a model that belongs to firms.

    Beside the declared fields the model has ``is_linked``, ``archived_at``, ``created_at``, ``updated_at``
    and the generated ``name_key`` of its name. An index of firm, is_linked, name_key and id over the
    current rows makes matching read indexes alone.
    """

    def __init__(
        self,
        model: type[models.Model],
        fields: Sequence[Field],
        *,
        email: str = "",
        city: str = "",
        searched: str = "name_key",
        edited: str = "",
        address: str = "",
        edit_address: str = "",
        name: str = "name",
    ) -> None:
        """Name the columns there are.

        ``searched`` is a text in the form of ``searchable``; ``edited`` the moment a person last edited a
        declared field, without which any change counts as one; ``address`` and ``edit_address`` a row's pages.
        """
        self.model, self.fields = model, [each.local for each in fields]
        self.name, self.email, self.city = name, email, city
        self.searched, self.edited = searched, edited
        self.address, self.edit_address = address, edit_address

    @property
    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.all()

    @property
    def current(self) -> QuerySet[Any]:
        return self.rows.filter(archived_at=None)

    def values(self, rows: QuerySet[Any]) -> Mapping[int, Values]:
        """Return the declared fields by id, as JSON can hold them."""
        return {row.pop("pk"): row for row in rows.values("pk", *self.fields)}

    def read(self, ids: Sequence[int]) -> Mapping[int, Values]:
        return self.values(self.current.filter(pk__in=ids).order_by("pk").select_for_update())

    def glance(self, ids: Sequence[int]) -> Mapping[int, Values]:
        return self.values(self.current.filter(pk__in=ids))

    def create(self, firm_id: int, rows: Sequence[Values]) -> Sequence[int]:
        made = [self.model(firm_id=firm_id, is_linked=True, **row) for row in rows]
        return [row.pk for row in self.model._default_manager.bulk_create(made, batch_size=1000)]

    def update(self, rows: Mapping[int, Values], *, is_edit: bool = False) -> None:
        changing = sorted({name for row in rows.values() for name in row})
        moments = ["updated_at", self.edited] if is_edit and self.edited else ["updated_at"]
        now = [timezone.now()] * len(moments)
        update_rows(
            self.model,
            ("id", *moments, *changing),
            ((pk, *now, *(row.get(name) for name in changing)) for pk, row in rows.items()),
        )

    def mark_linked(self, ids: Sequence[int], *, linked: bool) -> None:
        self.rows.filter(pk__in=ids).exclude(is_linked=linked).update(is_linked=linked)

    def changed_at(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        return dict(self.rows.filter(pk__in=ids).values_list("pk", "updated_at"))

    def edited_at(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        return dict(self.rows.filter(pk__in=ids).values_list("pk", self._edited))

    @property
    def _edited(self) -> Any:
        return Coalesce(self.edited, "updated_at") if self.edited else F("updated_at")

    def changed_since(self, moment: datetime | None, *, after_id: int, limit: int) -> Sequence[int]:
        changed = self.current.filter(is_linked=True, pk__gt=after_id)
        if moment is not None:
            changed = changed.filter(updated_at__gte=moment)
        return list(changed.order_by("pk").values_list("pk", flat=True)[:limit])

    def new_since(self, moment: datetime, *, after_id: int, limit: int) -> Sequence[int]:
        new = self.current.filter(is_linked=False, created_at__gte=moment, pk__gt=after_id)
        return list(new.order_by("pk").values_list("pk", flat=True)[:limit])

    def withdraw(self, ids: Sequence[int]) -> None:
        now = timezone.now()
        self.current.filter(pk__in=ids).update(archived_at=now, updated_at=now)

    def untied(self) -> Selection:
        is_current = models.ExpressionWrapper(Q(archived_at=None), output_field=models.BooleanField())
        columns: dict[str, Any] = {"id": F("pk"), "name": F(self.name), "name_key": F("name_key")}
        columns |= {"email": _text(self.email), "city": _text(self.city), "is_current": is_current}
        selected = self.rows.filter(is_linked=False).order_by()
        # All are annotations, under names no model has: only so is their order the order of the columns.
        given = {f"untied_{name}": column for name, column in columns.items()}
        return _selection(selected.annotate(**given).values_list(*given))

    def shown(self, ids: Sequence[int]) -> Mapping[int, Ours]:
        return {row.pk: row for row in self._shown(self.rows.filter(pk__in=ids))}

    def suggested(self, text: str, *, limit: int) -> Sequence[Ours]:
        """Those whose name starts so, then free ones, then the rest."""
        prefix = " ".join(search_words(text))
        # A range and not LIKE: under row-level security only comparisons may use an index.
        starting = self.current.filter(is_linked=False, name_key__gte=prefix, name_key__lt=prefix + AFTER_ALL)
        found = self._shown(starting.order_by("name_key", "pk")[:limit])
        if len(found) < limit and text:
            known = {row.pk for row in found}
            others = self._holding(text).order_by(_free_first(), "name_key", "pk")[:limit]
            found += [row for row in self._shown(others) if row.pk not in known]
        return found[:limit]

    def _holding(self, text: str) -> QuerySet[Any]:
        found = self.current
        for word in search_words(text):
            found = found.filter(**{f"{self.searched}__contains": word})
        return found

    def _shown(self, rows: QuerySet[Any]) -> list[Ours]:
        wanted = rows.values_list(
            "pk",
            self.name,
            "name_key",
            "is_linked",
            "archived_at",
            self._edited,
            _text(self.email),
            _text(self.city),
        )
        return [
            Ours(pk, name, key, email, city, is_linked, is_archived=archived_at is not None, edited_at=edited)
            for pk, name, key, is_linked, archived_at, edited, email, city in wanted
        ]

    def has_any(self) -> bool:
        return self.rows.exists()

    def last_touched(self) -> datetime | None:
        return self.rows.order_by("-updated_at").values_list("updated_at", flat=True).first()

    def page(self, slug: str, local_id: int, *, to_edit: bool = False) -> str:
        address = self.edit_address if to_edit else self.address
        return reverse(address, kwargs={"slug": slug, "pk": local_id}) if address else ""

    def keeps(self, model: type[Any]) -> bool:
        return self.model is model


def _text(column: str) -> Any:
    return F(column) if column else Value("", output_field=models.TextField())


def _free_first() -> models.Case:
    """Order by whether a row is taken, said so that no index fits.

    With an index in that order the planner hopes to find enough at its beginning, and where few
    rows are meant it fetches them all one by one; one pass over the table always does.
    """
    taken = models.When(is_linked=True, then=models.Value(1))
    return models.Case(taken, default=models.Value(0), output_field=models.IntegerField())


def _selection(rows: QuerySet[Any]) -> Selection:
    """Return a query with its parameters by name, so that it may stand in a statement more than once."""
    sql, params = rows.query.sql_with_params()
    place = count()
    named = re.sub(r"%([%s])", lambda sign: "%%" if sign[1] == "%" else f"%(untied_{next(place)})s", sql)
    return Selection(named, {f"untied_{number}": value for number, value in enumerate(params)})
