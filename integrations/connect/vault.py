"""Keep tokens unreadable at rest. The newest key encrypts; all keys decrypt."""

from __future__ import annotations

import base64
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class Unreadable(Exception):
    """None of the keys opens this; the key it was locked with is gone."""


def lock(secret: str) -> bytes:
    return _keys(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(secret.encode())


def unlock(locked: bytes | memoryview) -> str:
    """Raises Unreadable."""
    try:
        return _keys(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(bytes(locked)).decode()
    except InvalidToken:
        raise Unreadable from None


def relock(locked: bytes | memoryview) -> bytes:
    """Return the same secret under the newest key. Raises Unreadable."""
    try:
        return _keys(tuple(settings.FIELD_ENCRYPTION_KEYS)).rotate(bytes(locked))
    except InvalidToken:
        raise Unreadable from None


@lru_cache(maxsize=4)
def _keys(texts: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_key(text.strip()) for text in texts])


def _key(text: str) -> Fernet:
    # Such a text gets past the settings in debug and the demo only.
    if text.startswith(settings.DEMO_MARK):
        return Fernet(base64.urlsafe_b64encode(sha256(text.encode()).digest()))
    try:
        return Fernet(text)
    except ValueError:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS must hold Fernet keys, newest first, with commas between. "
            "Make one with: python -c "
            '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        ) from None
