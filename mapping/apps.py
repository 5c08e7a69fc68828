from django.apps import AppConfig


class MappingConfig(AppConfig):
    name = "mapping"

    def ready(self) -> None:
        from accounts import slots
        from mapping import receivers
        from mapping.slots import QuickBooksSlots

        receivers.connect()
        slots.fill(QuickBooksSlots())
