"""Long reads beside all the others: with a thread and connections of their own, so that nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from .books import Books

T = TypeVar("T")


class Aside:
    """Answers one long question after the other, each from the books as they are by then."""

    def __init__(self, file_of: Callable[[str], Path]) -> None:
        self._file_of = file_of
        self._books: dict[str, Books] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="long reads")

    async def read(self, realm: str, question: Callable[[Books], T]) -> T:
        """Return what a question that writes nothing finds out about a company."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: question(self._books_of(realm))
        )

    def close(self) -> None:
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def _books_of(self, realm: str) -> Books:
        if realm not in self._books:
            self._books[realm] = Books(self._file_of(realm))
        return self._books[realm]

    def _close(self) -> None:
        for books in self._books.values():
            books.close()
