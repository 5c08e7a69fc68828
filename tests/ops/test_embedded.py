"""The embedded servers, each test with a data folder and processes of its own."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from qbo_sync import embedded
from qbo_sync.embedded import ServiceProblem
from qbo_sync.embedded.postgres import DISCREET, Postgres
from qbo_sync.embedded.valkey import answers

USER = """
import json, os, sys
from pathlib import Path
from qbo_sync import embedded
embedded.provide(Path(sys.argv[1]), disposable=True)
print(json.dumps({name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}), flush=True)
sys.stdin.read()
"""


def start_user(data: Path) -> tuple["subprocess.Popen[str]", dict[str, str]]:
    """Start a process that uses the servers until its standard input closes, and return their addresses."""
    user = begin_user(data)
    assert user.stdout
    return user, json.loads(user.stdout.readline())


def begin_user(data: Path) -> "subprocess.Popen[str]":
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
    }
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(data)],
        cwd=embedded.ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def used_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that had a user, whom the servers have outlived by nothing."""
    data = tmp_path_factory.mktemp("used") / "data"
    user, _ = start_user(data)
    user.communicate()
    wait_until_left(data)
    return data


@pytest.fixture
def data(used_before: Path, tmp_path: Path) -> Path:
    """Such a folder of the test's own; making a cluster anew takes much longer than copying one."""
    subprocess.run(["cp", "-a", str(used_before), str(tmp_path / "data")], check=True)
    return tmp_path / "data"


def wait_until_left(data: Path) -> None:
    deadline = time.monotonic() + 30
    while embedded.is_kept(data):
        assert time.monotonic() < deadline, "the servers still run though nobody uses them"
        time.sleep(0.05)


def accepts(database_url: str) -> bool:
    try:
        psycopg2.connect(database_url).close()
    except psycopg2.OperationalError:
        return False
    return True


def test_the_servers_run_as_long_as_somebody_uses_them(tmp_path: Path) -> None:
    # Longer than a socket's path may be, and with what shells and lists stumble over.
    data = tmp_path / ("a long, strange path " + "x" * 100)
    first, addresses = start_user(data)
    second, same = start_user(data)
    assert same == addresses

    first.kill()
    first.wait()
    assert accepts(addresses["DATABASE_URL"])
    assert answers(addresses["REDIS_URL"])

    second.communicate()
    wait_until_left(data)
    assert not accepts(addresses["DATABASE_URL"])
    assert not answers(addresses["REDIS_URL"])


def test_servers_that_were_suspended_for_a_moment_go_on(data: Path) -> None:
    user, addresses = start_user(data)
    (keeper,) = psutil.Process(user.pid).children()
    for server in keeper.children():
        server.suspend()
        time.sleep(0.2)
        server.resume()
    time.sleep(0.5)
    assert accepts(addresses["DATABASE_URL"])
    assert answers(addresses["REDIS_URL"])

    keeper.children()[0].kill()
    wait_until_left(data)
    user.communicate()


@pytest.mark.parametrize("generations", [1, 2], ids=["its keeper", "its PostgreSQL"])
def test_after_a_killed_start_the_next_one_has_servers_that_answer(data: Path, generations: int) -> None:
    (data / embedded.NOTE).write_text(
        json.dumps({"DATABASE_URL": "postgresql://nowhere/gone", "REDIS_URL": "redis://localhost:1"})
    )
    killed = begin_user(data)
    wait_for_descendant(killed.pid, generations)
    killed.kill()
    killed.communicate()

    user, addresses = start_user(data)
    assert accepts(addresses["DATABASE_URL"])
    assert answers(addresses["REDIS_URL"])
    user.communicate()
    wait_until_left(data)
    assert not (data / embedded.NOTE).exists()


def test_a_start_that_is_broken_off_leaves_nothing_behind(data: Path) -> None:
    stopped = begin_user(data)
    started = wait_for_descendant(stopped.pid, 2)
    stopped.send_signal(signal.SIGINT)
    stopped.communicate()
    assert psutil.wait_procs(started, timeout=20)[1] == []
    assert not embedded.is_kept(data)


def wait_for_descendant(pid: int, generations: int) -> list[psutil.Process]:
    """Return a process's descendants as soon as there are so many generations of them."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if len(started := psutil.Process(pid).children(recursive=True)) >= generations:
            return started
        time.sleep(0.01)
    raise AssertionError("nothing was started")


def test_valkey_asks_other_users_of_the_machine_for_a_password(data: Path) -> None:
    user, addresses = start_user(data)
    without_password = "redis://" + addresses["REDIS_URL"].rpartition("@")[2]
    assert not answers(without_password)
    user.communicate()
    wait_until_left(data)


FAILING = {
    "a row that is refused": "INSERT INTO customer (name) VALUES ('Amy''s Birds')",
    "a row that is there twice": "INSERT INTO customer VALUES ('Amy''s Birds', 1), ('Amy''s Birds', 2)",
    "a name where a number belongs": "INSERT INTO customer VALUES ('x', 'Amy''s Birds')",
    "an error of our own words": "DO $$ BEGIN RAISE EXCEPTION 'not again, Amy''s Birds'; END $$",
    "a session that is ended": "SELECT pg_terminate_backend(pg_backend_pid()), 'Amy''s Birds'",
}


def test_no_customers_data_gets_into_the_log(data: Path) -> None:
    user, addresses = start_user(data)
    name = "Amy's Birds"
    run(addresses, "CREATE TABLE customer (name text PRIMARY KEY, number integer NOT NULL)")
    for statement in FAILING.values():
        with pytest.raises(psycopg2.Error):
            run(addresses, statement)
    with pytest.raises(psycopg2.Error, match=name), connected(addresses) as cursor:
        cursor.copy_expert("COPY customer FROM STDIN", io.StringIO(f"1\t{name}\n"))
    crash(addresses, "SELECT pg_sleep(60), 'Amy''s Birds'")
    wait_until_answering(addresses)
    user.communicate()
    wait_until_left(data)

    log = (data / "postgres.log").read_text()
    assert "was terminated by signal 9" in log
    assert name.replace("'", "") not in log.replace("'", "")


@contextmanager
def connected(addresses: dict[str, str]) -> Iterator[Any]:
    connection = psycopg2.connect(addresses["DATABASE_URL"])
    try:
        connection.autocommit = True
        yield connection.cursor()
    finally:
        connection.close()


def run(addresses: dict[str, str], statement: str) -> None:
    with connected(addresses) as cursor:
        cursor.execute(statement)


def crash(addresses: dict[str, str], statement: str) -> None:
    """Have the process that carries out a statement killed in the middle of it."""
    with connected(addresses) as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = psutil.Process(cursor.fetchone()[0])
        threading.Timer(0.3, process.kill).start()
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute(statement)


def wait_until_answering(addresses: dict[str, str]) -> None:
    """Told to stop while it recovers, PostgreSQL may take as long as it is given."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return run(addresses, "SELECT 1")
        except psycopg2.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_the_server_in_containers_is_as_discreet() -> None:
    compose = (embedded.ROOT / "docker-compose.yml").read_text()
    assert [name for name, value in DISCREET.items() if f"-c {name}={value}" not in compose] == []


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letter.txt").write_text("keep me")
    with pytest.raises(ServiceProblem, match="holds something else than a PostgreSQL database"):
        Postgres(tmp_path / "postgres").start()
    assert (tmp_path / "postgres" / "letter.txt").read_text() == "keep me"


def test_a_folder_of_another_postgresql_is_said(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(ServiceProblem, match="was made by PostgreSQL 15, and this is 18"):
        Postgres(tmp_path / "postgres").start()


def test_a_damaged_folder_is_said_with_its_reason_and_a_way_on(data: Path) -> None:
    (data / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(ServiceProblem, match=r"could not find the database system.*make demo-reset"):
        Postgres(data / "postgres").start()


def test_a_disposable_database_that_is_damaged_is_made_anew(data: Path) -> None:
    (data / "postgres" / "global" / "pg_control").unlink()
    again, addresses = start_user(data)
    assert accepts(addresses["DATABASE_URL"])
    again.communicate()
    wait_until_left(data)


@pytest.mark.parametrize("lost", ["base", "base/[0-9][0-9][0-9]*", "pg_wal"])
def test_lost_files_are_said_within_seconds(data: Path, lost: str) -> None:
    for folder in (data / "postgres").glob(lost):
        shutil.rmtree(folder)
        folder.mkdir()
    began = time.monotonic()
    with pytest.raises(ServiceProblem, match=r"could not start.*missing or damaged.*make demo-reset"):
        Postgres(data / "postgres").start()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("name", ["gate.lock", "users.lock", "keeper.lock", embedded.NOTE])
def test_a_folder_where_a_file_belongs_is_said(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    (tmp_path / name).mkdir()
    with pytest.raises(ServiceProblem, match=f"Cannot use {tmp_path / name}: Is a directory"):
        embedded.provide(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ServiceProblem, match="Cannot create the data folder"):
        embedded.make_folder(tmp_path / "data")
