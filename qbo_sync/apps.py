from django.apps import AppConfig


class QboSyncConfig(AppConfig):
    name = "qbo_sync"
