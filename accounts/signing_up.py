"""What somebody who signs up is asked besides e-mail and password."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest

from accounts.models import User


class SignupForm(forms.Form):
    """Beginning of the sign-up form; the rest is the library's."""

    name = forms.CharField(
        label="Your name",
        max_length=150,
        required=False,
        help_text="How your colleagues see you. Without it they see your e-mail address.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
