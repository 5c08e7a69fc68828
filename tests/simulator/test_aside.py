"""Long searches of large companies are made aside, so that other calls are answered meanwhile."""

from __future__ import annotations

import asyncio
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qbo_simulator.aside import Aside
from qbo_simulator.books import Books

from .conftest import Connected, Simulated

MANY = 20_500


def new_name() -> str:
    return f"Sought{uuid.uuid4().hex}"


def test_others_are_answered_while_a_question_takes_long(tmp_path: Path) -> None:
    answered = threading.Event()
    aside = Aside(lambda realm: tmp_path / realm)

    def question(books: Books) -> bool:
        return answered.wait(10)

    async def other() -> None:
        answered.set()

    async def both() -> bool:
        long = asyncio.create_task(aside.read("books", question))
        await other()
        return await long

    # In a thread of its own: a browser of another test may have a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, both()).result()
    aside.close()


@pytest.fixture(scope="module")
def realm(process: Simulated) -> str:
    company: str = process.control("/companies", name="Searched through")["realm"]
    process.control(f"/companies/{company}/generate", customers=MANY)
    return company


@pytest.fixture
def large(simulated: Simulated, realm: str) -> Connected:
    return simulated.connected(realm)


def test_a_search_aside_finds_what_was_written_just_before(large: Connected) -> None:
    for _ in range(3):
        name = new_name()
        large.write(DisplayName=name, Notes="", PrimaryEmailAddr={"Address": f"{name}@example.com"})
        inside = name[1:-1]
        assert large.names(f"select * from Customer where DisplayName like '%{inside}%'") == [name]
        assert large.names(f"select * from Customer where PrimaryEmailAddr = '{name}@example.com'") == [name]
        counted = large.query(f"select count(*) from Customer where DisplayName like '%{inside}%'")
        assert counted == {"totalCount": 1}


def test_a_search_aside_is_refused_as_any_other(large: Connected) -> None:
    assert large.ask("select * from Customer where Balance > 'a lot'").status_code == 400
    assert large.ask("select * from Customer where Nonsense = '1'").status_code == 400


def test_the_console_searches_a_large_company(simulated: Simulated, large: Connected, realm: str) -> None:
    name = new_name()
    large.write(DisplayName=name, PrimaryEmailAddr={"Address": f"{name}@example.com"})
    for text in (name, f"{name}@example.com"):
        page = large.http.get(f"{simulated.url}/console/{realm}/customers", params={"q": text}, timeout=20)
        assert name in page.text
    found = large.http.get(
        f"{simulated.url}/console/{realm}/suggest/Customer", params={"q": name}, timeout=20
    )
    assert found.json() == [name]
