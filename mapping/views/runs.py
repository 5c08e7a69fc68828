"""Sync activity: every run, how far it is and what it did (B-11, B-20)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any
from zlib import crc32

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import FirmRequest, need, needs
from accounts.roles import Permission
from accounts.tenancy import working_for
from mapping import runlist, runlog
from mapping.listing import current_book
from mapping.models import Run, RunKind, RunState
from mapping.reasons import REASONS
from mapping.runwords import called_in, problem_of, rate, words_of
from mapping.services import runs as work
from mapping.services import undoing
from mapping.services.linking import Refused
from mapping.words import duration

PAGE_SIZE = 50
_WHO = {RunKind.MAP: Permission.MAP, RunKind.UNDO: Permission.MAP}
"""Who may cancel or undo a run of this kind; what is not named needs the right to sync."""


def _has_seen(request: FirmRequest, mark: str) -> bool:
    """Whether an open page asks for what it shows already: 204 has htmx leave it as it is."""
    return request.headers.get("Seen") == mark


def _run(pk: int) -> Run:
    return get_object_or_404(Run.objects.select_related("book", "started_by", "undone_by"), pk=pk)


@needs(Permission.VIEW)
def runs(request: FirmRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    found = Run.objects.select_related("book", "started_by").order_by("-created_at", "-pk")
    if kind in RunKind.values:
        found = found.filter(kind=kind)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    mark = "".join(run.mark for run in page.object_list)
    mark = format(crc32(mark.encode()), "x")
    if _has_seen(request, mark):
        return HttpResponse(status=204)
    context = {
        "page": page,
        "mark": mark,
        "lines": runlist.lines(list(page.object_list)),
        "is_moving": any(run.is_unfinished for run in page.object_list),
        "has_books": len({run.book_id for run in page.object_list}) > 1,
        "book": current_book(),
        "kind": kind,
        "segments": runlog.kinds(),
    }
    is_fragment = request.htmx and request.htmx.target == "rows" and not request.htmx.history_restore_request
    response = render(request, "mapping/_runs.html" if is_fragment else "mapping/runs.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@needs(Permission.VIEW)
def run(request: FirmRequest, pk: int) -> HttpResponse:
    return render(request, "mapping/run.html", run_context(request, _run(pk)))


def run_context(request: FirmRequest, run: Run) -> dict[str, Any]:
    """What the run's page, its fragment and the modal show."""
    wanted = request.GET.get("reason", "")
    reason = wanted if wanted in REASONS else ""
    found = Paginator(runlog.outcomes(run, reason), PAGE_SIZE).get_page(request.GET.get("page"))
    made = Paginator(runlog.changes(run), PAGE_SIZE).get_page(request.GET.get("changes"))
    return {
        **status_context(request, run),
        "groups": runlog.groups(run),
        "reason": reason,
        "outcomes": _with_reasons(found.object_list),
        "outcome_page": found,
        "changes": runlog.named(list(made.object_list)),
        "change_page": made,
        "may_undo": _may(request, run) and undoing.refusal(run) is None,
        "undo_until": undoing.until(run),
        "undoes": undoing.undone(run),
    }


def _may(request: FirmRequest, run: Run) -> bool:
    return request.membership.may(_needed(run))


def _needed(run: Run) -> Permission:
    return _WHO.get(RunKind(run.kind), Permission.SYNC)


def _with_reasons(outcomes: Any) -> list[dict[str, Any]]:
    called = runlog.labels()
    return [
        {
            "outcome": outcome,
            "reason": REASONS.get(outcome.reason),
            "fields": [called.get(name, name) for name in outcome.detail.get("fields", ())],
        }
        for outcome in outcomes
    ]


def status_context(request: FirmRequest, run: Run) -> dict[str, Any]:
    progress = work.progress(run)
    return {
        "run": run,
        "progress": progress,
        "rate": rate(run, progress.per_second),
        "numbers": [(number, getattr(run, number.field)) for number in words_of(run).numbers],
        "left": duration(progress.seconds_left) if progress.seconds_left else "",
        "took": duration((run.finished_at - run.started_at).total_seconds())
        if run.finished_at and run.started_at
        else "",
        "before": work.unfinished(run.book, run.entity).filter(state=RunState.RUNNING).first()
        if run.state == RunState.QUEUED
        else None,
        "problem": problem_of(run),
        "may_cancel": run.is_unfinished and _may(request, run),
        "reasons": runlog.groups(run) if not run.is_unfinished else [],
    }


@needs(Permission.VIEW)
def run_status(request: FirmRequest, pk: int) -> HttpResponse:
    """The part of a run's page that moves; asks to be asked again until the run has ended."""
    # By itself: open pages ask for it time and again, and what hangs on it is seldom shown.
    run = get_object_or_404(Run, pk=pk)
    if run.is_unfinished and _has_seen(request, run.mark):
        return HttpResponse(status=204)
    if request.GET.get("as") == "banner":
        response = render(request, "mapping/going.html", {"going": run})
    else:
        context = {**status_context(request, run), "is_poll": True}
        response = render(request, "mapping/_run_status.html", context)
    if not run.is_unfinished:
        response["HX-Trigger"] = "rows:stale, run:ended"
    return response


@require_POST
@needs(Permission.VIEW)
def run_cancel(request: FirmRequest, pk: int) -> HttpResponse:
    run = _run(pk)
    need(request, _needed(run))
    work.ask_to_cancel(run)
    if request.htmx:
        return render(request, "mapping/_run_status.html", status_context(request, _run(pk)))
    messages.info(request, "The run stops at its next step. What it has done stays done.")
    return redirect("run", slug=request.firm.slug, pk=run.pk)


@require_http_methods(["GET", "POST"])
@needs(Permission.VIEW)
def run_undo(request: FirmRequest, pk: int) -> HttpResponse:
    """Say what undoing a run would do, and do it (B-3)."""
    run = _run(pk)
    need(request, _needed(run))
    if request.method == "POST":
        try:
            undo = undoing.begin(run, by=request.user)
        except Refused as problem:
            messages.info(request, f"{problem.reason.says} {problem.reason.way_on}")
            undo = run.undone_by or run
        return (
            HttpResponseClientRedirect(_address(request, undo))
            if request.htmx
            else redirect(_address(request, undo))
        )
    refused = undoing.refusal(run)
    counted = request.GET.get("counted", "")
    is_told = not refused and bool(counted or undoing.is_quick(run))
    context = {
        "run": run,
        "refused": refused,
        "preview": undoing.preview(run) if is_told else None,
        "undo_until": undoing.until(run),
        "place": counted,
        "called": called_in(run),
    }
    is_part = request.htmx and counted in ("page", "dialog")
    return render(request, "mapping/_undo_preview.html" if is_part else "mapping/run_undo.html", context)


def _address(request: FirmRequest, run: Run) -> str:
    return reverse("run", kwargs={"slug": request.firm.slug, "pk": run.pk})


class _Echo:
    """A file that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


@needs(Permission.VIEW)
def run_outcomes(request: FirmRequest, pk: int) -> StreamingHttpResponse:
    """Every record the run touched, with its reason, for a spreadsheet (B-20)."""
    run, firm_id = _run(pk), request.firm.pk

    def lines() -> Iterator[str]:
        # The request's scope ends before the first line is sent.
        with working_for(firm_id):
            writer = csv.writer(_Echo())
            for line in runlog.lines(run):
                yield writer.writerow([_harmless(value) for value in line])

    name = f"{run.kind}-{run.pk}-outcomes.csv"
    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _harmless(value: str) -> str:
    """Keep a spreadsheet from running a customer's name as a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
