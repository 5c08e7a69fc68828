"""What people answer about their connection."""

from __future__ import annotations

from typing import Any

from django import forms

KEEP, PURGE = "keep", "purge"


class DisconnectForm(forms.Form):
    """What is to become of the data. Deleting asks for the company's name, typed."""

    use_required_attribute = False

    data_choice = forms.ChoiceField(choices=[(KEEP, "Keep it here"), (PURGE, "Delete it here")])
    typed = forms.CharField(
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any, *, company: str) -> None:
        super().__init__(data)
        self.company = company
        self.fields["typed"].help_text = company

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("data_choice") == PURGE and _plain(cleaned.get("typed", "")) != _plain(self.company):
            self.add_error("typed", f"That is not the name. Type {self.company}, or keep the data.")
        return cleaned

    @property
    def is_purge(self) -> bool:
        return bool(self.cleaned_data["data_choice"] == PURGE)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
