"""The lock files: everything with its hashes, and nothing about where it comes from."""

import re

import pytest

from qbo_sync.embedded import ROOT

LOCKS = {
    "requirements.txt": "requirements.in",
    "requirements-dev.txt": "requirements-dev.in",
    "make/uv.txt": "make/uv.in",
}
PACKAGE = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)(\[[a-z0-9,-]+\])?==(?P<version>[0-9][0-9a-z.]*)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def packages(lock: str) -> dict[str, list[str]]:
    """Return what stands in a lock file: each package with its version, and the hashes after it."""
    lines = re.sub(r" *\\\n *", " ", (ROOT / lock).read_text()).splitlines()
    return {words[0]: words[1:] for words in map(str.split, lines)}


def wanted(asked: str) -> set[str]:
    lines = (ROOT / asked).read_text().splitlines()
    return {found[0].lower() for line in lines if (found := re.match(r"[A-Za-z0-9][A-Za-z0-9.-]*", line))}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_holds_names_versions_and_hashes_and_nothing_else(lock: str) -> None:
    for package, hashes in packages(lock).items():
        assert PACKAGE.fullmatch(package), f"{package} is no package with its version"
        assert hashes, f"{package} has no hash"
        assert all(HASH.fullmatch(each) for each in hashes), f"{package} has more than hashes"


@pytest.mark.parametrize(("lock", "asked"), LOCKS.items())
def test_what_is_asked_for_is_locked(lock: str, asked: str) -> None:
    locked = {found["name"] for each in packages(lock) if (found := PACKAGE.fullmatch(each))}
    assert wanted(asked) <= locked


def test_what_checks_run_on_is_what_the_product_runs_on() -> None:
    product, checks = packages("requirements.txt"), packages("requirements-dev.txt")
    assert product.items() <= checks.items()
