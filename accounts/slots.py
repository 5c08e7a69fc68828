"""Places in the client screens that apps above may fill, without this app knowing them.

An app registers a filler from its AppConfig.ready. Every method is asked once per page, with all
of the page's clients at hand, so that a filler needs no query per row.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.safestring import SafeString

from accounts.http import FirmRequest
from accounts.models import Client


class ClientSlots:
    """Fills nothing; subclass and override."""

    def list_banner(self, request: FirmRequest) -> SafeString:
        """What stands above the client list."""
        return SafeString()

    def freshness(self, request: FirmRequest, *, region: str) -> SafeString:
        """How fresh a list or a record is. ``region`` is what may be shown anew when something came."""
        return SafeString()

    def list_actions(self, request: FirmRequest) -> SafeString:
        """Buttons beside the client list's own."""
        return SafeString()

    def column_title(self, request: FirmRequest) -> str:
        """Heading of the extra column of the client list, or an empty text for no column."""
        return ""

    def cells(self, request: FirmRequest, clients: Sequence[Client]) -> dict[int, SafeString]:
        """The extra column's cell of each client, by client id."""
        return {}

    def record_panel(self, request: FirmRequest, client: Client) -> SafeString:
        """A panel in a client's summary pane."""
        return SafeString()

    def record_timeline(self, request: FirmRequest, client: Client) -> SafeString:
        """A panel under a client's own details."""
        return SafeString()

    def home_panel(self, request: FirmRequest) -> SafeString:
        """A panel on the firm's home page."""
        return SafeString()


_fillers: list[ClientSlots] = []


def fill(filler: ClientSlots) -> None:
    _fillers.append(filler)


def fillers() -> Sequence[ClientSlots]:
    return tuple(_fillers)
