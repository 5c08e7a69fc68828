"""The bookkeeper makes inactive, merges, disconnects, and is told beforehand what happens."""

from __future__ import annotations

from qbo_simulator.simulator import CRAIG_HOLT

from .conftest import Connected, Simulated, line
from .console_forms import HERE, page, process, submit
from .test_writing_customers import new_name

__all__ = ["process"]


def test_a_customer_is_made_inactive_with_its_jobs_and_active_again(
    simulated: Simulated, books: Connected
) -> None:
    kept = books.write(DisplayName=new_name())
    job = books.write(DisplayName=new_name(), ParentRef={"value": kept["Id"]}, Job=True)
    books.make("Invoice", CustomerRef={"value": kept["Id"]}, Line=[line(30)])
    here = f"{HERE}/customers/{kept['Id']}"
    told = page(simulated, f"{here}/inactivate")
    assert "open balance of 30.00, which stays" in told
    assert job["DisplayName"] in told
    assert books.read(kept["Id"])["Active"] is True
    assert "Inactive" in submit(simulated, f"{here}/inactivate").text
    assert books.read(kept["Id"])["DisplayName"] == f"{kept['DisplayName']} (deleted)"
    assert books.read(job["Id"])["Active"] is False
    submit(simulated, f"{here}/activate")
    assert books.read(kept["Id"])["DisplayName"] == kept["DisplayName"]


def test_products_employees_and_accounts_are_made_inactive_and_active_too(
    simulated: Simulated, books: Connected
) -> None:
    income = books.one("SELECT * FROM Account WHERE AccountType = 'Income'")["Id"]
    item = books.make("Item", Name=new_name(), Type="Service", IncomeAccountRef={"value": income})
    employee = books.make("Employee", GivenName="Wren", FamilyName=new_name())
    for slug, entity, kept, field in (
        ("items", "Item", item, "Name"),
        ("employees", "Employee", employee, "DisplayName"),
    ):
        here = f"{HERE}/{slug}/{kept['Id']}"
        submit(simulated, f"{here}/inactivate")
        assert books.fetch(entity, kept["Id"])[field] == f"{kept[field]} (deleted)"
        submit(simulated, f"{here}/activate")
        assert books.fetch(entity, kept["Id"])[field] == kept[field]


def test_a_name_taken_meanwhile_is_refused_when_made_active_again(
    simulated: Simulated, books: Connected
) -> None:
    name = new_name()
    kept = books.write(DisplayName=name)
    submit(simulated, f"{HERE}/customers/{kept['Id']}/inactivate")
    books.write(DisplayName=name)
    answer = submit(simulated, f"{HERE}/customers/{kept['Id']}/activate")
    assert (answer.status_code, "already using this name" in answer.text) == (400, True)


def test_merging_asks_for_the_survivor_then_once_more_then_moves_everything(
    simulated: Simulated, books: Connected
) -> None:
    lost, stays = books.write(DisplayName=new_name()), books.write(DisplayName=new_name())
    invoice = books.make("Invoice", CustomerRef={"value": lost["Id"]}, Line=[line(30)])
    here = f"{HERE}/customers/{lost['Id']}/merge"
    told = page(simulated, here)
    assert "These move: 1 Invoice." in told
    assert "Its balance of 30.00 is added" in told
    for wrong, words in (
        ({}, "Choose the customer that stays."),
        ({"into": lost["Id"]}, "this is the one that goes"),
        ({"into.name": "Nobody at all"}, "There is no active customer named"),
    ):
        answer = submit(simulated, here, **wrong)
        assert (answer.status_code, words in answer.text) == (400, True)
    asked = submit(simulated, here, into=stays["Id"])
    assert f"Merge into {stays['DisplayName']}" in asked.text
    assert books.read(lost["Id"])["Id"] == lost["Id"]
    done = submit(simulated, here, into=stays["Id"], sure="yes")
    assert "Everything points to this one now." in done.text
    assert books.fetch("Invoice", invoice["Id"])["CustomerRef"]["value"] == stays["Id"]
    assert books.read(stays["Id"])["Balance"] == 30
    assert books.call("GET", f"/customer/{lost['Id']}").status_code == 400


def test_what_cannot_be_merged_is_refused_in_a_sentence(simulated: Simulated, books: Connected) -> None:
    stays = books.write(DisplayName=new_name())
    answer = submit(simulated, f"{HERE}/customers/18/merge", into=stays["Id"], sure="yes")
    assert (answer.status_code, "Move the objects below it elsewhere first." in answer.text) == (400, True)


def test_apps_are_disconnected_after_being_told(simulated: Simulated, books: Connected) -> None:
    assert "have to be connected anew" in page(simulated, f"{HERE}/disconnect")
    assert books.call("GET", "/customer/20").status_code == 200
    submit(simulated, f"{HERE}/disconnect")
    assert books.call("GET", "/customer/20").status_code == 401
    assert simulated.connected(CRAIG_HOLT).call("GET", "/customer/20").status_code == 200
