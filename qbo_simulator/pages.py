"""Render the simulator's own web pages, with a strict Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

WEB = Path(__file__).parent / "web"


def _money(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, int | float | Decimal) else str(value or "")


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value or "")


FILTERS: dict[str, Callable[[Any], str]] = {"money": _money, "count": _count}
"""How templates write numbers: 1,250.00 and 1,250."""


class Pages:
    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(WEB / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= FILTERS

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        form_action: str = "",
        **shown: object,
    ) -> Response:
        text = self._templates.get_template(template).render(request=request, **shown)
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
            "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {form_action}"
        )
        headers = {"Content-Security-Policy": policy.strip(), "Cache-Control": "no-store"}
        return HTMLResponse(text, status, headers)
