"""The Celery application: ``celery -A qbo_sync worker``."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis import TimeoutError as NoAnswer

from accounts import silence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qbo_sync.settings")


class ImpatientCelery(Celery):
    """Hands work on, or raises OperationalError: at once where the broker has just been silent."""

    def send_task(self, name: str, *args: Any, **kwargs: Any) -> Any:
        broker = str(self.conf.broker_url)
        if silence.is_silent(broker):
            raise OperationalError("The broker did not answer a moment ago")
        try:
            return super().send_task(name, *args, **kwargs)
        except OperationalError as problem:
            if isinstance(problem.__cause__, NoAnswer):
                silence.note(broker)
            raise


app = ImpatientCelery("qbo_sync")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
