"""Requests inside a firm, and the doors in front of views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.text import get_text_list
from django_htmx.middleware import HtmxDetails

from accounts.models import Firm, Membership, User
from accounts.roles import Permission, roles_that_may

P = ParamSpec("P")


class FirmRequest(HttpRequest):
    """A request under ``/f/<slug>/``, as ``FirmMiddleware`` hands it on."""

    firm: Firm
    membership: Membership
    user: User
    htmx: HtmxDetails


FirmView = Callable[Concatenate[FirmRequest, P], HttpResponseBase]


def need(request: FirmRequest, permission: Permission) -> None:
    """Raise PermissionDenied, in words that name who may, unless this member may do it."""
    if not request.membership.may(permission):
        may = get_text_list([role.plural for role in roles_that_may(permission)], "and")
        raise PermissionDenied(
            f"Only {may} can {permission.label}. Ask one of them to do it or to change your role."
        )


def needs(permission: Permission) -> Callable[[FirmView[P]], Callable[..., HttpResponseBase]]:
    """Open a firm's view to members who hold the permission; ``/f/<slug>/`` is taken off its arguments."""

    def door(view: FirmView[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: FirmRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            need(request, permission)
            return view(request, *args, **kwargs)

        return guarded

    return door
