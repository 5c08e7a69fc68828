"""Account: the chart of accounts. Readable here."""

from __future__ import annotations

from .spec import Entity, Flag, Number, Ref, Text

ACCOUNT = Entity(
    "Account",
    {
        "Name": Text(100, forbids='":'),
        "FullyQualifiedName": Text(read_only=True),
        "AcctNum": Text(7),
        "Description": Text(100),
        "AccountType": Text(),
        "AccountSubType": Text(),
        "Classification": Text(),
        "Active": Flag(),
        "SubAccount": Flag(),
        "ParentRef": Ref("Account"),
        "CurrentBalance": Number(read_only=True),
        "CurrentBalanceWithSubAccounts": Number(read_only=True),
        "CurrencyRef": Ref(),
        "TaxCodeRef": Ref("TaxCode"),
        "AccountAlias": Text(),
        "TxnLocationType": Text(),
    },
    numbering="accounts",
)
