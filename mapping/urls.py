from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path

from accounts.http import needs
from accounts.roles import Permission
from mapping import api
from mapping.views import bulk, conflicts, manage, runs, single

_IN_FIRM = "f/<slug:slug>/quickbooks"
_API = "f/<slug:slug>/api"

_see = needs(Permission.VIEW)


def _of_each_kind(address: str, view: Any, *, name: str) -> list[URLPattern | URLResolver]:
    """Return the address of a screen about the kind screens begin with, and the same about any other."""
    return [
        path(f"{_IN_FIRM}/{address}", view, name=name),
        path(f"{_IN_FIRM}/kinds/<slug:kind>/{address}", view, name=name),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{_IN_FIRM}/manage/", manage.manage, name="manage"),
    path(f"{_IN_FIRM}/manage/selected/", manage.selected, name="manage_selected"),
    path(f"{_IN_FIRM}/manage/undo/<str:word>/", manage.undo, name="manage_undo"),
    *_of_each_kind("map/", bulk.map_customers, name="map_customers"),
    *_of_each_kind("map/choose/", bulk.map_choose, name="map_choose"),
    *_of_each_kind("map/default/", bulk.map_default, name="map_default"),
    *_of_each_kind("map/save/", bulk.map_save, name="map_save"),
    *_of_each_kind("map/clients/", bulk.map_clients, name="map_clients"),
    path(f"{_IN_FIRM}/customers/<int:pk>/map/", single.record_map, name="record_map"),
    path(f"{_IN_FIRM}/customers/<int:pk>/preview/", single.record_preview, name="record_preview"),
    path(f"{_IN_FIRM}/customers/<int:pk>/exclude/", single.record_exclude, name="record_exclude"),
    path(f"{_IN_FIRM}/customers/<int:pk>/include/", single.record_include, name="record_include"),
    path(f"{_IN_FIRM}/clients/<int:pk>/map/", single.client_map, name="client_map"),
    path(f"{_IN_FIRM}/clients/<int:pk>/disconnect/", single.client_disconnect, name="client_disconnect"),
    path(f"{_IN_FIRM}/clients/<int:pk>/pause/", single.client_pause, name="client_pause"),
    path(f"{_IN_FIRM}/conflicts/", conflicts.conflicts, name="conflicts"),
    path(f"{_IN_FIRM}/conflicts/all/", conflicts.conflicts_settle, name="conflicts_settle"),
    path(f"{_IN_FIRM}/conflicts/<int:pk>/", conflicts.conflict_settle, name="conflict_settle"),
    path(f"{_IN_FIRM}/runs/", runs.runs, name="runs"),
    path(f"{_IN_FIRM}/runs/<int:pk>/", runs.run, name="run"),
    path(f"{_IN_FIRM}/runs/<int:pk>/status/", runs.run_status, name="run_status"),
    path(f"{_IN_FIRM}/runs/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
    path(f"{_IN_FIRM}/runs/<int:pk>/undo/", runs.run_undo, name="run_undo"),
    path(f"{_IN_FIRM}/runs/<int:pk>/outcomes.csv", runs.run_outcomes, name="run_outcomes"),
    path(f"{_API}/", _see(api.Kinds.as_view()), name="api"),
    path(f"{_API}/runs/", _see(api.Runs.as_view()), name="api_runs"),
    path(f"{_API}/<slug:kind>/", _see(api.Records.as_view()), name="api_records"),
    path(f"{_API}/<slug:kind>/<str:remote_id>/", _see(api.OneRecord.as_view()), name="api_record"),
]
