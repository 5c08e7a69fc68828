"""The product's settings, and an app that only tests have: a kind of record with rows of its own."""

from __future__ import annotations

from qbo_sync.settings import *  # noqa: F403
from qbo_sync.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "tests", "tests.shop"]
