from integrations.models.announcements import Announcement
from integrations.models.calls import CallCount
from integrations.models.connections import AccessRequest, AuthorizationAttempt, Connection, ConnectionState
from integrations.models.cursors import Cursor
from integrations.models.letters import Letter
from integrations.models.pages import ImportPage, PageState
from integrations.models.pushes import UNSETTLED, BatchState, Operation, Push, PushBatch, PushState
from integrations.models.schedules import Schedule

__all__ = [
    "UNSETTLED",
    "AccessRequest",
    "Announcement",
    "AuthorizationAttempt",
    "BatchState",
    "CallCount",
    "Connection",
    "ConnectionState",
    "Cursor",
    "ImportPage",
    "Letter",
    "Operation",
    "PageState",
    "Push",
    "PushBatch",
    "PushState",
    "Schedule",
]
