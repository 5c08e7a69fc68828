"""What somebody gives who signs up."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


def sign_up(client: Client, **given: str) -> User:
    client.post(
        reverse("account_signup"),
        {"email": "nell@newfirm.example", "password1": "quiet-ledger-river-77", **given},
    )
    return User.objects.get(email="nell@newfirm.example")


def test_colleagues_see_the_name_of_who_signed_up(client: Client) -> None:
    assert str(sign_up(client, name="Nell Archer")) == "Nell Archer"


def test_without_a_name_they_see_the_address(client: Client) -> None:
    assert str(sign_up(client)) == "nell@newfirm.example"


def test_the_name_is_asked_first(client: Client) -> None:
    page = client.get(reverse("account_signup")).text
    assert page.index('name="name"') < page.index('name="email"') < page.index('name="password1"')
