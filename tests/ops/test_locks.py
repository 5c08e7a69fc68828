"""The lock files: everything with its hashes, and nothing about where it comes from."""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

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


PRODUCT = ("qbo_sync", "accounts", "invoices", "mapping", "integrations", "qbo_simulator")
BY_ANOTHERS_NAME = {
    "gunicorn": "a command",
    "httptools": "uvicorn reads HTTP faster with it",
    "jinja2": "Starlette's templates",
    "python-multipart": "Starlette's forms",
}
"""What is asked for and imported by no module of ours."""

NOT_ASKED_FOR = {
    "kombu": "a part of Celery",
    "pytest": "the simulator's fixture is imported by tests alone",
}


def imported() -> set[str]:
    """Return the packages that the product's modules import, as they are locked."""
    distributions = packages_distributions()
    modules = (module for folder in PRODUCT for module in (ROOT / folder).rglob("*.py"))
    names = {name.partition(".")[0] for module in modules for name in _imports(module)}
    return {re.sub(r"[-_.]+", "-", each).lower() for name in names for each in distributions.get(name, [])}


def _imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_what_the_product_imports_is_asked_for() -> None:
    assert imported() - wanted("requirements.in") == NOT_ASKED_FOR.keys()


def test_what_is_asked_for_is_used() -> None:
    settings = (ROOT / "qbo_sync" / "settings.py").read_text()
    unused = wanted("requirements.in") - imported() - BY_ANOTHERS_NAME.keys()
    assert {name for name in unused if f'"{name.replace("-", "_")}' not in settings} == set()
