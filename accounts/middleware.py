"""The firm an address names becomes the firm a request works for."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.core.handlers.exception import response_for_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from accounts.models import Membership
from accounts.services.firms import note_opening
from accounts.tenancy import across_firms, working_for

_FIRM_ADDRESS = re.compile(r"^/f/(?P<slug>[-\w]+)/")


class FirmMiddleware:
    """Serve ``/f/<slug>/…`` inside that firm's scope and time zone, to its members only.

    A stranger gets the same 404 as for a firm that does not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = _FIRM_ADDRESS.match(request.path_info)
        if address is None:
            return self.get_response(request)
        if not request.user.is_authenticated:
            if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
                return JsonResponse({"detail": "Sign in first."}, status=401)
            return redirect_to_login(request.get_full_path())
        with across_firms(reason="finding the membership an address names"):
            membership = (
                Membership.objects.select_related("firm")
                .filter(firm__slug=address["slug"], user=request.user)
                .first()
            )
        if membership is None:
            return response_for_exception(request, Http404("No such firm"))
        request.firm, request.membership = membership.firm, membership  # type: ignore[attr-defined]
        with working_for(membership.firm_id), timezone.override(membership.firm.time_zone):
            if request.session.get("firm_id") != membership.firm_id:
                request.session["firm_id"] = membership.firm_id
                note_opening(membership=membership)
            return self.get_response(request)
