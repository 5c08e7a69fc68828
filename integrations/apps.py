from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from accounts import slots
        from integrations import following, receivers
        from integrations.slots import FreshnessSlots

        slots.fill(FreshnessSlots())
        receivers.connect()
        following.connect()
