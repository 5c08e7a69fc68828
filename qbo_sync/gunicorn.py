"""How the web server runs: ``gunicorn -c python:qbo_sync.gunicorn qbo_sync.wsgi``."""

from __future__ import annotations

import gc
import os

from qbo_sync import logs

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# Without the query: it holds OAuth's code, and what people search for.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
# In place of gunicorn's own formatters, which know of no secrets.
logconfig_dict = {
    "formatters": {"lines": logs.FORMATTER},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"]},
    "loggers": {
        name: {"handlers": ["stderr"], "propagate": False} for name in ("gunicorn.access", "gunicorn.error")
    },
}
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """Spare requests the collector's walks over everything that was loaded, and walk the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
