"""Why something was skipped, held back, refused or stopped: code, sentence, way on.

Every refusal a person can meet is a row here; models store the code.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    code: str
    says: str
    """What happened and what it means, from the reader's side."""
    way_on: str
    """What to do about it."""


REASONS = {
    reason.code: reason
    for reason in (
        Reason(
            "no_name", "QuickBooks sent this record without a name.", "Give it a display name in QuickBooks."
        ),
        Reason(
            "no_id",
            "QuickBooks sent this record without an id.",
            "Import again; if it stays, contact support.",
        ),
        Reason(
            "unreadable",
            "A field holds a character that no text may hold (NUL).",
            "Open the record in QuickBooks, retype the damaged field and import again.",
        ),
        Reason(
            "too_long",
            "A value is longer than a client's field can hold.",
            "Shorten it in QuickBooks, or map the customer after correcting it.",
        ),
        Reason(
            "incomplete",
            "QuickBooks counts more records than it sent.",
            "Import again; only what is missing or changed will be read into your data.",
        ),
        Reason("claimed", "Somebody else mapped this first.", "Look at the mapping in Manage your QBO data."),
        Reason(
            "client_taken",
            "The chosen client is already mapped to another customer.",
            "Choose another client, or disconnect that one first.",
        ),
        Reason(
            "client_gone", "The chosen client has been archived.", "Restore the client or choose another."
        ),
        Reason("undecided", "No choice was made for this customer.", "Open Map Customers to decide."),
        Reason(
            "both_changed",
            "Changed here and in QuickBooks since they last agreed.",
            "Both values were kept as they are; edit one side so that they agree.",
        ),
        Reason(
            "needs_reconnect",
            "QuickBooks no longer accepts this connection.",
            "A Partner or Admin can reconnect under Settings > Integrations.",
        ),
        Reason(
            "quickbooks_down",
            "QuickBooks did not answer, also after several tries.",
            "What was read is kept. Continue the import in a few minutes.",
        ),
        Reason(
            "refused",
            "QuickBooks refused the request.",
            "Try again; if it stays, contact support with the run's number.",
        ),
        Reason(
            "disconnected",
            "QuickBooks was disconnected meanwhile.",
            "Connect again and start the import anew.",
        ),
    )
}
