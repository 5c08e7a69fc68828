"""Addresses of firms, teams and clients."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from accounts.views import client_lists, clients, firms, home, invitations, team

_of_a_firm: list[URLPattern | URLResolver] = [
    path("", home.dashboard, name="dashboard"),
    path("palette.json", client_lists.palette, name="palette"),
    path("clients/", clients.clients, name="clients"),
    path("clients/new/", clients.client_new, name="client_new"),
    path("clients/bulk/", client_lists.clients_bulk, name="clients_bulk"),
    path("clients/undo/", client_lists.clients_undo, name="clients_undo"),
    path("clients/clients.csv", client_lists.clients_csv, name="clients_csv"),
    path("clients/<int:pk>/", clients.client, name="client"),
    path("clients/<int:pk>/edit/", clients.client_edit, name="client_edit"),
    path("clients/<int:pk>/archive/", clients.client_archive, name="client_archive"),
    path("clients/<int:pk>/restore/", clients.client_restore, name="client_restore"),
    path("settings/", firms.settings, name="settings"),
    path("settings/firm/", firms.firm_settings, name="firm_settings"),
    path("settings/team/", team.team, name="team"),
    path("settings/team/invite/", team.team_invite, name="team_invite"),
    path("settings/team/<int:pk>/role/", team.team_role, name="team_role"),
    path("settings/team/<int:pk>/remove/", team.team_remove, name="team_remove"),
    path("settings/team/invitations/<int:pk>/resend/", team.invitation_resend, name="invitation_resend"),
    path(
        "settings/team/invitations/<int:pk>/withdraw/", team.invitation_withdraw, name="invitation_withdraw"
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("firms/new/", firms.firm_new, name="firm_new"),
    path("invitations/join/<int:pk>/", invitations.invitation_join, name="invitation_join"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("f/<slug:slug>/", include(_of_a_firm)),
]
