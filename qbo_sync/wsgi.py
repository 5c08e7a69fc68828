"""The WSGI entry point: ``gunicorn qbo_sync.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qbo_sync.settings")

application = get_wsgi_application()
