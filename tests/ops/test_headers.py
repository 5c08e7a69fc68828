"""The policy for browsers on pages of no firm; those of firms are asked for it in ``tests/doors``."""

import pytest
from django.test import Client

ADDRESSES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/confirm-email/nonsense/",
    "/invitations/nonsense/",
    "/quickbooks/disconnected/",
    "/webhooks/quickbooks/",
    "/firms/new/",
    "/",
    "/nowhere/",
]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_comes_with_a_strict_content_security_policy(client: Client, address: str) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
