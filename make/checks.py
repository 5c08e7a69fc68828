"""Checks that need the project's settings: complete migrations, and safe settings in production."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

from cryptography.fernet import Fernet

from qbo_sync import embedded

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    embedded.provide(ROOT / ".test", disposable=True)
    for environment, command in ((debug(), MIGRATIONS), (production(), DEPLOYMENT)):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(done.stdout + done.stderr)


MIGRATIONS = ["makemigrations", "--check", "--dry-run"]
DEPLOYMENT = ["check", "--deploy", "--fail-level", "WARNING"]


def debug() -> dict[str, str]:
    return {"DEBUG": "1"}


def production() -> dict[str, str]:
    """Return the least that a production environment must say, with secrets of its own."""
    return {
        "DEBUG": "0",
        "SITE_URL": "https://books.example.com",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "QBO_ENVIRONMENT": "production",
        "QBO_CLIENT_ID": "an-app-of-our-own",
        "QBO_CLIENT_SECRET": secrets.token_urlsafe(32),
        "QBO_WEBHOOK_VERIFIER_TOKEN": secrets.token_urlsafe(32),
    }


if __name__ == "__main__":
    main()
