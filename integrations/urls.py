from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from integrations.views import (
    connection,
    freshness,
    imports,
    leaving,
    not_sent,
    parting,
    sync_settings,
    webhooks,
)

SETTINGS = "f/<slug:slug>/settings/integrations/"
SYNC = f"{SETTINGS}quickbooks/sync/"
_IMPORT = "f/<slug:slug>/quickbooks/import/"
KIND = "kinds/<slug:kind>/"
"""Before it stands the address about the kind of record that screens begin with; with it, about any other."""

urlpatterns: list[URLPattern | URLResolver] = [
    path(SETTINGS, connection.integrations, name="integrations"),
    path(f"{SETTINGS}quickbooks/", connection.quickbooks, name="quickbooks"),
    path(f"{SETTINGS}quickbooks/connect/", connection.connect, name="quickbooks_connect"),
    path(f"{SETTINGS}quickbooks/confirm/", connection.confirm, name="quickbooks_confirm"),
    path(f"{SETTINGS}quickbooks/ask/", connection.ask, name="quickbooks_ask"),
    path(f"{SETTINGS}quickbooks/settings/", parting.settings_read, name="quickbooks_settings"),
    path(f"{SETTINGS}quickbooks/settings/again/", parting.refresh_settings, name="quickbooks_settings_again"),
    path(f"{SETTINGS}quickbooks/reset/", parting.reset, name="quickbooks_reset"),
    path(f"{SETTINGS}quickbooks/reading/", parting.reading_now, name="quickbooks_reading"),
    path(f"{SETTINGS}quickbooks/disconnect/", parting.disconnect, name="quickbooks_disconnect"),
    path(f"{SETTINGS}quickbooks/left/", parting.left, name="quickbooks_left"),
    path(f"{SETTINGS}quickbooks/left/status/", parting.left_status, name="quickbooks_left_status"),
    path(f"{SETTINGS}quickbooks/switch/", leaving.switch, name="quickbooks_switch"),
    path(f"{SETTINGS}quickbooks/kept/<int:pk>/delete/", leaving.delete_kept, name="quickbooks_delete_kept"),
    path(f"{SYNC}", sync_settings.sync_settings, name="sync_settings"),
    path(f"{SYNC}{KIND}", sync_settings.sync_settings, name="sync_settings"),
    path(f"{SYNC}review/", sync_settings.review, name="sync_settings_review"),
    path(f"{SYNC}{KIND}review/", sync_settings.review, name="sync_settings_review"),
    path(f"{SYNC}when/", sync_settings.save_when, name="sync_settings_when"),
    path(f"{SYNC}{KIND}when/", sync_settings.save_when, name="sync_settings_when"),
    path(f"{SETTINGS}quickbooks/problem/", connection.problem, name="quickbooks_problem"),
    path("quickbooks/callback/", connection.callback, name="quickbooks_callback"),
    path("quickbooks/disconnected/", parting.disconnected_there, name="quickbooks_disconnected_there"),
    path("webhooks/quickbooks/", webhooks.receive, name="quickbooks_webhook"),
    path("f/<slug:slug>/quickbooks/freshness/", freshness.fresh, name="freshness"),
    path("f/<slug:slug>/quickbooks/refresh/", freshness.refresh_now, name="refresh_now"),
    path("f/<slug:slug>/quickbooks/not-sent/", not_sent.not_sent_list, name="not_sent"),
    path("f/<slug:slug>/quickbooks/not-sent/again/", not_sent.not_sent_again, name="not_sent_again"),
    path("f/<slug:slug>/quickbooks/not-sent/<int:pk>/", not_sent.not_sent_mend, name="not_sent_mend"),
    path(_IMPORT, imports.import_customers, name="import_customers"),
    path(f"{_IMPORT}{KIND}", imports.import_customers, name="import_customers"),
    path(f"{_IMPORT}counts/", imports.import_counts, name="import_counts"),
    path(f"{_IMPORT}{KIND}counts/", imports.import_counts, name="import_counts"),
]
