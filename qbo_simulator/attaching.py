"""Files that hang on objects: read out of a multipart upload, kept, and fetched again."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Any
from urllib.parse import quote

import orjson

from .books import Books
from .entities import ATTACHABLE
from .entities.spec import Body
from .faults import (
    ATTACHMENT_SIZE,
    BAD_CONTENT_TYPE,
    OBJECT_NOT_FOUND,
    REQUIRED_MISSING,
    UNKNOWN_PROPERTY,
    Fault,
    refuse,
)
from .writing import create_as_bookkeeper

LARGEST_FILE = 100 * 1024 * 1024


@dataclass(frozen=True)
class Part:
    name: str
    filename: str
    media_type: str
    content: bytes


def upload(
    books: Books, body: bytes, content_type: str, *, at: datetime, here: str, realm: str
) -> list[Body]:
    """Keep the files of an upload and return one answer, an Attachable or a Fault, for each."""
    parts = {part.name: part for part in parts_of(body, content_type)}
    contents = sorted(name for name in parts if name.startswith("file_content"))
    if not contents:
        raise refuse(REQUIRED_MISSING, "Required parameter file_content is missing in the request")
    answers: list[Body] = []
    for name in contents:
        about = parts.get(name.replace("file_content", "file_metadata"))
        try:
            with books.transaction():
                kept = _keep(books, parts[name], about, at=at, here=here, realm=realm)
            answers.append({"Attachable": kept})
        except Fault as fault:
            answers.append({"Fault": fault.body()})
    return answers


def _keep(books: Books, file: Part, about: Part | None, *, at: datetime, here: str, realm: str) -> Body:
    if len(file.content) > LARGEST_FILE:
        raise refuse(ATTACHMENT_SIZE, "Attachment size exceeds 100 MB.")
    fields = _described(about)
    fields.setdefault("FileName", file.filename or "attachment")
    fields.setdefault("ContentType", file.media_type)
    fields["Size"] = len(file.content)
    made = create_as_bookkeeper(ATTACHABLE, books, fields, at=at)
    key = secrets.token_urlsafe(18)
    books.keep_file(key, made["FileName"], made["ContentType"], file.content)
    made |= {
        "FileAccessUri": f"/v3/company/{realm}/download/{made['Id']}",
        "TempDownloadUri": f"{here}/v3/files/{realm}/{key}/{quote(made['FileName'])}",
    }
    books.put(ATTACHABLE, made)
    return made


def _described(about: Part | None) -> Body:
    if about is None:
        return {}
    try:
        described = orjson.loads(about.content)
    except orjson.JSONDecodeError as error:
        raise refuse(UNKNOWN_PROPERTY, f"Property Name:{error}") from None
    if not isinstance(described, dict):
        raise refuse(UNKNOWN_PROPERTY, "Property Name:an object was expected")
    inside = described.get("Attachable")
    return inside if isinstance(inside, dict) else described


def download_address(books: Books, id: str) -> str:
    """Return where an attached file can be fetched. Raises Fault when there is none."""
    kept = books.get(ATTACHABLE, id)
    if kept is None or "TempDownloadUri" not in kept:
        raise refuse(OBJECT_NOT_FOUND, f"Object Not Found : Attachable {id} has no file.", "Attachable")
    return str(kept["TempDownloadUri"])


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """Cut a multipart body, also one with bare newlines as some clients write it."""
    boundary = _parameter(content_type, "boundary")
    if not boundary or "multipart" not in content_type.lower():
        raise refuse(BAD_CONTENT_TYPE, f"Content type not supported : {content_type}")
    pattern = rb"(?:^|\r?\n)--" + re.escape(boundary.encode()) + rb"(?:--)?[ \t]*(?:\r?\n|$)"
    return [part for piece in re.split(pattern, body) if (part := _part(piece)) is not None]


def _part(piece: bytes) -> Part | None:
    head, blank, content = _halves(piece)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.decode("utf-8", "replace").splitlines())
        if value
    }
    name = _parameter(headers.get("content-disposition", ""), "name")
    if not blank or not name:
        return None
    if headers.get("content-transfer-encoding", "").lower() == "base64":
        content = _decoded(content)
    filename = _parameter(headers.get("content-disposition", ""), "filename")
    media_type = headers.get("content-type", "application/octet-stream")
    return Part(name, filename, media_type, content)


def _halves(piece: bytes) -> tuple[bytes, bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", piece)
    return (piece[: found.start()], found.group(), piece[found.end() :]) if found else (piece, b"", b"")


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(content)
    except (binascii.Error, ValueError):
        raise refuse(UNKNOWN_PROPERTY, "The content of the file is not base64.") from None


def _parameter(header: str, name: str) -> str:
    message = Message()
    message["Content-Type"] = header if "/" in header else f"x/{header}"
    found: Any = message.get_param(name)
    return found if isinstance(found, str) else ""
