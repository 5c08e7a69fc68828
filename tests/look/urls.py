"""The product's addresses with the style guide among them, as in debug."""

from __future__ import annotations

from django.urls import include, path

from qbo_sync.urls import urlpatterns as product

urlpatterns = [path("styleguide/", include("qbo_sync.styleguide")), *product]
