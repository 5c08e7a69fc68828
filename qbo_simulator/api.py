"""The v3 API over HTTP: let a call in or refuse it, answer, fail where told to, and log it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from .answers import JSON, Answer, as_xml, gzipped, json_answer, wants_json
from .calls import WRITES, Call, CallLog, shortened
from .clock import stamp_with_ms
from .faults import (
    SYSTEM_FAILURE,
    Fault,
    GatewayFault,
    not_authorised_for_realm,
    refuse,
    token_expired,
)
from .metering import used_up
from .oauth.endpoints import address_of
from .operations import Incoming, answer, is_search, kind_of_call, statement_of
from .registry import Grant
from .requested import Asked
from .simulator import Simulator
from .switches import Failure, Switches, failure_answer, throttled

ACCOUNTING_SCOPE = "com.intuit.quickbooks.accounting"


class ConnectionCut(Exception):
    """Raised to drop the client's connection without an answer."""


@dataclass
class Api:
    simulator: Simulator
    switches: Switches
    log: CallLog
    gzip_level: int = 1

    async def __call__(self, request: Request) -> Response:
        asked = Asked.of(request, await request.body())
        with self.switches.in_flight(asked.realm) as crowded:
            return await (self._turn_away(request, asked) if crowded else self._serve(request, asked))

    async def _turn_away(self, request: Request, asked: Asked) -> Response:
        made, tid = self._throttled(self.simulator.clock.now()), _new_tid()
        self._record(request, asked, made, None, tid, 0)
        return self._response(request, made, tid)

    async def _serve(self, request: Request, asked: Asked) -> Response:
        if wait_s := self.switches.delay_s(str(request.url)):
            await asyncio.sleep(wait_s)
        started = time.perf_counter()
        failure = self._failure(asked)
        made = await self._answer(request, asked, failure)
        shown = made if wants_json(request.headers.get("accept", "")) else as_xml(made)
        tid = _new_tid()
        response = self._response(request, shown, tid)
        self._record(request, asked, made, failure, tid, (time.perf_counter() - started) * 1000)
        if failure is not None:
            await self._suffer(failure)
        return response

    def _throttled(self, now: datetime) -> Answer:
        return throttled(now, in_json=self.switches.throttles_in_json)

    def _failure(self, asked: Asked) -> Failure | None:
        path = f"/v3/company/{asked.realm}{asked.path}"
        if asked.first == "query":
            path += " " + shortened(asked.sent)
        return self.switches.failure_for(realm=asked.realm, method=asked.method, path=path)

    async def _answer(self, request: Request, asked: Asked, failure: Failure | None) -> Answer:
        now = self.simulator.clock.now()
        if failure is not None and failure.kind == "late":
            return await self._real_answer(request, asked, now, late_s=self.switches.hang_s)
        if failure is not None and failure.when == "before":
            return failure_answer(failure.kind, now)
        made = await self._real_answer(request, asked, now)
        return made if failure is None else failure_answer(failure.kind, now)

    async def _real_answer(
        self, request: Request, asked: Asked, now: datetime, *, late_s: float = 0.0
    ) -> Answer:
        try:
            grant = self._let_in(asked.realm, request.headers)
            if asked.refusal is not None:
                raise asked.refusal
            kind, _ = kind_of_call(asked.method, asked.steps, asked.body)
            if self.switches.is_over_limit(
                asked.realm, time.monotonic(), app=grant.client_id, kind=_LIMITED.get(asked.first, "")
            ):
                return self._throttled(now)
            if kind not in WRITES and kind != "batch" and self.switches.meter.is_used_up(now):
                raise used_up()
            if late_s:
                await asyncio.sleep(late_s)
                now = self.simulator.clock.now()
            made = await self._made(
                Incoming(
                    books=self.simulator.books(asked.realm),
                    realm=asked.realm,
                    method=asked.method,
                    steps=asked.steps,
                    parameters=asked.parameters,
                    body=asked.body,
                    at=now,
                    content_type=request.headers.get("content-type", ""),
                    here=address_of(request),
                    most_objects=self.switches.most_batch_objects,
                )
            )
            self._meter(kind, asked.body, now)
            return made
        except GatewayFault as fault:
            return json_answer(fault.as_json(now), status=fault.status)
        except Fault as fault:
            return json_answer(fault.as_json(now), status=fault.status)
        except Exception as error:  # a hole in the simulator: say so as QuickBooks would
            hole = refuse(SYSTEM_FAILURE, f"The simulator failed: {error!r}")
            return json_answer(hole.as_json(now), status=500)

    async def _made(self, call: Incoming) -> Answer:
        """Answer a call: at once, or aside if that may take so long that others would wait."""
        if not is_search(call):
            return answer(call)
        return await self.simulator.aside.read(call.realm, lambda books: answer(replace(call, books=books)))

    def _let_in(self, realm: str, headers: Mapping[str, str]) -> Grant:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise token_expired("Malformed bearer token: too short or too long")
        found = self.simulator.registry.grant_of_access_token(token.strip())
        if found is None:
            raise token_expired("Token invalid")
        grant, is_good = found
        if not is_good:
            raise token_expired("Token revoked" if grant.revoked else "Token expired")
        if grant.realm != realm or ACCOUNTING_SCOPE not in grant.scopes:
            raise not_authorised_for_realm()
        return grant

    def _meter(self, kind: str, body: bytes, now: datetime) -> None:
        """Count what succeeded: each item of a batch as a call of its kind."""
        if kind == "batch":
            reads, items = body.count(b'"Query"') + body.count(b'"CDCQuery"'), body.count(b'"bId"')
            self.switches.meter.count(now, reads=reads, writes=max(0, items - reads))
        else:
            wrote = kind in WRITES
            self.switches.meter.count(now, reads=int(not wrote), writes=int(wrote))

    async def _suffer(self, failure: Failure) -> None:
        if failure.kind == "hang":
            await asyncio.sleep(self.switches.hang_s)
        if failure.kind == "cut":
            raise ConnectionCut

    def _response(self, request: Request, shown: Answer, tid: str) -> Response:
        sent = gzipped(
            shown,
            accepted=request.headers.get("accept-encoding", ""),
            level=self.gzip_level,
        )
        headers = {
            "intuit_tid": tid,
            "QBO-Version": "simulated",
            "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
            "Content-Type": sent.media_type,
            **sent.headers,
        }
        return Response(sent.content, sent.status, headers)

    def _record(
        self,
        request: Request,
        asked: Asked,
        made: Answer,
        failure: Failure | None,
        tid: str,
        duration_ms: float,
    ) -> None:
        kind, entity = kind_of_call(
            asked.method, asked.steps, asked.body, asked.parameters.get("operation", "")
        )
        statement = _statement(asked) if kind == "query" else ""
        if "count(" in statement.lower():
            kind = "count"
        self.log.add(
            Call(
                number=self.log.next_number(),
                at=stamp_with_ms(self.simulator.clock.now()),
                realm=asked.realm,
                method=asked.method,
                path=asked.path,
                kind=kind,
                entity=entity or _entity_in(statement),
                statement=statement,
                status=made.status,
                fault=_fault_code(made),
                injected="" if failure is None else failure.kind,
                duration_ms=round(duration_ms, 2),
                answer_bytes=len(made.content),
                intuit_tid=tid,
                request_id=asked.parameters.get("requestid", ""),
                user_agent=request.headers.get("user-agent", ""),
                request_body=shortened(asked.sent),
                answer_body=shortened(made.content),
            ),
            request=asked.sent,
            answer=made.content,
        )


# Calls with a limit of their own.
_LIMITED = {"batch": "batch", "reports": "report"}


def _new_tid() -> str:
    return f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"


def _statement(asked: Asked) -> str:
    try:
        return statement_of(asked.method, asked.parameters, asked.body)
    except Fault:
        return ""


def _entity_in(statement: str) -> str:
    words = statement.split()
    lower = [word.lower() for word in words]
    at = lower.index("from") + 1 if "from" in lower else len(words)
    return words[at] if at < len(words) else ""


def _fault_code(made: Answer) -> str:
    if made.status < 400 or made.media_type != JSON:
        return ""
    start = made.content.find(b'"code":"')
    return made.content[start + 8 :].split(b'"', 1)[0].decode() if start >= 0 else ""
