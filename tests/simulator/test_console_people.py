"""The bookkeeper makes and changes people, products and lists in forms."""

from __future__ import annotations

import pytest

from .conftest import Connected, Simulated
from .console_forms import HERE, fill_in, forms_in, id_in, page, process, record_form, submit
from .test_writing_customers import new_name

__all__ = ["process"]


def test_a_customer_is_made_and_changed(simulated: Simulated, books: Connected) -> None:
    name = new_name()
    made = fill_in(simulated, f"{HERE}/customers/new", **{"DisplayName": name, "BillAddr.City": "Ross"})
    assert "It has its Id now." in made.text
    kept = books.read(id_in(made))
    assert (kept["DisplayName"], kept["BillAddr"]["City"], kept["Taxable"]) == (name, "Ross", True)
    here = f"{HERE}/customers/{kept['Id']}"
    changed = fill_in(simulated, here, **{"Notes": "said hello", "BillAddr.City": "", "Taxable": ""})
    assert "Saved." in changed.text
    kept = books.read(kept["Id"])
    assert (kept["Notes"], kept["Taxable"], "BillAddr" in kept) == ("said hello", False, False)


def test_saving_a_form_untouched_writes_nothing(simulated: Simulated, books: Connected) -> None:
    for id in ("20", "18", "46", "53"):
        kept = books.read(id)
        assert "nothing was saved" in fill_in(simulated, f"{HERE}/customers/{id}").text
        assert books.read(id) == kept


def test_only_what_was_changed_is_written_and_the_rest_of_an_address_stays(
    simulated: Simulated, books: Connected
) -> None:
    kept = books.write(
        DisplayName=new_name(), BillAddr={"Line1": "1 Elm St", "Line3": "Rear", "City": "Ross", "Lat": "38"}
    )
    fill_in(simulated, f"{HERE}/customers/{kept['Id']}", **{"BillAddr.City": "Fairfax"})
    assert books.read(kept["Id"])["BillAddr"] == {**kept["BillAddr"], "City": "Fairfax"}


def test_a_sub_customer_is_placed_under_another_and_taken_out_again(
    simulated: Simulated, books: Connected
) -> None:
    made = id_in(
        fill_in(
            simulated, f"{HERE}/customers/new", DisplayName=new_name(), ParentRef="18", BillWithParent="yes"
        )
    )
    kept = books.read(made)
    assert kept["FullyQualifiedName"].startswith("Gallant Cycle Works:")
    assert (kept["Job"], kept["BillWithParent"]) == (True, True)
    fill_in(simulated, f"{HERE}/customers/{made}", ParentRef="")
    assert books.read(made)["Job"] is False


def test_a_refusal_stands_at_its_field_and_what_was_typed_stays(simulated: Simulated) -> None:
    answer = fill_in(
        simulated,
        f"{HERE}/customers/new",
        **{
            "DisplayName": "A:colon",
            "PrimaryEmailAddr.Address": "nobody",
            "Mobile.FreeFormNumber": "1" * 31,
            "Notes": "typed\nbefore",
        },
    )
    assert answer.status_code == 400
    assert 'id="DisplayName-wrong">A name cannot hold a colon' in answer.text
    assert 'id="PrimaryEmailAddr.Address-wrong">“nobody” is not an e-mail address.' in answer.text
    assert 'id="Mobile.FreeFormNumber-wrong">At most 30 characters; these are 31.' in answer.text
    form = record_form(answer.text)
    assert (form.fields["DisplayName"], form.fields["Notes"]) == ("A:colon", "typed\nbefore")


def test_a_name_that_is_taken_is_refused_in_a_sentence(simulated: Simulated) -> None:
    answer = fill_in(simulated, f"{HERE}/customers/new", DisplayName="Dana Holt")
    assert answer.status_code == 400
    assert "already using this name. Please use a different name." in answer.text
    assert "The name supplied" not in answer.text


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(
    simulated: Simulated, books: Connected
) -> None:
    kept = books.write(DisplayName=new_name())
    here = f"{HERE}/customers/{kept['Id']}"
    form = record_form(page(simulated, here)).fields
    books.change(kept, Notes="by the app")
    late = submit(simulated, here, **{**form, "CompanyName": "By hand"})
    assert (late.status_code, "while the form was open" in late.text) == (400, True)
    assert "CompanyName" not in books.read(kept["Id"])
    again = record_form(late.text).fields
    assert again["CompanyName"] == "By hand"
    submit(simulated, here, **again)
    assert books.read(kept["Id"])["CompanyName"] == "By hand"


def test_a_long_list_is_chosen_from_by_name(simulated: Simulated) -> None:
    simulated.control("/companies", name="Long List Motors", realm="9341453100000777")
    simulated.control("/companies/9341453100000777/generate", customers=400)
    here = "/console/9341453100000777/customers"
    parent = simulated.control("/companies/9341453100000777/customers", DisplayName="The Long Parent")
    made = fill_in(simulated, f"{here}/new", **{"DisplayName": "Under", "ParentRef.name": "the long parent"})
    child = simulated.connected("9341453100000777").read(id_in(made))
    assert child["ParentRef"]["value"] == parent["Id"]
    assert "nothing was saved" in fill_in(simulated, f"{here}/{child['Id']}").text
    wrong = fill_in(simulated, f"{here}/new", **{"DisplayName": "Other", "ParentRef.name": "Nobody at all"})
    assert "There is no active customer named “Nobody at all”." in wrong.text
    assert record_form(wrong.text).fields["ParentRef.name"] == "Nobody at all"


@pytest.mark.parametrize("type", ["Service", "NonInventory"])
def test_a_product_is_made_with_its_accounts(simulated: Simulated, books: Connected, type: str) -> None:
    income = books.one("SELECT * FROM Account WHERE AccountType = 'Income'")["Id"]
    name = new_name()
    made = fill_in(
        simulated,
        f"{HERE}/items/new?type={type}",
        Name=name,
        UnitPrice="1,250.50",
        IncomeAccountRef=income,
        Taxable="yes",
    )
    kept = books.fetch("Item", id_in(made))
    assert (kept["Type"], kept["Name"], kept["UnitPrice"], kept["Taxable"]) == (type, name, 1250.5, True)
    nowhere = fill_in(simulated, f"{HERE}/items/new?type={type}", Name=new_name())
    assert 'id="IncomeAccountRef-wrong"' in nowhere.text


def test_an_inventory_item_asks_for_its_stock_and_takes_only_fitting_accounts(
    simulated: Simulated, books: Connected
) -> None:
    path = f"{HERE}/items/new?type=Inventory"
    bare = fill_in(simulated, path, Name=new_name())
    for needed in ("QtyOnHand", "InvStartDate", "AssetAccountRef", "IncomeAccountRef", "ExpenseAccountRef"):
        assert f'id="{needed}-wrong"' in bare.text
    accounts = {
        field: books.one(f"SELECT * FROM Account WHERE AccountSubType = '{sub_type}'")["Id"]
        for field, sub_type in (
            ("AssetAccountRef", "Inventory"),
            ("IncomeAccountRef", "SalesOfProductIncome"),
            ("ExpenseAccountRef", "SuppliesMaterialsCogs"),
        )
    }
    made = fill_in(simulated, path, Name=new_name(), QtyOnHand="7", InvStartDate="2026-01-02", **accounts)
    kept = books.fetch("Item", id_in(made))
    assert (kept["Type"], kept["QtyOnHand"], kept["TrackQtyOnHand"]) == ("Inventory", 7, True)


def test_a_category_has_only_a_name_and_a_place(simulated: Simulated, books: Connected) -> None:
    form = record_form(page(simulated, f"{HERE}/items/new", type="Category"))
    assert form.named == {"Name", "ParentRef"}
    category = id_in(fill_in(simulated, f"{HERE}/items/new?type=Category", Name=new_name()))
    assert books.fetch("Item", category)["Type"] == "Category"


def test_an_employee_is_hired_and_let_go(simulated: Simulated, books: Connected) -> None:
    made = fill_in(
        simulated, f"{HERE}/employees/new", GivenName="Wren", FamilyName=new_name(), HiredDate="2026-02-01"
    )
    kept = books.fetch("Employee", id_in(made))
    assert (kept["DisplayName"].startswith("Wren "), kept["HiredDate"]) == (True, "2026-02-01")
    wrong = fill_in(simulated, f"{HERE}/employees/{kept['Id']}", ReleasedDate="tomorrow")
    assert "“tomorrow” is not a date" in wrong.text
    fill_in(simulated, f"{HERE}/employees/{kept['Id']}", ReleasedDate="2026-11-30")
    assert books.fetch("Employee", kept["Id"])["ReleasedDate"] == "2026-11-30"


@pytest.mark.parametrize(
    ("slug", "entity", "more"),
    [
        ("vendors", "Vendor", {"DisplayName": ""}),
        ("classes", "Class", {}),
        ("departments", "Department", {}),
        ("terms", "Term", {"DueDays": "14"}),
        ("paymentmethods", "PaymentMethod", {}),
    ],
)
def test_short_lists_are_kept_in_forms_too(
    simulated: Simulated, books: Connected, slug: str, entity: str, more: dict[str, str]
) -> None:
    name = new_name()
    field = "DisplayName" if "DisplayName" in more else "Name"
    made = fill_in(simulated, f"{HERE}/{slug}/new", **{**more, field: name})
    assert books.fetch(entity, id_in(made))[field] == name


def test_every_input_has_a_label(simulated: Simulated) -> None:
    for path in ("customers/new", "items/new?type=Inventory", "employees/new", "invoices/new", "settings"):
        shown = page(simulated, f"{HERE}/{path}")
        for form in forms_in(shown):
            for name in form.named - {"_version", "lines", "q", "show"}:
                labelled = (
                    f'for="{name}"' in shown
                    or name.startswith("line.")
                    or f'name="{name}" value="yes"' in shown
                )
                assert labelled, (path, name)
