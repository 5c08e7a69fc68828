"""The tables of one company's file, and the row an object becomes in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from .clock import parse_moment
from .entities.spec import Body, Entity
from .query.meaning import fold

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY,
    entity TEXT NOT NULL,
    id TEXT NOT NULL,
    active INTEGER NOT NULL,
    name TEXT,
    full_name TEXT,
    parent TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    body TEXT NOT NULL,
    owner TEXT,
    doc TEXT,
    day TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS objects_by_id ON objects (entity, id);
CREATE INDEX IF NOT EXISTS objects_by_created ON objects (entity, created, seq, active);
CREATE INDEX IF NOT EXISTS objects_by_updated ON objects (entity, updated, seq, active);
CREATE INDEX IF NOT EXISTS objects_by_name ON objects (entity, name, seq, active);
CREATE INDEX IF NOT EXISTS objects_by_age ON objects (entity, seq, active);
DROP INDEX IF EXISTS objects_by_full_name;
CREATE INDEX IF NOT EXISTS objects_by_path ON objects (entity, full_name, active);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (entity, parent)
    WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_owner ON objects (owner, entity, seq) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_doc ON objects (entity, doc) WHERE doc IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_day ON objects (entity, day, seq) WHERE day IS NOT NULL;
CREATE TABLE IF NOT EXISTS graves (
    entity TEXT NOT NULL, id TEXT NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (entity, id)
);
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY, entity TEXT NOT NULL, id TEXT NOT NULL, operation TEXT NOT NULL,
    at INTEGER NOT NULL, deleted_id TEXT
);
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, media_type TEXT NOT NULL, content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS postings (
    entity TEXT NOT NULL, id TEXT NOT NULL, line INTEGER NOT NULL, day TEXT NOT NULL,
    account TEXT NOT NULL, amount INTEGER NOT NULL, owed INTEGER NOT NULL, stock TEXT NOT NULL,
    name_kind TEXT NOT NULL, name TEXT NOT NULL, customer TEXT NOT NULL, class TEXT NOT NULL,
    department TEXT NOT NULL, item TEXT NOT NULL, quantity INTEGER NOT NULL, memo TEXT NOT NULL,
    PRIMARY KEY (entity, id, line)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS postings_by_account ON postings (account, day);
CREATE INDEX IF NOT EXISTS postings_by_item ON postings (item, day) WHERE stock != '';
CREATE TABLE IF NOT EXISTS ledger_state (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS numbering (sequence TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS replays (
    request_id TEXT PRIMARY KEY, status INTEGER NOT NULL, answer BLOB NOT NULL
);
"""

INSERT = """
INSERT INTO objects
    (entity, id, active, name, full_name, parent, created, updated, body, owner, doc, day)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

ADDED_COLUMNS = ("owner", "doc", "day")
_OWNERS = ("CustomerRef", "VendorRef", "EntityRef", "EmployeeRef")


def fold_bytes(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode()
    return fold(value) if isinstance(value, str) else value


def row_of(entity: Entity, body: Body) -> tuple[Any, ...]:
    inside: Body = next(iter(body.values())) if entity.wrapped else body
    meta = inside.get("MetaData") or {}
    name = inside.get(entity.name_field)
    if entity.wrapped:
        name = (inside.get("RecurringInfo") or {}).get("Name")
    full_name = inside.get("FullyQualifiedName") or name
    parent = (inside.get("ParentRef") or {}).get("value")
    doc = inside.get("DocNumber")
    return (
        entity.name,
        str(inside["Id"]),
        int(inside.get("Active", True) is not False),
        None if name is None else fold(str(name)),
        None if full_name is None else fold(str(full_name)),
        parent,
        _epoch(meta.get("CreateTime")),
        _epoch(meta.get("LastUpdatedTime") or meta.get("CreateTime")),
        orjson.dumps(body).decode(),
        fold(next(iter(body))) if entity.wrapped else _owner(inside),
        None if doc is None else fold(str(doc)),
        inside.get("TxnDate"),
    )


def _owner(body: Body) -> str | None:
    refs = (body.get(name) for name in _OWNERS)
    return next((str(r["value"]) for r in refs if isinstance(r, dict) and r.get("value")), None)


def _epoch(text: str | None) -> int:
    if not text:
        return int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
    return int(parse_moment(text).timestamp())
