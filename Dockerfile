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
# Collecting needs settings but no secrets and no servers: these values go no further than this line.
RUN DEBUG=0 SECRET_KEY=building FIELD_ENCRYPTION_KEYS=building QBO_CLIENT_SECRET=building \
    DATABASE_URL=postgresql://nowhere/none REDIS_URL=redis://nowhere \
    python manage.py collectstatic --noinput \
    && mkdir /data && chown qbo_sync /data
USER qbo_sync
EXPOSE 8000
CMD ["gunicorn", "--config", "python:qbo_sync.gunicorn", "--bind", "0.0.0.0:8000", "qbo_sync.wsgi"]
