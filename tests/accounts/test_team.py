"""Who belongs to a firm: roles, leaving, and invitations by e-mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Invitation, Membership, User
from accounts.roles import Role
from accounts.services.team import addresses_of
from accounts.tenancy import across_firms, working_for
from tests.cast import PASSWORD, Cast, person
from tests.conftest import SignIn

Mails = list[EmailMessage]


def role_of(cast: Cast, user: User) -> str | None:
    with working_for(cast.firm.pk):
        membership = Membership.objects.filter(user=user).first()
    return membership.role if membership else None


def pk_of(cast: Cast, user: User) -> int:
    with working_for(cast.firm.pk):
        return Membership.objects.get(user=user).pk


@pytest.fixture
def visitor(cast: Cast, signed_in: SignIn) -> Browser:
    return signed_in(cast.admin)


def post(cast: Cast, visitor: Browser, path: str, **data: Any) -> Any:
    return visitor.post(f"/f/{cast.firm.slug}/settings/team/{path}", data, follow=True)


class TestRoles:
    def test_a_manager_changes_a_role(self, cast: Cast, visitor: Browser) -> None:
        answer = post(cast, visitor, f"{pk_of(cast, cast.viewer)}/role/", role="staff")
        assert role_of(cast, cast.viewer) == "staff"
        assert "Victor Viewer is now Staff" in answer.content.decode()

    def test_an_unknown_role_changes_nothing(self, cast: Cast, visitor: Browser) -> None:
        post(cast, visitor, f"{pk_of(cast, cast.viewer)}/role/", role="emperor")
        assert role_of(cast, cast.viewer) == "viewer"

    def test_the_last_manager_stays_one(self, cast: Cast, visitor: Browser) -> None:
        post(cast, visitor, f"{pk_of(cast, cast.partner)}/role/", role="viewer")
        answer = post(cast, visitor, f"{pk_of(cast, cast.admin)}/role/", role="staff")
        assert role_of(cast, cast.admin) == "admin"
        assert "is the only one who can manage the firm" in answer.content.decode()

    def test_the_last_manager_may_change_from_admin_to_partner(self, cast: Cast, visitor: Browser) -> None:
        post(cast, visitor, f"{pk_of(cast, cast.partner)}/remove/")
        post(cast, visitor, f"{pk_of(cast, cast.admin)}/role/", role="partner")
        assert role_of(cast, cast.admin) == "partner"


class TestRemoving:
    def test_whoever_is_removed_is_out_at_once(self, cast: Cast, visitor: Browser, signed_in: SignIn) -> None:
        theirs = signed_in(cast.staff)
        assert theirs.get(f"/f/{cast.firm.slug}/").status_code == 200
        post(cast, visitor, f"{pk_of(cast, cast.staff)}/remove/")
        assert theirs.get(f"/f/{cast.firm.slug}/").status_code == 404
        assert User.objects.filter(pk=cast.staff.pk).exists()

    def test_the_last_manager_cannot_leave(self, cast: Cast, visitor: Browser) -> None:
        post(cast, visitor, f"{pk_of(cast, cast.partner)}/remove/")
        post(cast, visitor, f"{pk_of(cast, cast.admin)}/remove/")
        assert role_of(cast, cast.admin) == "admin"

    def test_whoever_leaves_is_led_to_their_next_firm(self, cast: Cast, visitor: Browser) -> None:
        answer = post(cast, visitor, f"{pk_of(cast, cast.admin)}/remove/")
        assert answer.request["PATH_INFO"] == "/firms/new/"


def test_everybody_sees_the_team_and_who_may_do_what(cast: Cast, signed_in: SignIn) -> None:
    text = signed_in(cast.viewer).get(f"/f/{cast.firm.slug}/settings/team/").content.decode()
    assert "Adam Admin" in text
    assert "Who can do what" in text
    assert "Invite a colleague" not in text
    assert "<select" not in text


@pytest.fixture
def link(cast: Cast, visitor: Browser, mailoutbox: Mails, django_capture_on_commit_callbacks: Any) -> str:
    """The path in the mail that invites new@example.com to our firm as staff."""
    return send(cast, visitor, mailoutbox, django_capture_on_commit_callbacks, "invite/")


def send(cast: Cast, visitor: Browser, mailoutbox: Mails, commit: Any, path: str, role: str = "staff") -> str:
    with commit(execute=True):
        post(cast, visitor, path, email=" New@Example.com ", role=role)
    [path] = re.findall(r"http://localhost:8000(/invitations/\S+)", str(mailoutbox[-1].body))
    return str(path)


def the_invitation() -> Invitation:
    with across_firms(reason="a test"):
        return Invitation.objects.get()


class TestInviting:
    def test_the_mail_says_who_asks_and_for_how_long(self, link: str, mailoutbox: Mails) -> None:
        [mail] = mailoutbox
        assert mail.to == ["new@example.com"]
        assert mail.subject == "Join Bright Ledger Accounting on QBO Sync"
        assert "Adam Admin invites you to join Bright Ledger Accounting on QBO Sync as staff" in mail.body
        assert "14 days" in mail.body

    def test_only_the_secrets_digest_is_kept(self, link: str) -> None:
        secret = link.strip("/").split("/")[-1]
        assert secret not in str(vars(the_invitation()))
        assert len(secret) >= 40

    def test_asking_again_replaces_link_and_role(
        self,
        cast: Cast,
        visitor: Browser,
        client: Browser,
        link: str,
        mailoutbox: Mails,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        newer = send(cast, visitor, mailoutbox, django_capture_on_commit_callbacks, "invite/", role="viewer")
        assert the_invitation().role == "viewer"
        assert client.get(link).status_code == 410
        assert client.get(newer).status_code == 200

    def test_sending_again_mends_an_expired_link(
        self,
        cast: Cast,
        visitor: Browser,
        client: Browser,
        link: str,
        mailoutbox: Mails,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        expire()
        assert "Invitation expired" in client.get(link).content.decode()
        path = f"invitations/{the_invitation().pk}/resend/"
        newer = send(cast, visitor, mailoutbox, django_capture_on_commit_callbacks, path)
        assert client.get(newer).status_code == 200

    def test_one_address_is_not_written_to_over_and_over(
        self,
        cast: Cast,
        visitor: Browser,
        link: str,
        mailoutbox: Mails,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(8):
                answer = post(cast, visitor, f"invitations/{the_invitation().pk}/resend/")
        assert "Try again in an hour" in answer.content.decode()
        assert len(mailoutbox) == 5

    def test_a_member_is_not_invited(self, cast: Cast, visitor: Browser, mailoutbox: Mails) -> None:
        answer = post(cast, visitor, "invite/", email="VICTOR@example.com", role="staff")
        assert "victor@example.com is already in Bright Ledger Accounting" in answer.content.decode()
        assert mailoutbox == []

    @pytest.mark.parametrize("wrong", [{"email": "nonsense"}, {"email": ""}, {"role": "emperor"}])
    def test_nonsense_is_refused_beside_its_field(self, cast: Cast, visitor: Browser, wrong: Any) -> None:
        answer = post(cast, visitor, "invite/", **({"email": "a@b.com", "role": "staff"} | wrong))
        assert answer.status_code == 422

    def test_a_withdrawn_link_says_so(self, cast: Cast, visitor: Browser, client: Browser, link: str) -> None:
        post(cast, visitor, f"invitations/{the_invitation().pk}/withdraw/")
        answer = client.get(link)
        assert answer.status_code == 410
        assert "Invitation withdrawn" in answer.content.decode()


def expire() -> None:
    with across_firms(reason="a test"):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))


class TestAnswering:
    def test_whoever_it_is_for_joins_with_the_role(self, cast: Cast, signed_in: SignIn, link: str) -> None:
        newcomer = person("New Person")
        visitor = signed_in(newcomer)
        assert "Join Bright Ledger Accounting" in visitor.get(link).content.decode()
        answer = visitor.post(link)
        assert answer["Location"] == f"/f/{cast.firm.slug}/"
        assert role_of(cast, newcomer) == Role.STAFF
        assert visitor.post(link).status_code == 410

    def test_looking_at_it_is_not_accepting(self, cast: Cast, signed_in: SignIn, link: str) -> None:
        newcomer = person("New Person")
        signed_in(newcomer).get(link)
        assert role_of(cast, newcomer) is None

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_somebody_else_is_told_whom_it_is_for(
        self, cast: Cast, signed_in: SignIn, link: str, method: str
    ) -> None:
        answer = getattr(signed_in(cast.stranger), method)(link)
        assert answer.status_code == 403
        assert "This invitation is for new@example.com" in answer.content.decode()
        assert "You are signed in as sam@example.com" in answer.content.decode()
        assert role_of(cast, cast.stranger) is None

    def test_an_address_that_is_not_verified_proves_nothing(
        self, cast: Cast, signed_in: SignIn, link: str
    ) -> None:
        impostor = person("New Impostor")
        EmailAddress.objects.filter(user=impostor).update(verified=False)
        assert signed_in(impostor).post(link).status_code == 403

    def test_signing_up_through_the_link_needs_no_second_proof_of_the_address(
        self, cast: Cast, client: Browser, link: str, mailoutbox: Mails
    ) -> None:
        page = client.get(link).content.decode()
        assert f"/accounts/signup/?next={link}&amp;email=new%40example.com" in page
        answer = client.post(
            f"/accounts/signup/?next={link}",
            {"email": "new@example.com", "password1": PASSWORD, "next": link},
        )
        assert answer["Location"] == link
        assert client.post(link)["Location"] == f"/f/{cast.firm.slug}/"
        assert len(mailoutbox) == 1

    def test_another_address_typed_there_counts_for_nothing_until_proved(
        self, client: Browser, link: str
    ) -> None:
        client.get(link)
        client.post("/accounts/signup/", {"email": "paula.boss@example.com", "password1": PASSWORD})
        newcomer = User.objects.get(email="new@example.com")
        assert addresses_of(newcomer) == {"new@example.com"}

    def test_signing_up_without_the_link_has_to_be_proved(self, db: None, client: Browser) -> None:
        answer = client.post("/accounts/signup/", {"email": "new@example.com", "password1": PASSWORD})
        assert answer["Location"] == "/accounts/confirm-email/"

    def test_whoever_lost_the_mail_finds_the_invitation_after_signing_in(
        self, cast: Cast, signed_in: SignIn, link: str
    ) -> None:
        newcomer = person("New Person")
        visitor = signed_in(newcomer)
        assert "You are invited" in visitor.get("/").content.decode()
        visitor.post(f"/invitations/join/{the_invitation().pk}/")
        assert role_of(cast, newcomer) == Role.STAFF

    def test_nobody_joins_from_a_list_that_is_not_theirs(
        self, cast: Cast, signed_in: SignIn, link: str
    ) -> None:
        assert signed_in(cast.stranger).post(f"/invitations/join/{the_invitation().pk}/").status_code == 404

    def test_an_expired_link_lets_nobody_in(self, cast: Cast, signed_in: SignIn, link: str) -> None:
        newcomer = person("New Person")
        expire()
        assert signed_in(newcomer).post(link).status_code == 410
        assert "You are invited" not in signed_in(newcomer).get("/", follow=True).content.decode()

    def test_a_guessed_link_leads_nowhere(self, db: None, client: Browser) -> None:
        assert client.get("/invitations/guess/").status_code == 410
