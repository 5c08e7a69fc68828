"""What the tests' workers are forked from: loads and checks the whole product once, not at each start."""

from __future__ import annotations

import gc

from django.core.checks import run_checks

from qbo_sync.celery import app
from tests import celery_worker

__all__ = ["celery_worker"]

app.loader.import_default_modules()
app.finalize()
# Celery has this done at each start, unless it is told not to.
run_checks()
gc.freeze()
