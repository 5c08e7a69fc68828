"""Bring the packages of a lock file into .venv: ``python -m make.install requirements.txt``.

By uv, which fetches many at once and is told of the index and certificates that pip is set up with.
Where uv cannot be had, or cannot fetch them, pip brings them one by one. Either takes only what has
the hashes of the lock file.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

UV = Path(sys.executable).with_name("uv")
LOCKED_UV = "make/uv.txt"
CACHE = Path(".venv/uv-cache")
"""Beside the packages, so that they are moved into place rather than copied."""

ONLY_WHAT_IS_LOCKED = ("--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement")
PIP = (sys.executable, "-m", "pip")
PIP_INSTALL = (
    *PIP,
    "install",
    "-qq",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--no-input",
    "--no-compile",
)
"""Python compiles what it imports; most of what is brought is never imported."""

NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}
"""What pip is set up with, and how uv is told the same."""


def main(lock: str) -> int:
    return 0 if _by_uv(lock) else _run(*PIP_INSTALL, *ONLY_WHAT_IS_LOCKED, lock)


def _by_uv(lock: str) -> bool:
    """Tell whether uv brought the packages."""
    if _run(*PIP_INSTALL, *ONLY_WHAT_IS_LOCKED, LOCKED_UV, stderr=subprocess.DEVNULL):
        return False
    install = (str(UV), "pip", "install", "--quiet", "--no-config", "--python", sys.executable)
    environment = os.environ | uv_environment(_pip_settings())
    try:
        failed = _run(*install, *ONLY_WHAT_IS_LOCKED, lock, env=environment, stderr=subprocess.DEVNULL)
    finally:
        shutil.rmtree(CACHE, ignore_errors=True)
    if failed:
        print("Not all at once; one by one ...", flush=True)  # noqa: T201
    return not failed


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Return how uv is told what pip is set up with; of several indexes, only those on the network."""
    told = {NAMES[name]: value for name, value in settings.items() if name in NAMES}
    indexes = [url for url in told.pop("UV_INDEX", "").split() if url.startswith("http")]
    if indexes:
        told["UV_INDEX"] = " ".join(indexes)
    # As pip does: whichever index has it. The hashes say what it must be.
    return {"UV_CACHE_DIR": str(CACHE), "UV_INDEX_STRATEGY": "unsafe-best-match"} | told


def _pip_settings() -> dict[str, str]:
    """Return pip's settings from its files and the environment; those named later are the stronger."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False)
    found: dict[str, dict[str, str]] = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        found.setdefault(section, {})[name] = str(ast.literal_eval(value))
    return found.get("global", {}) | found.get("install", {}) | found.get(":env:", {})


def _run(*command: str, env: dict[str, str] | None = None, stderr: int | None = None) -> int:
    return subprocess.run(command, env=env, stderr=stderr, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
