"""Logs: one event a line, no tokens and no customers' data."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor, WrappedLogger

SECRET_WORDS = ("token", "secret", "password", "authorization", "code", "cookie", "payload", "email")
HIDDEN = "hidden"


def hide_secrets(_: WrappedLogger, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank the value of every key that names a secret or a person's data, at any depth."""
    return {key: value if key == "event" else _hide(key, value) for key, value in event.items()}


def _hide(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _hide(str(inner), kept) for inner, kept in value.items()}
    # Numbers are no secrets: a response's code, how many tokens.
    if any(word in key.lower() for word in SECRET_WORDS) and not isinstance(value, int):
        return HIDDEN
    if isinstance(value, list | tuple):
        return [_hide(key, kept) for kept in value]
    return value


_TELLING = (
    # Of a row or a value that it refuses, PostgreSQL says what was in it, over many lines if that has many:
    # up to the next traceback, the next key of the line, or the end.
    (
        re.compile(
            r"(?:\b|(?<=\\n))(DETAIL|CONTEXT|QUERY):\s.*?"
            r"(?=(?:\\n|\s)*(?:The above exception|During handling of the above)|['\"] \w+=['\"]|\Z)",
            re.DOTALL,
        ),
        rf"\1: {HIDDEN}",
    ),
    (re.compile(r"(invalid input \w+ for [^:\"]+: )\".*?\""), rf"\1{HIDDEN}"),
    # What follows the ? of an address: OAuth's code and state, search words.
    (re.compile(r"\?[^\s'\"?]*=[^\s'\"]*"), f"?{HIDDEN}"),
    # The addresses that mails hold: whoever has one may join a firm, set a password, confirm an e-mail.
    (re.compile(r"/(invitations|reset/key|confirm-email)/(?!join/)[^/\s'\"]+"), rf"/\1/{HIDDEN}"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), HIDDEN),
    # Forty or more letters and digits in a row are a token, an invitation or a cipher text;
    # request ids, UUIDs and Intuit's intuit_tid are shorter.
    (re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{40,}", re.ASCII), HIDDEN),
)


def cover(_: WrappedLogger, __: str, line: Any) -> str:
    """Blank what looks like a token, an e-mail or a query in a finished line, tracebacks included."""
    covered = str(line)
    for telling, instead in _TELLING:
        covered = telling.sub(instead, covered)
    return covered


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    hide_secrets,
]
CHAIN: list[Processor] = [*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
"""One list for good: a logger keeps the one it met first, so a second reading of the settings changes nothing."""
PROCESSORS: list[Processor] = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    hide_secrets,
    structlog.processors.format_exc_info,
    structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
    cover,
]
FORMATTER: dict[str, Any] = {
    "()": "structlog.stdlib.ProcessorFormatter",
    "processors": PROCESSORS,
    "foreign_pre_chain": SHARED,
}
"""As ``logging.config`` takes it: for whoever writes lines of ours, or of a library's."""


def configure() -> None:
    structlog.configure(
        processors=CHAIN,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
