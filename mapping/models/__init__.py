from mapping.models.books import Book, Clearing
from mapping.models.conflicts import Conflict
from mapping.models.drafts import Choice, Draft, DraftChoice
from mapping.models.history import Change, ChangeKind
from mapping.models.links import Exclusion, Inclusion, Link
from mapping.models.policies import EntityPolicy, policy_of
from mapping.models.records import RecordQuerySet, RemoteBody, RemoteRecord, Standing
from mapping.models.runs import CHANGES, UNATTENDED, Cause, Run, RunKind, RunOutcome, RunPart, RunState
from mapping.models.tallies import Tally

__all__ = [
    "CHANGES",
    "UNATTENDED",
    "Book",
    "Cause",
    "Change",
    "ChangeKind",
    "Choice",
    "Clearing",
    "Conflict",
    "Draft",
    "DraftChoice",
    "EntityPolicy",
    "Exclusion",
    "Inclusion",
    "Link",
    "RecordQuerySet",
    "RemoteBody",
    "RemoteRecord",
    "Run",
    "RunKind",
    "RunOutcome",
    "RunPart",
    "RunState",
    "Standing",
    "Tally",
    "policy_of",
]
