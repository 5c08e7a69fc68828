from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _style_guide(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.look.urls"
