"""One page that shows every component in its states (debug only)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path


def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide.html")


urlpatterns = [path("", styleguide, name="styleguide")]
