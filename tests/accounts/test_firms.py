"""Opening a firm, changing it, and where sign-in leads."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from accounts.models import Firm, Membership
from accounts.roles import Role
from accounts.services.bulk_clients import create_clients
from accounts.tenancy import across_firms, working_for
from tests.accounts.clients import a_client
from tests.cast import PASSWORD, Cast
from tests.conftest import SignIn

NEW = {"name": "Moss & Daughters", "time_zone": "America/Chicago"}


class TestHome:
    def test_the_signed_out_sign_in(self, db: None, client: Browser) -> None:
        assert client.get("/")["Location"] == "/accounts/login/?next=/"

    def test_whoever_has_no_firm_opens_one(self, cast: Cast, signed_in: SignIn) -> None:
        assert signed_in(cast.stranger).get("/")["Location"] == "/firms/new/"

    def test_whoever_has_one_firm_is_led_there(self, cast: Cast, signed_in: SignIn) -> None:
        assert signed_in(cast.viewer).get("/")["Location"] == "/f/bright-ledger/"

    def test_whoever_has_several_is_led_to_the_one_opened_last(self, cast: Cast, signed_in: SignIn) -> None:
        with across_firms(reason="a test"):
            Membership.objects.create(firm=cast.other_firm, user=cast.staff, role=Role.VIEWER)
        visitor = signed_in(cast.staff)
        for slug in ("harbor-main", "bright-ledger", "harbor-main"):
            visitor.get(f"/f/{slug}/clients/")
            assert signed_in(cast.staff).get("/")["Location"] == f"/f/{slug}/"

    def test_the_switcher_lists_ones_own_firms(self, cast: Cast, signed_in: SignIn) -> None:
        with across_firms(reason="a test"):
            Membership.objects.create(firm=cast.other_firm, user=cast.staff, role=Role.VIEWER)
        text = signed_in(cast.staff).get("/f/bright-ledger/").content.decode()
        assert "/f/harbor-main/" in text
        assert "/f/harbor-main/" not in signed_in(cast.viewer).get("/f/bright-ledger/").content.decode()

    def test_signing_in_by_the_form_leads_to_the_firm(self, cast: Cast, client: Browser) -> None:
        answer = client.post(
            "/accounts/login/", {"login": "Stella@example.com", "password": PASSWORD}, follow=True
        )
        assert answer.request["PATH_INFO"] == "/f/bright-ledger/"


class TestOpening:
    def test_the_founder_is_its_partner(self, cast: Cast, signed_in: SignIn) -> None:
        visitor = signed_in(cast.stranger)
        assert visitor.post("/firms/new/", NEW)["Location"] == "/f/moss-daughters/"
        assert visitor.get("/f/moss-daughters/").context["membership"].role == Role.PARTNER
        assert Firm.objects.get(slug="moss-daughters").time_zone == "America/Chicago"

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Bright Ledger", "bright-ledger-2"),
            ("東京", "firm"),
            ("x" * 120, "x" * 50),
            ("--", "firm"),
        ],
    )
    def test_every_firm_has_an_address_of_its_own(
        self, cast: Cast, signed_in: SignIn, name: str, slug: str
    ) -> None:
        answer = signed_in(cast.stranger).post("/firms/new/", NEW | {"name": name})
        assert answer["Location"] == f"/f/{slug}/"

    @pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 121}, {"time_zone": "Mars/Olympus"}])
    def test_nonsense_is_refused(self, cast: Cast, signed_in: SignIn, wrong: dict[str, str]) -> None:
        assert signed_in(cast.stranger).post("/firms/new/", NEW | wrong).status_code == 422

    def test_the_signed_out_sign_in_first(self, db: None, client: Browser) -> None:
        assert client.post("/firms/new/", NEW)["Location"].startswith("/accounts/login/")


class TestChanging:
    def test_a_new_name_keeps_the_address(self, cast: Cast, signed_in: SignIn) -> None:
        signed_in(cast.admin).post("/f/bright-ledger/settings/firm/", NEW)
        firm = Firm.objects.get(pk=cast.firm.pk)
        assert (firm.name, firm.slug, firm.time_zone) == (
            "Moss & Daughters",
            "bright-ledger",
            "America/Chicago",
        )

    def test_others_read_it(self, cast: Cast, signed_in: SignIn) -> None:
        visitor = signed_in(cast.staff)
        page = visitor.get("/f/bright-ledger/settings/firm/").content.decode()
        assert "Partners and admins can change this" in page
        visitor.post("/f/bright-ledger/settings/firm/", NEW)
        assert Firm.objects.get(pk=cast.firm.pk).name == "Bright Ledger Accounting"


class TestDashboard:
    def test_it_counts_and_shows_what_changed_last(self, cast: Cast, signed_in: SignIn) -> None:
        with working_for(cast.firm.pk):
            create_clients(cast.firm.pk, [{"name": f"C{n}"} for n in range(20)])
        a_client(cast.firm, "Latest")
        a_client(cast.other_firm, "Theirs")
        answer = signed_in(cast.viewer).get("/f/bright-ledger/")
        assert answer.context["counts"] == {"current": 21, "archived": 0}
        assert answer.context["recent"][0].name == "Latest"
        assert len(answer.context["recent"]) == 8

    def test_an_empty_firm_is_told_what_to_do(self, cast: Cast, signed_in: SignIn) -> None:
        assert "No clients yet" in signed_in(cast.partner).get("/f/bright-ledger/").content.decode()


def test_a_firm_that_is_not_and_one_that_is_not_yours_look_the_same(cast: Cast, signed_in: SignIn) -> None:
    visitor = signed_in(cast.stranger)
    there, nowhere = visitor.get("/f/bright-ledger/"), visitor.get("/f/no-such-firm/")
    assert there.status_code == nowhere.status_code == 404
    plain = [
        re.sub(r'"X-CSRFToken": "\w+"|value="\w{64}"', "", each.content.decode()) for each in (there, nowhere)
    ]
    assert plain[0].replace("bright-ledger", "") == plain[1].replace("no-such-firm", "")
