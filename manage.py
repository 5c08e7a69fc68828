#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL and REDIS_URL it starts the embedded services."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qbo_sync.settings")
    from qbo_sync import embedded

    try:
        embedded.provide()
    except embedded.ServiceProblem as problem:
        sys.exit(str(problem))

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
