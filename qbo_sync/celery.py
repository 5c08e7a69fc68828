"""The Celery application: ``celery -A qbo_sync worker``."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qbo_sync.settings")

app = Celery("qbo_sync")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
