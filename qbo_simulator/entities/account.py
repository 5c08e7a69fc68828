"""Account: the chart of accounts, with the types and sub-types QuickBooks knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..faults import ACCOUNT_SUB_TYPE, ACCOUNT_TYPE_MISSING, STRING_LENGTH, refuse
from ..ledger.balances import add_above, figures_of
from ..ledger.opening import open_account
from ..rules.company import country, home_currency
from ..rules.money import exact
from .names import rename_children, settle_name
from .spec import Body, Change, Entity, Flag, Number, Ref, Text

if TYPE_CHECKING:
    from ..books import Books

# Type: (classification, its sub-types, the usual one first).
TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    type: (classification, tuple(sub_types.split()))
    for type, classification, sub_types in (
        (
            "Bank",
            "Asset",
            "Checking CashOnHand MoneyMarket RentsHeldInTrust Savings TrustAccounts "
            "CashAndCashEquivalents OtherEarMarkedBankAccounts",
        ),
        ("Accounts Receivable", "Asset", "AccountsReceivable"),
        (
            "Other Current Asset",
            "Asset",
            "OtherCurrentAssets AllowanceForBadDebts DevelopmentCosts EmployeeCashAdvances Inventory "
            "Investment_MortgageRealEstateLoans Investment_Other LoansToOfficers "
            "Investment_TaxExemptSecurities Investment_USGovernmentObligations LoansToOthers "
            "LoansToStockholders PrepaidExpenses Retainage UndepositedFunds GlobalTaxSuspense "
            "GlobalTaxRefund AssetsAvailableForSale BalWithGovtAuthorities ProvisionsCurrentAssets "
            "ShortTermInvestmentsInRelatedParties GlobalTaxDeferred InternalTransfers",
        ),
        (
            "Fixed Asset",
            "Asset",
            "OtherFixedAssets AccumulatedAmortization AccumulatedDepletion AccumulatedDepreciation "
            "Buildings DepletableAssets FixedAssetComputers FixedAssetCopiers FixedAssetFurniture "
            "FixedAssetPhone FixedAssetPhotoVideo FixedAssetSoftware FixedAssetOtherToolsEquipment "
            "FurnitureAndFixtures IntangibleAssets Land LeaseholdImprovements MachineryAndEquipment "
            "Vehicles AssetsInCourseOfConstruction CapitalWip",
        ),
        (
            "Other Asset",
            "Asset",
            "OtherLongTermAssets AccumulatedAmortizationOfOtherAssets Goodwill LeaseBuyout Licenses "
            "OrganizationalCosts OtherAssets SecurityDeposits DeferredTax LongTermInvestments",
        ),
        ("Accounts Payable", "Liability", "AccountsPayable OutstandingDuesMicroSmallEnterprise"),
        ("Credit Card", "Liability", "CreditCard"),
        (
            "Other Current Liability",
            "Liability",
            "OtherCurrentLiabilities DirectDepositPayable FederalIncomeTaxPayable GlobalTaxPayable "
            "InsurancePayable LineOfCredit LoanPayable PayrollClearing PayrollTaxPayable "
            "PrepaidExpensesPayable RentsInTrustLiability SalesTaxPayable StateLocalIncomeTaxPayable "
            "TrustAccountsLiabilities UndistributedTips GlobalTaxSuspense CurrentTaxLiability "
            "AccruedLiabilities DividendsPayable DutiesAndTaxes CurrentLiabilities",
        ),
        (
            "Long Term Liability",
            "Liability",
            "NotesPayable OtherLongTermLiabilities ShareholderNotesPayable LongTermBorrowings "
            "AccruedLongLermLiabilities BankLoans LongTermDebit LongTermEmployeeBenefitObligations",
        ),
        (
            "Equity",
            "Equity",
            "OpeningBalanceEquity PartnersEquity RetainedEarnings AccumulatedAdjustment OwnersEquity "
            "PaidInCapitalOrSurplus PartnerContributions PartnerDistributions PreferredStock "
            "CommonStock TreasuryStock EstimatedTaxes Healthcare PersonalIncome PersonalExpense "
            "ShareCapital DividendDisbursed CalledUpShareCapital",
        ),
        (
            "Income",
            "Revenue",
            "SalesOfProductIncome NonProfitIncome OtherPrimaryIncome ServiceFeeIncome "
            "DiscountsRefundsGiven UnappliedCashPaymentIncome CashReceiptIncome OperatingGrants "
            "SalesRetail SalesWholesale SavingsByTaxScheme RevenueGeneral",
        ),
        (
            "Other Income",
            "Revenue",
            "OtherMiscellaneousIncome DividendIncome InterestEarned OtherInvestmentIncome "
            "TaxExemptInterest GainLossOnSaleOfFixedAssets GainLossOnSaleOfInvestments",
        ),
        (
            "Cost of Goods Sold",
            "Expense",
            "SuppliesMaterialsCogs CostOfLaborCos EquipmentRentalCos OtherCostsOfServiceCos "
            "ShippingFreightDeliveryCos CostOfSales FreightAndDeliveryCost",
        ),
        (
            "Expense",
            "Expense",
            "OtherMiscellaneousServiceCost AdvertisingPromotional Auto BadDebts BankCharges "
            "CharitableContributions CommissionsAndFees CostOfLabor DuesSubscriptions Entertainment "
            "EntertainmentMeals EquipmentRental FinanceCosts Insurance InterestPaid "
            "LegalProfessionalFees OfficeExpenses OfficeGeneralAdministrativeExpenses "
            "OtherBusinessExpenses OtherSellingExpenses PayrollExpenses PromotionalMeals "
            "RentOrLeaseOfBuildings RepairMaintenance ShippingFreightDelivery SuppliesMaterials "
            "TaxesPaid Travel TravelMeals Utilities GlobalTaxExpense UnappliedCashBillPaymentExpense "
            "Communication StaffCosts ManagementCompensation PurchasesRebates Supplies Sundry",
        ),
        (
            "Other Expense",
            "Expense",
            "OtherMiscellaneousExpense Amortization Depreciation ExchangeGainOrLoss GasAndFuel "
            "HomeOffice MortgageInterest OtherHomeOfficeExpenses ParkingAndTolls PenaltiesSettlements "
            "RentAndLease RepairsAndMaintenance Taxis TaxRoundoffGainOrLoss Vehicle "
            "WashAndRoadServices",
        ),
    )
}
_TYPE_OF = {sub_type: type for type, (_, sub_types) in reversed(TYPES.items()) for sub_type in sub_types}


def _defaults(books: Books) -> Body:
    return {
        "Active": True,
        "SubAccount": False,
        "CurrentBalance": 0,
        "CurrentBalanceWithSubAccounts": 0,
        "CurrencyRef": home_currency(books),
    }


def _prepare(change: Change) -> None:
    after = change.after
    type, sub_type = after.get("AccountType"), after.get("AccountSubType")
    if not type and not sub_type:
        raise refuse(
            ACCOUNT_TYPE_MISSING, "Account type or subtype is required to create an account.", "AccountType"
        )
    type = type or _TYPE_OF.get(str(sub_type), "")
    if type not in TYPES:
        raise refuse(ACCOUNT_TYPE_MISSING, f"There is no account type for {type or sub_type}.", "AccountType")
    classification, sub_types = TYPES[type]
    sub_type = sub_type or sub_types[0]
    was = change.before or {}
    is_as_recorded = (was.get("AccountType"), was.get("AccountSubType")) == (type, sub_type)
    if sub_type not in sub_types and not is_as_recorded:
        raise refuse(
            ACCOUNT_SUB_TYPE, f"The sub-type {sub_type} does not belong to the type {type}.", "AccountSubType"
        )
    after |= {"AccountType": type, "AccountSubType": sub_type, "Classification": classification}
    _check_number(change)
    settle_name(change)
    after["SubAccount"] = "ParentRef" in after


_SHORT_NUMBERS = ("US", "USA", "GB", "UK", "IN")


def _check_number(change: Change) -> None:
    """Refuse an account number of more than seven signs where only Canadians and Australians may."""
    number = str(change.after.get("AcctNum") or "")
    if len(number) > 7 and country(change.books) in _SHORT_NUMBERS:
        raise refuse(
            STRING_LENGTH,
            "String length specified does not match the supported length. "
            f"Min:0 Max:7 supported. Supplied length: {len(number)}",
            "AcctNum",
        )


def _settle(change: Change) -> None:
    """Carry a new name down, a balance to another parent, and let a new account begin with its own."""
    rename_children(change)
    before, after, books = change.before, change.after, change.books
    if before is None:
        balance = exact(after.get("OpeningBalance"))
        day = str(after.get("OpeningBalanceDate") or change.at.date().isoformat())[:10]
        open_account(books, after, balance, day, at=change.at)
        after.update(figures_of(books, after["Id"]))
        return
    was, now = (str((b.get("ParentRef") or {}).get("value") or "") for b in (before, after))
    if was != now:
        amount = exact(after.get("CurrentBalanceWithSubAccounts"))
        add_above(books, was, -amount)
        add_above(books, now, amount)


ACCOUNT = Entity(
    "Account",
    {
        "Name": Text(100, forbids='":'),
        "FullyQualifiedName": Text(read_only=True),
        "AcctNum": Text(20),
        "Description": Text(100),
        "AccountType": Text(),
        "AccountSubType": Text(),
        "Classification": Text(read_only=True),
        "Active": Flag(),
        "SubAccount": Flag(),
        "ParentRef": Ref("Account"),
        "Level": Number(read_only=True),
        "CurrentBalance": Number(read_only=True),
        "CurrentBalanceWithSubAccounts": Number(read_only=True),
        "CurrencyRef": Ref(),
        "TaxCodeRef": Ref("TaxCode"),
        "AccountAlias": Text(),
        "TxnLocationType": Text(),
        "OpeningBalance": Number(queryable=False),
        "OpeningBalanceDate": Text(queryable=False),
    },
    numbering="accounts",
    duplicate_text="Another account is already using this name. Please use a different name.",
    writable=True,
    defaults=_defaults,
    prepare=_prepare,
    settle=_settle,
)
