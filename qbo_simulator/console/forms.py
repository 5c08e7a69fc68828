"""The forms of people, products and lists, declared field by field."""

from __future__ import annotations

from ..books import Books
from ..entities.spec import Body
from ..rules.company import has_many_currencies, is_in_the_us
from .fields import Field, Form, Section


def address(legend: str, head: str, *, folded: bool = False) -> Section:
    return Section(
        legend,
        (
            Field("Street", f"{head}.Line1"),
            Field("Street, second line", f"{head}.Line2"),
            Field("City", f"{head}.City"),
            Field("State or province", f"{head}.CountrySubDivisionCode"),
            Field("Postal code", f"{head}.PostalCode"),
            Field("Country", f"{head}.Country"),
        ),
        folded=folded,
    )


_PERSON = (
    Field("Title", "Title"),
    Field("First name", "GivenName"),
    Field("Middle name", "MiddleName"),
    Field("Last name", "FamilyName"),
    Field("Suffix", "Suffix"),
)
_EMAIL = Field("E-mail", "PrimaryEmailAddr.Address", hint="Several are separated by commas.")
_PHONE = Field("Phone", "PrimaryPhone.FreeFormNumber")
_MOBILE = Field("Mobile", "Mobile.FreeFormNumber")
_FAX = Field("Fax", "Fax.FreeFormNumber")
_WEBSITE = Field("Website", "WebAddr.URI")
_NOTES = Section("Notes", (Field("Notes", "Notes", "long", wide=True),))
_DISPLAY_NAME = Field(
    "Display name", "DisplayName", hint="Left empty, it is made of the parts of the name.", wide=True
)


def _job_follows_parent(fields: Body, before: Body) -> None:
    if "ParentRef" in fields:
        fields["Job"] = fields["ParentRef"] is not None


CUSTOMER_FORM = Form(
    (
        Section("Name", (_DISPLAY_NAME, Field("Company", "CompanyName"), *_PERSON)),
        Section("Contact", (_EMAIL, _PHONE, _MOBILE, _FAX, _WEBSITE)),
        Section(
            "Family",
            (
                Field("Sub-customer of", "ParentRef", "ref", to="Customer", hint="Empty: on its own."),
                Field("Bill the parent", "BillWithParent", "flag"),
            ),
        ),
        address("Billing address", "BillAddr"),
        address("Shipping address", "ShipAddr"),
        Section(
            "Selling",
            (
                Field("Taxable", "Taxable", "flag"),
                Field("Terms", "SalesTermRef", "ref", to="Term"),
                Field("Payment method", "PaymentMethodRef", "ref", to="PaymentMethod"),
                Field("Account number", "AcctNum"),
                Field("Resale number", "ResaleNum"),
                Field("Credit limit", "CreditLimit", "money"),
                Field(
                    "Currency",
                    "CurrencyRef",
                    "ref",
                    to="CompanyCurrency",
                    by="Code",
                    hint="Cannot be changed later.",
                    when=has_many_currencies,
                ),
            ),
        ),
        _NOTES,
    ),
    also=_job_follows_parent,
)

VENDOR_FORM = Form(
    (
        Section("Name", (_DISPLAY_NAME, Field("Company", "CompanyName"), *_PERSON)),
        Section("Contact", (_EMAIL, _PHONE, _MOBILE, _FAX, _WEBSITE)),
        address("Address", "BillAddr"),
        Section(
            "Buying",
            (
                Field("Terms", "TermRef", "ref", to="Term"),
                Field("Account number", "AcctNum"),
                Field("Tax identifier", "TaxIdentifier"),
                Field("Tracked for 1099", "Vendor1099", "flag", when=is_in_the_us),
            ),
        ),
    )
)

EMPLOYEE_FORM = Form(
    (
        Section("Name", (_DISPLAY_NAME, *_PERSON)),
        Section("Contact", (_EMAIL, _PHONE, _MOBILE)),
        address("Address", "PrimaryAddr"),
        Section(
            "Employment",
            (
                Field("Employee number", "EmployeeNumber"),
                Field("Hired", "HiredDate", "day"),
                Field("Released", "ReleasedDate", "day"),
                Field("Born", "BirthDate", "day"),
                Field("Gender", "Gender", "choice", options=(("Female", "Female"), ("Male", "Male"))),
                Field("Time can be billed", "BillableTime", "flag"),
                Field("Billed for an hour", "BillRate", "money"),
                Field("Costs an hour", "CostRate", "money"),
            ),
        ),
    )
)


# Products and services: each type shows what it has


def _is_category(body: Body) -> bool:
    return body.get("Type") == "Category"


def _earns(body: Body) -> bool:
    return body.get("AccountType") in ("Income", "Other Income")


def _costs(body: Body) -> bool:
    return body.get("AccountType") in ("Expense", "Other Expense", "Cost of Goods Sold")


def _of_sub_type(sub_type: str) -> Field:
    label, path = _INVENTORY_ACCOUNTS[sub_type]

    def fits(body: Body) -> bool:
        return body.get("AccountSubType") == sub_type

    return Field(label, path, "ref", to="Account", among=fits, needed=True)


_INVENTORY_ACCOUNTS = {
    "Inventory": ("Inventory asset account", "AssetAccountRef"),
    "SalesOfProductIncome": ("Income account", "IncomeAccountRef"),
    "SuppliesMaterialsCogs": ("Cost account", "ExpenseAccountRef"),
}

_ITEM_NAME = (
    Field("Name", "Name", needed=True),
    Field("SKU", "Sku"),
    Field("In category", "ParentRef", "ref", to="Item", among=_is_category),
)


def _sale(income: Field) -> Section:
    return Section(
        "Selling",
        (
            Field("Description on forms", "Description", "long", wide=True),
            Field("Price", "UnitPrice", "money"),
            income,
            Field("Taxable", "Taxable", "flag"),
            Field(
                "Tax code",
                "SalesTaxCodeRef",
                "ref",
                to="TaxCode",
                when=lambda books: not is_in_the_us(books),
            ),
        ),
    )


def _purchase(*accounts: Field) -> Section:
    return Section(
        "Buying",
        (
            Field("Description when bought", "PurchaseDesc", "long", wide=True),
            Field("Cost", "PurchaseCost", "money"),
            *accounts,
            Field("Preferred vendor", "PrefVendorRef", "ref", to="Vendor"),
        ),
    )


_BOUGHT_AND_SOLD = Form(
    (
        Section("Product or service", _ITEM_NAME),
        _sale(Field("Income account", "IncomeAccountRef", "ref", to="Account", among=_earns)),
        _purchase(Field("Expense account", "ExpenseAccountRef", "ref", to="Account", among=_costs)),
    )
)

ITEM_FORMS: dict[str, Form] = {
    "Service": _BOUGHT_AND_SOLD,
    "NonInventory": _BOUGHT_AND_SOLD,
    "Inventory": Form(
        (
            Section("Product", _ITEM_NAME),
            Section(
                "Stock",
                (
                    Field("Quantity on hand", "QtyOnHand", "number", needed=True),
                    Field("As of", "InvStartDate", "day", needed=True),
                    Field("Reorder at", "ReorderPoint", "number"),
                    _of_sub_type("Inventory"),
                ),
            ),
            _sale(_of_sub_type("SalesOfProductIncome")),
            _purchase(_of_sub_type("SuppliesMaterialsCogs")),
        )
    ),
    "Category": Form((Section("Category", (_ITEM_NAME[0], _ITEM_NAME[2])),)),
    "Group": Form(
        (Section("Bundle", (*_ITEM_NAME, Field("Description", "Description", "long", wide=True))),)
    ),
}

ITEM_TYPES = (
    ("Service", "Service"),
    ("NonInventory", "Non-inventory"),
    ("Inventory", "Inventory"),
    ("Category", "Category"),
)


# Short lists


_NAME = Field("Name", "Name", needed=True)


def _nested(entity: str) -> Form:
    return Form((Section("Name", (_NAME, Field("Under", "ParentRef", "ref", to=entity))),))


FORMS: dict[str, Form] = {
    "Customer": CUSTOMER_FORM,
    "Vendor": VENDOR_FORM,
    "Employee": EMPLOYEE_FORM,
    "Class": _nested("Class"),
    "Department": _nested("Department"),
    "PaymentMethod": Form(
        (
            Section(
                "Payment method",
                (
                    _NAME,
                    Field(
                        "Kind",
                        "Type",
                        "choice",
                        options=(("NON_CREDIT_CARD", "Not a credit card"), ("CREDIT_CARD", "Credit card")),
                    ),
                ),
            ),
        )
    ),
    "Term": Form(
        (
            Section(
                "Terms",
                (
                    _NAME,
                    Field("Days until due", "DueDays", "number"),
                    Field("Or due on this day of the month", "DayOfMonthDue", "number"),
                    Field("Next month, if fewer days are left than", "DueNextMonthDays", "number"),
                ),
            ),
        )
    ),
}


def form_of(entity: str, body: Body) -> Form | None:
    """Return the form in which an object is made or changed, if the console has one."""
    if entity == "Item":
        return ITEM_FORMS.get(str(body.get("Type", "Service")))
    return FORMS.get(entity)


def form_for(entity: str, body: Body, books: Books) -> Form | None:
    """Return the form with what this company uses of it."""
    form = form_of(entity, body)
    return form.used_by(books) if form else None
