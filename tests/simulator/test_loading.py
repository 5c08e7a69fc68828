"""Recorded objects are loaded as a company of their own and served as they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from .conftest import ROOT, Simulated, fault_code, start, stop

CUSTOMERS: list[dict[str, Any]] = [
    {
        "Id": "7",
        "SyncToken": "3",
        "DisplayName": "Miller's Mill",
        "FullyQualifiedName": "Miller's Mill",
        "Active": True,
        "UnheardOf": {"kept": ["as", "it", "is"]},
        "BillAddr": {"Id": "9", "Lat": "INVALID", "Long": "INVALID"},
        "MetaData": {
            "CreateTime": "2019-12-11T16:48:43-08:00",
            "LastUpdatedTime": "2020-11-16T21:26:20-08:00",
        },
    },
    *(
        {
            "Id": id,
            "SyncToken": "0",
            "DisplayName": "Roof",
            "FullyQualifiedName": f"{parent}:Roof",
            "ParentRef": {"value": "7"},
            "Job": True,
            "Level": 1,
            "Active": True,
            "MetaData": {
                "CreateTime": "2020-01-01T00:00:00-08:00",
                "LastUpdatedTime": "2020-01-01T00:00:00-08:00",
            },
        }
        for id, parent in (("8sync", "Miller's Mill"), ("120", "Baker"))
    ),
]


def record(folder: Path) -> None:
    folder.mkdir()
    (folder / "Customer.ndjson").write_text("\n".join(json.dumps(c) for c in CUSTOMERS) + "\n")
    (folder / "CompanyInfo.ndjson").write_text(json.dumps({"Id": "1", "CompanyName": "The Mill"}))


def test_everything_is_served_whole_and_survives_a_restart(tmp_path: Path) -> None:
    folder, data = tmp_path / "recorded", tmp_path / "data"
    record(folder)
    realms = set()
    for round in range(2):
        process, url = start(data, "--load", str(folder))
        try:
            simulated = Simulated(url, data)
            (company,) = (c for c in simulated.look("/companies")["companies"] if c["name"] == "The Mill")
            realms.add(company["realm"])
            books = simulated.connected(company["realm"])
            rows = books.query("SELECT * FROM Customer MAXRESULTS 1000")["Customer"]
            assert [r for r in rows if r["Id"] in ("7", "8sync", "120")] == sorted(
                CUSTOMERS, key=lambda c: c["MetaData"]["CreateTime"]
            )
            assert books.read("8sync") == CUSTOMERS[1]
            made = books.write(DisplayName=f"New in round {round}")
            assert int(made["Id"]) == 121 + round
        finally:
            stop(process)
    assert len(realms) == 1


def test_a_recorded_object_keeps_what_nobody_knows_through_an_update(tmp_path: Path) -> None:
    folder, data = tmp_path / "recorded", tmp_path / "data"
    record(folder)
    process, url = start(data, "--load", str(folder))
    try:
        simulated = Simulated(url, data)
        realm = simulated.look("/companies")["companies"][-1]["realm"]
        books = simulated.connected(realm)
        changed = books.change(books.read("7"), Notes="seen")
        assert changed["UnheardOf"] == CUSTOMERS[0]["UnheardOf"]
        assert changed["SyncToken"] == "4"
    finally:
        stop(process)


def test_what_was_recorded_against_the_rules_can_still_be_changed_elsewhere(tmp_path: Path) -> None:
    folder, data = tmp_path / "recorded", tmp_path / "data"
    record(folder)
    twins: list[dict[str, Any]] = [
        {"Id": id, "SyncToken": "0", "Name": "France", "Active": True} for id in ("9", "5000")
    ]
    twins = [{**twin, "FullyQualifiedName": "France"} for twin in twins]
    odd: dict[str, Any] = {"Id": "7", "SyncToken": "0", "Name": "Odd", "AccountType": "Expense"}
    odd |= {"AccountSubType": "AccountsPayable", "FullyQualifiedName": "Odd", "Active": True}
    (folder / "Class.ndjson").write_text("\n".join(json.dumps(twin) for twin in twins))
    (folder / "Account.ndjson").write_text(json.dumps(odd))
    process, url = start(data, "--load", str(folder))
    try:
        simulated = Simulated(url, data)
        books = simulated.connected(simulated.look("/companies")["companies"][-1]["realm"])
        assert books.edit("Class", twins[0], SubClass=False)["SyncToken"] == "1"
        assert books.edit("Account", odd, Description="Kept")["Description"] == "Kept"
        renamed = books.edit("Class", twins[1], Name="Spain")
        assert fault_code(books.post("Class", {**renamed, "Name": "France"})) == "6240"
    finally:
        stop(process)


def test_a_folder_that_cannot_be_loaded_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for name, text, says in (
        ("Customer", "{", "Customer.ndjson, line 1 is not JSON"),
        ("Customer", "[1]", "Customer.ndjson, line 1 is not an object with an Id."),
        ("Starship", "{}", "does not know the entity 'Starship'"),
    ):
        folder = tmp_path / f"{name}{len(text)}"
        folder.mkdir()
        (folder / f"{name}.ndjson").write_text(text)
        answer = serve_badly(tmp_path / "data", "--load", str(folder))
        assert says in answer.stderr
        assert answer.returncode == 1
    assert "There is no .ndjson file" in serve_badly(tmp_path / "data", "--load", str(tmp_path)).stderr


def test_a_port_in_use_is_told_in_a_sentence(simulated: Simulated, tmp_path: Path) -> None:
    port = simulated.url.rsplit(":", 1)[1]
    answer = serve_badly(tmp_path, "--port", port)
    assert answer.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be used")
    assert "Traceback" not in answer.stderr


def serve_badly(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qbo_simulator", "serve", "--port", "0", "--data", str(data), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
