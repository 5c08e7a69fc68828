"""The base of every task that touches a firm's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Task
from django.db import InterfaceError, OperationalError

from accounts.tenancy import working_for

if TYPE_CHECKING:
    AnyTask = Task[Any, Any]
else:
    AnyTask = Task


class FirmTask(AnyTask):
    """Run inside the scope of the firm whose id is the first argument; refuse to run without one.

    ``@shared_task(base=FirmTask)`` on a function that takes ``firm_id`` first. It may be run more than once.
    """

    abstract = True
    # A deadlock's loser, or a restart of PostgreSQL: what was not committed is to be done once more.
    autoretry_for = (OperationalError, InterfaceError)
    retry_backoff = 1
    retry_backoff_max = 60
    max_retries = 8

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        firm_id = args[0] if args else kwargs.get("firm_id")
        if not isinstance(firm_id, int) or isinstance(firm_id, bool):
            raise TypeError(f"{self.name} needs a firm's id as its first argument")
        with working_for(firm_id):
            return super().__call__(*args, **kwargs)
