"""Workers inside the test's process: messages that wait, are lost or come twice, and what befalls a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from celery import Task
from django.db import connection

from integrations import tasks, tasks_refresh
from integrations.quickbooks import QuickBooks
from integrations.quickbooks.transport import Transport
from integrations.sync import working


class Death(BaseException):
    """The worker is gone: nothing after this line runs, no handler and no clean-up of ours."""


@dataclass(frozen=True)
class Message:
    task: Any
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.task.name.rsplit('.', 1)[-1]}{self.arguments[1:]}"


@dataclass
class Mishaps:
    """What happens while a worker is at it. Calls and statements are numbered from one."""

    dies_at_statement: int = 0
    dies_before_call: int = 0
    dies_after_call: int = 0
    meanwhile: Mapping[int, Callable[[], None]] = field(default_factory=dict)
    """What others do just before the call of this number."""


@dataclass
class Workers:
    """Takes the product's own messages and works on them, one at a time."""

    quickbooks: QuickBooks
    messages: list[Message] = field(default_factory=list)
    mishaps: Mishaps = field(default_factory=Mishaps)
    deaths: int = 0
    _calls: int = 0
    _statements: int = 0
    _is_dead: bool = False
    _is_at_it: bool = False

    def work(self, message: Message, mishaps: Mishaps | None = None) -> bool:
        """Carry out a message; return whether the worker lived. What it raises otherwise is a defect."""
        self.mishaps, self._calls, self._statements = mishaps or Mishaps(), 0, 0
        self._is_dead, self._is_at_it = False, True
        try:
            with connection.execute_wrapper(self._at_statement):
                message.task(*message.arguments, **message.named)
        except Death:
            self.deaths += 1
            # Whatever was not committed is not there, and nobody holds a lock.
            connection.close()
        finally:
            self._is_at_it = False
        return not self._is_dead

    def _die(self) -> None:
        self._is_dead = True
        raise Death

    def _at_statement(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self._statements += 1
        if self._is_dead or self._statements == self.mishaps.dies_at_statement:
            self._die()
        return execute(sql, params, many, context)

    def _at_call(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def sent(transport: Transport, *args: Any) -> Any:
            if not self._is_at_it:
                return send(transport, *args)
            self._calls += 1
            if self._is_dead or self._calls == self.mishaps.dies_before_call:
                self._die()
            if act := self.mishaps.meanwhile.get(self._calls):
                act()
            answer = send(transport, *args)
            if self._calls == self.mishaps.dies_after_call:
                self._die()
            return answer

        return sent

    def _queue(
        self, task: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        message = Message(task, tuple(args or ()), dict(kwargs or {}))
        if message not in self.messages:
            self.messages.append(message)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Catch the product's messages, and have all calls go through one patient client without limits."""

        def queued(task: Any, args: Any = (), kwargs: Any = None, **how: Any) -> None:
            self._queue(task, args, kwargs, **how)

        def gateway(*_: Any, **__: Any) -> Any:
            return nullcontext(self.quickbooks)

        with ExitStack() as stack:
            stack.enter_context(patch.object(Task, "apply_async", queued))
            stack.enter_context(patch.object(Transport, "_send", self._at_call(Transport._send)))
            for module in (tasks, working):
                stack.enter_context(patch.object(module, "gateway_for", gateway))
            yield


def sweep(workers: Workers, *, firm_id: int) -> None:
    """Do what beat does every so often."""
    tasks.pick_up_stalled_runs()
    tasks_refresh.pick_up_forgotten_announcements()
    # Of other tests' firms, nothing is ours to do.
    workers.messages[:] = [one for one in workers.messages if one.arguments[0] == firm_id]
