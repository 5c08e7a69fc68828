"""Why a connection did not come about, in words: what happened, what it means, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.models import Firm


class WayOn(StrEnum):
    """What the button on the message offers."""

    CONNECT = "connect"
    SWITCH = "switch"
    SETTINGS = "settings"
    HOME = "home"


@dataclass(frozen=True)
class Obstacle:
    title: str
    happened: str
    means: str
    do: tuple[str, ...]
    way_on: WayOn = WayOn.CONNECT
    status: int = 400


_NOTHING = "Nothing was connected, and nothing was changed here or in QuickBooks."

OBSTACLES: dict[str, Obstacle] = {
    "declined": Obstacle(
        "You did not connect QuickBooks",
        "At QuickBooks you chose not to connect.",
        _NOTHING,
        ("Connect again whenever you like.",),
        status=200,
    ),
    "unknown_state": Obstacle(
        "This sign-in did not start here",
        "QuickBooks sent you back with an answer that belongs to no sign-in we know of.",
        f"An old link, or a page opened from somewhere else. {_NOTHING}",
        ("Go to Settings > Integrations and connect from there.",),
        way_on=WayOn.HOME,
    ),
    "other_person": Obstacle(
        "Somebody else started this connection",
        "The connection was started by another person than the one who is signed in here.",
        f"Only who starts it can finish it. {_NOTHING}",
        (
            "If that was you under another account, sign in with that account and open the link again.",
            "Otherwise start a connection of your own under Settings > Integrations.",
        ),
        way_on=WayOn.HOME,
        status=403,
    ),
    "expired": Obstacle(
        "That took too long",
        "More than ten minutes went by between setting out and coming back from QuickBooks.",
        f"For safety a sign-in ends by then. {_NOTHING}",
        ("Connect again; have your QuickBooks sign-in at hand.",),
    ),
    "used": Obstacle(
        "This step was already done",
        "QuickBooks' answer had already arrived once; reloading the page or going back sends it again.",
        "Each answer counts once. If the first one went well, QuickBooks is connected or waits for you to confirm.",
        ("Look under Settings > Integrations how things stand.",),
        way_on=WayOn.SETTINGS,
    ),
    "not_allowed": Obstacle(
        "You may not connect QuickBooks for this firm",
        "While you were at QuickBooks your role changed, or you left the firm.",
        f"Only Partners and Admins connect. {_NOTHING}",
        ("Ask a Partner or an Admin of the firm to connect.",),
        way_on=WayOn.HOME,
        status=403,
    ),
    "no_company": Obstacle(
        "QuickBooks did not say which company",
        "You came back from QuickBooks without having chosen a company.",
        f"Without a company there are no books to read. {_NOTHING}",
        ("Connect again and choose your firm's company when QuickBooks asks.",),
    ),
    "not_offered": Obstacle(
        "QuickBooks would not start the connection",
        "QuickBooks ended the sign-in before it came to your consent.",
        f"That is rarely anything you did. {_NOTHING}",
        ("Try once more.", "If it happens again, tell support what QuickBooks showed."),
    ),
    "code_refused": Obstacle(
        "QuickBooks did not accept the sign-in",
        "The code that QuickBooks sent you back with had been used or had run out.",
        f"Usually the page was loaded twice, or very slowly. {_NOTHING}",
        ("Connect again.",),
    ),
    "quickbooks_down": Obstacle(
        "QuickBooks cannot be reached",
        "QuickBooks did not answer, or answered that it has a problem of its own.",
        f"It is not about your account. {_NOTHING}",
        ("Wait a minute and connect again.", "Intuit says at status.developer.intuit.com how QuickBooks is."),
        status=503,
    ),
    "company_refused": Obstacle(
        "QuickBooks does not let us into this company",
        "You consented, but QuickBooks then refused to show us the company.",
        f"You may not be an admin of it in QuickBooks, or its subscription has ended. {_NOTHING}",
        (
            "Ask somebody who is an admin of the company in QuickBooks to connect, or to make you one.",
            "Check at QuickBooks that the subscription is active.",
        ),
    ),
    "other_company": Obstacle(
        "That is another company",
        "This firm works with the books of “{pinned}”. At QuickBooks you chose “{chosen}”.",
        "Data of two companies would mix, so the new connection was given back to QuickBooks. "
        "Everything here is as it was.",
        (
            "To reconnect, connect again and choose “{pinned}” when QuickBooks asks for the company.",
            "Does your firm keep its books in “{chosen}” now? Then go over to it: you see what becomes of what "
            "came from “{pinned}” before anything changes.",
        ),
        way_on=WayOn.SWITCH,
        status=409,
    ),
    "being_cleared": Obstacle(
        "The old data is still being cleared away",
        "Somebody left “{company}” and chose what becomes of what came from it. That is under way.",
        f"What is read now would be cleared away with the rest. {_NOTHING}",
        ("Wait until it is done: a minute or two, some more for very many records. Then connect again.",),
        way_on=WayOn.SETTINGS,
        status=409,
    ),
    "misconfigured": Obstacle(
        "This installation cannot connect to QuickBooks",
        "Intuit does not know the keys this installation signs in with.",
        f"It is nothing you did, and nothing you can mend here. {_NOTHING}",
        ("Tell whoever runs this installation: its Intuit keys need checking.",),
        way_on=WayOn.SETTINGS,
        status=503,
    ),
}


class CannotConnect(Exception):
    """The connection did not come about; nothing of it was kept."""

    def __init__(self, key: str, *, firm: Firm | None = None, reference: str = "", **facts: str) -> None:
        super().__init__(key)
        self.key = key
        self.firm = firm
        self.reference = reference
        self.facts = facts


def described(key: str, facts: dict[str, str]) -> Obstacle:
    """Return the obstacle with the facts put in. Raises KeyError for an unknown key."""
    plain = OBSTACLES[key]
    return Obstacle(
        plain.title,
        plain.happened.format(**facts),
        plain.means,
        tuple(step.format(**facts) for step in plain.do),
        plain.way_on,
        plain.status,
    )
