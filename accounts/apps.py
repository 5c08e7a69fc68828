from django.apps import AppConfig
from django.db.backends.signals import connection_created

from accounts.tenancy import install_second_wall


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Firms, people and clients"

    def ready(self) -> None:
        connection_created.connect(install_second_wall, dispatch_uid="accounts.second_wall")
