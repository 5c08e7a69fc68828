"""The bookkeeper changes settings: preferences in words, the company's name, the subscription."""

from __future__ import annotations

import pytest

from .conftest import Connected, Simulated, line
from .console_forms import Form, forms_in, page, submit

REALM = "9341453100000888"
HERE = f"/console/{REALM}"


@pytest.fixture
def company(simulated: Simulated) -> Connected:
    """A company of its own, so that its settings are nobody else's."""
    if all(known["realm"] != REALM for known in simulated.look("/companies")["companies"]):
        simulated.control("/companies", name="Settings & Sons", realm=REALM)
    return simulated.connected(REALM)


def form_at(simulated: Simulated, part: str) -> Form:
    return next(f for f in forms_in(page(simulated, f"{HERE}/settings")) if f.action.endswith(part))


def change(simulated: Simulated, part: str, **changes: str) -> str:
    fields = {k: v for k, v in {**form_at(simulated, part).fields, **changes}.items() if v}
    return submit(simulated, f"{HERE}/settings/{part}", **fields).text


def preferences(company: Connected) -> dict[str, dict[str, object]]:
    return company.one("SELECT * FROM Preferences")


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("SalesFormsPrefs", "CustomTxnNumbers"),
        ("SalesFormsPrefs", "AllowDiscount"),
        ("SalesFormsPrefs", "AllowShipping"),
        ("SalesFormsPrefs", "AllowDeposit"),
        ("TaxPrefs", "UsingSalesTax"),
        ("TaxPrefs", "PartnerTaxEnabled"),
        ("AccountingInfoPrefs", "ClassTrackingPerTxn"),
        ("AccountingInfoPrefs", "ClassTrackingPerTxnLine"),
        ("AccountingInfoPrefs", "TrackDepartments"),
    ],
)
def test_a_switch_is_turned_and_turned_back_and_no_other_moves(
    simulated: Simulated, company: Connected, section: str, name: str
) -> None:
    before = preferences(company)
    was, path = bool(before[section].get(name)), f"{section}.{name}"
    change(simulated, "preferences", **{path: "" if was else "yes"})
    turned = preferences(company)
    assert turned[section][name] is not was
    change(simulated, "preferences", **{path: "yes" if was else ""})
    back = preferences(company)
    assert {**back[section], name: was} == {**before[section], name: was}


def test_tips_and_the_warning_of_duplicates_are_kept_among_the_other_preferences(
    simulated: Simulated, company: Connected
) -> None:
    def other(name: str) -> object:
        pairs = preferences(company)["OtherPrefs"]["NameValue"]
        return next((p["Value"] for p in pairs if p["Name"] == name), None)  # type: ignore[attr-defined]

    change(
        simulated,
        "preferences",
        **{
            "OtherPrefs:SalesFormsPrefs.AllowGratuity": "yes",
            "OtherPrefs:SalesFormsPrefs.WarnDuplicateDocNumber": "",
        },
    )
    assert other("SalesFormsPrefs.AllowGratuity") == "true"
    assert other("SalesFormsPrefs.WarnDuplicateDocNumber") == "false"


def test_saving_preferences_untouched_writes_nothing(simulated: Simulated, company: Connected) -> None:
    before = preferences(company)
    assert "nothing was saved" in change(simulated, "preferences")
    assert preferences(company) == before


def test_several_currencies_cannot_be_switched_off_again(simulated: Simulated, company: Connected) -> None:
    path = "CurrencyPrefs.MultiCurrencyEnabled"
    change(simulated, "preferences", **{path: "yes"})
    assert preferences(company)["CurrencyPrefs"]["MultiCurrencyEnabled"] is True
    assert path not in form_at(simulated, "preferences").fields
    change(simulated, "preferences", **{"SalesFormsPrefs.AllowShipping": "yes"})
    assert preferences(company)["CurrencyPrefs"]["MultiCurrencyEnabled"] is True


def test_closed_books_refuse_an_app_and_the_page_says_why(simulated: Simulated, company: Connected) -> None:
    path = "AccountingInfoPrefs.BookCloseDate"
    customer = company.write(DisplayName=f"Closed {id(company)}")
    made = company.make(
        "Invoice", CustomerRef={"value": customer["Id"]}, Line=[line(5)], TxnDate="2026-01-15"
    )
    change(simulated, "preferences", **{path: "2026-01-31"})
    assert company.post("Invoice", {**made, "PrivateNote": "x"}).status_code == 400
    answer = submit(simulated, f"{HERE}/invoices/{made['Id']}/void")
    assert (answer.status_code, "The books are closed for this date." in answer.text) == (400, True)
    change(simulated, "preferences", **{path: ""})
    assert "BookCloseDate" not in preferences(company)["AccountingInfoPrefs"]


def test_a_new_name_of_the_company_is_seen_everywhere(simulated: Simulated, company: Connected) -> None:
    change(simulated, "company", CompanyName="Settings & Daughters")
    assert company.one("SELECT * FROM CompanyInfo")["CompanyName"] == "Settings & Daughters"
    assert "Settings &amp; Daughters" in page(simulated, "/")
    assert "Company name is needed." in submit(simulated, f"{HERE}/settings/company", CompanyName="").text
    change(simulated, "company", CompanyName="Settings & Sons")


def test_an_expired_subscription_refuses_apps_and_not_the_bookkeeper(
    simulated: Simulated, company: Connected
) -> None:
    change(simulated, "subscription", state="EXPIRED")
    assert company.try_write({"DisplayName": "Nobody"}).status_code == 400
    change(simulated, "subscription", state="SUBSCRIBED")
    assert company.try_write({"DisplayName": f"Somebody {id(company)}"}).status_code == 200
