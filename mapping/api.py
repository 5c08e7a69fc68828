"""The firm's records as JSON, read only. What is told of each kind follows from its declaration.

Signed in like the screens, for the same members. Lists come in pages of a hundred, each with the
address of the next, in an order that new records do not upset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mapping.entities import ENTITIES
from mapping.listing import current_book
from mapping.models import Link, RecordQuerySet, RemoteRecord, Run, Standing
from mapping.spec import Entity, Values
from mapping.transform import to_local


class Pages(CursorPagination):
    page_size = 100
    ordering = "remote_id"


class NewestFirst(CursorPagination):
    page_size = 100
    ordering = ("-created_at", "-pk")


class RecordSerializer(serializers.Serializer[RemoteRecord]):
    """One record: what it is there, what the firm decided, and the declared fields of both sides."""

    id = serializers.CharField(source="remote_id")
    name = serializers.CharField()
    full_name = serializers.CharField()
    parent_id = serializers.CharField(source="parent_id_there")
    is_active = serializers.BooleanField()
    sync_token = serializers.CharField()
    changed_there_at = serializers.DateTimeField()
    gone_at = serializers.DateTimeField()
    standing = serializers.ChoiceField(Standing.choices)
    in_quickbooks = serializers.SerializerMethodField()
    here = serializers.SerializerMethodField()

    def get_in_quickbooks(self, record: RemoteRecord) -> Values:
        return to_local(self.context["entity"], record.body.payload)

    def get_here(self, record: RemoteRecord) -> Values | None:
        """Our row, or None where the record is tied to none."""
        here: Mapping[int, Values] = self.context["here"]
        return here.get(record.pk)


class RunSerializer(serializers.ModelSerializer[Run]):
    class Meta:
        model = Run
        fields = [
            *("id", "kind", "cause", "entity", "state", "problem"),
            *("created_at", "started_at", "finished_at"),
            *("created", "updated", "unchanged", "linked", "excluded", "skipped", "failed"),
            *("pulled", "sent", "conflicts", "calls"),
        ]


class Kinds(APIView):
    """Every kind of record that is followed, with its fields and where its records are."""

    def get(self, request: Request) -> Response:
        slug = request.firm.slug  # type: ignore[attr-defined]
        return Response([_kind(entity, slug) for entity in ENTITIES.values()])


def _kind(entity: Entity, slug: str) -> dict[str, Any]:
    return {
        "name": entity.name,
        "in_quickbooks": entity.remote,
        "here": entity.local_label or None,
        "fields": [
            {
                "name": field.local,
                "label": field.label,
                "in_quickbooks": field.paths,
                "direction": field.flow.value,
                "max_length": field.max_length,
            }
            for field in entity.fields
        ],
        "records": reverse("api_records", kwargs={"slug": slug, "kind": entity.name}),
    }


class _OfKind:
    """What the list and the single record share."""

    kwargs: dict[str, Any]

    @property
    def entity(self) -> Entity:
        try:
            return ENTITIES[self.kwargs["kind"]]
        except KeyError:
            raise Http404("No such kind of record") from None

    def records(self) -> RecordQuerySet:
        book = current_book()
        if book is None:
            return RemoteRecord.objects.none()
        return RemoteRecord.objects.of(book, self.entity.name).defer("search_text").select_related("body")

    def serialized(self, records: Sequence[RemoteRecord]) -> list[Any]:
        context = {"entity": self.entity, "here": _rows_of_ours(self.entity, records)}
        return [RecordSerializer(record, context=context).data for record in records]


class Records(_OfKind, ListAPIView[RemoteRecord]):
    """``?standing=`` unmapped, mapped or excluded; ``?changed_since=`` a time with its zone; ``?q=`` words."""

    pagination_class = Pages

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self._asked_for(request.query_params))
        return self.get_paginated_response(self.serialized(page or []))

    def _asked_for(self, asked: Mapping[str, str]) -> RecordQuerySet:
        found = self.records()
        if standing := asked.get("standing"):
            if standing not in Standing:
                raise serializers.ValidationError(
                    {"standing": f"Must be one of {', '.join(Standing.values)}."}
                )
            found = found.filter(standing=standing)
        if since := asked.get("changed_since"):
            found = found.filter(changed_there_at__gte=_moment(since))
        return found.matching(asked.get("q", "").replace("\0", "")[:200])


def _moment(said: str) -> Any:
    try:
        moment = parse_datetime(said.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise serializers.ValidationError({"changed_since": "Must be like 2026-05-31T23:59:00Z."})
    return moment


class OneRecord(_OfKind, RetrieveAPIView[RemoteRecord]):
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.records().filter(remote_id=kwargs["remote_id"].replace("\0", "")).first()
        if record is None:
            raise Http404("No such record")
        return Response(self.serialized([record])[0])


class Runs(ListAPIView[Run]):
    """What was done, newest first."""

    pagination_class = NewestFirst
    serializer_class = RunSerializer

    def get_queryset(self) -> QuerySet[Run]:
        return Run.objects.filter(book=current_book())


def _rows_of_ours(entity: Entity, records: Sequence[RemoteRecord]) -> dict[int, Values]:
    """Return our rows, with their ids, by the records they are tied to. Two queries however many."""
    ids = [record.pk for record in records]
    ties = dict(Link.objects.filter(record_id__in=ids).values_list("record_id", "local_id"))
    rows = entity.local.glance(list(ties.values()))
    return {pk: {"id": local_id, **rows[local_id]} for pk, local_id in ties.items() if local_id in rows}
