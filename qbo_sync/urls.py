"""Every address. A firm's pages live under ``/f/<slug>/``; see ``accounts.middleware``."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("mapping.urls")),
    path("", include("integrations.urls")),
]
if settings.STYLEGUIDE:
    urlpatterns += [path("styleguide/", include("qbo_sync.styleguide"))]
if settings.DEMO:
    urlpatterns += [path("mail/", include("qbo_sync.demo_mail"))]
