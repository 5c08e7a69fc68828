"""Sync activity: progress, results and the download (B-11, B-20)."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import working_for
from mapping.models import Run, RunKind, RunOutcome, RunState
from mapping.services import drafts, linking, runs
from tests.mapping_screens.conftest import Scene

At = Callable[..., str]


@pytest.fixture
def importing(scene: Scene, staff: User) -> Run:
    """An import that has read 400 of 1,000 customers."""
    with working_for(scene.firm.pk):
        run = runs.start_run(scene.book, RunKind.IMPORT, "customer", by=staff, options={"scope": "all"})
        begun = timezone.now() - timedelta(seconds=20)
        Run.objects.filter(pk=run.pk).update(
            state=RunState.RUNNING, started_at=begun, expected=1000, handled=400, created=390, unchanged=10
        )
        return Run.objects.get(pk=run.pk)


def ended(scene: Scene, run: Run, **fields: object) -> None:
    with working_for(scene.firm.pk):
        Run.objects.filter(pk=run.pk).update(
            **{"state": RunState.DONE, "finished_at": timezone.now(), "handled": 1000, **fields}
        )


def test_nothing_has_run_yet(scene: Scene, staff_browser: Browser, at: At) -> None:
    assert "Nothing has run yet" in staff_browser.get(at("runs")).text


def test_progress_has_a_rate_and_time_left_and_asks_again(
    importing: Run, staff_browser: Browser, at: At
) -> None:
    page = staff_browser.get(at("run_status", importing.pk)).text
    assert "400 of 1,000" in page
    assert "20 customers a second" in page
    assert "30 seconds left" in page
    assert 'data-watch="moving"' in page


def test_a_finished_run_asks_no_more_and_is_announced(
    scene: Scene, importing: Run, staff_browser: Browser, at: At
) -> None:
    ended(scene, importing, count_here=1000, count_there=1000)
    page = staff_browser.get(at("run_status", importing.pk))
    assert "data-watch" not in page.text
    assert 'id="announcer"' in page.text
    assert "Complete: 1,000 of 1,000" in page.text
    assert "rows:stale" in page.headers["HX-Trigger"]


def test_an_open_page_is_answered_in_full_only_where_something_has_moved(
    scene: Scene, importing: Run, staff_browser: Browser, at: At
) -> None:
    htmx = {"HX-Request": "true", "HX-Target": "rows"}
    banner, page = at("run_status", importing.pk, "as=banner"), at("run_status", importing.pk)
    seen = {**htmx, "Seen": scene.now(importing).mark}
    assert [staff_browser.get(address, headers=seen).status_code for address in (banner, page)] == [204, 204]
    runs = at("runs")
    (mark,) = re.findall(r'"Seen": "(\w+)"', staff_browser.get(runs, headers=htmx).text)
    assert staff_browser.get(runs, headers={**htmx, "Seen": mark}).status_code == 204
    with working_for(scene.firm.pk):
        Run.objects.filter(pk=importing.pk).update(handled=importing.handled + 1)
    for address in (banner, page):
        assert staff_browser.get(address, headers=seen).status_code == 200
    moved = staff_browser.get(runs, headers={**htmx, "Seen": mark})
    assert moved.status_code == 200
    assert "<html" not in moved.text
    ended(scene, importing)
    seen["Seen"] = scene.now(importing).mark
    assert staff_browser.get(page, headers=seen).status_code == 200, "an end is always told"


def test_a_count_that_does_not_agree_is_said(
    scene: Scene, importing: Run, staff_browser: Browser, at: At
) -> None:
    """B-11."""
    ended(scene, importing, count_here=998, count_there=1000)
    assert "998 of 1,000" in staff_browser.get(at("run", importing.pk)).text


def test_staff_cancels_and_what_is_done_stays(
    scene: Scene, importing: Run, staff_browser: Browser, at: At
) -> None:
    staff_browser.post(at("run_cancel", importing.pk))
    assert scene.now(importing).cancel_asked_at
    page = staff_browser.get(at("run", importing.pk)).text
    assert "Cancelling" in page
    assert 'id="run-cancel"' not in page


def test_a_viewer_watches_but_does_not_cancel(importing: Run, viewer_browser: Browser, at: At) -> None:
    assert 'id="run-cancel"' not in viewer_browser.get(at("run", importing.pk)).text
    assert viewer_browser.post(at("run_cancel", importing.pk)).status_code == 403


def test_a_stopped_import_says_why_and_can_be_continued(
    scene: Scene, importing: Run, staff_browser: Browser, at: At
) -> None:
    ended(scene, importing, state=RunState.FAILED, problem="quickbooks_down")
    page = staff_browser.get(at("run", importing.pk)).text
    assert "QuickBooks did not answer, also after several tries." in page
    assert f'action="{at("import_customers")}"' in page
    assert 'name="scope" value="all"' in page


def test_what_was_left_out_is_grouped_by_reason_with_a_way_on(
    scene: Scene, importing: Run, staff_browser: Browser, at: At
) -> None:
    record = scene.customer("Kate Whelan")
    with working_for(scene.firm.pk):
        for name, reason in (("Kate Whelan", "too_long"), ("", "no_name")):
            RunOutcome.objects.create(
                firm=scene.firm, run=importing, name=name, reason=reason, outcome="skipped", record=record
            )
    ended(scene, importing, skipped=2)
    page = staff_browser.get(at("run", importing.pk)).text
    assert "A value is longer than a client&#x27;s field can hold." in page or "A value is longer" in page
    assert "Give it a display name in QuickBooks." in page
    narrowed = staff_browser.get(at("run", importing.pk, "reason=too_long")).text
    assert narrowed.count("Without a name") == 0


@pytest.fixture
def mapped_run(scene: Scene, staff: User) -> Run:
    """A run that mapped one customer, added one, excluded one and skipped one."""
    from mapping.models import Choice

    client, gone = scene.client("Cool Cars", email="old@example.com"), scene.client("Gone soon")
    records = [scene.customer(name) for name in ("=New & Co", "Dylan", "Lost")]
    scene.customer("Cool Cars", email="new@example.com")
    with working_for(scene.firm.pk):
        draft = drafts.open_draft(scene.book, "customer", person=staff)
        drafts.choose(draft, records[0], Choice.NEW)
        drafts.choose(draft, records[1], Choice.EXCLUDE)
        drafts.choose(draft, records[2], Choice.EXISTING, local_id=gone.pk)
        drafts.save(draft, by=staff)
        type(client).objects.filter(pk=gone.pk).update(archived_at=timezone.now())
    return scene.carry_out()


def test_a_mapping_run_shows_what_it_did_before_and_after(
    mapped_run: Run, staff_browser: Browser, at: At
) -> None:
    page = staff_browser.get(at("run", mapped_run.pk)).text
    assert "1 mapped, 1 added, 1 excluded, 1 skipped" in staff_browser.get(at("runs")).text
    assert "<del>old@example.com</del>" in page
    assert "The chosen client has been archived." in page


def test_every_row_can_be_downloaded_with_its_reason(mapped_run: Run, staff_browser: Browser, at: At) -> None:
    """B-20."""
    answer = staff_browser.get(at("run_outcomes", mapped_run.pk))
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(answer.getvalue().decode())))
    by_name = {row["Name in QuickBooks"]: row for row in rows}
    assert by_name["Lost"]["Reason"] == "The chosen client has been archived."
    assert by_name["Dylan"]["Outcome"] == "Excluded from mapping"
    assert by_name["Cool Cars"]["Fields"] == "E-mail: old@example.com → new@example.com"
    assert by_name["'=New & Co"]["Outcome"] == "Added as new client", "no spreadsheet runs it as a formula"


def test_an_import_can_be_downloaded_too(
    scene: Scene, importing: Run, staff_browser: Browser, at: At
) -> None:
    record = scene.customer("Kate Whelan")
    with working_for(scene.firm.pk):
        type(record).objects.update(first_run_id=importing.pk)
    answer = staff_browser.get(at("run_outcomes", importing.pk)).getvalue().decode()
    assert "New in QuickBooks,Kate Whelan,1" in answer


def test_a_run_of_another_firm_is_not_found(mapped_run: Run, rival: User, signed_in: object, at: At) -> None:
    from tests.conftest import SignIn

    assert isinstance(signed_in, SignIn)
    elsewhere = at("run_outcomes", mapped_run.pk).replace("bright-ledger", "harbor-main")
    assert signed_in(rival).get(elsewhere).status_code == 404


def test_a_clients_record_tells_its_history(
    scene: Scene, staff: User, staff_browser: Browser, at: At
) -> None:
    """CV-47..50."""
    client, record = (
        scene.client("Cool Cars", email="old@example.com"),
        scene.customer("Cool Cars", email="new@example.com"),
    )
    with working_for(scene.firm.pk):
        made = linking.link(record, client.pk, by=staff)
    page = staff_browser.get(at("client", client.pk)).text
    assert "<del>old@example.com</del>" in page
    assert "by Stella Staff" in page
    assert "Disconnect" in page
    with working_for(scene.firm.pk):
        linking.unlink(made, by=staff)
    assert "Map to customer" in staff_browser.get(at("client", client.pk)).text
