"""What the client screens show of how fresh they are (CV-11..13)."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.http import FirmRequest
from accounts.slots import ClientSlots
from integrations.sync import freshness


class FreshnessSlots(ClientSlots):
    def freshness(self, request: FirmRequest, *, region: str) -> SafeString:
        """Say how fresh the page is. Showing it has QuickBooks looked at where that is due."""
        fresh = freshness.look()
        if fresh is None:
            return SafeString()
        context = {"fresh": fresh, "region": region, "here": request.get_full_path()}
        return mark_safe(render_to_string("integrations/_freshness.html", context, request))
