"""python-quickbooks attaches files, notes time and keeps templates (facts, 10.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.base import AttachableRef
from quickbooks.objects.customer import Customer
from quickbooks.objects.employee import Employee
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.recurringtransaction import (
    RecurringBill,
    RecurringInfo,
    RecurringInvoice,
    RecurringTransaction,
    ScheduleInfo,
)
from quickbooks.objects.timeactivity import TimeActivity
from quickbooks.objects.vendor import Vendor

from .conftest import TIMEOUT_S
from .library import changed, first, fresh, is_gone, saved, sold, spent


def attached(to: Any, **fields: Any) -> Attachable:
    made, hook = Attachable(), AttachableRef()
    hook.EntityRef = to.to_ref()
    made.AttachableRef.append(hook)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_a_file_is_uploaded_fetched_noted_and_deleted(qb: Any, tmp_path: Path) -> None:
    file = tmp_path / "plan.txt"
    file.write_text("here")
    made = attached(first(Vendor, qb), Note="Plan", FileName="plan.txt", ContentType="text/plain")
    made._FilePath = str(file)
    kept = saved(made, qb)
    assert requests.get(kept.TempDownloadUri, timeout=TIMEOUT_S).text == "here"
    assert changed(kept, qb, Note="New plan").Note == "New plan"
    kept = Attachable.get(kept.Id, qb=qb)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_bytes_are_uploaded_unchanged(qb: Any) -> None:
    made = attached(first(Invoice, qb), FileName="data.bin", ContentType="application/octet-stream")
    made._FileBytes = bytes(range(256)) * 40 + b"\r\n--boundary\n"
    kept = saved(made, qb)
    assert kept.Size == len(made._FileBytes)
    assert requests.get(kept.TempDownloadUri, timeout=TIMEOUT_S).content == made._FileBytes


def test_a_note_without_a_file_is_attached(qb: Any) -> None:
    kept = saved(attached(first(Customer, qb), Note=fresh("Note")), qb)
    assert kept.AttachableRef[0].EntityRef.value == first(Customer, qb).Id
    assert changed(kept, qb, Note="changed").Note == "changed"


@pytest.mark.parametrize("clock", [True, False])
def test_time_is_noted_by_hours_or_by_the_clock(qb: Any, clock: bool) -> None:
    made = TimeActivity()
    made.NameOf, made.HourlyRate, made.Description = "Employee", 0, "Work"
    made.EmployeeRef, made.TxnDate = first(Employee, qb).to_ref(), "2026-07-22"
    if clock:
        made.StartTime, made.EndTime = "2026-07-22T10:00:00-07:00", "2026-07-22T11:30:00-07:00"
    else:
        made.Hours, made.Minutes = 1, 30
    kept = changed(saved(made, qb), qb, Description="More work")
    assert (kept.Description, kept.TxnDate) == ("More work", "2026-07-22")
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


@pytest.mark.parametrize("kind", ["Bill", "Invoice"])
def test_templates_are_found_by_their_type(qb: Any, kind: str) -> None:
    assert hasattr(RecurringTransaction.where(f"Type = '{kind}'", qb=qb)[0], kind)


@pytest.mark.parametrize("kind", ["Bill", "Invoice"])
def test_a_template_is_made_changed_and_deleted(qb: Any, kind: str) -> None:
    template = RecurringBill() if kind == "Bill" else RecurringInvoice()
    if kind == "Bill":
        template.VendorRef, template.Line = first(Vendor, qb).to_ref(), [spent(qb, 5)]
    else:
        template.CustomerRef, template.Line = first(Customer, qb).to_ref(), [sold(qb, 5)]
    template.RecurringInfo = RecurringInfo()
    template.RecurringInfo.Name = fresh("Rent")
    template.RecurringInfo.ScheduleInfo = ScheduleInfo()
    template.RecurringInfo.ScheduleInfo.DayOfMonth = 1
    made = RecurringTransaction()
    setattr(made, kind, template)
    id = getattr(made.save(qb=qb), kind).Id
    kept = RecurringTransaction.get(id, qb=qb)
    getattr(kept, kind).RecurringInfo.ScheduleInfo.DayOfMonth = 2
    kept = kept.save(qb=qb)
    assert getattr(kept, kind).RecurringInfo.ScheduleInfo.DayOfMonth == 2
    kept.delete(qb=qb)
    assert RecurringTransaction.where(f"Id = '{id}'", qb=qb) == []
