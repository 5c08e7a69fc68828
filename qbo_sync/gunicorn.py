"""How the web server runs: ``gunicorn -c python:qbo_sync.gunicorn qbo_sync.wsgi``."""

from __future__ import annotations

import gc
import os

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
accesslog = "-"
# Without the query: it holds OAuth's code, and what people search for.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """Spare requests the collector's walks over everything that was loaded, and walk the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
