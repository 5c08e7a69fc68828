"""Control requests: JSON in, JSON out, and a sentence for what makes no sense."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from .faults import Fault

Handler = Callable[[Request, dict[str, Any]], Any]


class Wrong(Exception):
    """What is wrong with a control request; `status` is its HTTP status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return as_json(handler(request, await given(request)))
        except Wrong as wrong:
            return as_json({"error": str(wrong)}, wrong.status)
        except Fault as fault:
            return as_json({"error": str(fault), "code": fault.code}, fault.status)
        except (ValueError, TypeError) as error:
            return as_json({"error": f"A value is not of its kind: {error}."}, 400)

    return answer


async def given(request: Request) -> dict[str, Any]:
    body = await request.body()
    if not body:
        return {}
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Wrong(f"The body is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise Wrong("The body has to be a JSON object.")
    return content


def number(content: dict[str, Any], name: str, default: float | None = None) -> float:
    value = content.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Wrong(f"{name} has to be a number that is not negative.")
    return float(value)


def flag(content: dict[str, Any], name: str) -> bool:
    value = content.get(name)
    if not isinstance(value, bool):
        raise Wrong(f"{name} has to be true or false.")
    return value


def as_json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
