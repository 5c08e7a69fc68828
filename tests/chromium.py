"""The Chromium the browser tests drive: found on the machine, or brought (``python -m tests.chromium``)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"
"""Chromium without a window: the same engine, and less than half the work for a machine."""

NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OWN_DOWNLOAD = Path(__file__).resolve().parent.parent / ".venv" / "browsers"
MISSING = (
    "The browser tests need Chromium, and none was found. Install the package chromium (Debian, Fedora) or "
    "google-chrome, or let this command reach Playwright's download host, and try again."
)


def find() -> str | None:
    """Return the path of a Chromium: CHROMIUM, one on the PATH, or the one Playwright brought."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _brought_by_playwright()


def _brought_by_playwright() -> str | None:
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(OWN_DOWNLOAD))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() and _starts(path) else None


def _starts(path: Path) -> bool:
    """Tell whether the machine has the libraries this Chromium needs."""
    command = [str(path), "--headless", "--no-sandbox", "--version"]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def bring() -> str | None:
    """Install a Chromium the way this machine allows, and return its path if that worked."""
    print("No Chromium on this machine: bringing one.")  # noqa: T201
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    environment = os.environ | {"PLAYWRIGHT_BROWSERS_PATH": str(OWN_DOWNLOAD)}
    if _succeeds(download, environment) and (path := find()):
        return path
    _install("chromium")
    return find()


def bring_shell() -> None:
    """Install Debian's package of it, where that can be done without asking; else what is there will do."""
    if os.environ.get("CHROMIUM") or shutil.which(SHELL):
        return
    _install(SHELL)


def _install(package: str) -> bool:
    """Install a package as Debian's root; tell whether that worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"Installing {package} for the browser's tests.")  # noqa: T201
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    return _succeeds(install, quiet) or (
        _succeeds(["apt-get", "update", "-qq"], quiet) and _succeeds(install, quiet)
    )


def _succeeds(command: list[str], environment: dict[str, str]) -> bool:
    try:
        done = subprocess.run(
            command,
            env=environment,
            timeout=420,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    bring_shell()
    if not (find() or bring()):
        sys.exit(MISSING)
