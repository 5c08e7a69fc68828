"""Budget: amounts planned for accounts, by month. QuickBooks lets apps read it only."""

from __future__ import annotations

from .spec import Day, Entity, Flag, Opaque, Text

BUDGET = Entity(
    "Budget",
    {
        "Name": Text(100),
        "BudgetType": Text(),
        "BudgetEntryType": Text(),
        "StartDate": Day(),
        "EndDate": Day(),
        "Active": Flag(),
        "BudgetDetail": Opaque(),
    },
)
