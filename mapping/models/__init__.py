from mapping.models.books import Book
from mapping.models.drafts import Choice, Draft, DraftChoice
from mapping.models.history import Change, ChangeKind
from mapping.models.links import Exclusion, Link
from mapping.models.records import RecordQuerySet, RemoteBody, RemoteRecord, Standing
from mapping.models.runs import Run, RunKind, RunOutcome, RunPart, RunState

__all__ = [
    "Book",
    "Change",
    "ChangeKind",
    "Choice",
    "Draft",
    "DraftChoice",
    "Exclusion",
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
]
