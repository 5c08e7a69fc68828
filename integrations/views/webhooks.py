"""Where QuickBooks tells of changes: checked, written down and answered at once; the work comes after."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.sync import announced
from integrations.webhooks import Malformed, events_in, is_signed

log = structlog.get_logger(__name__)

MOST_BYTES = 2_000_000
"""Far above a thousand events, and below what Django reads of a body."""


@csrf_exempt  # The signature says who it is; there is no session.
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    signature = request.headers.get("intuit-signature", "")
    if not is_signed(request.body, signature, verifier=settings.QBO_WEBHOOK_VERIFIER_TOKEN):
        log.warning("webhook with a wrong signature", tid=request.headers.get("intuit-t-id", ""))
        return HttpResponse(status=401)
    try:
        events = events_in(request.body)
    except Malformed:
        log.warning("webhook not understood", tid=request.headers.get("intuit-t-id", ""))
        return HttpResponse(status=400)
    announced.write_down(events)
    return HttpResponse()
