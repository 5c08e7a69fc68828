"""A small PDF of a form: one page of text, which every reader opens."""

from __future__ import annotations

from collections.abc import Iterable

from .entities.spec import Body

_PAGE = (612, 792)
_LINES_ON_A_PAGE = 46


def form_as_pdf(title: str, body: Body, *, company: str) -> bytes:
    """Return an invoice, estimate or the like as PDF."""
    return _document(list(_lines(title, body, company))[:_LINES_ON_A_PAGE])


def _lines(title: str, body: Body, company: str) -> Iterable[str]:
    yield company
    yield ""
    yield f"{title} {body.get('DocNumber', '')}"
    yield f"Date: {body.get('TxnDate', '')}"
    if body.get("DueDate"):
        yield f"Due: {body['DueDate']}"
    yield f"To: {(body.get('CustomerRef') or body.get('VendorRef') or {}).get('name', '')}"
    yield ""
    for line in body.get("Line") or []:
        said = line.get("Description") or _item_of(line) or line.get("DetailType", "")
        yield f"{said[:70]:<72}{line.get('Amount', 0):>14,.2f}"
    yield ""
    tax = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    if tax:
        yield f"{'Tax':<72}{tax:>14,.2f}"
    yield f"{'Total':<72}{body.get('TotalAmt', 0):>14,.2f}"
    if "Balance" in body:
        yield f"{'Balance due':<72}{body['Balance']:>14,.2f}"


def _item_of(line: Body) -> str:
    detail = line.get(line.get("DetailType", "")) or {}
    return str((detail.get("ItemRef") or {}).get("name", "")) if isinstance(detail, dict) else ""


def _document(lines: list[str]) -> bytes:
    shown = "\n".join(f"({_escaped(line)}) Tj T*" for line in lines)
    stream = f"BT /F1 9 Tf 14 TL 54 740 Td\n{shown}\nET".encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>" % _PAGE,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    document, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return document + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(document))
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
