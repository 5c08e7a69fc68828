"""What people see when a page refuses, is missing or fails: the product's own words, under its policy."""

from __future__ import annotations

from typing import NoReturn

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import Client
from django.urls import path

from qbo_sync.urls import urlpatterns as product


def refuses(request: HttpRequest) -> NoReturn:
    raise PermissionDenied


def fails(request: HttpRequest) -> NoReturn:
    raise RuntimeError("the token is 4711")


urlpatterns = [path("refuses/", refuses), path("fails/", fails), *product]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "status"), [("/refuses/", 403), ("/nowhere/", 404), ("/fails/", 500)])
def test_trouble_has_a_page_of_the_products_own(address: str, status: int) -> None:
    answer = Client(raise_request_exception=False).get(address)
    assert answer.status_code == status
    assert f'<span class="code">{status}</span>' in answer.text
    assert "4711" not in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
