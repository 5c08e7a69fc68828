"""The signature by which an app knows that a notification comes from QuickBooks."""

from __future__ import annotations

import base64
import hashlib
import hmac

HEADER = "intuit-signature"


def signature(body: bytes, verifier: str) -> str:
    """Return base64 of the HMAC-SHA256 over the raw body, with the app's verifier token as key."""
    return base64.b64encode(hmac.new(verifier.encode(), body, hashlib.sha256).digest()).decode()
