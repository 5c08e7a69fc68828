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
            "Both values were kept as they are. Decide under Conflicts which one stays.",
        ),
        Reason(
            "inactive_there",
            "The record is inactive in QuickBooks, so your change was not sent.",
            "Make it active in QuickBooks, or leave it: nothing was lost here.",
        ),
        Reason(
            "no_email",
            "There is no e-mail address, and your rules leave such customers and clients alone.",
            "Add an e-mail address, or change the rule in Sync settings.",
        ),
        Reason(
            "looks_alike",
            "A client here looks like this new customer, so none was added.",
            "Open Map Customers and say whether they are the same.",
        ),
        Reason(
            "duplicate_name",
            "QuickBooks already has a customer, vendor or employee of this name.",
            "Link to the one there, rename yours, or leave it here.",
        ),
        Reason(
            "same_name",
            "That is the name QuickBooks did not take.",
            "Write another one, such as the name with the town behind it.",
        ),
        Reason(
            "changed_there",
            "The record kept changing in QuickBooks while it was being sent.",
            "It is tried again with the next refresh.",
        ),
        Reason(
            "gone_there",
            "The record was deleted or merged in QuickBooks.",
            "Disconnect the client, and map it anew if it lives on under another name.",
        ),
        Reason(
            "read_only",
            "The QuickBooks subscription has ended: its data can be read and not changed.",
            "Renew the subscription; what waits is sent then.",
        ),
        Reason(
            "not_accepted",
            "QuickBooks did not accept a value.",
            "Correct the client; it is sent again when you save it.",
        ),
        Reason(
            "left_here",
            "Somebody decided to leave this here.",
            "Nothing needs doing; it is sent after the next edit.",
        ),
        Reason(
            "switched_off",
            "Nothing travels between QuickBooks and here any more, so nothing needs deciding.",
            "Both sides keep their values. They are compared anew when you let values travel again.",
        ),
        Reason(
            "field_switched_off",
            "Your Sync settings no longer let this value travel, so nothing needs deciding.",
            "Both sides keep theirs. They are compared anew when you let it travel again.",
        ),
        Reason(
            "rule_decides",
            "Your Sync settings now say whose value stays, so nothing needs deciding.",
            "It is done when both sides are compared next.",
        ),
        Reason(
            "paused",
            "Sync of this client is paused, so nothing needs deciding.",
            "Both sides keep their values. They are compared anew when you resume.",
        ),
        Reason(
            "moved_on",
            "Somebody has dealt with this meanwhile.",
            "Look at the list again.",
        ),
        Reason(
            "waits_for_invoice",
            "Clients, and changes to them, go to QuickBooks together with an invoice.",
            "Nothing needs doing. To send them sooner, change the rule in Sync settings.",
        ),
        Reason(
            "changed_since",
            "Changed again after the run, so the newer value was left.",
            "Change it by hand if the older value is the right one.",
        ),
        Reason(
            "archived_since",
            "The client was archived after the run, so it was left as it is.",
            "Restore the client first if you want its older values back.",
        ),
        Reason(
            "mapped_anew",
            "The client was mapped to another customer after the run, so it was left as it is.",
            "Disconnect it first if that mapping is wrong too.",
        ),
        Reason(
            "undo_too_late",
            "A run can be undone for 30 days, and this one is older.",
            "Change the records by hand; the page of the run lists what it did.",
        ),
        Reason(
            "undo_of_left_books",
            "The run worked with a company that your firm has left.",
            "Change the records by hand; the page of the run lists what it did.",
        ),
        Reason(
            "undo_too_early",
            "The run is still at work.",
            "Cancel it or wait until it has ended; then undo it.",
        ),
        Reason("undone_already", "This run has been undone.", "Look at the page of the undo."),
        Reason(
            "nothing_to_undo", "The run changed nothing here.", "Nothing needs doing; nothing was touched."
        ),
        Reason(
            "missed_new",
            "It was added in QuickBooks earlier, and no refresh had told.",
            "It has been read now. If this happens every week, contact support with the run's number.",
        ),
        Reason(
            "missed_change",
            "It was changed in QuickBooks earlier, and no refresh had told.",
            "It has been brought up to date now. If this happens every week, contact support with the run's number.",
        ),
        Reason(
            "missed_gone",
            "It was deleted or merged in QuickBooks earlier, and no refresh had told.",
            "It is marked as gone now; nothing of yours was deleted.",
        ),
        Reason(
            "gave_up",
            "The run broke off many times at the same place, so it was stopped.",
            "What it did until then is kept. Try again; if it stays, contact support with the run's number.",
        ),
        Reason(
            "not_read_yet",
            "Not all records could be read from QuickBooks yet, so there was nothing to follow.",
            "It is tried again with a later refresh. To try now, press Refresh or import them again.",
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
