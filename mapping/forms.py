"""What people send from the mapping screens, read and refused in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.http import QueryDict

from mapping.models import Choice

_CLIENT = "client:"


@dataclass(frozen=True)
class Decision:
    """A choice for one customer as a picker's value says it: "new", "later" or "client:12"."""

    choice: Choice
    local_id: int | None = None

    @classmethod
    def read(cls, value: str) -> Decision:
        """Raise ValueError for a value no picker of ours has."""
        if value.startswith(_CLIENT):
            return cls(Choice.EXISTING, int(value.removeprefix(_CLIENT)))
        choice = Choice(value)
        if choice == Choice.EXISTING:
            raise ValueError(value)
        return cls(choice)

    def __str__(self) -> str:
        return f"{_CLIENT}{self.local_id}" if self.choice == Choice.EXISTING else self.choice.value


def decisions(data: QueryDict) -> dict[int, Decision]:
    """Return the posted choices by record id; fields named ``choice-<id>``. Nonsense raises ValueError."""
    return {
        int(name.removeprefix("choice-")): Decision.read(str(value))
        for name, value in data.items()
        if name.startswith("choice-")
    }


class DefaultForm(forms.Form):
    """Apply default value (CV-36): an existing client is no default."""

    default = forms.ChoiceField(
        label="Apply default value",
        choices=[(choice.value, choice.label) for choice in (Choice.NEW, Choice.EXCLUDE, Choice.LATER)],
    )

    def call(self, labels: Mapping[str, str]) -> DefaultForm:
        """Say the choices in the words of a kind of record."""
        field = self.fields["default"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(labels.items())
        return self


class SelectedForm(forms.Form):
    """What to do with the chosen rows of the Manage list, or with all that a filter holds."""

    action = forms.ChoiceField(choices=[("exclude", "Exclude from mapping"), ("include", "Include again")])
    everything = forms.BooleanField(required=False)
    record = forms.TypedMultipleChoiceField(required=False, coerce=int)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        field = self.fields["record"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        # Whether they exist is the query's business, within the firm.
        field.choices = [(value, value) for value in data.getlist("record") if value.isdecimal()]


class ExcludeForm(forms.Form):
    reason = forms.CharField(max_length=200, required=False, label="Reason")


class MapForm(forms.Form):
    """One customer's client, or a new one: "12" or "new"."""

    client = forms.RegexField(
        r"^(new|\d{1,18})$", error_messages={"required": "Choose a client, or add a new one."}
    )


class PairForm(forms.Form):
    """One client's customer."""

    record = forms.IntegerField(
        min_value=1, max_value=2**63 - 1, error_messages={"required": "Choose a customer."}
    )
