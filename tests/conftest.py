"""Fixtures every test may ask for. The cast of people is in ``tests.cast``."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client
from redis import Redis

from accounts.models import Firm, User
from accounts.tenancy import working_for
from tests.cast import Cast, gather

pytest_plugins = ["tests.browser", "tests.processes", "tests.valkey"]

LONG = (
    "tests/walk/",
    "tests/faults/",
    "tests/ops/test_demo_started.py",
    "tests/sync/test_broken_off.py",
    "tests/sync/test_push_converges.py",
    "tests/sync/test_push_trouble.py",
    "tests/sync/test_side_by_side.py",
    "tests/importing/test_killed_worker.py",
    "tests/connect/test_screens.py",
    "tests/steering/test_in_browser.py",
    "tests/mapping_screens/test_in_browser.py",
)


def pytest_configure(config: pytest.Config) -> None:
    # Playwright's plugin empties its folder at every start, in each worker; our pictures stay beside it.
    config.option.output = "test-results/failures"
    # Other people's: WhiteNoise misses a folder that only production has; a plugin awaits its next release.
    config.addinivalue_line("filterwarnings", "ignore:No directory at")
    config.addinivalue_line("filterwarnings", "ignore:Session-scoped fixtures defined as instance methods")
    # Slow hashes protect real passwords; the cast's are printed in tests/cast.py.
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_finish() -> None:
    # Thousands of tests and all of Django stay to the end: looking through them again and again frees nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, in any order, so that no core waits for it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(autouse=True)
def _fresh_valkey() -> None:
    """Forget limits, locks, caches and queued tasks of the test before."""
    valkey = Redis.from_url(django_settings.REDIS_URL)
    # Celery remembers having declared its queues; without their bindings it cannot send.
    left = [key for key in valkey.scan_iter() if not key.startswith(b"_kombu.binding")]
    if left:
        valkey.delete(*left)
    valkey.close()


@pytest.fixture
def cast(db: None) -> Cast:
    return gather()


@pytest.fixture
def firm(cast: Cast) -> Firm:
    return cast.firm


@pytest.fixture
def other_firm(cast: Cast) -> Firm:
    return cast.other_firm


@pytest.fixture
def partner(cast: Cast) -> User:
    return cast.partner


@pytest.fixture
def admin(cast: Cast) -> User:
    return cast.admin


@pytest.fixture
def staff(cast: Cast) -> User:
    return cast.staff


@pytest.fixture
def viewer(cast: Cast) -> User:
    return cast.viewer


@pytest.fixture
def rival(cast: Cast) -> User:
    return cast.rival


@pytest.fixture
def stranger(cast: Cast) -> User:
    return cast.stranger


@pytest.fixture
def in_firm(firm: Firm) -> Iterator[Firm]:
    """Run the test inside the first firm's scope."""
    with working_for(firm.pk):
        yield firm


class SignIn:
    """``signed_in(person)`` gives a test client that this person uses."""

    def __call__(self, user: User) -> Client:
        client = Client()
        client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[0])
        return client


@pytest.fixture
def signed_in(db: None) -> SignIn:
    return SignIn()
