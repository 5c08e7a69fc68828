"""A firm's connection to its QuickBooks company, from consent to good-bye."""

from integrations.connect.clients import gateway_for
from integrations.connect.losing import NotConnected

__all__ = ["NotConnected", "gateway_for"]
