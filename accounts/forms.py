"""What people fill in: clients, firms and invitations."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import Client, Firm, Invitation, Kind
from accounts.models.clients import DETAILS
from accounts.roles import Role

if TYPE_CHECKING:
    ClientModelForm = forms.ModelForm[Client]
    FirmModelForm = forms.ModelForm[Firm]
else:
    ClientModelForm = FirmModelForm = forms.ModelForm

_IN_AMERICA = {
    "America/New_York": "Eastern (New York)",
    "America/Chicago": "Central (Chicago)",
    "America/Denver": "Mountain (Denver)",
    "America/Phoenix": "Arizona (Phoenix)",
    "America/Los_Angeles": "Pacific (Los Angeles)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
}
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the choices of a firm's clock, the United States' first."""
    known = sorted(available_timezones())
    rest = {
        region: [
            (zone, zone.partition("/")[2].replace("_", " "))
            for zone in known
            if zone.startswith(f"{region}/")
        ]
        for region in _REGIONS
    }
    return [("United States", list(_IN_AMERICA.items())), *rest.items(), ("Other", [("UTC", "UTC")])]


def zone_name(zone: str) -> str:
    """Return what a firm's clock is called where it is chosen."""
    return next((name for _, zones in time_zones() for each, name in zones if each == zone), zone)


class ClientForm(ClientModelForm):
    """A client. Fields also carry what they held when shown, so that only what was changed is saved."""

    name_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Client
        fields = DETAILS
        widgets = {
            "kind": forms.RadioSelect,
            "address": forms.TextInput,
            # Holds the second to fifth line of an address in QuickBooks.
            "address_2": forms.Textarea(attrs={"rows": 2}),
            "email": forms.TextInput(attrs={"inputmode": "email", "autocapitalize": "none"}),
            "phone": forms.TextInput(attrs={"inputmode": "tel"}),
            "notes": forms.Textarea(attrs={"rows": 4}),
            "is_marketable": forms.CheckboxInput(attrs={"role": "switch"}),
        }
        labels = {"address": "Address", "address_2": "Address 2", "zip": "ZIP", "email": "E-mail"}
        help_texts = {"name": "", "is_marketable": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.setdefault("autocomplete", "off")
            if self.instance.pk and name != "name_seen":
                field.show_hidden_initial = True
        self.fields["name"].help_text = "How the firm calls this client, in lists and on invoices."
        self.fields["email"].help_text = "Several addresses: with commas between."
        self.fields["is_marketable"].label = "May receive marketing mail"
        self.fields["is_marketable"].help_text = (
            "Off until the client has agreed. Clients that were imported start with it off, "
            "and get no bulk or automated marketing mail until you turn it on."
        )
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [(Kind.ORGANISATION, "Organisation"), (Kind.PERSON, "Person")]

    def clean_name(self) -> str:
        return re.sub(r"\s+", " ", self.cleaned_data["name"]).strip()

    def clean_email(self) -> str:
        given = str(self.cleaned_data["email"])
        if "email" not in self.changed_data:
            # What QuickBooks let pass must not keep a person from saving something else.
            return given
        addresses = [part.strip() for part in re.split(r"[,;]", given) if part.strip()]
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(f"“{address}” is not an e-mail address. Check its spelling.") from None
        return ", ".join(addresses)

    def clean_notes(self) -> str:
        return str(self.cleaned_data["notes"]).replace("\r\n", "\n")

    def clean_address_2(self) -> str:
        lines = (line.strip() for line in str(self.cleaned_data["address_2"]).splitlines())
        return "\n".join(line for line in lines if line)

    @property
    def changed_fields(self) -> set[str]:
        """The client's fields that the person changed from what the page showed them."""
        changed = set(self.changed_data) & set(self._meta.fields or ())
        return {name for name in changed if not self._was_only_flattened(name)}

    def _was_only_flattened(self, name: str) -> bool:
        """Return whether a browser put several lines into one by itself, as in fields of one line."""
        before, after = self[name].initial, self.cleaned_data.get(name)
        if isinstance(self.fields[name].widget, forms.Textarea) or not isinstance(before, str):
            return False
        return re.sub(r"[\r\n]+", "", before).strip() == after

    def namesakes(self) -> list[Client]:
        """Return other current clients of this name that the person has not been shown yet."""
        name = self.cleaned_data["name"]
        if self.cleaned_data.get("name_seen") == name or "name" not in self.changed_data:
            return []
        return list(Client.objects.current().named(name).exclude(pk=self.instance.pk)[:5])


class FirmForm(FirmModelForm):
    time_zone = forms.ChoiceField(
        choices=time_zones, help_text="Times are shown in it, and nightly work waits for its night."
    )

    class Meta:
        model = Firm
        fields = ["name", "time_zone"]
        labels = {"name": "Firm name"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "organization"})}


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label="E-mail", max_length=Invitation._meta.get_field("email").max_length, widget=forms.EmailInput
    )
    role = forms.ChoiceField(choices=Role, initial=Role.STAFF)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "off"


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role)
