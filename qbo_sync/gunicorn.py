"""How the web server runs: ``gunicorn -c python:qbo_sync.gunicorn qbo_sync.wsgi``."""

from __future__ import annotations

import os

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
accesslog = "-"
# Without the query: it holds OAuth's code, and what people search for.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
control_socket_disable = True
