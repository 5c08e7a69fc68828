from accounts.models.clients import Client, ClientQuerySet, Kind
from accounts.models.firms import Firm, Invitation, Membership
from accounts.models.people import User

__all__ = ["Client", "ClientQuerySet", "Firm", "Invitation", "Kind", "Membership", "User"]
