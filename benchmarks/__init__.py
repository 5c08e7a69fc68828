"""What the product costs in time, memory and calls, each figure beside a floor measured in the same run.

``python -m benchmarks`` (``make bench``). Real PostgreSQL, Valkey, Celery workers, web server and
simulated QuickBooks over HTTP, all of its own in ``.bench/``.
"""
