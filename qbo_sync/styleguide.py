"""One page that shows every component in its states (in debug, and in the demo)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import path
from django.utils import timezone

from qbo_sync.templatetags.look import STATES

CUSTOMERS = [
    ("Amy’s Bird Sanctuary", "birds@intuit.example", "Bayshore", "mapped"),
    ("Bill’s Windsurf Shop", "surf@intuit.example", "Half Moon Bay", "mapped"),
    ("Cool Cars", "cool_cars@intuit.example", "Half Moon Bay", "excluded"),
    ("Dukes Basketball Camp", "", "Tucson", "not_mapped"),
    ("Freeman Sporting Goods", "sporting@intuit.example", "Middlefield", "mapped"),
    ("Geeta Kalapatapu", "geeta@intuit.example", "Middlefield", "not_mapped"),
]
SWATCHES = [
    "paper",
    "sunken",
    "raised",
    "line",
    "line-strong",
    "line-control",
    "ink",
    "ink-soft",
    "ink-faint",
    "accent",
    "accent-ink",
    "accent-wash",
    "green",
    "green-ink",
    "green-wash",
    "amber",
    "amber-ink",
    "amber-wash",
    "red",
    "red-ink",
    "red-wash",
    "blue",
    "blue-ink",
    "blue-wash",
    "grey",
    "grey-ink",
    "grey-wash",
]


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As it should stand on letters and lists.")
    email = forms.EmailField(label="E-mail", required=False)
    password = forms.CharField(label="Password", widget=forms.PasswordInput, required=False)
    state = forms.ChoiceField(
        label="State", choices=[("", "Choose a state"), ("CA", "California"), ("AZ", "Arizona")]
    )
    notes = forms.CharField(label="Notes", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    marketable = forms.BooleanField(
        label="May receive marketing mail",
        help_text="Off for everybody who comes from QuickBooks, until they agree.",
        required=False,
    )
    kind = forms.ChoiceField(
        label="Kind",
        choices=[("person", "Person"), ("organisation", "Organisation")],
        widget=forms.RadioSelect,
    )


def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide.html", _everything())


def _everything() -> dict[str, Any]:
    now = timezone.now()
    return {
        "form": SampleForm(initial={"name": "Amy’s Bird Sanctuary", "kind": "organisation"}),
        "wrong_form": SampleForm({"name": "", "email": "birds@", "state": "", "kind": "person"}),
        "customers": CUSTOMERS,
        "page": Paginator(range(4312), 50).page(2),
        "swatches": SWATCHES,
        "icons": icon_names(),
        "states": list(STATES),
        "changes": [
            {"field": "E-mail", "before": "amy@old.example", "after": "birds@intuit.example"},
            {"field": "Phone", "before": "", "after": "(650) 555-3311"},
            {"field": "Address 2", "before": "Unit 4", "after": ""},
            {"field": "City", "before": "Bayshore", "after": "Bayshore"},
        ],
        "trend": [12, 18, 9, 22, 30, 26, 41, 38, 52],
        "imports": [(f"Nov {day}", 40 + (day * 37) % 160) for day in range(1, 22)],
        "now": now,
        "earlier": now - timedelta(minutes=14),
        "yesterday": now - timedelta(days=1, hours=3),
    }


def icon_names() -> list[str]:
    """Return the names of all icons the sprite holds."""
    sprite = Path(get_template("components/icons.svg").origin.name).read_text()  # type: ignore[attr-defined]
    return re.findall(r'id="i-([\w-]+)"', sprite)


def find_clients(request: HttpRequest) -> JsonResponse:
    typed = request.GET.get("q", "").lower()
    found = [row for row in CUSTOMERS if typed in " ".join(row).lower()]
    return JsonResponse(
        {
            "results": [
                {"value": n, "text": n, "detail": c, "url": "#tables", "kind": "Client"}
                for n, _, c, _ in found
            ]
        }
    )


def show_dialog(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide_dialog.html")


def trouble(request: HttpRequest, code: int) -> HttpResponse:
    return render(request, f"{code}.html", status=code)


def say(request: HttpRequest, level: str) -> HttpResponse:
    words = {
        "success": "Your QuickBooks Online account is connected.",
        "info": "The import goes on in the background. You can leave this page.",
        "warning": "12 customers have no e-mail address and were left out.",
        "error": "QuickBooks did not answer. Nothing was changed.",
    }
    tags = f"undo={request.path}" if level == "success" else ""
    messages.add_message(request, messages.DEFAULT_LEVELS[level.upper()], words[level], extra_tags=tags)
    return (
        render(request, "components/toasts.html")
        if request.headers.get("HX-Request")
        else redirect("styleguide")
    )


urlpatterns = [
    path("", styleguide, name="styleguide"),
    path("clients/", find_clients, name="styleguide_clients"),
    path("dialog/", show_dialog, name="styleguide_dialog"),
    path("trouble/<int:code>/", trouble, name="styleguide_trouble"),
    path("say/<str:level>/", say, name="styleguide_say"),
]
