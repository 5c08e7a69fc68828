"""Attachable: a note or a file that hangs on other objects."""

from __future__ import annotations

from ..faults import OBJECT_NOT_FOUND, REQUIRED_MISSING, refuse
from .spec import Body, Change, Entity, Flag, Group, Many, Number, Opaque, Ref, Text


def _prepare(change: Change) -> None:
    after = change.after
    if not after.get("Note") and not after.get("FileName"):
        raise refuse(REQUIRED_MISSING, "Required parameter Note is missing in the request", "Note")
    for hook in after.get("AttachableRef") or []:
        _check_hook(change, hook)


def _check_hook(change: Change, hook: Body) -> None:
    from . import entity_named

    ref = hook.get("EntityRef")
    if not ref or not ref.get("type"):
        return
    entity = entity_named(str(ref["type"]))
    if entity is None or change.books.get(entity, str(ref["value"])) is None:
        raise refuse(OBJECT_NOT_FOUND, f"Object Not Found : {ref.get('type')} {ref['value']}", "EntityRef")


ATTACHABLE = Entity(
    "Attachable",
    {
        "FileName": Text(1000),
        "Note": Text(2000),
        "Category": Text(100),
        "ContentType": Text(100),
        "PlaceName": Text(2000),
        "Tag": Text(2000),
        "Lat": Text(),
        "Long": Text(),
        "Size": Number(),
        "FileAccessUri": Text(read_only=True, queryable=False),
        "TempDownloadUri": Text(read_only=True, queryable=False),
        "ThumbnailFileAccessUri": Text(read_only=True, queryable=False),
        "ThumbnailTempDownloadUri": Text(read_only=True, queryable=False),
        "AttachableRef": Many(
            {
                "EntityRef": Ref(),
                "LineInfo": Text(),
                "IncludeOnSend": Flag(),
                "Inactive": Flag(),
                "NoRefOnly": Flag(),
                "CustomField": Opaque(),
            },
            queryable=True,
        ),
        "EntityRef": Group({"value": Text(), "name": Text(), "type": Text()}),
    },
    name_field="FileName",
    is_list=False,
    numbering="attachables",
    writable=True,
    deletable=True,
    prepare=_prepare,
)
