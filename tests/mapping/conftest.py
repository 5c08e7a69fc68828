from __future__ import annotations

import pytest

from accounts.models import Firm
from mapping.models import Book
from tests.mapping.books import open_book


@pytest.fixture
def book(in_firm: Firm) -> Book:
    return open_book(in_firm)
