"""Open a firm; read and change what it says about itself."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.forms import FirmForm
from accounts.http import FirmRequest, need, needs
from accounts.models import User
from accounts.roles import Permission
from accounts.services.firms import change_firm, create_firm, memberships_of


@login_required
def firm_new(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = FirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        firm = create_firm(**form.cleaned_data, by=request.user)
        messages.success(request, f"{firm.name} is open.")
        return redirect("dashboard", slug=firm.slug)
    return render(
        request,
        "accounts/firm_new.html",
        {"form": form, "is_first": not memberships_of(request.user)},
        status=422 if form.errors else 200,
    )


@needs(Permission.VIEW)
def settings(request: FirmRequest) -> HttpResponse:
    return redirect("firm_settings", slug=request.firm.slug)


@needs(Permission.VIEW)
def firm_settings(request: FirmRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "accounts/firm_settings.html", {"form": FirmForm(instance=request.firm)})
    need(request, Permission.MANAGE_TEAM)
    form = FirmForm(request.POST, instance=type(request.firm).objects.get(pk=request.firm.pk))
    if not form.is_valid():
        return render(request, "accounts/firm_settings.html", {"form": form}, status=422)
    change_firm(firm=form.instance, **form.cleaned_data)
    messages.success(request, "Saved.")
    return redirect("firm_settings", slug=request.firm.slug)
