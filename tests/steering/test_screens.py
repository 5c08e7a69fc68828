"""The screens that steer the sync: undo, Sync settings, Conflicts, a pause for one client, Sync activity."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client, Firm, User
from accounts.tenancy import working_for
from integrations.models import Schedule
from mapping.models import Cause, Conflict, EntityPolicy, Link, Run, RunKind, RunState, policy_of
from mapping.policy import PRESETS, Direction, FieldRule, Policy, Trigger, Winner
from mapping.services import policies, settling, undoing
from tests.conftest import SignIn
from tests.steering.conftest import Desk, edited

pytestmark = pytest.mark.django_db

RICH = {"direction": "both", "updates": "all", "conflict": "ask", "new_there": "wait", "new_here": "wait"}
"""What the form of details sends at least."""


@pytest.fixture
def by_partner(partner: User, signed_in: SignIn) -> Browser:
    return signed_in(partner)


@pytest.fixture
def by_staff(staff: User, signed_in: SignIn) -> Browser:
    return signed_in(staff)


@pytest.fixture
def by_viewer(viewer: User, signed_in: SignIn) -> Browser:
    return signed_in(viewer)


def at(name: str, pk: int | None = None, query: str = "") -> str:
    kwargs: dict[str, Any] = {"slug": "bright-ledger"} | ({"pk": pk} if pk is not None else {})
    return reverse(name, kwargs=kwargs) + query


def mail(address: str) -> dict[str, Any]:
    return {"PrimaryEmailAddr": {"Address": address}}


@pytest.fixture
def refreshed(desk: Desk) -> Run:
    """A refresh that took over a new e-mail address of Amy."""
    desk.mapped("1", "Amy", **mail("old@example.com"))
    run, _ = desk.refresh(desk.there("1", "Amy", **mail("new@example.com")))
    Run.objects.filter(pk=run.pk).update(cause=Cause.WEBHOOK, started_by=None, calls=2)
    return run


@pytest.fixture
def amy(desk: Desk) -> Client:
    """A client whose phone and e-mail changed on both sides."""
    desk.policy(Policy(direction=Direction.BOTH))
    ours = desk.mapped("1", "Amy", PrimaryPhone={"FreeFormNumber": "1"}, **mail("a@example.com"))
    edited(ours, phone="2", email="ours@example.com")
    desk.refresh(desk.there("1", "Amy", PrimaryPhone={"FreeFormNumber": "3"}, **mail("theirs@example.com")))
    return ours


class TestRun:
    def test_its_page_says_why_what_and_how_much(self, refreshed: Run, by_viewer: Browser) -> None:
        page = by_viewer.get(at("run", refreshed.pk)).text
        assert "by a change in QuickBooks" in page
        assert "2 calls to QuickBooks" in page
        assert "<del>old@example.com</del>" in page
        assert "<ins>new@example.com</ins>" in page
        assert at("run_undo", refreshed.pk) not in page, "a viewer undoes nothing"

    def test_its_undo_is_seen_before_it_is_done(self, refreshed: Run, by_staff: Browser) -> None:
        assert at("run_undo", refreshed.pk) in by_staff.get(at("run", refreshed.pk)).text
        page = by_staff.get(at("run_undo", refreshed.pk)).text
        assert "The values from before go back to 1 client" in page
        assert "will then differ from QuickBooks" in page
        answer = by_staff.post(at("run_undo", refreshed.pk))
        undo = Run.objects.get(kind=RunKind.UNDO)
        assert answer.headers["Location"] == at("run", undo.pk)
        assert "This run is being undone" in by_staff.get(at("run", refreshed.pk)).text
        assert "Takes back what" in by_staff.get(at("run", undo.pk)).text

    def test_what_goes_to_quickbooks_is_said_beforehand(
        self, desk: Desk, refreshed: Run, by_staff: Browser
    ) -> None:
        desk.policy("two_way")
        assert "1 of them will be sent to QuickBooks" in by_staff.get(at("run_undo", refreshed.pk)).text

    def test_of_a_great_run_the_page_shows_at_once_and_the_numbers_follow(
        self, refreshed: Run, by_staff: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(undoing, "AT_ONCE", 0)
        page = by_staff.get(at("run_undo", refreshed.pk)).text
        assert "Looking at everything this run changed" in page
        assert "go back to" not in page
        follows = f"{at('run_undo', refreshed.pk)}?counted=page"
        assert f'hx-get="{follows}"' in page
        assert f'href="{follows}"' in page, "without JavaScript too"
        part = by_staff.get(follows, headers={"HX-Request": "true"}).text
        assert "The values from before go back to 1 client" in part
        assert "<html" not in part
        assert "The values from before go back to 1 client" in by_staff.get(follows).text

    def test_a_second_undo_is_refused_kindly(self, desk: Desk, refreshed: Run, by_staff: Browser) -> None:
        desk.undo(refreshed)
        assert "This run has been undone." in by_staff.get(at("run_undo", refreshed.pk)).text
        by_staff.post(at("run_undo", refreshed.pk))
        assert Run.objects.filter(kind=RunKind.UNDO).count() == 1

    def test_a_viewer_may_not(self, refreshed: Run, by_viewer: Browser) -> None:
        assert by_viewer.post(at("run_undo", refreshed.pk)).status_code == 403

    def test_the_list_is_filtered_by_kind(self, desk: Desk, refreshed: Run, by_viewer: Browser) -> None:
        desk.undo(refreshed)
        page = by_viewer.get(at("runs", query="?kind=undo")).text
        assert "1 put back" in page
        assert "A change in QuickBooks" not in page
        everything = by_viewer.get(at("runs")).text
        assert "Undone" in everything
        assert "1 brought up to date" in everything
        assert "No run of this kind yet" in by_viewer.get(at("runs", query="?kind=check")).text

    def test_every_kind_in_every_state_can_be_shown(self, desk: Desk, by_staff: Browser) -> None:
        for kind in RunKind:
            for state in RunState:
                run = Run.objects.create(
                    firm=desk.book.firm,
                    book=desk.book,
                    kind=kind,
                    entity="changes" if kind in (RunKind.REFRESH, RunKind.PUSH) else "customer",
                    state=state,
                    options={"undoes": 0} if kind == RunKind.UNDO else {},
                )
                for address in (at("run", run.pk), at("run_status", run.pk, "?as=banner")):
                    assert by_staff.get(address).status_code == 200, (kind, state)
                Run.objects.filter(pk=run.pk).update(state=RunState.DONE)
        assert by_staff.get(at("runs")).status_code == 200


class TestSyncSettings:
    def test_nobody_has_decided_yet(self, desk: Desk, by_partner: Browser) -> None:
        page = by_partner.get(at("sync_settings")).text
        assert "Nobody has decided yet" in page
        for preset in PRESETS.values():
            assert preset.label in page

    def test_before_the_first_connection(self, in_firm: Any, by_partner: Browser) -> None:
        assert "not connected yet" in by_partner.get(at("sync_settings")).text

    def test_staff_and_viewers_read_it(self, desk: Desk, by_staff: Browser) -> None:
        page = by_staff.get(at("sync_settings")).text
        assert "Partners and Admins can change them" in page
        assert "Review changes" not in page
        for name in ("sync_settings_review", "sync_settings_when"):
            assert by_staff.post(at(name), {"preset": "two_way", "reviewed": "yes"}).status_code == 403
        assert not EntityPolicy.objects.exists()

    def test_a_preset_is_reviewed_in_words_and_numbers_and_then_saved(
        self, desk: Desk, refreshed: Run, by_partner: Browser, partner: User
    ) -> None:
        edited(Client.objects.get(), phone="2")
        page = by_partner.post(at("sync_settings_review"), {"preset": "two_way"})
        assert "Work with “Two-way”" in page.text
        assert "<del>From QuickBooks to here</del>" in page.text
        assert page.context["found"].then.send == 1
        assert not EntityPolicy.objects.exists(), "nothing is saved before it was seen"
        by_partner.post(at("sync_settings_review"), {"preset": "two_way", "reviewed": "yes"})
        stored = EntityPolicy.objects.get()
        assert (stored.preset, stored.changed_by) == ("two_way", partner)
        assert "You work with “Two-way”" in by_partner.get(at("sync_settings")).text

    def test_of_a_great_firm_the_review_shows_at_once_and_its_numbers_follow(
        self, desk: Desk, refreshed: Run, by_partner: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(policies, "AT_ONCE", 0)
        edited(Client.objects.get(), phone="2")
        page = by_partner.post(at("sync_settings_review"), {"preset": "two_way"})
        assert "What this means for 1 client that is mapped" in page.text
        assert page.context["found"].looked_at == 0
        assert "Save Sync settings" in page.text, "nobody has to wait for the numbers"
        asked = {"preset": "two_way", "effects": "yes"}
        whole = by_partner.post(at("sync_settings_review"), asked)
        assert whole.context["found"].then.send == 1, "without JavaScript too"
        part = by_partner.post(at("sync_settings_review"), asked, headers={"HX-Request": "true"})
        assert "are sent to QuickBooks" in part.text
        assert "Save Sync settings" not in part.text

    def test_the_details_and_single_fields(self, desk: Desk, by_partner: Browser) -> None:
        sent = {**RICH, "direction-email": "pull", "conflict-phone": "ours", "reviewed": "yes"}
        by_partner.post(at("sync_settings_review"), sent)
        policy = policy_of(desk.book.pk, "customer")
        assert policy.fields == {
            "email": FieldRule(Direction.PULL, Winner.ASK),
            "phone": FieldRule(Direction.BOTH, Winner.OURS),
        }
        form = by_partner.get(at("sync_settings")).context["form"]
        assert form["direction-email"].value() == "pull"
        assert not form["conflict-email"].value()

    def test_what_contradicts_itself_is_said_and_not_saved(self, desk: Desk, by_partner: Browser) -> None:
        sent = {**RICH, "direction": "push", "new_there": "create", "reviewed": "yes"}
        page = by_partner.post(at("sync_settings_review"), sent).text
        assert "New customers cannot come in" in page
        assert "Save Sync settings" not in page
        assert not EntityPolicy.objects.exists()

    def test_what_differs_of_a_field_is_said_and_no_more(self, desk: Desk, by_partner: Browser) -> None:
        sent = {**RICH, "direction-email": "off", "conflict-phone": "ours", "direction-city": "pull"}
        shown = by_partner.post(at("sync_settings_review"), sent)
        changes = {each.field: each.after for each in shown.context["changes"]}
        assert changes["E-mail"] == "Nothing travels"
        assert changes["Phone"] == "Our value wins"
        assert changes["City"] == "From QuickBooks to here"

    def test_numbers_are_shown_where_there_are_any(
        self, desk: Desk, refreshed: Run, by_partner: Browser
    ) -> None:
        page = by_partner.post(at("sync_settings_review"), {"preset": "two_way"}).text
        assert "None of them differs" in page
        assert "are sent to QuickBooks" not in page
        edited(Client.objects.get(), phone="2")
        page = by_partner.post(at("sync_settings_review"), {"preset": "two_way"}).text
        assert "are sent to QuickBooks" in page
        assert "take over" not in page

    def test_nothing_would_change(self, desk: Desk, by_partner: Browser) -> None:
        page = by_partner.post(at("sync_settings_review"), {**RICH, "direction": "pull"}).text
        assert "Nothing would change" in page

    def test_nonsense_is_refused(self, desk: Desk, by_partner: Browser) -> None:
        for sent in ({"preset": "no such"}, {**RICH, "direction": "sideways"}, {}):
            page = by_partner.post(at("sync_settings_review"), {**sent, "reviewed": "yes"})
            assert "do not go together" in page.text
        assert not EntityPolicy.objects.exists()

    def test_when_quickbooks_is_looked_at(self, desk: Desk, by_partner: Browser) -> None:
        sent = {"is_nightly": "on", "night_hour": "3", "week_day": "5", "stale_after_min": "30", "view": "on"}
        by_partner.post(at("sync_settings_when"), sent)
        schedule = Schedule.objects.get()
        assert (schedule.is_nightly, schedule.night_hour, schedule.is_weekly) == (True, 3, False)
        assert (schedule.week_day, schedule.stale_after_min) == (5, 30)
        assert schedule.next_nightly_at
        assert "Next:" in by_partner.get(at("sync_settings")).text
        assert policy_of(desk.book.pk, "customer").triggers == {Trigger.NIGHTLY, Trigger.VIEW}
        by_partner.post(at("sync_settings_review"), {"preset": "new_only", "reviewed": "yes"})
        schedule.refresh_from_db()
        assert not schedule.is_nightly, "a way of working without a night's run has none"

    def test_the_times_say_whose_they_are(self, desk: Desk, by_partner: Browser) -> None:
        Firm.objects.update(time_zone="Asia/Kolkata")
        page = by_partner.get(at("sync_settings")).text
        assert "Times are in your firm’s time zone, Kolkata: it is " in page
        assert "Partners and Admins get a mail that names them" in page

    def test_an_impossible_time_is_refused(self, desk: Desk, by_partner: Browser) -> None:
        sent = {"night_hour": "25", "week_day": "5", "stale_after_min": "0"}
        page = by_partner.post(at("sync_settings_when"), sent).text
        assert "Hour of the night" in page
        assert not Schedule.objects.exists()


class TestConflicts:
    def test_the_three_values_stand_side_by_side(self, amy: Client, by_staff: Browser) -> None:
        page = by_staff.get(at("conflicts")).text
        for value in ("a@example.com", "ours@example.com", "theirs@example.com"):
            assert value in page
        manage = by_staff.get(at("manage")).text
        assert at("conflicts") in manage

    def test_the_whole_record_is_decided(self, amy: Client, by_staff: Browser) -> None:
        conflict = Conflict.objects.get()
        seen = settling.mark(conflict)
        by_staff.post(at("conflict_settle", conflict.pk), {"whole": "quickbooks", "seen": seen})
        amy.refresh_from_db()
        assert (amy.phone, amy.email) == ("3", "theirs@example.com")
        assert "Nothing to decide" in by_staff.get(at("conflicts")).text

    def test_one_field_is_decided_in_place(self, amy: Client, by_staff: Browser) -> None:
        conflict = Conflict.objects.get()
        answer = by_staff.post(
            at("conflict_settle", conflict.pk),
            {"side-phone": "ours", "seen": settling.mark(conflict)},
            headers={"HX-Request": "true"},
        )
        assert "side-email" in answer.text
        assert "side-phone" not in answer.text

    def test_a_stale_look_decides_nothing(self, amy: Client, by_staff: Browser) -> None:
        conflict = Conflict.objects.get()
        page = by_staff.post(
            at("conflict_settle", conflict.pk), {"whole": "ours", "seen": "0000"}, follow=True
        )
        assert "changed again meanwhile" in page.text
        assert not Conflict.objects.get().settled_at

    def test_the_choice_becomes_the_rule_of_its_fields(
        self, desk: Desk, amy: Client, by_partner: Browser, by_staff: Browser
    ) -> None:
        conflict = Conflict.objects.get()
        assert "Always decide so" not in by_staff.get(at("conflicts")).text
        sent = {"side-phone": "ours", "remember": "yes", "seen": settling.mark(conflict)}
        page = by_partner.post(at("conflict_settle", conflict.pk), sent, follow=True).text
        assert "From now on our value wins for: Phone" in page
        assert policy_of(desk.book.pk, "customer").fields["phone"].conflict is Winner.OURS

    def test_staff_cannot_make_rules(self, desk: Desk, amy: Client, by_staff: Browser) -> None:
        conflict = Conflict.objects.get()
        sent = {"side-phone": "ours", "remember": "yes", "seen": settling.mark(conflict)}
        by_staff.post(at("conflict_settle", conflict.pk), sent)
        assert policy_of(desk.book.pk, "customer").fields == {}

    def test_all_shown_are_decided_at_once(self, amy: Client, by_staff: Browser) -> None:
        conflict = Conflict.objects.get()
        shown = f"{conflict.pk}:{settling.mark(conflict)}"
        page = by_staff.post(at("conflicts_settle"), {"whole": "ours", "shown": shown}, follow=True).text
        assert "Decided for 1 client." in page
        assert "Nothing to decide" in page

    def test_a_viewer_reads_and_decides_nothing(self, amy: Client, by_viewer: Browser) -> None:
        conflict = Conflict.objects.get()
        page = by_viewer.get(at("conflicts")).text
        assert "Save choice" not in page
        assert "theirs@example.com" in page
        assert by_viewer.post(at("conflict_settle", conflict.pk), {"whole": "ours"}).status_code == 403
        assert by_viewer.post(at("conflicts_settle"), {"whole": "ours"}).status_code == 403

    def test_another_firm_has_none_of_it(self, amy: Client, rival: User, signed_in: SignIn) -> None:
        conflict = Conflict.objects.get()
        address = at("conflict_settle", conflict.pk)
        assert signed_in(rival).post(address, {"whole": "ours"}).status_code == 404

    def test_before_the_first_connection(self, in_firm: Any, by_staff: Browser) -> None:
        assert "not connected yet" in by_staff.get(at("conflicts")).text


class TestPause:
    def test_a_client_is_paused_and_resumed(self, desk: Desk, by_staff: Browser) -> None:
        """CV-47."""
        ours = desk.mapped("1", "Amy", **mail("old@example.com"))
        by_staff.post(at("client_pause", ours.pk), {"paused": "yes"})
        assert Link.objects.get().is_paused
        assert "Nothing travels for this client" in by_staff.get(at("client", ours.pk)).text
        run, _ = desk.refresh(desk.there("1", "Amy", **mail("new@example.com")))
        assert run.pulled == 0
        by_staff.post(at("client_pause", ours.pk))
        assert not Link.objects.get().is_paused

    def test_a_viewer_may_not(self, desk: Desk, by_viewer: Browser) -> None:
        ours = desk.mapped("1", "Amy")
        assert by_viewer.post(at("client_pause", ours.pk), {"paused": "yes"}).status_code == 403


def test_the_undo_task_carries_it_out(desk: Desk, refreshed: Run) -> None:
    from mapping.tasks import undo

    begun = undoing.begin(refreshed, by=desk.person)
    with working_for(desk.book.firm_id):
        undo(begun.firm_id, begun.pk)
    assert Client.objects.get().email == "old@example.com"
    begun.refresh_from_db()
    assert begun.state == RunState.DONE
