from integrations.models.connections import AccessRequest, AuthorizationAttempt, Connection, ConnectionState
from integrations.models.pages import ImportPage, PageState

__all__ = [
    "AccessRequest",
    "AuthorizationAttempt",
    "Connection",
    "ConnectionState",
    "ImportPage",
    "PageState",
]
