from qbo_sync.celery import app as celery_app

__all__ = ["celery_app"]
