# One image for the web server, the workers, the schedule and the simulator: the command differs.
FROM python:3.11-slim AS packages
COPY requirements.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes --requirement requirements.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=qbo_sync.settings
RUN useradd --system --uid 10001 --no-create-home qbo_sync
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# Collecting reads the settings, which want secrets: those made here go no further than this line.
RUN random() { python -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"; } \
    && SECRET_KEY="$(random)$(random)" FIELD_ENCRYPTION_KEYS="$(random)" \
    QBO_CLIENT_SECRET="$(random)" QBO_WEBHOOK_VERIFIER_TOKEN="$(random)" \
    DATABASE_URL=postgresql://nowhere/none REDIS_URL=redis://nowhere \
    python manage.py collectstatic --noinput
RUN mkdir /data && chown qbo_sync /data
USER qbo_sync
EXPOSE 8000
CMD ["gunicorn", "--config", "python:qbo_sync.gunicorn", "--bind", "0.0.0.0:8000", "qbo_sync.wsgi"]
